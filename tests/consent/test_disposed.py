"""A whole record that was disposed of: nothing of it can be read, everything that shows it still works, and the log agrees."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from audit.models import LogEntry
from audit.verification import verify
from clinic import services as clinic_services
from clinic.models import Patient, User
from clinic.vocabulary import RequestKind, RequestWay, Role
from consent import services
from consent.errors import IssueRefusedError
from consent.models import Consent, DisposalCertificate, Notice, SealedFile
from consent.services import paper, seal
from consent.urls import urlpatterns
from consent.vocabulary import Credential, LinkWay, SealKind
from tests.api.program import Program, refused, token_of
from tests.cast import MARA, NOW, agent_for, make_clinic, make_member, make_patient
from tests.consent import desk as desks
from tests.consent import rich, scans, staffroom
from tests.consent.desk import Desk, Handed
from tests.consent.sealed import made_once

pytestmark = pytest.mark.pdf
OTHER_NAME = replace(MARA, given_name="Maret")
MERGED, UNMERGED = "Same passport seen at the desk", "Two sisters after all"
PERSONAL = (
    "Mara", "Ilves", "1984-03-14", "mara@example.org", "7700900123", "Maret", "Tõnu", "البغدادي", rich.GOAL, rich.RISK,
    rich.QUESTION, rich.ANSWER, rich.WARNED, rich.TRAVEL, MERGED, UNMERGED, "Her solicitor wrote", "Everything you hold",
)  # fmt: skip


@dataclass
class Disposed:
    """What there was, and what is left."""

    desk: Desk
    handed: Handed
    consents: list[Consent]
    pdf: bytes
    sister: Patient
    lead: User
    certificate: DisposalCertificate
    at: datetime


def on_paper(desk: Desk) -> Handed:
    """A consent with a printed pack and a scan of it, voided later."""
    handed = desks.issue(desk)
    pack = services.make_pack(handed.consent.pk, made_by_name="Dr Nia Penrose", agent=desk.agent, at=NOW)
    services.hand_over_pack(pack.pk, by_name="Dr Nia Penrose", agent=desk.agent, at=NOW)
    codes = scans.codes_of(handed.consent.reference, handed.sha256, pack.page_count)
    whole = scans.pdf_of([scans.page_of(code) for code in codes])
    services.file_scan(handed.consent.pk, [whole], agent=desk.agent, at=NOW + timedelta(minutes=5))
    services.void_consent(
        handed.consent.pk, reason="It was for another day.", agent=desk.agent, at=NOW + timedelta(minutes=9)
    )
    return handed


def lived(desk: Desk, lead: User) -> tuple[Handed, list[Consent], Patient]:
    """Everything that can happen to a record: signed and treated, on paper, corrected, merged and not, held, asked about."""
    agent = agent_for(lead, desk.clinic)
    handed = rich.decided(desk)
    rich.completed(desk, handed)
    with override_settings(EMAIL_HOST="mail.example.org"):
        handed = desks.link_for(desk, handed.consent, at=NOW + timedelta(hours=2), way=LinkWay.EMAIL)
    services.withdraw_consent(
        handed.consent.pk, "I changed my mind", received_by="", agent=None, at=NOW + timedelta(hours=3)
    )
    seal_waiting(desk, NOW + timedelta(hours=4))
    scanned = on_paper(desk)
    seal_waiting(desk, NOW + timedelta(hours=5))
    clinic_services.correct_patient(
        desk.patient.pk, replace(MARA, phone="+447700900124"), "new number of Mara", revision=0, agent=agent, at=NOW
    )
    second = make_patient(desk.clinic, OTHER_NAME)
    other = desks.issue(replace(desk, patient=second))
    services.decline_consent(other.consent.pk, "Not now", at=NOW + timedelta(minutes=30))
    seal_waiting(desk, NOW + timedelta(hours=6))
    clinic_services.merge_patients(second.pk, desk.patient.pk, MERGED, is_confirmed=True, agent=agent, at=NOW)
    sister = make_patient(desk.clinic, replace(MARA, given_name="Liis"))
    clinic_services.merge_patients(sister.pk, desk.patient.pk, "Looked alike", is_confirmed=True, agent=agent, at=NOW)
    clinic_services.unmerge_patient(sister.pk, "Two people", is_confirmed=True, agent=agent, at=NOW)
    hold = clinic_services.set_hold(desk.patient.pk, "Her solicitor wrote", agent=agent, at=NOW)
    clinic_services.lift_hold(hold.pk, "It was settled", agent=agent, at=NOW)
    asked = clinic_services.receive_request(
        desk.patient.pk, RequestKind.ACCESS, way=RequestWay.EMAIL, received_on=NOW.date(), asked="Everything you hold",
        asker="Mara, passport seen", agent=agent, at=NOW,
    )  # fmt: skip
    clinic_services.answer_request(asked.pk, "done", "Here it is, Mara.", agent=agent, at=NOW)
    consents = [Consent.objects.get(pk=one.consent.pk) for one in (handed, scanned, other)]
    return handed, consents, sister


def seal_waiting(desk: Desk, at: datetime) -> None:
    """Seal whatever waits, as the worker does."""
    staffroom.publish(desk, at)
    for consent_id, kind in services.waiting():
        services.seal_document(consent_id, kind, at=at)


@pytest.fixture(scope="module")
def disposed(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Disposed]:
    """Made once for all tests of this module, and rolled back."""
    with made_once(django_db_blocker, tmp_path_factory):
        clinic = make_clinic()
        desk = desks.open_desk(clinic)
        first = make_member(clinic, "Ada Lead", Role.CLINIC_LEAD)
        second = make_member(clinic, "Ben Lead", Role.CLINIC_LEAD)
        handed, consents, sister = lived(desk, first)
        pdf = services.read_sealed_file(SealedFile.objects.get(consent=handed.consent, kind=SealKind.SIGNED))
        assert [one.message for one in verify(None)] == []
        at = NOW + timedelta(days=8 * 366)
        clinic_services.receive_request(
            desk.patient.pk, RequestKind.ERASURE, way=RequestWay.LETTER, received_on=at.date(), asked="Forget me",
            asker="Mara, passport seen", agent=agent_for(first, clinic), at=at,
        )  # fmt: skip
        proposal = services.propose_disposal(
            desk.patient.pk, "Eight years are over.", agent=agent_for(first, clinic), at=at
        )
        certificate = services.confirm_disposal(
            proposal.pk, credential=Credential.PASSKEY, agent=agent_for(second, clinic), at=at
        )
        services.remove_files(clinic_services.patient_group(desk.patient))
        yield Disposed(desk, handed, consents, pdf, sister, first, certificate, at)


@pytest.fixture
def browser(disposed: Disposed) -> Client:
    """A lead's browser."""
    client = Client(raise_request_exception=False)
    client.force_login(disposed.lead)
    return client


