"""The check right before the treatment."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from consent.errors import ClearanceRefusedError
from consent.records import TreatmentFacts
from consent.vocabulary import ConsentStatus


class Treatable(Protocol):
    """A consent, as far as the check at the chair needs it."""

    def treatment_facts(self, batch: Any, on: date) -> TreatmentFacts:
        """The facts of treating with this batch on this local day."""


def check_may_treat(consent: Treatable, batch: Any, on: date) -> None:
    """Refuse the treatment of this consent's patient with this batch on this local day; the door for other rooms."""
    check_treatment(consent.treatment_facts(batch, on))


def check_treatment(facts: TreatmentFacts) -> None:
    """Refuse a treatment that this consent does not cover: state, seal, product, batch, standing, expiry, time to think."""
    problems = []
    if facts.status != ConsentStatus.ACTIVE:
        problems.append(f"the consent is {ConsentStatus(facts.status).label.lower()}, not active")
    elif not facts.is_sealed:
        problems.append("the signed record is not sealed yet")
    if facts.product != facts.consented_product:
        problems.append("the batch is of another product than the one consented to")
    elif facts.consented_batch is not None and facts.batch != facts.consented_batch:
        problems.append("the batch is another one than the patient was told of")
    elif facts.bound_batch is not None and facts.batch != facts.bound_batch:
        problems.append("another batch was chosen for this consent before")
    if facts.batch_status != "RELEASED":
        problems.append("the batch is not released for use")
    if facts.expiration_date < facts.on:
        problems.append(f"the batch expired on {facts.expiration_date:%-d %B %Y}")
    problems += _changed_since(facts)
    if facts.treat_from is not None and facts.on < facts.treat_from:
        problems.append(f"the time to think lasts until {facts.treat_from:%-d %B %Y}")
    if problems:
        raise ClearanceRefusedError(
            "Do not treat: " + "; ".join(problems) + ".", code="clearance.refused", field="batch"
        )


def check_day_answers(*, still_wanted: bool, nothing_changed: bool) -> None:
    """Stop where the patient does not want it any more, or something has changed, and say what to do (GMC: reviewing decisions)."""
    if not still_wanted:
        raise ClearanceRefusedError(
            "Do not treat: the patient has not said today that they still want it. "
            "If they changed their mind, record on the consent’s page that they took it back.",
            code="clearance.not_wanted",
            field="still_wanted",
        )
    if not nothing_changed:
        raise ClearanceRefusedError(
            "Do not treat: something has changed since the patient signed. "
            "Talk about it; where it matters to the decision, issue a new consent.",
            code="clearance.changed",
            field="nothing_changed",
        )


def _changed_since(facts: TreatmentFacts) -> list[str]:
    """What is not as it was when the patient signed."""
    kinds = ", ".join(facts.undecided_kinds).lower()
    told = (
        (facts.superseded, "a newer text has replaced the one that was signed"),
        (facts.standing_changed, "the rules for this product here have changed since the patient signed"),
        (bool(kinds), f"something changed since the text was written, and nobody has decided on it yet ({kinds})"),
        (facts.is_paused, "it is paused: a clinician must first find out whether the patient can make this decision"),
        (facts.ask_again, "the patient must be asked again, because of what has changed"),
    )
    return [words for is_so, words in told if is_so]
