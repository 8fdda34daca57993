"""Every address of the API against everybody who may come: one table, and no address is missing from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from clinic.models import ApiToken, Membership, Organization, User
from clinic.rest.serializers import StrictText
from clinic.services import remove_member
from consent.models import StaffTask
from consent.records import PersonDraft
from consent.services import add_person, ask_question, confirm_identity
from consent.services.paper import keep_pack
from products.services import (
    MarketingDraft,
    RegulatoryDraft,
    TemperatureDraft,
    Upload,
    add_regulatory_record,
    keep_evidence,
    propose_release,
    record_marketing_claim,
    record_temperature,
)
from products.services.imports import start_import
from products.vocabulary import ClaimPlace, ImportKind
from tests import cast
from tests.api.bodies import CONSENT, PRODUCT, RESULTS, SCAN
from tests.api.program import Program, token_of
from tests.consent.desk import Desk, issue
from tests.consent.research import study_of
from tests.products.conftest import TODAY, pdf

pytestmark = pytest.mark.django_db
EVERYBODY = frozenset({"nia", "ada", "cleo"})
STAFF = frozenset({"nia", "ada"})
LEADS = frozenset({"ada"})
NEVER = uuid4()


@dataclass(frozen=True)
class Row:
    """One act or reading: who of Harbour may; `things` are those of Harbour's that it names."""

    method: str
    name: str
    may: frozenset[str]
    things: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    file: bytes = b""
    # How it is refused to those who may, where that is its nature: no token signs.
    refuses: str = ""


def reading(name: str, *things: str) -> Row:
    return Row("GET", name, EVERYBODY, things)


