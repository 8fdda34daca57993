"""What the acts on consents take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from rest_framework import serializers

from clinic.models import Location, Organization, Patient, Practitioner
from clinic.records import clean_text
from clinic.rest import ClosedSerializer, StrictBoolean, StrictChoice, StrictCount, StrictId, StrictText
from consent import services
from consent.errors import IssueRefusedError
from consent.languages import ENGLISH, LANGUAGES
from consent.models import Consent, Study
from consent.records import Cost, IssueDraft, Personal
from consent.vocabulary import Decider, TextType
from products.models import Batch, Product
from products.vocabulary import Route

COST_MOST = {"total": 80, "per_session": 80, "sessions": 80, "extras": 200, "refund_terms": 400}
UNSAID = {"per_session": "Not stated", "sessions": "Not stated", "extras": "None"}
MOST_LINES = 20


class CostSerializer(ClosedSerializer):
    """What the patient pays, in words: £430."""

    total = StrictText(max_length=80)
    per_session = StrictText(required=False, max_length=80, default="")
    sessions = StrictText(required=False, max_length=80, default="")
    extras = StrictText(required=False, max_length=200, default="")
    refund_terms = StrictText(max_length=400)


class IssueSerializer(ClosedSerializer):
    """A consent to issue. `batch` is null where it is chosen on the day; every warning of the rules is acknowledged by its id."""

    patient = StrictId()
    practitioner = StrictId()
    product = StrictId()
    batch = StrictId(allow_null=True)
    location = StrictId(required=False, allow_null=True, default=None)
    route = StrictChoice(Route.choices)
    jurisdiction = StrictText(required=False, max_length=10, default="")
    language = StrictChoice(
        [(one.tag, one.english_name) for one in LANGUAGES.values()],
        required=False,
        allow_null=True,
        default=None,
        help_text="one that `consent-languages/` offers; left out: the patient's own where it is offered, else English",
    )
    cost = CostSerializer()
    goals = serializers.ListField(child=StrictText(max_length=300), required=False, default=list, max_length=MOST_LINES)
    risks = serializers.ListField(child=StrictText(max_length=300), required=False, default=list, max_length=MOST_LINES)
    reasons = serializers.ListField(
        child=StrictText(max_length=300),
        required=False,
        default=list,
        max_length=MOST_LINES,
        help_text="why who treats suggests it for this patient, without promises",
    )
    corrects = StrictId(required=False, allow_null=True, default=None)
    study = StrictId(
        required=False, allow_null=True, default=None, help_text="the research study; null: for a treatment"
    )
    acknowledged_rules = serializers.ListField(
        child=StrictText(max_length=40), required=False, default=list, max_length=100
    )


class AnswerSerializer(ClosedSerializer):
    """The clinic's answer to a patient's question, in plain words."""

    answer = StrictText(max_length=2000)


class ToldSerializer(ClosedSerializer):
    """A patient said no, or took something back, by telephone, by letter or in person."""

    by = StrictChoice(
        Decider.choices,
        required=False,
        allow_null=True,
        default=None,
        help_text="whose decision it is; needed where somebody is on record who decides for the patient",
    )
    how = StrictChoice([(how, how) for how in ("in person", "by telephone", "in writing")])
    reason = StrictText(required=False, max_length=900, default="")


class EndingSerializer(ClosedSerializer):
    """Why the clinic stops a consent."""

    reason = StrictText(max_length=1000)


class ClearanceSerializer(ClosedSerializer):
    """The check before a treatment. Either `scan`, the code on the vial, or `batch`, the id of the batch in hand."""

    still_wanted = StrictBoolean()
    nothing_changed = StrictBoolean()
    scan = StrictText(required=False, max_length=400, default="")
    batch = StrictId(required=False, allow_null=True, default=None)
    note = StrictText(required=False, max_length=1000, default="")


class PauseSerializer(ClosedSerializer):
    """What was seen or heard that raises a doubt whether the patient can decide."""

    reason = StrictText(max_length=1000)


class ReminderPolicySerializer(ClosedSerializer):
    """After how many days patients are reminded first and again (1 to 30), and how many times at most (0 to 5)."""

    first_after_days = StrictCount()
    every_days = StrictCount()
    most = StrictCount()


class TaskOwnerSerializer(ClosedSerializer):
    """Who sees to a task: a person's id; null for the token's own."""

    owner = StrictId(required=False, allow_null=True, default=None)


class TaskNoteSerializer(ClosedSerializer):
    """What was done."""

    note = StrictText(max_length=1000)


def issue_draft(organization: Organization, taken: Mapping[str, Any], *, at: datetime) -> IssueDraft:
    """The draft that the page's form makes. Raises `IssueRefusedError` at the field whose row is not this clinic's."""
    product: Product = _row(Product.objects.at(organization), taken["product"], "product")
    batches = Batch.objects.at(organization).filter(product=product)
    patient: Patient = _row(Patient.objects.at(organization).current(), taken["patient"], "patient")
    return IssueDraft(
        patient=patient,
        practitioner=_row(Practitioner.objects.at(organization), taken["practitioner"], "practitioner"),
        product=product,
        batch=_row(batches, taken["batch"], "batch") if taken["batch"] else None,
        location=_row(Location.objects.at(organization).filter(closed_at=None), taken["location"], "location")
        if taken["location"]
        else None,
        route=_route(product, taken["route"]),
        jurisdiction=taken["jurisdiction"] or organization.jurisdiction,
        language=taken["language"]
        or _preferred(patient, TextType.RESEARCH if taken["study"] else TextType.TREATMENT, at),
        cost=_cost(taken["cost"]),
        personal=Personal(**{name: _lines(taken[name], name) for name in ("goals", "risks", "reasons")}),
        corrects=_row(Consent.objects.at(organization), taken["corrects"], "corrects") if taken["corrects"] else None,
        study=_row(Study.objects.at(organization), taken["study"], "study") if taken["study"] else None,
        acknowledged_rules=tuple(taken["acknowledged_rules"]),
    )


def _row(rows: QuerySet[Any], pk: UUID, field: str) -> Any:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise IssueRefusedError(f"There is no such {field} in this clinic.", field=field, code=f"{field}.unknown")
    return found


def _preferred(patient: Patient, text_type: str, at: datetime) -> str:
    """The patient's own language, where a text of this type is offered in it."""
    offered = {one.tag for one in services.offered_languages(patient.organization, on=at, text_type=text_type)}
    preferred = patient.identity.language
    return preferred if preferred in offered else ENGLISH


def _route(product: Product, route: str) -> str:
    if product.routes and route not in product.routes:
        raise IssueRefusedError(
            f"The product is meant for {', '.join(product.routes)}, not for {route}.", field="route", code="route.other"
        )
    return route


def _cost(taken: Mapping[str, str]) -> Cost:
    said = {
        name: clean_text(text, most=COST_MOST[name], lines=False, field=f"cost.{name}") if text.strip() else ""
        for name, text in taken.items()
    }
    for name in ("total", "refund_terms"):
        if not said[name]:
            raise IssueRefusedError("Say it in words, even if it is nothing.", field=f"cost.{name}", code="cost.blank")
    return Cost(**{**said, **{name: said[name] or words for name, words in UNSAID.items()}})


def _lines(lines: list[str], field: str) -> tuple[str, ...]:
    return tuple(clean_text(line, most=300, lines=False, field=field) for line in lines if line.strip())
