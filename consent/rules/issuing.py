"""Who may be given a text to sign, for what, and where."""

from __future__ import annotations

from datetime import date

from consent.errors import IssueRefusedError, UnderAgeError
from consent.records import IssueFacts

ADULT_AGE = 18


def age_on(birth_date: date, on: date) -> int:
    """Whole years on the clinic's calendar day; somebody born on 29 February ages on 1 March."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def check_adult(birth_date: date, on: date) -> None:
    """Refuse a patient under 18 (profile rule, on by default: GMC 2016; 2021 Act for toxin and filler in England)."""
    if age_on(birth_date, on) < ADULT_AGE:
        raise UnderAgeError(
            "This treatment is only for people of 18 and over. No consent can be given for a younger person.",
            code="patient.under_18",
            field="birth_date",
        )


def check_place(jurisdiction: str, clinic_jurisdiction: str) -> None:
    """Refuse the rules of another country: whoever issues must not choose away a STOP that holds where the clinic is."""
    if jurisdiction.partition("-")[0] != clinic_jurisdiction.partition("-")[0]:
        raise IssueRefusedError(
            "The rules of the clinic’s own country apply. For treatments in another country, open a clinic there.",
            code="jurisdiction.elsewhere",
            field="jurisdiction",
        )


def check_can_issue(facts: IssueFacts) -> None:
    """Refuse to make a form where the law says stop, the batch may not be used, or nothing is on record to tell.

    Consent does not make an unlawful use lawful (decisions on regulatory standing; CQC Regulation 11).
    """
    check_adult(facts.birth_date, facts.on)
    if not facts.origin_is_recorded:
        raise IssueRefusedError(
            "Record what the product is made from first, even if that is “not stated”. A patient must be told one or the other.",
            code="product.origin_blank",
            field="product",
        )
    if facts.severity == "STOP" and not facts.is_lifted:
        raise IssueRefusedError(
            "No consent can be issued for this use: "
            + " ".join(facts.stop_sentences)
            + " A trial approval, a licence or a named exemption for this product, use and place, confirmed by two people, would change this.",
            code="standing.stop",
            field="route",
        )
    if not facts.practitioner_has_registration:
        raise IssueRefusedError(
            "The practitioner has no professional register and number on record. The patient must be able to check who treats them.",
            code="practitioner.registration",
            field="practitioner",
        )
    if facts.batch_lot:
        if facts.expiration_date is not None and facts.expiration_date < facts.on:
            raise IssueRefusedError(
                f"Batch {facts.batch_lot} expired on {facts.expiration_date:%-d %B %Y}. Choose another batch.",
                code="product.expired",
                field="batch",
            )
        if facts.batch_status not in ("QUARANTINE", "RELEASED"):
            raise IssueRefusedError(
                f"Batch {facts.batch_lot} is {facts.batch_status.replace('_', ' ').lower()} and may not be used. Choose another batch.",
                code="batch.not_usable",
                field="batch",
            )