ROWS = (
    reading("api_token"),
    reading("api_parties"),
    reading("api_products"),
    reading("api_product", "product"),
    reading("api_product_claims", "product"),
    reading("api_product_documentation", "product"),
    reading("api_product_standing", "product"),
    reading("api_regulatory_records", "product"),
    reading("api_stop_releases", "product"),
    reading("api_batches"),
    reading("api_batch", "batch"),
    reading("api_batch_claims", "batch"),
    reading("api_batch_units", "batch"),
    reading("api_batch_documentation", "batch"),
    reading("api_batch_sizes", "batch"),
    reading("api_batch_certificates", "batch"),
    *(reading(f"api_batch_{name}", "batch") for name in ("moves", "temperatures", "stock", "unit_counts", "custody", "trace")),
    reading("api_marketing_claims", "product"),
    *(
        Row("POST", f"api_batch_{name}", STAFF, ("batch",), {"reason": "as agreed"})
        for name in ("recall", "depletion", "return", "destruction")
    ),
    Row("POST", "api_batch_temperatures", STAFF, ("batch",), {"highest_c": 9.5, "limit_high_c": 8}),
    Row("POST", "api_batch_unit_counts", STAFF, ("batch",), {"act": "USED", "happened_on": "2026-11-24"}),
    Row("POST", "api_batch_custody", STAFF, ("batch",), {"party": None, "act": "RECEIVED", "happened_on": "2026-11-24"}),
    Row("POST", "api_excursion_decision", LEADS, ("temperature",), {"outcome": "KEEP", "reason": "stable, says the maker"}),
    Row("POST", "api_marketing_claims", STAFF, ("product",), {"text": "Cures acne", "place": "WEBSITE"}),
    Row("POST", "api_marketing_withdrawal", STAFF, ("promise",), {"reason": "gone from the site"}),
    Row("POST", "api_parties", STAFF, body={"name": "Testhouse Example", "role": "LABORATORY"}),
    reading("api_imports"),
    reading("api_import", "import"),
    Row("POST", "api_imports", STAFF, file=b"a,b\n1,2\n"),
    Row("POST", "api_import_confirmation", STAFF, ("import",)),
    Row("POST", "api_import_drop", STAFF, ("import",)),
    reading("api_evidence_files"),
    reading("api_evidence", "evidence"),
    reading("api_evidence_file", "evidence"),
    reading("api_practitioners"),
    reading("api_locations"),
    reading("api_patient", "patient"),
    reading("api_consents"),
    reading("api_consent", "consent"),
    reading("api_consent_document", "consent"),
    reading("api_consent_history", "consent"),
    reading("api_consent_fhir", "consent"),
    reading("api_consent_questions", "consent"),
    reading("api_consent_help", "consent"),
    Row("GET", "api_consent_file", EVERYBODY, ("consent", "kind"), refuses="document.not_sealed"),
    Row("GET", "api_consent_file_time", EVERYBODY, ("consent", "kind"), refuses="document.not_sealed"),
    Row("GET", "api_log", frozenset({"ada", "cleo"})),
    Row("POST", "api_patient_search", EVERYBODY, body={"family_name": "Ilves"}),
    Row("POST", "api_document_check", EVERYBODY, file=pdf()),
    Row("POST", "api_patients", STAFF, body={"given_name": "Jo", "family_name": "Reed", "birth_date": "1990-01-02"}),
    Row(
        "POST",
        "api_patient_correction",
        STAFF,
        ("patient",),
        {"given_name": "Mara", "family_name": "Reed", "birth_date": "1984-03-14", "reason": "married", "revision": 0},
    ),
    Row("POST", "api_patient_merge", STAFF, ("patient",), {"into": str(NEVER), "reason": "x"}, refuses="patient.unknown"),
    Row("POST", "api_patient_unmerge", STAFF, ("patient",), {"reason": "x"}, refuses="merge.none"),
    *(Row("GET", f"api_register_{form}", frozenset({"ada", "cleo"})) for form in ("csv", "xlsx")),
    Row("GET", "api_consent_pack", frozenset({"ada", "cleo"}), ("consent",)),
    Row("GET", "api_sealed_files", frozenset({"ada", "cleo"}), refuses="query.range"),
    reading("api_consent_languages"),
    Row("POST", "api_consents", STAFF, ("in patient", "in practitioner", "in product", "in batch"), CONSENT),
    reading("api_consent_paper", "consent"),
    Row("POST", "api_consent_paper_packs", STAFF, ("consent",)),
    reading("api_paper_pack_file", "pack"),
    Row("POST", "api_paper_pack_handover", STAFF, ("pack",)),
    reading("api_consent_people", "consent"),
    Row("POST", "api_consent_people", STAFF, ("consent",), {"role": "supporter", "name": "Bo", "relation": "Friend"}),
    Row("POST", "api_person_authority", STAFF, ("person",), {"outcome": "not-enough", "words": "No paper shown"}),
    Row("POST", "api_person_departure", STAFF, ("person",)),
    Row("POST", "api_consent_link", STAFF, ("consent",), refuses="mail.none"),
    Row("POST", "api_consent_void", STAFF, ("consent",), {"reason": "issued twice"}),
    Row("POST", "api_consent_error", STAFF, ("consent",), {"reason": "wrong patient"}),
    reading("api_consent_clearances", "consent"),
    Row(
        "POST",
        "api_consent_clearances",
        STAFF,
        ("consent", "in batch"),
        {"still_wanted": True, "nothing_changed": True},
        refuses="clearance.refused",
    ),
    Row("POST", "api_consent_pause", STAFF, ("consent",), {"reason": "did not know the day"}),
    Row("POST", "api_consent_decline", STAFF, ("consent",), {"how": "by telephone"}),
    Row("POST", "api_consent_withdrawal", STAFF, ("consent",), {"how": "in writing"}, refuses="consent.not_signed"),
    Row(
        "POST",
        "api_consent_choice_withdrawal",
        STAFF,
        ("consent", "choice"),
        {"how": "in writing"},
        refuses="choice.unknown",
    ),
    Row("POST", "api_consent_signature", STAFF, ("consent",), refuses="signature.patient_only"),
    Row("POST", "api_consent_declaration", STAFF, ("consent",), refuses="declaration.in_person"),
    reading("api_tasks"),
    reading("api_reminders"),
    Row("POST", "api_reminders", LEADS, body={"first_after_days": 2, "every_days": 5, "most": 1}),
    reading("api_consent_terms"),
    Row(
        "POST",
        "api_consent_terms",
        LEADS,
        body={
            "days_to_think": {"G_INTACT": 1, "G_BREACHED": 7, "G_INJECT": 14, "G_SYSTEMIC": 14},
            "good_for_days": 183,
        },
    ),
    reading("api_studies"),
    reading("api_study", "study"),
    Row("POST", "api_studies", LEADS, body={"title": "Rose"}),
    Row("POST", "api_study_versions", LEADS, ("study",), {"title": "Rose", "what_changed": "Less is known."}),
    Row("POST", "api_study_closure", LEADS, ("study",), {"reason": "The committee stopped it."}),
    Row("POST", "api_task_owner", STAFF, ("task",)),
    Row("POST", "api_task_closure", STAFF, ("task",), {"note": "telephoned"}, refuses="task.by_act"),
    Row("POST", "api_question_answer", STAFF, ("question",), {"answer": "Two hours."}),
    Row("POST", "api_scans", EVERYBODY, body={"scan": SCAN}),
    Row("POST", "api_sizes", EVERYBODY, file=b"x,y\n"),
    Row("POST", "api_products", STAFF, body={**PRODUCT, "gtin": None}),
    Row("POST", "api_product_claims", STAFF, ("product",), {"field": "species", "value": "Rosa", "basis": "STATED"}),
    Row("POST", "api_batch_claims", STAFF, ("batch",), {"field": "sterility", "value": "x", "basis": "STATED"}),
    Row("POST", "api_evidence_files", STAFF, file=b"a,b\n1,2\n"),
    Row("POST", "api_batches", STAFF, body={"scan": SCAN}),
    Row("POST", "api_batch_release", LEADS, ("batch",), {"findings_digest": "0" * 64}),
    reading("api_batch_findings", "batch"),
    reading("api_product_findings", "product"),
    Row("POST", "api_batch_finding_answer", STAFF, ("batch",), {"digest": "0" * 64, "reason": "asked"}),
    Row("POST", "api_product_finding_answer", STAFF, ("product",), {"digest": "0" * 64, "reason": "asked"}),
    Row("POST", "api_batch_hold", STAFF, ("batch",), {"reason": "seen a crack"}),
    Row("POST", "api_batch_certificates", STAFF, ("batch",), {"evidence": str(NEVER), "certificate_lot": "A", **RESULTS}),
    Row("POST", "api_batch_sizes", STAFF, ("batch",), {"evidence": str(NEVER)}),
    Row("POST", "api_regulatory_records", STAFF, ("product",), {"jurisdiction": "GB", "route": "ID_SC", "status": "TRIAL", "evidence_level": "DOCUMENT_SEEN", "reference": "T2"}),
    Row("POST", "api_stop_release_proposal", LEADS, ("record",), {"reason": "covers it"}),
    Row("POST", "api_stop_release_confirmation", LEADS, ("release",)),
)  # fmt: skip


