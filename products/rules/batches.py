"""Checks on a batch: its dates follow one another, it has not expired, label and certificate name the same batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise

from products.errors import ChronologyError, ExpiredError
from products.gs1 import has_right_check_digit, parse_gs1_date
from products.records import Finding


def check_not_expired(expiration_date: date | None, *, on: date) -> None:
    """Refuse a batch after its expiry date; on the date itself it may be used. `on` is the clinic's local day."""
    if expiration_date is not None and on > expiration_date:
        raise ExpiredError(
            f"This batch expired on {_day(expiration_date)}. It may not be used on {_day(on)}. Choose another batch."
        )


def check_chronology(dates: Sequence[tuple[str, date | None]], *, field: str = "") -> None:
    """Refuse named dates that do not rise from first to last; a date that is not known is passed over."""
    known = [(name, value) for name, value in dates if value is not None]
    for (first_name, first), (second_name, second) in pairwise(known):
        if second < first:
            raise ChronologyError(
                f"The {second_name} ({_day(second)}) is before the {first_name} ({_day(first)}). Check both on the pack "
                "and the certificate.",
                field=field,
            )


def identity_findings(
    *,
    label_lot: str,
    certificate_lot: str,
    label_expiration: date | None,
    certificate_expiration: date | None,
) -> tuple[Finding, ...]:
    """Compare label and certificate: QB001 for the lot, QB002 for the expiry. What one of them lacks is not compared."""
    found = []
    if label_lot and certificate_lot and label_lot != certificate_lot:
        found.append(Finding("QB001", "CONTRADICTION", f"{label_lot} vs {certificate_lot}"))
    if label_expiration and certificate_expiration and label_expiration != certificate_expiration:
        found.append(Finding("QB002", "CONTRADICTION", f"{label_expiration} vs {certificate_expiration}"))
    return tuple(found)


def chronology_findings(
    *,
    production: date | None,
    expiration: date | None,
    certificate: date | None,
    received: date | None,
) -> tuple[Finding, ...]:
    """Find dates that contradict each other (QB003): made after expiry, certified before made, received before certified."""
    pairs = (
        ("made", production, "expires", expiration),
        ("made", production, "certificate", certificate),
        ("certificate", certificate, "received", received),
    )
    return tuple(
        Finding("QB003", "ERROR", f"{later_name} {later} is before {earlier_name} {earlier}")
        for earlier_name, earlier, later_name, later in pairs
        if earlier and later and later < earlier
    )


def expiry_findings(expiration: date | None, *, on: date) -> tuple[Finding, ...]:
    """Find a batch that has expired (QB011). It blocks use and is no fault of provenance."""
    if expiration is not None and on > expiration:
        return (Finding("QB011", "ERROR", f"expired {expiration}"),)
    return ()


def identifier_findings(*, keys: Mapping[str, str], dates: Mapping[str, str], today: date) -> tuple[Finding, ...]:
    """Check keys and dates as written on paper: QB009 for a wrong check digit, QB010 for a GS1 date that is none.

    `keys` are named GTIN, GLN or SSCC digits, `dates` named YYMMDD digits as field (11) or (17) has them.
    """
    wrong_keys = [f"{name} {key}" for name, key in keys.items() if not has_right_check_digit(key)]
    wrong_dates = [f"{name} {digits}" for name, digits in dates.items() if not _is_gs1_date(digits, today)]
    return (
        *(Finding("QB009", "ERROR", note) for note in wrong_keys),
        *(Finding("QB010", "ERROR", note) for note in wrong_dates),
    )


def _is_gs1_date(digits: str, today: date) -> bool:
    try:
        parse_gs1_date(digits, today=today)
    except ValueError:
        return False
    return True


def _day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"
