"""Two at once on PostgreSQL: an act that waits while the record is disposed of is refused, and leaves nothing unreadable."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import transaction

import consent
from audit.errors import Refusal
from audit.verification import verify
from clinic.vocabulary import Role
from consent import services
from consent.models import HelpRequest, Opening, Question, StaffTask
from consent.vocabulary import SealKind, TimeOfDay, Wish
from tests.cast import MARA, make_member
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, seal_on_paper
from tests.consent.test_disposal import DUE, confirm, propose

Act = Callable[[Desk, Handed], Any]
ACTS: dict[str, Act] = {
    "close a task": lambda desk, handed: services.close_task(
        StaffTask.objects.get(closed_at=None).pk, "Done.", agent=desk.agent, at=DUE
    ),
    "assign a task": lambda desk, handed: services.assign_task(
        StaffTask.objects.get(closed_at=None).pk, desk.practitioner.user_id, agent=desk.agent, at=DUE
    ),
    "ask for a call": lambda desk, handed: services.ask_for_help(
        handed.link.pk, Wish.CALL, phone="", time_of_day=TimeOfDay.ANY, is_confirmed=True, at=DUE
    ),
    "drop a question": lambda desk, handed: services.drop_question(Question.objects.get().pk, at=DUE),
    "mark as an error": lambda desk, handed: services.invalidate_consent(
        handed.consent.pk, reason="Wrong person", agent=desk.agent, at=DUE
    ),
    "show who one is": lambda desk, handed: services.confirm_identity(handed.link.pk, MARA.birth_date, at=DUE),
}


@pytest.fixture
def ended(committed: None) -> tuple[Desk, Handed]:
    """A consent that was declined years ago, with a question and a task."""
    desk = desks.open_desk()
    handed = desks.issue(desk)
    key = desks.keys_of(handed.consent)[0]
    services.ask_question(handed.consent.pk, key, "Why?", shown_sha256=handed.sha256, at=LATER)
    services.decline_consent(handed.consent.pk, "Not now", at=LATER)
    seal_on_paper(desk, handed, SealKind.DECLINED)
    return desk, handed


@pytest.mark.postgresql
@pytest.mark.parametrize("name", ACTS)
def test_who_waits_is_told_so_and_every_row_can_still_be_read(ended: tuple[Desk, Handed], name: str) -> None:
    desk, handed = ended
    leads = [make_member(desk.clinic, name, Role.CLINIC_LEAD) for name in ("Ada Lead", "Ben Lead")]
    proposal, is_gone = propose(desk, leads[0]), Event()

    def do(number: int) -> str:
        if number == 1:
            with transaction.atomic():
                confirm(desk, proposal, leads[1])
                is_gone.set()
                desks.wait_for_a_waiting_lock()
            return "disposed"
        is_gone.wait(timeout=30)
        with pytest.raises(Refusal) as refused:
            ACTS[name](desk, handed)
        return refused.value.code

    assert desks.at_once(do, 2) == ["disposed", "patient.erased"]
    assert not HelpRequest.objects.exists()
    assert not Opening.objects.exists()
    assert [one.message for one in verify(None)] == []


def test_no_act_locks_a_consent_in_another_way() -> None:
    """A lock that does not read the patient again would let an act seal under a key that is gone."""
    direct = re.compile(r"\bConsent\.objects\b(?:\s*\.\w+\([^()]*(?:\([^()]*\)[^()]*)*\))*?\s*\.select_for_update")
    found = {
        path.name: len(direct.findall(path.read_text()))
        for path in Path(consent.__file__).with_name("services").glob("*.py")
    }
    # These lock many at once, and seal nothing for a patient whose key they have read before.
    assert {name: count for name, count in found.items() if count} == {"disposal.py": 1, "marks.py": 1}