def views() -> Iterator[tuple[str, Any]]:
    """Every address under /api/v1/ by its name, and its view."""

    def walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in resolver.url_patterns:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry, route)
            else:
                yield route, entry

    for route, pattern in walk(get_resolver(), ""):
        if route.startswith("api/") and pattern.name not in ("api_schema", "api_nothing"):
            yield str(pattern.name), pattern.callback.cls  # type: ignore[attr-defined]


def served() -> Iterator[tuple[str, str]]:
    """Every method of every address under /api/v1/."""
    for name, view in views():
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view, method):
                yield method.upper(), name


@pytest.fixture
def things(desk: Desk, practitioner, lead, harbour: Organization) -> dict[str, Any]:
    """One of each of Harbour's."""
    nia, ada = (cast.agent_for(user, harbour) for user in (practitioner, lead))
    draft = RegulatoryDraft("GB", "ID_SC", "TRIAL", "DOCUMENT_SEEN", reference="T1")
    handed, place = issue(desk), ClaimPlace.values[0]
    confirm_identity(handed.link.pk, date(1984, 3, 14), at=cast.NOW)
    record = add_regulatory_record(desk.product, draft, today=TODAY, agent=nia, at=cast.NOW)
    question = ask_question(handed.consent.pk, "product", "How long?", shown_sha256=handed.sha256, at=cast.NOW)
    proxy = add_person(
        handed.consent.pk,
        PersonDraft("proxy", "Lena", "Daughter", authority="deputy"),
        added_by_name="",
        agent=nia,
        at=cast.NOW,
    )
    return {
        "product": desk.product.pk,
        "batch": desk.batch.pk,
        "patient": desk.patient.pk,
        "practitioner": desk.practitioner.pk,
        "consent": handed.consent.pk,
        "kind": "signed-record",
        "choice": "photos_record",
        "import": start_import(harbour, ImportKind.PRODUCTS, Upload(b"a,b\n1,3\n", "a.csv"), agent=nia, at=cast.NOW)[
            0
        ].pk,
        "temperature": record_temperature(
            desk.batch, TemperatureDraft(Decimal(9), limit_high_c=Decimal(8)), agent=nia, at=cast.NOW
        ).pk,
        "promise": record_marketing_claim(
            desk.product, MarketingDraft("Cures all", place), today=TODAY, agent=nia, at=cast.NOW
        ).pk,
        "question": question.pk,
        "person": proxy.pk,
        "pack": keep_pack(
            handed.consent.pk, handed.link.document_id, pdf(), 1, made_by_name="Nia", agent=nia, at=cast.NOW
        ).pk,
        "task": StaffTask.objects.get(kind="question").pk,
        "study": study_of(harbour).pk,
        "record": record.pk,
        "release": propose_release(record, reason="covers it", agent=ada, at=cast.NOW).pk,
        "evidence": keep_evidence(harbour, Upload(pdf(), "a.pdf"), agent=nia, at=cast.NOW).pk,
    }


