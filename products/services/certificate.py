"""File a batch's certificate of analysis, item by item; read one anew where it was read wrongly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from products.errors import ChronologyError, ClaimRefusedError
from products.fields import TESTS_BY_CODE
from products.models import Batch, Certificate, CertificateResult, Claim, Evidence
from products.records import parse_result
from products.services.claims import ClaimDraft, in_force, write_claim
from products.services.evidence import file_evidence
from products.services.judging import append
from products.text import clean_line, clean_note
from products.uploads import DOCUMENTS, TABLES, Upload
from products.vocabulary import Basis, CoaItem, Stated

LONGEST = 120
MOST_RESULTS = 100


@dataclass(frozen=True)
class ResultDraft:
    """One line of a certificate: the item's code and the result as printed, with what stands beside it."""

    code: str
    result: str
    detail: str = ""
    unit: str = ""
    method: str = ""
    limit: str = ""
    sampled_on: date | None = None
    reported_on: date | None = None
    laboratory: str = ""


@dataclass(frozen=True)
class CertificateDraft:
    """A certificate as a person reads it. `lot_number` is the lot that the certificate itself names.

    `does_not_apply` has the codes of tests that do not apply to this product, with the reason. What is neither there
    nor among the results is not stated by this certificate.
    """

    upload: Upload | None
    lot_number: str
    results: Sequence[ResultDraft] = ()
    does_not_apply: Mapping[str, str] = field(default_factory=dict)
    number: str = ""
    laboratory: str = ""
    issued_on: date | None = None
    expiration_date: date | None = None
    signed: str = Stated.NOT_STATED


@transaction.atomic
def attach_certificate(
    batch: Batch, draft: CertificateDraft, *, today: date, agent: Agent, at: datetime
) -> dict[str, Claim]:
    """File a certificate. Its results become claims that rest on it, by field; what it leaves out stays as it was.

    A certificate of another lot is kept, because it is what the supplier sent: its results then count as measured
    on a reference batch, and the batch shows that the two disagree. Raises `UploadRefusedError`, `ClaimRefusedError`,
    `QuantityError`, `ChronologyError`.
    """
    batch = Batch.objects.select_for_update().select_related("product__organization").get(pk=batch.pk)
    _check_dates(draft, today)
    if draft.upload is None:
        raise ClaimRefusedError("Choose the file of the certificate.", field="certificate", code="claim.document")
    evidence, is_new = file_evidence(
        batch.product.organization, draft.upload, allowed=DOCUMENTS | TABLES, field="certificate", agent=agent, at=at
    )
    written: list[RecordedModel] = [evidence] if is_new else []
    certificate, results = _read(batch, draft, evidence, agent=agent, at=at)
    why = f"Certificate {certificate.number or evidence.original_name} filed"
    return _put_in_force(batch, draft, certificate, [*results, *written], why=why, agent=agent, at=at)


def record_certificate(
    batch: Batch, draft: CertificateDraft, evidence: Evidence, *, why: str, agent: Agent, at: datetime
) -> dict[str, Claim]:
    """Put a certificate on record whose words came within another file. Part of a larger act, which filed that file."""
    certificate, results = _read(batch, draft, evidence, agent=agent, at=at)
    return _put_in_force(batch, draft, certificate, results, why=why, agent=agent, at=at)


@transaction.atomic
def correct_certificate(
    certificate: Certificate,
    draft: CertificateDraft,
    *,
    correction_reason: str,
    today: date,
    agent: Agent,
    at: datetime,
) -> dict[str, Claim]:
    """Read a certificate on file anew: the file stays, the reading before stays readable, with why it was wrong.

    Raises what `attach_certificate` does, and `ClaimRefusedError` where the certificate was read anew meanwhile.
    """
    batch = Batch.objects.select_for_update().select_related("product__organization").get(pk=certificate.batch_id)
    if Certificate.objects.filter(supersedes=certificate).exists():
        raise ClaimRefusedError(
            "Somebody read this certificate anew while you were writing. Look at that reading, then decide.",
            code="claim.stale",
        )
    why = clean_note(correction_reason, field="correction_reason", most=500)
    if not why:
        raise ClaimRefusedError(
            "Say in a few words what was read wrongly.", field="correction_reason", code="claim.correction_reason"
        )
    _check_dates(draft, today)
    newer, results = _read(batch, draft, certificate.evidence, agent=agent, at=at, supersedes=certificate, why=why)
    is_latest = (batch.snapshot.get("certificate_of_analysis") or {}).get("evidence") == str(certificate.evidence_id)
    if not is_latest:
        append("products.certificate_corrected", agent=agent, occurred_at=at, records=[batch, newer, *results])
        return {}
    return _put_in_force(batch, draft, newer, results, why=why, agent=agent, at=at, is_correction=True)


def _read(
    batch: Batch,
    draft: CertificateDraft,
    evidence: Evidence,
    *,
    agent: Agent,
    at: datetime,
    supersedes: Certificate | None = None,
    why: str = "",
) -> tuple[Certificate, list[CertificateResult]]:
    lot = clean_line(draft.lot_number, field="certificate_lot", most=20)
    if not lot:
        raise ClaimRefusedError(
            "Enter the lot number that the certificate names.", field="certificate_lot", code="claim.blank"
        )
    if len(draft.results) > MOST_RESULTS:
        raise ClaimRefusedError(
            f"A certificate can have {MOST_RESULTS} results; this one has {len(draft.results)}.", code="claim.results"
        )
    certificate = Certificate.objects.create(
        batch=batch,
        evidence=evidence,
        number=clean_line(draft.number, field="number", most=LONGEST),
        lot_number=lot,
        expiration_date=draft.expiration_date,
        issued_on=draft.issued_on,
        laboratory=clean_line(draft.laboratory, field="laboratory", most=LONGEST),
        signed=Stated(draft.signed),
        supersedes=supersedes,
        correction_reason=why,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
    )
    return certificate, [_result(certificate, place, result) for place, result in enumerate(draft.results, start=1)]


