"""Say something about a product or a batch, and how we know; correct it later without losing what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent, utc_text
from products.errors import ClaimRefusedError
from products.fields import (
    ALL_BATCH_FIELDS,
    ALL_FIELDS,
    ALL_PRODUCT_FIELDS,
    BATCH_DOSSIER,
    PRODUCT_DOSSIER,
    SCIENCE_FIELDS,
    TEST_FIELDS,
    ClaimField,
    Kind,
    check_claim,
)
from products.models import Batch, Claim, Evidence, Product
from products.services.evidence import file_evidence
from products.services.judging import append
from products.text import clean_line, clean_note
from products.uploads import DOCUMENTS, TABLES, Upload
from products.vocabulary import Basis, EvTerm

LONGEST_REASON = 500
LONGEST_DETAIL = 120
RESTS_ON_EVIDENCE = frozenset({Basis.MEASURED_BATCH, Basis.MEASURED_REF, Basis.STATED})
FIRST_VALUE = "First value; until then it was not stated"


@dataclass(frozen=True)
class ClaimDraft:
    """What a person means to put on record about one field."""

    field: str
    value: Any
    basis: str
    unit: str = ""
    reason: str = ""
    as_printed: bool = False
    """Kept as a paper prints it, also where it cannot be true: the checks find that."""


def write_claim(
    subject: Product | Batch,
    draft: ClaimDraft,
    *,
    agent: Agent,
    at: datetime,
    evidence: Evidence | None = None,
    previous: Claim | None = None,
    correction_reason: str = "",
) -> Claim:
    """Insert a claim and bring the subject's snapshot up to date in memory; the act around it saves and logs both."""
    claim = made_claim(
        subject, draft, agent=agent, at=at, evidence=evidence, previous=previous, correction_reason=correction_reason
    )
    claim.save()
    return claim