def everything_in_the_database() -> bytes:
    """All values of all tables, one after the other."""
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            for row in cursor.fetchall():
                found += [bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row]
    return b"\n".join(found)


class TestNothingCanBeRead:
    def test_no_word_of_the_patient_is_left_in_any_table(self, disposed: Disposed) -> None:
        left = everything_in_the_database()
        assert [word for word in PERSONAL if word.encode() in left or json.dumps(word)[1:-1].encode() in left] == []

    def test_the_keys_and_the_search_values_are_gone_of_both_records(self, disposed: Disposed) -> None:
        for patient in clinic_services.patient_group(Patient.objects.get(pk=disposed.desk.patient.pk)):
            assert patient.is_erased
            assert (patient.family_name_index, patient.birth_date_index, bytes(patient.sealed_identity)) == (
                "",
                "",
                b"",
            )
        assert Patient.objects.filter(wrapped_key=None).count() == 2

    def test_the_sister_who_was_merged_by_mistake_keeps_her_record(self, disposed: Disposed) -> None:
        assert Patient.objects.get(pk=disposed.sister.pk).identity.given_name == "Liis"

    def test_no_message_and_no_link_is_left_that_works(self, disposed: Disposed, client: Client) -> None:
        assert not Notice.objects.filter(consent__in=disposed.consents).exists()
        assert client.get(disposed.handed.path()).status_code == 410

    def test_the_files_are_gone(self, disposed: Disposed) -> None:
        people = clinic_services.patient_group(Patient.objects.get(pk=disposed.desk.patient.pk))
        paths = [*seal.paths_of(people), *paper.paths_of(people)]
        assert len({path.name for path in paths}) == 8
        assert [path for path in paths if path.exists()] == []


class TestTheLog:
    def test_agrees_with_every_row_that_is_left(self, disposed: Disposed) -> None:
        assert [one.message for one in verify(None)] == []

    def test_still_notices_a_state_that_is_changed_afterwards(self, disposed: Disposed) -> None:
        one = disposed.consents[0]
        Consent.objects.filter(pk=one.pk).update(status="active", status_reason="")
        found = [(each.code, each.pk) for each in verify(None)]
        Consent.objects.filter(pk=one.pk).update(status=one.status, status_reason=one.status_reason)
        assert found == [("record.changed", str(one.pk))]

    def test_the_history_says_what_happened_when_and_that_it_was_disposed_of(self, disposed: Disposed) -> None:
        history = services.history_of(staffroom.fresh(disposed.handed.consent))
        kinds = [line.kind for line in history.lines]
        assert "consent.signed" in kinds
        assert kinds[-1] == "consent.record_disposed"
        assert history.changed == ()