def asked(program: Program, row: Row, things: dict[str, Any]) -> Any:
    address = reverse(row.name, args=[things[name] for name in row.things if not name.startswith("in ")])
    named = {
        name.removeprefix("in "): str(things[name.removeprefix("in ")]) for name in row.things if name[:3] == "in "
    }
    if row.method == "GET":
        return program.get(address)
    return program.send(address, row.file, "a.csv") if row.file else program.post(address, {**row.body, **named})


@pytest.fixture
def each(subtests: pytest.Subtests) -> Callable[..., AbstractContextManager[None]]:
    """One row as a subtest of its own; what it did to the database is undone, so that one world serves all rows."""

    @contextmanager
    def undone(row: Row) -> Iterator[None]:
        cache.clear()
        with subtests.test(f"{row.method} {row.name}"), transaction.atomic():
            try:
                yield
            finally:
                transaction.set_rollback(True)

    return undone


class TestTheTable:
    def test_has_every_address_and_method(self) -> None:
        assert sorted({(row.method, row.name) for row in ROWS}) == sorted(served())

    @pytest.mark.parametrize("who", ["nia", "ada", "cleo"])
    def test_each_role_gets_what_it_may(self, who: str, things, request, each) -> None:
        program = request.getfixturevalue(who)
        for row in ROWS:
            with each(row):
                answer = asked(program, row, things)
                if who not in row.may:
                    assert (answer.status_code, answer.json()["code"]) == (403, "role.required")
                elif row.refuses:
                    assert answer.json()["code"] == row.refuses, answer.content
                else:
                    assert answer.status_code not in (401, 403, 404, 405), answer.headers
                    assert answer.status_code < 500

    def test_nobody_without_a_token_comes_in(self, things, nobody, each) -> None:
        for row in ROWS:
            with each(row):
                assert asked(nobody, row, things).status_code == 401

    def test_a_former_members_token_opens_nothing(self, things, nia, practitioner, lead, harbour, each) -> None:
        agent = cast.agent_for(lead, harbour)
        remove_member(Membership.objects.get(user=practitioner), agent=agent, at=timezone.now())
        for row in ROWS:
            with each(row):
                assert asked(nia, row, things).status_code == 401

    def test_a_stranger_finds_nothing(self, things, sid, each) -> None:
        for row in ROWS:
            if row.things:
                with each(row):
                    answer = asked(sid, row, things)
                    expected = (409, "product.unknown") if row.things[0].startswith("in ") else (404, "not_found")
                    assert (answer.status_code, answer.json()["code"]) == expected

    def test_a_strangers_lists_show_nothing_of_ours(self, things, sid, each) -> None:
        for row in ROWS:
            if not row.things and row.method == "GET" and not row.refuses:
                with each(row):
                    answer = asked(sid, row, things)
                    assert answer.status_code == 200
                    shown = answer.content.decode(errors="replace")
                    assert "Harbour" not in shown
                    assert not [name for name, thing in things.items() if name != "kind" and str(thing) in shown]

    def test_a_reading_token_changes_nothing(self, things, lead: User, each) -> None:
        program = Program(token_of(lead, reads=True))
        assert ApiToken.objects.filter(is_read_only=True).count() == 1
        for row in ROWS:
            if row.may != EVERYBODY and row.method == "POST":
                with each(row):
                    answer = asked(program, row, things)
                    assert (answer.status_code, answer.json()["code"]) == (403, "auth.read_only")


