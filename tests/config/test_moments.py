"""Moments come back from PostgreSQL as they went in, and are read by the quick loader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import DataError, connection

from config.moments import Moments

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


def said(moment: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [moment])
        found: datetime = cursor.fetchone()[0]
        return found


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 11, 27, 19, 37, 14, 226210, UTC),
        datetime(2026, 11, 27, 19, 37, 14, 220000, UTC),
        datetime(2026, 11, 27, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999999, UTC),
        datetime(2024, 2, 29, 23, 59, 59, 1, timezone(timedelta(hours=5, minutes=45))),
    ],
    ids=str,
)
def test_a_moment_comes_back_as_it_is_and_in_utc(moment: datetime) -> None:
    found = said(moment.isoformat())
    assert found == moment
    assert found.tzinfo is UTC
    with connection.cursor() as cursor:
        assert cursor.connection.adapters.get_loader(1184, 0) is Moments


def test_whatever_zone_the_session_has_it_is_utc() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TimeZone = 'Asia/Kathmandu'")
    assert said("2026-11-27 12:00+00") == datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert said("2026-11-27 12:00+00").tzinfo is UTC


@pytest.mark.parametrize("moment", ["infinity", "0044-03-15 12:00+00 BC"])
def test_what_python_cannot_hold_is_refused_as_before(moment: str) -> None:
    with pytest.raises(DataError):
        said(moment)