class TestTheCertificate:
    def test_names_people_policy_references_and_every_hash(self, disposed: Disposed) -> None:
        text = disposed.certificate.text
        for words in (
            "Ada Lead",
            "Ben Lead",
            "Passkey",
            "Eight years are over.",
            "8 years after the last entry",
            "Harbour",
        ):
            assert words in text, words
        hashes = SealedFile.objects.filter(consent__in=disposed.consents).values_list("sha256", flat=True)
        assert len(hashes) == 6
        for one in (*(row.reference for row in disposed.consents), *hashes, disposed.handed.sha256):
            assert one in text
        assert hashlib.sha256(text.encode()).hexdigest() == disposed.certificate.sha256

    def test_is_a_page_and_a_file_for_leads_and_not_for_a_stranger(self, disposed: Disposed, browser: Client) -> None:
        address = reverse("disposal", args=[disposed.certificate.proposal_id])
        page = re.sub("<[^>]+>|&nbsp;|\xa0", " ", browser.get(address).content.decode())
        assert disposed.certificate.sha256 in page
        assert re.search(r"Last entry\s+23 November 2026\s+Kept until\s+23 November 2034", page)
        file = browser.get(f"{address}certificate.txt")
        assert hashlib.sha256(file.content).hexdigest() == disposed.certificate.sha256
        other = make_clinic("Inland Clinic", "IN")
        browser.force_login(make_member(other, "Sid Stranger", Role.CLINIC_LEAD))
        assert {browser.get(path).status_code for path in (address, f"{address}certificate.txt")} == {404}

    def test_answers_the_erasure_that_was_asked_for(self, disposed: Disposed, browser: Client) -> None:
        (request,) = disposed.desk.patient.requests.filter(kind=RequestKind.ERASURE)
        assert request.answer.outcome == "done"
        page = browser.get(reverse("patient_request", args=[request.pk]))
        assert page.status_code == 200
        assert "Gone with the record" in page.content.decode()