# What a program might send along to decide who it is, when it was, or where a thing stands.
SMUGGLED = (
    "id", "role", "status", "created_at", "signed_at", "sealed_at", "recorded_at", "clinic_id", "organization",
    "agent", "is_clinic_lead",
)  # fmt: skip
NEVER_BY_TOKEN = ("signature.patient_only", "declaration.in_person")
TEXTS = {
    "half a character": "Mara \ud800",
    "a null character": "Ma\0ra",
    "a control character": "Ma\x07ra",
    "turned around": "\u202earaM",
    "far too long": "x" * 60_000,
}
# A search keeps nothing: whom nobody can be called is simply not found.
NOTHING_KEPT = ("api_patient_search",)


def texts_of(row: Row) -> list[str]:
    """The texts that an act takes, as its serializer says, also those that its example leaves out."""
    taken = dict(views())[row.name].takes
    return [] if taken is None else [name for name, one in taken().fields.items() if isinstance(one, StrictText)]


class TestEveryBodyIsClosed:
    """Each act of the API, with each field that only the server sets."""

    def test_no_act_takes_who_when_or_where_it_stands(self, things, ada, each) -> None:
        # These two are refused before anything is read: no token signs.
        acts = [row for row in ROWS if row.method == "POST" and not row.file and row.refuses not in NEVER_BY_TOKEN]
        assert len(acts) > 40
        for row in acts:
            names = [name for name in SMUGGLED if name not in row.body]
            with each(row):
                answer = asked(ada, replace(row, body={**row.body, **dict.fromkeys(names, "2001-01-01")}), things)
                assert (answer.status_code, answer.json()["code"]) == (422, "schema.unknown_field")
                assert [line["field"] for line in answer.json()["errors"]] == sorted(names)

    @pytest.mark.parametrize("kind", TEXTS)
    def test_no_text_holds_what_nobody_can_read(self, kind: str, things, ada, each) -> None:
        tried = 0
        for row in ROWS:
            for name in texts_of(row) if row.method == "POST" and not row.file else ():
                if not row.refuses and row.name not in NOTHING_KEPT:
                    tried += 1
                    with each(row):
                        answer = asked(ada, replace(row, body={**row.body, name: TEXTS[kind]}), things)
                        assert answer.status_code in (409, 422), (name, answer.content[:300])
        assert tried > 50
