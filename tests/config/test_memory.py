"""What the tests' memory puts back is what was made, and only where everything is as it was."""

from __future__ import annotations

import pytest
from django.db import transaction

from audit.verification import recorded_models, verify
from clinic.models import Organization
from consent.models import Consent
from tests import memory
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed

pytestmark = pytest.mark.django_db


def made(name: str, harbour: Organization, times: list[str]) -> tuple[Desk, Handed, memory.Rows]:
    """A signed consent, and every row; undone."""

    def make() -> tuple[Desk, Handed]:
        times.append("made")
        desk = desks.open_desk(harbour)
        return desk, desks.signed(desk)

    with transaction.atomic():
        desk, handed = memory.remembered(name, make, harbour)
        assert [one for one in verify(None, recorded_models()) if one.code != "log.key"] == []
        assert Consent.objects.get().pk == handed.consent.pk
        rows = memory._rows()
        transaction.set_rollback(True)
    return desk, handed, rows


def test_what_is_put_back_is_what_was_made_row_by_row_and_the_log_agrees(harbour: Organization) -> None:
    times: list[str] = []
    (first, signed, rows), (again, signed_again, rows_again) = (made("the same", harbour, times) for _ in range(2))
    assert times == ["made"]
    assert rows["consent_signature"]
    assert rows_again == rows
    assert again.clinic is harbour
    assert (again, signed_again) == (first, signed)
    assert signed_again.consent is not signed.consent


def test_a_clinic_that_is_not_as_it_was_is_served_anew(harbour: Organization) -> None:
    times: list[str] = []
    made("another", harbour, times)
    times.clear()
    harbour.name = "Another Clinic"
    made("another", harbour, times)
    assert times == ["made"]
