"""Each way in which what a consent rests on can change: as its Document told it, and as it is today. Nothing is stored."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from consent.records import Person, StudyFacts, TodaysFacts
from products.disclosure import patient_sentences
from tests.consent.research import ROSE
from tests.consent.test_document import DISCLOSURE

WILL = Person("Dr Will Moor", "General Medical Council", "7654321", "")
NIA = {"name": "Dr Nia Penrose", "registration_body": "General Dental Council", "registration_number": "1234567"}
RULE = next(sentence for sentence in patient_sentences() if sentence)
SIGNED_ON = date(2026, 11, 23)
SIZE = {"d10_nm": 90, "d50_nm": 142, "d90_nm": 210, "method": "NTA", "particles_per_ml": 5e10}
CERTIFICATE = {"number": "K-77", "laboratory": "Quay Lab", "issued_on": "2026-02-03"}
CURVE = {"diameter_nm": [10.0, 18.5, 480.0], "density": [0, 1, 0], "lot_number": "RSE2601"}


def claim(value: Any, basis: str = "STATED", unit: str = "", reason: str = "") -> dict[str, Any]:
    return {"value": value, "unit": unit, "basis": basis, "reason": reason, "display": f"as shown: {value}"}


NOT_STATED = claim(None, "NOT_STATED")
BEFORE = {
    "origin": claim("PLANT"),
    "material": claim("PLANT_CALLUS"),
    "species": claim("Rosa damascena"),
    "isolation_methods": NOT_STATED,
    "formulation": claim(None, "NOT_APPLICABLE", reason="Wird frisch gemacht"),
    "intended_routes": NOT_STATED,
    "sterility": claim("ST-1"),
    "endotoxin": NOT_STATED,
    "size": NOT_STATED,
    "lot_and_expiry": claim({"lot_number": "RSE2601", "expiration_date": "2028-01-19"}),
    "certificate_of_analysis": NOT_STATED,
}
AFTER = {
    "origin": claim("HUMAN"),
    "material": claim("CCM"),
    "species": claim("Rosa canina"),
    "isolation_methods": claim({"methods": ["DUC", "FILT"]}),
    "formulation": NOT_STATED,
    "intended_routes": claim(["TOPICAL_INTACT", "TOPICAL_MN"]),
    "sterility": claim(None, "NOT_APPLICABLE", reason="The batch is chosen on the day."),
    "endotoxin": claim("0.2", "MEASURED_BATCH", "EU/mL"),
    "size": claim(SIZE, "MEASURED_BATCH"),
    "lot_and_expiry": claim({"lot_number": "RSE2601", "expiration_date": "2028-02-20"}),
    "certificate_of_analysis": claim(CERTIFICATE),
}


TOLD = {**DISCLOSURE, "claims": BEFORE, "standing": {**DISCLOSURE["standing"], "rules": []}}


def then(**changed: Any) -> dict[str, Any]:
    """A Document's facts."""
    whole = {
        "disclosure": TOLD,
        "practitioner": {
            "name": WILL.name,
            "registration_body": WILL.registration_body,
            "registration_number": "7654321",
        },
        "template": {"sha256": "a" * 64, "version": 1},
    }
    return copy.deepcopy({**whole, **changed})


def today(disclosure: dict[str, Any] | None = None, **changed: Any) -> TodaysFacts:
    """The same facts today, but for the changes."""
    facts = {
        "batch_trouble": "",
        "batch_status": "",
        "batch_reason": "",
        "practitioner": WILL,
        "practitioner_works_here": True,
        "template_sha256": "a" * 64,
        "template_version": 1,
        "template_says": "",
        "template_id": "t",
        "template_language": "en-GB",
        "signed_on": None,
        "signed_until": None,
        "on": SIGNED_ON,
    }
    return TodaysFacts(disclosure={**TOLD, **(disclosure or {})}, **{**facts, **changed})


def standing(**changed: Any) -> dict[str, Any]:
    rules = [
        {"id": "X1", "status": "-", "severity": "WARN", "patient_sentence": RULE, "warn_clinic": "For staff alone."}
    ]
    return {"standing": {**DISCLOSURE["standing"], "rules": rules, **changed}}


def papers(basis: str) -> dict[str, Any]:
    return {"claims": {**BEFORE, "certificate_of_analysis": claim(CERTIFICATE, basis, reason="Two lots.")}}


BATCH = {**DISCLOSURE["batch"], "expiration_date": "2027-05-06", "production_date": "2026-01-20"}
PRODUCT = {
    "marketed_name": "Rosa Two",
    "gtin": "09521104000068",
    "manufacturer": "",
    "manufacturer_country": "KR",
}
STUDY = StudyFacts("s", 2, True, replace(ROSE, title="Rose II", approved_on=date(2026, 11, 5), sponsor=""))
CASES: dict[str, tuple[dict[str, Any], TodaysFacts]] = {
    "rules": (then(), today(standing(rule_set={"version": "2"}))),
    "a rule that is gone": (then(disclosure={**TOLD, **standing()}), today()),
    "records": (
        then(disclosure={**TOLD, **standing()}),
        today(standing(lifted={"reason": "x"})),
    ),
    "papers disagree": (then(disclosure={**TOLD, **papers("STATED")}), today(papers("CONTRADICTED"))),
    "papers agree": (then(disclosure={**TOLD, **papers("CONTRADICTED")}), today(papers("STATED"))),
    "batch dates": (then(), today({"batch": BATCH})),
    "batch on hold": (
        then(),
        today(batch_trouble="on hold: warm transport", batch_status="ON_HOLD", batch_reason="warm transport"),
    ),
    "batch expired": (then(), today(batch_trouble="expired", batch_status="EXPIRED")),
    "product and claims": (
        then(),
        today({"product": {"id": "p", **PRODUCT}, "claims": AFTER, "size_distribution": CURVE}),
    ),
    "text": (then(), today(template_sha256="b" * 64, template_version=2, template_says="Aftercare is clearer.")),
    "who treats": (then(practitioner=NIA), today(practitioner_works_here=False)),
    "age": (then(), today(signed_on=SIGNED_ON, signed_until=SIGNED_ON, on=SIGNED_ON + timedelta(days=1))),
    "study": (then(research=StudyFacts("s", 1, False, ROSE).as_json()), today(study=STUDY)),
}
"""Each way to change, as what the Document told and what is so today; every kind is among them."""

RECORDED = (
    *(
        "RSE2601",
        "Rosa canina",
        "Rosa damascena",
        "Wird frisch gemacht",
        "ST-1",
        "EU/mL",
        "K-77",
        "Quay Lab",
        "nm",
        "NTA",
    ),
    *("Rosaline Callus", "Rosa Two", "Placeholder Botanicals", WILL.name, WILL.registration_body, "Rose II"),
)
"""What stays as it was recorded in any language."""


DAYS = ("2028-01-19", "2028-02-20", "2027-05-06", "2026-01-20", "2026-02-03", "2026-11-23", "2026-11-05")
"""Every day of the cases, which is said as the language says days."""