class TestWhatStillWorks:
    def test_every_page_of_every_consent_answers(self, disposed: Disposed, browser: Client) -> None:
        tried, bad = 0, []
        for pattern in urlpatterns:
            name = getattr(pattern, "name", None)
            if not name or "consent_id" not in str(pattern.pattern):
                continue
            for one in disposed.consents:
                address = "/" + filled(str(pattern.pattern), one, disposed)
                status = browser.get(address).status_code
                tried += 1
                if status not in (200, 302, 403, 404, 405, 409, 410):
                    bad.append((address, status))
        assert bad == []
        assert tried > 90

    @pytest.mark.parametrize(
        "name",
        [
            "today",
            "consents",
            "tasks",
            "patients",
            "changes",
            "requests",
            "disposals",
            "consent_files",
            "retention",
            "log",
        ],
    )
    def test_the_lists(self, disposed: Disposed, browser: Client, name: str) -> None:
        assert browser.get(reverse(name)).status_code == 200

    def test_the_tasks_that_are_closed(self, disposed: Disposed, browser: Client) -> None:
        assert browser.get(reverse("tasks") + "?show=closed").status_code == 200

    @pytest.mark.parametrize("name", ["consent", "consent_history", "consent_pack"])
    def test_the_pages_of_a_consent(self, disposed: Disposed, browser: Client, name: str) -> None:
        for one in disposed.consents:
            assert browser.get(reverse(name, args=[one.pk])).status_code == 200

    @pytest.mark.parametrize("name", ["patient_show", "patient_record"])
    def test_the_pages_of_the_patient(self, disposed: Disposed, browser: Client, name: str) -> None:
        for one in clinic_services.patient_group(disposed.desk.patient):
            assert browser.get(reverse(name, args=[one.pk])).status_code == 200

    def test_what_cannot_be_shown_is_gone_and_not_broken(self, disposed: Disposed, browser: Client) -> None:
        one = disposed.handed.consent
        assert browser.get(reverse("consent_text", args=[one.pk])).status_code == 410
        assert browser.get(reverse("consent_file", args=[one.pk, "signed-record"])).status_code == 410

    def test_the_register_lists_them_without_a_name(self, disposed: Disposed, browser: Client) -> None:
        rows = list(csv.DictReader(io.StringIO(browser.get("/consents/register.csv").content.decode("utf-8-sig"))))
        assert {row["reference"] for row in rows} == {one.reference for one in disposed.consents}
        assert {row["family_name"] + row["birth_date"] for row in rows} == {""}
        assert browser.get("/consents/register.xlsx").status_code == 200

    def test_the_evidence_pack_holds_what_is_left(self, disposed: Disposed, browser: Client) -> None:
        answer: Any = browser.get(reverse("consent_pack", args=[disposed.handed.consent.pk]))
        packed = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        assert packed.read("disposal.txt").decode() == disposed.certificate.text
        assert not [name for name in packed.namelist() if name.endswith(".pdf") or name.startswith("texts/")]
        states = [row["state"] for row in csv.DictReader(io.StringIO(packed.read("manifest.csv").decode()))]
        assert "disposed of" in states

    def test_the_files_of_the_period(self, disposed: Disposed, browser: Client) -> None:
        day = {f"{name}_{i}": part for name in ("since", "until") for i, part in enumerate(("23", "11", "2026"))}
        answer: Any = browser.get(reverse("consent_files"), day)
        packed = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        rows = list(csv.DictReader(io.StringIO(packed.read("manifest.csv").decode())))
        assert {row["state"] for row in rows} == {"disposed of"}

    def test_a_copy_in_somebody_s_hand_is_still_checked(self, disposed: Disposed) -> None:
        check = services.verify_pdf(disposed.pdf)
        assert check.file is not None
        assert check.verdict.outcome == "genuine", check.verdict.sentences

    def test_the_page_that_checks_a_copy(self, disposed: Disposed, browser: Client) -> None:
        answer = browser.post(
            reverse("verify"), {"file": SimpleUploadedFile("copy.pdf", disposed.pdf, "application/pdf")}
        )
        page = answer.content.decode()
        assert answer.status_code == 200
        assert disposed.handed.consent.reference in page
        assert "Mara" not in page

    def test_the_log_entry_by_entry(self, disposed: Disposed, browser: Client) -> None:
        entries = LogEntry.objects.filter(log__organization_id=disposed.desk.clinic.pk)
        statuses = {browser.get(f"/log/{entry.leaf_index}/").status_code for entry in entries.order_by("-pk")[:60]}
        assert statuses == {200}

    def test_a_search_finds_nobody_and_no_form_takes_them(self, disposed: Disposed, browser: Client) -> None:
        page = browser.post(reverse("patients"), {"family_name": "Ilves"}).content.decode()
        assert "Liis" in page
        assert "Erased" not in page
        assert browser.get(f"/consents/issue/?patient={disposed.desk.patient.pk}").status_code in (200, 404, 410)
        for path in ("correct", "merge", "unmerge", "hold"):
            assert browser.get(f"/patients/{disposed.desk.patient.pk}/{path}/").status_code == 404

    def test_the_api_shows_them_and_says_of_their_words_that_they_are_gone(self, disposed: Disposed) -> None:
        program = Program(token_of(disposed.lead))
        told = [f"consents/{one.pk}/{rest}" for one in disposed.consents for rest in ("", "history/", "fhir/", "pack/")]
        shown = {address: program.get(address).status_code for address in ("consents/", "tasks/", *told)}
        assert set(shown.values()) == {200}, shown
        one = disposed.consents[0]
        words = ("document/", "questions/", "people/", "files/signed-record/")
        gone = [*(f"consents/{one.pk}/{rest}" for rest in words), f"patients/{disposed.desk.patient.pk}/"]
        for address in gone:
            assert refused(program.get(address), 410, "patient.erased"), address
        found = program.get(f"consents/{one.pk}/").json()
        assert (found["reference"], found["status"]) == (one.reference, "inactive")

    def test_the_sweeps_have_nothing_to_do(self, disposed: Disposed) -> None:
        later = disposed.at + timedelta(days=1)
        assert services.waiting() == []
        services.lapse_due(at=later)
        services.compare_due_consents(at=later)
        services.remind_due(at=later)
        services.tell_old_contacts(at=later)

    def test_no_new_consent_is_issued_for_them(self, disposed: Disposed) -> None:
        with pytest.raises(IssueRefusedError) as refused:
            desks.issue(disposed.desk)
        assert refused.value.code == "patient.erased"


def filled(route: str, consent: Consent, disposed: Disposed) -> str:
    """The address of this consent; other parameters are filled with what exists where it can."""
    words = {
        "<uuid:consent_id>": str(consent.pk),
        "<slug:kind>": "signed-record",
        "<slug:step>": "health",
        "<slug:role>": "supporter",
        "<slug:key>": "photos_record",
        "<int:number>": "0",
    }
    for name, relation in (
        ("<uuid:question_id>", "questions"),
        ("<uuid:answers_id>", "step_answers"),
        ("<uuid:pack_id>", "paper_packs"),
        ("<uuid:person_id>", "people"),
    ):
        row = getattr(consent, relation).first()
        words[name] = str(row.pk if row else consent.pk)
    pack = consent.paper_packs.first()
    scan: Any = pack.scans.first() if pack else None
    words["<uuid:scan_id>"] = str(scan.pk if scan else consent.pk)
    for name, value in words.items():
        route = route.replace(name, value)
    assert "<" not in route, route
    return route


def test_the_day_is_counted_from_the_last_entry(disposed: Disposed) -> None:
    assert disposed.certificate.facts["last_entry_on"] == date(2026, 11, 23).isoformat()
