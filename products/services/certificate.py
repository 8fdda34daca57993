"""File a batch's certificate of analysis and what it says about sterility, endotoxin and mycoplasma."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from audit.services import append
from products.errors import ChronologyError, ClaimRefusedError
from products.fields import TEST_FIELDS
from products.models import Batch, Claim
from products.services.claims import ClaimDraft, in_force, write_claim
from products.services.evidence import file_evidence
from products.text import clean_line
from products.uploads import DOCUMENTS, Upload
from products.vocabulary import Basis

LONGEST = 120
_ENDOTOXIN = re.compile(r"[<≤]? ?[0-9]{1,6}(\.[0-9]{1,4})?")


@dataclass(frozen=True)
class ResultDraft:
    """One test on a certificate: the result, or that none is stated, or why the test does not apply."""

    basis: str
    result: str = ""
    reason: str = ""


@dataclass(frozen=True)
class CertificateDraft:
    """A certificate as a person reads it. `lot_number` is the lot that the certificate itself names."""

    upload: Upload
    lot_number: str
    results: Mapping[str, ResultDraft]
    number: str = ""
    laboratory: str = ""
    issued_on: date | None = None


@transaction.atomic
def attach_certificate(
    batch: Batch, draft: CertificateDraft, *, today: date, agent: Agent, at: datetime
) -> dict[str, Claim]:
    """File the certificate; its results become claims that rest on it, and supersede earlier ones.

    A certificate of another lot is kept, because it is what the supplier sent: its results then count as measured
    on a reference batch, and the batch shows that the two disagree. Raises `UploadRefusedError`, `ClaimRefusedError`.
    """
    batch = Batch.objects.select_for_update().select_related("product__organization").get(pk=batch.pk)
    _check_dates(batch, draft, today)
    lot = clean_line(draft.lot_number, field="certificate_lot", most=20)
    if not lot:
        raise ClaimRefusedError(
            "Enter the lot number that the certificate names.", field="certificate_lot", code="claim.blank"
        )
    written: list[RecordedModel] = []
    evidence, is_new = file_evidence(
        batch.product.organization, draft.upload, allowed=DOCUMENTS, field="certificate", agent=agent, at=at
    )
    written += [evidence] if is_new else []
    measured = Basis.MEASURED_BATCH if lot == batch.lot_number else Basis.MEASURED_REF
    number = clean_line(draft.number, field="number", most=LONGEST)
    value = {
        "number": number,
        "laboratory": clean_line(draft.laboratory, field="laboratory", most=LONGEST),
        "issued_on": draft.issued_on.isoformat() if draft.issued_on else None,
        "lot_number": lot,
    }
    drafts = [ClaimDraft("certificate_of_analysis", value, measured)]
    drafts += [_result(name, draft.results[name], measured) for name in TEST_FIELDS]
    earlier = in_force(batch)
    claims = {
        claim.field: write_claim(
            batch,
            claim,
            agent=agent,
            at=at,
            evidence=evidence if claim.basis != Basis.NOT_APPLICABLE else None,
            previous=earlier.get(claim.field),
            correction_reason=f"Certificate {number or evidence.original_name} filed",
        )
        for claim in drafts
    }
    batch.save(update_fields=["snapshot"])
    append(
        "products.certificate_attached",
        agent=agent,
        occurred_at=at,
        records=[batch, *claims.values(), *written],
        body={"certificate_sha256": evidence.sha256},
    )
    return claims


def _check_dates(batch: Batch, draft: CertificateDraft, today: date) -> None:
    if draft.issued_on is None:
        return
    if draft.issued_on > today:
        raise ChronologyError("The certificate's date lies in the future. Read it once more.", field="issued_on")
    if batch.production_date and draft.issued_on < batch.production_date:
        raise ChronologyError(
            "The certificate is dated before the batch was made. Check the date, or ask the supplier.",
            field="issued_on",
        )


def _result(name: str, draft: ResultDraft, measured: Basis) -> ClaimDraft:
    result = clean_line(draft.result, field=name, most=LONGEST)
    reason = clean_line(draft.reason, field=f"{name}_reason", most=LONGEST)
    if draft.basis == Basis.NOT_STATED:
        if result:
            raise ClaimRefusedError(
                "You gave a result and also “not stated”. Keep one of the two.",
                field=name,
                code="claim.value_and_not_stated",
            )
        return ClaimDraft(name, None, Basis.NOT_STATED)
    if draft.basis == Basis.NOT_APPLICABLE:
        if not reason:
            raise ClaimRefusedError(
                "Say in a few words why the test does not apply.", field=f"{name}_reason", code="claim.reason"
            )
        return ClaimDraft(name, None, Basis.NOT_APPLICABLE, reason=reason)
    if not result:
        raise ClaimRefusedError(
            "Enter the result as the certificate says it, or choose “not stated”.",
            field=name,
            code="claim.blank",
        )
    if name == "endotoxin":
        if not _ENDOTOXIN.fullmatch(result):
            raise ClaimRefusedError(
                f"Enter the number in EU/mL, such as 0.08 or <0.05. We found “{result}”.",
                field=name,
                code="number.format",
            )
        return ClaimDraft(name, result, measured, unit="EU/mL")
    return ClaimDraft(name, result, measured)
