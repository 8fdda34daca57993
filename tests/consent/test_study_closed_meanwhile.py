"""Two at once on PostgreSQL: who joins a study waits for who closes it, and nobody joins it afterwards."""

from __future__ import annotations

from threading import Event

import pytest
from django.db import transaction

from audit.errors import Refusal
from consent import services
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.research import issue_research, read_all_research, study_of
from tests.consent.staffroom import LATER


@pytest.mark.postgresql
@pytest.mark.parametrize("act", ["sign", "hand over"])
def test_nobody_joins_a_study_that_is_just_being_closed(committed: None, act: str) -> None:
    desk = desks.open_desk()
    study, is_closed = study_of(desk.clinic), Event()
    handed = issue_research(desk, study)
    read_all_research(handed)
    pack = services.make_pack(handed.consent.pk, made_by_name="Dr Nia Penrose", agent=desk.agent, at=NOW)

    def join() -> None:
        if act == "sign":
            services.sign_consent(handed.consent.pk, desks.signing(handed), at=LATER)
        else:
            services.hand_over_pack(pack.pk, by_name="Dr Nia Penrose", agent=desk.agent, at=LATER)

    def do(number: int) -> str:
        if number == 1:
            with transaction.atomic():
                services.close_study(study.pk, "The committee has stopped it.", agent=desk.agent, at=LATER)
                is_closed.set()
                desks.wait_for_a_waiting_lock()
            return "closed"
        is_closed.wait(timeout=30)
        with pytest.raises(Refusal) as refused:
            join()
        return refused.value.code

    codes = {"sign": "signature.study_closed", "hand over": "study.closed"}
    assert desks.at_once(do, 2) == ["closed", codes[act]]
