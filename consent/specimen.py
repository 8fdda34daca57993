"""A made-up person and product: what a consent text is read and printed with before it is used for anybody."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext

from consent.languages import speaking
from consent.records import Cost, DocumentFacts, Person, StudyEdit, StudyFacts, TextInForce, type_of
from consent.vocabulary import TextType
from products.vocabulary import plain_words

ROUTE = "TOPICAL_MN"
DISCLOSURE: dict[str, Any] = {
    "product": {
        "id": "example",
        "marketed_name": "Example product (made up)",
        "gtin": "",
        "manufacturer": "",
        "manufacturer_country": "",
    },
    "batch": None,
    "claims": {},
    "size_distribution": None,
    "not_stated": [],
    "standing": {
        "severity": "WARN",
        "status": "-",
        "lifted": None,
        "clinic_record": None,
        "rules": [],
        "rule_set": {"version": "example", "as_of": "2026-01-01", "reviewed_by": None},
    },
}

STUDY = StudyFacts(
    id="example",
    version=1,
    is_closed=False,
    said=StudyEdit(
        title="Example study (made up)",
        sponsor="Example sponsor",
        duration="an example of a time",
        committee="Example ethics committee",
        committee_reference="Example/0000",
        approved_on=date(2026, 1, 1),
        records_seen_by="an example of who may look",
        compensation="an example of what is paid",
        injury_treatment="an example of a treatment",
        contact_study="Example person, 0000 000 0000",
        contact_rights="Example committee, 0000 000 0000",
        contact_injury="Example person, 0000 000 0000",
    ),
)


def facts(text: TextInForce, *, clinic: dict[str, Any], time_zone: str, place: str, at: datetime) -> DocumentFacts:
    """The facts of a Document that nobody is given: the text is real, the person, product and price are not."""
    with speaking(text.language):
        route, nowhere = plain_words("route", ROUTE), gettext("Not classed")
        place = gettext(place)
    return DocumentFacts(
        reference="EXAMPLE",
        issued_at=at,
        language=text.language,
        time_zone=time_zone,
        clinic=clinic,
        practitioner=Person("Example Practitioner", "Example register", "0000000", ""),
        given_name="Example",
        family_name="Patient",
        birth_date=date(1980, 1, 1),
        route=ROUTE,
        route_words=route,
        route_group="G_BREACHED",
        jurisdiction=place,
        jurisdiction_words=place,
        status_words=nowhere,
        template=text,
        disclosure=DISCLOSURE,
        origin="UNKNOWN",
        cost=Cost("£100", "£100", "1", "", "An example: nothing is paid."),
        study=STUDY if type_of(text.content) == TextType.RESEARCH else None,
    )
