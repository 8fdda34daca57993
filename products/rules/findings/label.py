"""QB001, QB002, QB003, QB009, QB010 and QB011: whether label, certificate and calendar agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from products.errors import ScanError
from products.gs1 import has_right_check_digit, parse_element_string
from products.records import Finding
from products.rules.findings.catalogue import found
from products.rules.findings.facts import BatchFacts, CertificateFacts, ProductFacts

# A code's two-digit years need a day from which its century counts.
_ANY_DAY = date(2026, 1, 1)
_WRONG_KEY, _WRONG_DATE = "gs1.check_digit", "gs1.date"


def label_findings(batch: BatchFacts, product: ProductFacts) -> Iterator[Finding]:
    """Judge identity and dates."""
    yield from _identity(batch, batch.certificate or CertificateFacts())
    yield from _chronology(batch, batch.certificate or CertificateFacts())
    yield from _codes(batch, product)


def expiry_findings(expiration_date: date | None, *, on: date) -> Iterator[Finding]:
    """QB011: expired. On the day itself it may be used. It blocks use and is no fault of the papers."""
    if expiration_date is not None and on > expiration_date:
        yield from found("QB011", f"expired on {expiration_date}", expected=f"an expiry on {on} or later")


def _identity(batch: BatchFacts, certificate: CertificateFacts) -> Iterator[Finding]:
    if batch.lot_number and certificate.lot_number and batch.lot_number != certificate.lot_number:
        yield from found(
            "QB001", f"label {batch.lot_number}, certificate {certificate.lot_number}", expected="one lot on both"
        )
    label, paper = batch.expiration_date, certificate.expiration_date
    if label and paper and label != paper:
        yield from found("QB002", f"label {label}, certificate {paper}", expected="one expiry date on both")


def _chronology(batch: BatchFacts, certificate: CertificateFacts) -> Iterator[Finding]:
    pairs = (
        ("made", batch.production_date, "expires", batch.expiration_date),
        ("made", batch.production_date, "certified", certificate.issued_on),
        ("certified", certificate.issued_on, "received", batch.received_on),
    )
    wrong = [
        f"{earlier_name} {earlier}, {later_name} {later}"
        for earlier_name, earlier, later_name, later in pairs
        if earlier and later and later < earlier
    ]
    if wrong:
        yield from found("QB003", "; ".join(wrong), expected="made, then certified, then received, then expires")


def _codes(batch: BatchFacts, product: ProductFacts) -> Iterator[Finding]:
    keys = dict.fromkeys((*product.keys, *batch.keys))
    wrong_keys = [f"{name} {digits}" for name, digits in keys if not has_right_check_digit(digits)]
    wrong_dates = []
    seen_on = batch.received_on or batch.expiration_date or _ANY_DAY
    for label in dict.fromkeys(batch.labels):
        problem = _problem(label, seen_on)
        if problem and problem.code == _WRONG_KEY and not any(problem.found in one for one in wrong_keys):
            wrong_keys.append(f"on the vial {problem.found}")
        if problem and problem.code == _WRONG_DATE:
            wrong_dates.append(problem.found)
    if wrong_keys:
        yield from found("QB009", ", ".join(wrong_keys), expected="the check digit that GS1 prescribes")
    if wrong_dates:
        yield from found("QB010", ", ".join(dict.fromkeys(wrong_dates)), expected="a real date as YYMMDD")


def _problem(label: str, on: date) -> ScanError | None:
    try:
        parse_element_string(label, today=on)
    except ScanError as problem:
        return problem
    return None
