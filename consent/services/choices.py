"""The optional choices of a signed record: what was agreed to since when, and taking one of them back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from audit import services as audit
from audit.records import Agent
from clinic.records import clean_text
from clinic.services import seal_for_patient
from consent import rules, wording
from consent.errors import ChoiceRefusedError
from consent.models import ChoiceWithdrawal, Consent, StepAnswers
from consent.services.duties import open_task
from consent.services.people import by_whom, decider_of, deciding_agent
from consent.vocabulary import Step, TaskKind

YES = "yes"
LONGEST_REASON = 1000


@dataclass(frozen=True)
class Choice:
    """One optional choice as it stands. `ended_at` is when it, or the whole consent, was taken back.

    `stops` and `stays` say in plain words what ends with a withdrawal and what cannot be undone.
    """

    key: str
    text: str
    is_agreed: bool
    chosen_at: datetime
    ended_at: datetime | None
    withdrawal: ChoiceWithdrawal | None
    stops: str
    stays: str

    @property
    def is_in_force(self) -> bool:
        """Whether the clinic may rely on it now."""
        return self.is_agreed and self.ended_at is None


def choices_of(consent: Consent) -> list[Choice]:
    """The choices of the text that was signed, in the order in which they were asked; none before the signature.

    Reads what `with_standing` has fetched. Each has the time at which its answer was last changed.
    """
    signature = getattr(consent, "signature", None)
    if signature is None:
        return []
    asked = [step for step in signature.document.content.get("steps", ()) if step["key"] == Step.CHOICES]
    rows = sorted(
        (
            row
            for row in consent.step_answers.all()
            if row.document_id == signature.document_id and row.step == Step.CHOICES
        ),
        key=lambda row: row.attempt,
    )
    if not asked or not rows:
        return []
    taken_back = {row.choice: row for row in consent.choice_withdrawals.all()}
    whole = getattr(consent, "withdrawal", None)
    found = []
    for prompt in asked[0]["prompts"]:
        key, withdrawal = prompt["key"], taken_back.get(prompt["key"])
        ends = [row.withdrawn_at for row in (withdrawal, whole) if row is not None]
        answer, chosen_at = _since(rows, key)
        stops, stays = wording.CHOICE_ENDS.get(key, wording.ANY_CHOICE_ENDS)
        found.append(
            Choice(
                key=key,
                text=prompt["text"],
                is_agreed=answer == YES,
                chosen_at=chosen_at,
                ended_at=min(ends, default=None) if answer == YES else None,
                withdrawal=withdrawal,
                stops=gettext(stops),
                stays=gettext(stays),
            )
        )
    return found


def choice_of(consent: Consent, key: str) -> Choice:
    """One choice. Raises ChoiceRefusedError where the signed record has none of that name."""
    for choice in choices_of(consent):
        if choice.key == key:
            return choice
    raise ChoiceRefusedError("There is no such choice in the signed record.", code="choice.unknown")


@transaction.atomic
def withdraw_choice(
    consent_id: uuid.UUID,
    key: str,
    reason: str,
    *,
    by: str = "",
    received_by: str,
    agent: Agent | None,
    at: datetime,
) -> ChoiceWithdrawal:
    """Take back one choice of a signed record, at any time, also after the treatment; a second time changes nothing.

    Through the link (`agent` None), or told to staff, who are named; `by` says whose decision it is where a proxy is on
    record. Raises ChoiceRefusedError and PersonRefusedError.
    """
    Consent.objects.locked(consent_id)
    consent = Consent.objects.with_standing().get(pk=consent_id)
    choice = choice_of(consent, key)
    if choice.withdrawal is not None:
        return choice.withdrawal
    rules.check_can_withdraw_choice(is_agreed=choice.is_agreed, ended_at=choice.ended_at)
    proxy = decider_of(consent, by)
    withdrawal = ChoiceWithdrawal(consent=consent, proxy=proxy, choice=key, received_by=received_by, withdrawn_at=at)
    words = clean_text(reason, most=LONGEST_REASON, field="reason") if reason.strip() else ""
    withdrawal.sealed_reason = seal_for_patient(
        consent.patient, words.encode(), binding=f"consent.choicewithdrawal.reason:{withdrawal.pk}"
    )
    withdrawal.save(force_insert=True)
    task = open_task(consent, TaskKind.CHOICE, at=at, subject=key)
    audit.append(
        "consent.choice_withdrawn",
        agent=agent or deciding_agent(consent, proxy),
        occurred_at=at,
        records=[withdrawal, task],
        body={"reference": consent.reference, "choice": key, "by": by_whom(proxy)},
    )
    return withdrawal


def _since(rows: list[StepAnswers], key: str) -> tuple[str, datetime]:
    """The answer that counts, and the moment from which it has been the same; `rows` oldest first."""
    answer, since = rows[0].answers.get(key, ""), rows[0].answered_at
    for row in rows[1:]:
        if (now := row.answers.get(key, "")) != answer:
            answer, since = now, row.answered_at
    return answer, since