def _result(certificate: Certificate, position: int, draft: ResultDraft) -> CertificateResult:
    """One line, checked; a refusal names the field as "result-<position>-<name>"."""

    def at(name: str) -> str:
        return f"result-{position}-{name}"

    said = clean_line(draft.result, field=at("result"), most=LONGEST)
    if draft.code not in CoaItem.values:
        raise ClaimRefusedError("Choose what was tested.", field=at("code"), code="claim.unknown_code")
    if not said:
        raise ClaimRefusedError(
            "Enter the result as the certificate says it, or leave the whole line empty.",
            field=at("result"),
            code="claim.blank",
        )
    if draft.sampled_on and draft.reported_on and draft.reported_on < draft.sampled_on:
        raise ChronologyError("The result is dated before the sample was taken.", field=at("reported_on"))
    comparator, number = parse_result(said, needs_number=draft.code == CoaItem.ENDO, unit="EU/mL", field=at("result"))
    return CertificateResult.objects.create(
        certificate=certificate,
        position=position,
        code=draft.code,
        detail=clean_line(draft.detail, field=at("detail"), most=80),
        result=said,
        comparator=comparator,
        number=number,
        unit=_unit(draft, at("unit")),
        method=clean_line(draft.method, field=at("method"), most=LONGEST),
        limit=clean_line(draft.limit, field=at("limit"), most=80),
        sampled_on=draft.sampled_on,
        reported_on=draft.reported_on,
        laboratory=clean_line(draft.laboratory, field=at("laboratory"), most=LONGEST),
    )


def _unit(draft: ResultDraft, field: str) -> str:
    unit = clean_line(draft.unit, field=field, most=20)
    if draft.code != CoaItem.ENDO:
        return unit
    if unit.replace(" ", "").lower() not in ("", "eu/ml", "ie/ml", "iu/ml"):
        raise ClaimRefusedError(
            f"Endotoxin is recorded in EU/mL. We found “{unit}”: convert it, and say so in the method.",
            field=field,
            code="number.unit",
        )
    return "EU/mL"


def _put_in_force(
    batch: Batch,
    draft: CertificateDraft,
    certificate: Certificate,
    written: Sequence[RecordedModel],
    *,
    why: str,
    agent: Agent,
    at: datetime,
    is_correction: bool = False,
) -> dict[str, Claim]:
    """Make the certificate and its tests the claims in force, and log the act."""
    measured = Basis.MEASURED_BATCH if certificate.lot_number == batch.lot_number else Basis.MEASURED_REF
    earlier = in_force(batch)
    value = {
        "number": certificate.number,
        "laboratory": certificate.laboratory,
        "issued_on": draft.issued_on.isoformat() if draft.issued_on else None,
        "lot_number": certificate.lot_number,
        "expiration_date": draft.expiration_date.isoformat() if draft.expiration_date else None,
        "signed": str(certificate.signed),
        "certificate": str(certificate.pk),
    }
    drafts = [ClaimDraft("certificate_of_analysis", value, measured)]
    drafts += _tests(draft, measured, earlier, certificate.evidence)
    claims = {
        claim.field: write_claim(
            batch,
            claim,
            agent=agent,
            at=at,
            evidence=certificate.evidence if claim.basis != Basis.NOT_APPLICABLE else None,
            previous=earlier.get(claim.field),
            correction_reason=why if claim.field in earlier else "",
        )
        for claim in drafts
    }
    batch.save(update_fields=["snapshot"])
    append(
        "products.certificate_corrected" if is_correction else "products.certificate_attached",
        agent=agent,
        occurred_at=at,
        records=[batch, *claims.values(), certificate, *written],
        body={"certificate_sha256": certificate.evidence.sha256},
    )
    return claims


def _tests(
    draft: CertificateDraft, measured: Basis, earlier: Mapping[str, Claim], evidence: Evidence
) -> list[ClaimDraft]:
    """The claims on sterility, endotoxin and mycoplasma. A test that this certificate leaves out keeps what another said."""
    by_code = {result.code: result for result in reversed(draft.results)}
    claims = []
    for code, test in TESTS_BY_CODE.items():
        result, reason = by_code.get(code), draft.does_not_apply.get(code)
        before = earlier.get(test.name)
        if result and reason is not None:
            raise ClaimRefusedError(
                "You gave a result and also “does not apply”. Keep one of the two.",
                field=test.name,
                code="claim.value_and_not_applicable",
            )
        if result:
            unit = test.units[0] if test.units else ""
            claims.append(ClaimDraft(test.name, result.result.strip(), measured, unit=unit))
        elif reason is not None:
            said = clean_line(reason, field=f"{test.name}_reason", most=LONGEST)
            if not said:
                raise ClaimRefusedError(
                    "Say in a few words why the test does not apply.", field=f"{test.name}_reason", code="claim.reason"
                )
            claims.append(ClaimDraft(test.name, None, Basis.NOT_APPLICABLE, reason=said))
        elif before is None or before.value is None or before.evidence_id == evidence.pk:
            claims.append(ClaimDraft(test.name, None, Basis.NOT_STATED))
    return claims


def _check_dates(draft: CertificateDraft, today: date) -> None:
    """Refuse a date to come. One before the batch was made is recorded: it is what the paper says, and a finding."""
    if draft.issued_on and draft.issued_on > today:
        raise ChronologyError("The certificate's date lies in the future. Read it once more.", field="issued_on")