def made_claim(
    subject: Product | Batch,
    draft: ClaimDraft,
    *,
    agent: Agent,
    at: datetime,
    evidence: Evidence | None = None,
    previous: Claim | None = None,
    correction_reason: str = "",
) -> Claim:
    """A claim that is checked and not saved yet, for acts that write many at once; the snapshot has it already."""
    if draft.field in ALL_FIELDS and not draft.as_printed:
        draft = replace(draft, value=clean_value(ALL_FIELDS[draft.field], draft.value))
    _check(subject, draft, evidence)
    claim = Claim(
        product=subject if isinstance(subject, Product) else None,
        batch=subject if isinstance(subject, Batch) else None,
        field=draft.field,
        value=draft.value,
        unit=_unit(draft),
        basis=draft.basis,
        reason=draft.reason,
        correction_reason=correction_reason,
        evidence=evidence,
        supersedes=previous,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    subject.snapshot = {**subject.snapshot, draft.field: snapshot_of(claim)}
    return claim


def clean_value(field: ClaimField, value: Any) -> Any:
    """The value with its texts fit to be kept and printed, and its unknown parts left out. Raises `TextRefusedError`."""
    match field.kind:
        case Kind.TEXT if isinstance(value, str):
            return clean_line(value, field=field.name, most=field.longest) or None
        case Kind.STEPS if isinstance(value, Mapping) and isinstance(value.get("detail", ""), str):
            return {**value, "detail": clean_line(value.get("detail", ""), field=field.name, most=LONGEST_DETAIL)}
        case Kind.PARTS if isinstance(value, Mapping):
            parts = {part.name: part for part in field.parts}
            return {name: clean_value(parts[name], one) if name in parts else one for name, one in value.items()}
        case Kind.MARKERS if isinstance(value, Mapping):
            return _clean_markers(field, value)
        case _:
            return value


def _clean_markers(field: ClaimField, value: Mapping[str, Any]) -> Any:
    def clean(text: Any) -> Any:
        return clean_line(text, field=field.name, most=40) if isinstance(text, str) else text

    return {
        category: {clean(name): clean(result) for name, result in results.items()}
        if isinstance(results, Mapping)
        else results
        for category, results in value.items()
    }


def snapshot_of(claim: Claim) -> dict[str, Any]:
    """A claim as the snapshot holds it for reading."""
    evidence = claim.evidence
    return {
        "claim": str(claim.pk),
        "value": claim.value,
        "unit": claim.unit,
        "basis": str(claim.basis),
        "reason": claim.reason,
        "evidence": str(evidence.pk) if evidence else None,
        "evidence_sha256": evidence.sha256 if evidence else None,
        "evidence_name": evidence.original_name if evidence else "",
        "recorded_at": utc_text(claim.recorded_at),
        "recorded_by": claim.recorded_by_name,
    }


def rebuilt_snapshot(subject: Product | Batch) -> dict[str, Any]:
    """The snapshot as the claims in force make it; it always equals the stored one."""
    in_force = subject.claims.in_force().select_related("evidence")
    return {claim.field: snapshot_of(claim) for claim in in_force}


def in_force(subject: Product | Batch) -> dict[str, Claim]:
    """The claims in force by field."""
    return {claim.field: claim for claim in subject.claims.in_force().select_related("evidence")}


@transaction.atomic
def record_claims(
    subject: Product | Batch,
    drafts: Sequence[ClaimDraft],
    *,
    agent: Agent,
    at: datetime,
    upload: Upload | None = None,
    evidence: Evidence | None = None,
    correction_reason: str = "",
    seen: Mapping[str, str] | None = None,
) -> list[Claim]:
    """Put a page of the dossier on record: each value that is new or differs from the one in force, and no other.

    The new values rest on `upload`, or on `evidence` that is on file. A value that takes another's place needs
    `correction_reason`; one that was not stated before does not. `seen` has the id of each claim that the person saw,
    by field. Raises `ClaimRefusedError`, `UploadRefusedError`; then nothing is written.
    """
    subject = _locked(subject)
    earlier = in_force(subject)
    why = clean_note(correction_reason, field="correction_reason", most=LONGEST_REASON)
    for draft in drafts:
        _check_recordable(subject, draft.field)
    changed = [draft for draft in drafts if _differs(draft, earlier.get(draft.field))]
    for draft in changed:
        _check_seen(draft, earlier.get(draft.field), seen)
    if not changed:
        return []
    written: list[RecordedModel] = []
    if upload:
        evidence, is_new = _filed(subject, upload, agent, at)
        written += [evidence] if is_new else []
    claims = [
        write_claim(
            subject,
            draft,
            agent=agent,
            at=at,
            evidence=evidence if draft.basis in RESTS_ON_EVIDENCE else None,
            previous=earlier.get(draft.field),
            correction_reason=_why(earlier.get(draft.field), why),
        )
        for draft in changed
    ]
    subject.save(update_fields=["snapshot"])
    append("products.dossier_recorded", agent=agent, occurred_at=at, records=[subject, *claims, *written])
    return claims


@transaction.atomic
def correct_claim(
    subject: Product | Batch,
    draft: ClaimDraft,
    *,
    correction_reason: str,
    agent: Agent,
    at: datetime,
    expected: str = "",
    upload: Upload | None = None,
) -> Claim:
    """Replace the claim in force on a field. The earlier value stays readable with the reason of the change.

    `expected` is the id of the claim that the person saw; where another one is in force by now,
    nothing is written. Raises `ClaimRefusedError`, `UploadRefusedError`.
    """
    subject = _locked(subject)
    _check_correctable(subject, draft.field)
    previous = subject.claims.in_force().select_related("evidence").get(field=draft.field)
    if expected and str(previous.pk) != expected:
        raise ClaimRefusedError(
            "Somebody changed this value while you were writing. Look at the new value, then decide.",
            code="claim.stale",
        )
    why = clean_note(correction_reason, field="correction_reason", most=LONGEST_REASON)
    if not why:
        raise ClaimRefusedError(
            "Say in a few words why the value changes.", field="correction_reason", code="claim.correction_reason"
        )
    written: list[RecordedModel] = []
    evidence = previous.evidence if draft.value == previous.value else None
    if upload:
        evidence, is_new = _filed(subject, upload, agent, at)
        written += [evidence] if is_new else []
    claim = write_claim(subject, draft, agent=agent, at=at, evidence=evidence, previous=previous, correction_reason=why)
    changed = _carry_identity(subject, draft)
    subject.save(update_fields=["snapshot", *changed])
    append("products.claim_corrected", agent=agent, occurred_at=at, records=[subject, claim, *written])
    return claim


def correctable_fields(subject: Product | Batch) -> frozenset[str]:
    """Fields that a person may correct by hand. What a certificate says changes by reading the certificate anew."""
    if isinstance(subject, Product):
        return frozenset({*SCIENCE_FIELDS, *PRODUCT_DOSSIER, "marketed_name"})
    return frozenset({*BATCH_DOSSIER, *(name for name in TEST_FIELDS if not rests_on_certificate(subject, name))})


def rests_on_certificate(batch: Batch, field: str) -> bool:
    """Whether a test result in force is one that the certificate in force states."""
    certificate = (batch.snapshot.get("certificate_of_analysis") or {}).get("evidence")
    entry = batch.snapshot.get(field) or {}
    return bool(certificate) and entry.get("value") is not None and entry.get("evidence") == certificate


def _locked(subject: Product | Batch) -> Product | Batch:
    if isinstance(subject, Product):
        return Product.objects.select_for_update().get(pk=subject.pk)
    return Batch.objects.select_for_update().get(pk=subject.pk)


def _filed(subject: Product | Batch, upload: Upload, agent: Agent, at: datetime) -> tuple[Evidence, bool]:
    organization = subject.organization if isinstance(subject, Product) else subject.product.organization
    return file_evidence(organization, upload, allowed=DOCUMENTS | TABLES, field="evidence", agent=agent, at=at)


def _check(subject: Product | Batch, draft: ClaimDraft, evidence: Evidence | None) -> None:
    fields = ALL_PRODUCT_FIELDS if isinstance(subject, Product) else ALL_BATCH_FIELDS
    if draft.field not in fields:
        raise ClaimRefusedError("There is no such field.", field=draft.field, code="claim.unknown_field")
    if draft.basis == Basis.MEASURED_BATCH and isinstance(subject, Product):
        raise ClaimRefusedError(
            "A product is no batch: choose “measured on a reference batch”, or record it on the batch.",
            field=draft.field,
            code="claim.basis",
        )
    check_claim(fields[draft.field], draft.value, draft.basis, draft.reason, as_printed=draft.as_printed)
    if draft.field == "ev_term_evidenced" and draft.value == EvTerm.EXOSOME_EVIDENCED and evidence is None:
        raise ClaimRefusedError(
            "This term needs a document that shows how the particles formed. File it with this value.",
            field=draft.field,
            code="claim.document",
        )


def _unit(draft: ClaimDraft) -> str:
    field = ALL_FIELDS[draft.field]
    if draft.value is None or not field.units:
        return draft.unit
    if draft.unit and draft.unit not in field.units:
        raise ClaimRefusedError(f"Give it in {' or '.join(field.units)}.", field=draft.field, code="number.unit")
    return draft.unit or field.units[0]


def _differs(draft: ClaimDraft, previous: Claim | None) -> bool:
    if previous is None:
        return True
    field = ALL_FIELDS[draft.field]
    if field.units and _unit(draft) != previous.unit:
        return True
    said = (_parts(field, draft.value), str(draft.basis), draft.reason)
    return said != (_parts(field, previous.value), str(previous.basis), previous.reason)


def _parts(field: ClaimField, value: Any) -> Any:
    """The value as a person can change it: what an instrument's file adds to the parts is no difference."""
    if field.kind != Kind.PARTS or not isinstance(value, Mapping):
        return value
    return {part.name: value[part.name] for part in field.parts if value.get(part.name) not in (None, "")}


def _check_recordable(subject: Product | Batch, field: str) -> None:
    if field == "marketed_name" or field not in correctable_fields(subject):
        raise ClaimRefusedError(
            "This value is not recorded here. Read the certificate anew, or file a newer document.",
            field=field,
            code="claim.not_correctable",
        )


def _check_seen(draft: ClaimDraft, previous: Claim | None, seen: Mapping[str, str] | None) -> None:
    if seen is not None and seen.get(draft.field, "") != (str(previous.pk) if previous else ""):
        raise ClaimRefusedError(
            "Somebody changed this value while you were writing. Look at the new value, then decide.",
            field=draft.field,
            code="claim.stale",
        )


def _why(previous: Claim | None, why: str) -> str:
    if previous is None:
        return ""
    if not why and previous.basis != Basis.NOT_STATED:
        raise ClaimRefusedError(
            "A value on record changes. Say in a few words why.",
            field="correction_reason",
            code="claim.correction_reason",
        )
    return why or FIRST_VALUE


def _check_correctable(subject: Product | Batch, field: str) -> None:
    if field not in correctable_fields(subject):
        raise ClaimRefusedError(
            "This value is not corrected by hand: register the thing anew, or file a newer document.",
            code="claim.not_correctable",
        )


def _carry_identity(subject: Product | Batch, draft: ClaimDraft) -> Sequence[str]:
    if isinstance(subject, Product) and draft.field == "marketed_name":
        if draft.basis != Basis.STATED:
            raise ClaimRefusedError(
                "A product needs the name it is sold under.", field="marketed_name", code="claim.blank"
            )
        subject.marketed_name = draft.value
        return ["marketed_name"]
    return []
