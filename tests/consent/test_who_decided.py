"""A no and taking back where a proxy is on record: whose decision it was is asked, never guessed, and told everywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from audit import triggers
from audit.models import LogEntry
from audit.services import entries_for
from audit.verification import verify
from consent import services
from consent.errors import PersonRefusedError
from consent.models import ChoiceWithdrawal, Consent, Decline, Participant, Signature, Withdrawal
from consent.serializers.fhir import resource
from consent.vocabulary import SealKind
from tests.api.program import Program, refused, token_of
from tests.consent import desk as desks
from tests.consent import paper, staffroom
from tests.consent.desk import Desk, Handed
from tests.consent.test_endings import attached
from tests.consent.test_people import LATER, PROXY, add, confirm, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def proxy(read: Handed) -> Participant:
    return add(read, PROXY)


@pytest.fixture
def signed_by_proxy(desk: Desk, read: Handed, proxy: Participant) -> Handed:
    confirm(desk, proxy)
    sign(read)
    return read


def withdraw(handed: Handed, by: str) -> Withdrawal:
    return services.withdraw_consent(
        handed.consent.pk, "", by=by, received_by="", agent=None, at=LATER + timedelta(minutes=5)
    )


def agent_of(row: Decline | Withdrawal | ChoiceWithdrawal | Signature) -> tuple[str, str, str]:
    """Kind and id of who acted, and whose decision the log says it was."""
    body = entries_for(row._meta.label_lower, row.pk)[0].detail.body
    return body["agent"]["kind"], body["agent"]["id"], body["by"]


class TestActsOfWhichNobodyAsks:
    """The link and the birth date are the same for the patient and the proxy: the log says no more than is known."""

    def ask(self, handed: Handed) -> tuple[str, str, str]:
        made = services.ask_question(
            handed.consent.pk, "risks", "Does it hurt?", shown_sha256=handed.sha256, at=LATER + timedelta(minutes=1)
        )
        return named(entries_for("consent.question", made.pk)[-1])

    def test_are_the_patients_where_no_proxy_is_on_record(self, desk: Desk, read: Handed) -> None:
        assert self.ask(read) == ("patient", str(desk.patient.pk), "Patient")

    def test_are_the_patients_or_the_proxys_where_one_is(self, desk: Desk, read: Handed, proxy: Participant) -> None:
        assert self.ask(read) == ("link", str(desk.patient.pk), "Patient or proxy")

    def test_and_the_patients_again_after_the_proxy_left(self, desk: Desk, read: Handed, proxy: Participant) -> None:
        services.person_leaves(proxy.pk, agent=None, at=LATER)
        assert named(entries_for("consent.participant", proxy.pk)[-1])[0] == "link"
        assert self.ask(read)[0] == "patient"

    def test_so_are_opening_reading_and_answering(self, desk: Desk, handed: Handed) -> None:
        add(handed, PROXY)
        desks.read_all(handed, at=LATER)
        acts = {"consent.opened", "consent.section_acknowledged", "consent.step_answered"}
        found = {(entry.kind, named(entry)[0]) for entry in LogEntry.objects.all() if entry.kind in acts}
        assert found == {(kind, "link") for kind in acts}


def named(entry: LogEntry) -> tuple[str, str, str]:
    """Kind, id and name of who acted."""
    agent = entry.detail.body["agent"]
    return agent["kind"], agent["id"], agent["name"]


class TestTheRecord:
    @pytest.mark.parametrize("by", ["", "somebody"])
    def test_it_is_refused_until_it_is_said_whose_it_is(self, read: Handed, proxy: Participant, by: str) -> None:
        with pytest.raises(PersonRefusedError) as no:
            services.decline_consent(read.consent.pk, "", by=by, at=LATER)
        assert (no.value.code, no.value.field) == ("decider.missing", "by")
        assert Consent.objects.get().status == "draft"

    def test_nobody_decides_for_a_patient_who_has_no_proxy(self, read: Handed) -> None:
        with pytest.raises(PersonRefusedError) as no:
            services.decline_consent(read.consent.pk, "", by="proxy", at=LATER)
        assert no.value.code == "decider.no_proxy"

    def test_a_no_of_the_proxy_is_the_proxys(self, read: Handed, proxy: Participant) -> None:
        row = services.decline_consent(read.consent.pk, "Not for her.", by="proxy", at=LATER)
        assert (row.proxy, row.proxy_name) == (proxy, PROXY.name)
        assert agent_of(row) == ("proxy", str(proxy.pk), "proxy")
        assert all(PROXY.name not in str(entry.detail.body) for entry in LogEntry.objects.all())

    def test_a_no_of_the_patient_is_the_patients(self, desk: Desk, read: Handed, proxy: Participant) -> None:
        row = services.decline_consent(read.consent.pk, "", by="patient", at=LATER)
        assert row.proxy is None
        assert agent_of(row) == ("patient", str(desk.patient.pk), "patient")

    def test_the_signature_taking_back_and_a_choice_name_the_proxy(
        self, desk: Desk, signed_by_proxy: Handed, proxy: Participant
    ) -> None:
        acted = ("proxy", str(proxy.pk), "proxy")
        assert agent_of(Signature.objects.get()) == acted
        choice = services.withdraw_choice(
            signed_by_proxy.consent.pk, "photos_record", "", by="proxy", received_by="", agent=None, at=LATER
        )
        assert agent_of(choice) == acted
        with pytest.raises(PersonRefusedError):
            withdraw(signed_by_proxy, "")
        assert agent_of(withdraw(signed_by_proxy, "proxy")) == acted
        assert [one.message for one in verify(None)] == []

    def test_staff_who_were_told_act_and_the_proxy_decides(self, desk: Desk, read: Handed, proxy: Participant) -> None:
        row = services.decline_consent(
            read.consent.pk, "", by="proxy", received_by="R. Desk, by telephone", agent=desk.agent, at=LATER
        )
        assert agent_of(row) == ("user", desk.agent.id, "proxy")
        why = services.standing_of(staffroom.fresh(read.consent), at=LATER).why
        assert f"by {PROXY.name}, on the patient’s behalf, received by R. Desk, by telephone" in why

    def test_fhir_names_who_decided_last(self, signed_by_proxy: Handed, desk: Desk, proxy: Participant) -> None:
        def performer() -> str:
            told = resource(staffroom.fresh(signed_by_proxy.consent), base_url="")
            return str(told["performer"][0]["reference"])

        assert performer() == f"RelatedPerson/{proxy.pk}"
        withdraw(signed_by_proxy, "patient")
        assert performer() == f"Patient/{desk.patient.pk}"

    def test_the_rows_still_cannot_be_changed(self) -> None:
        tables = [model._meta.db_table for model in (Decline, Withdrawal, ChoiceWithdrawal)]
        assert triggers.missing(connection, tables) == []


@pytest.mark.pdf
@pytest.mark.usefixtures("sealing_key")
class TestTheSealedRecord:
    def test_of_a_no_names_the_proxy_whose_authority_nobody_had_looked_at(
        self, desk: Desk, read: Handed, proxy: Participant
    ) -> None:
        services.decline_consent(read.consent.pk, "Not for her.", by="proxy", at=LATER)
        content = services.read_sealed_file(staffroom.seal(desk, read, SealKind.DECLINED))
        told = attached(content, "ending.json")
        assert (told["decided_by"]["name"], told["decided_by"]["checked"]) == (PROXY.name, None)
        assert told["recorded_by"] == "Proxy"
        text = paper.squeezed(paper.text(content))
        for words in ("on behalf of Mara Ilves", "Who decides for the patient said no.", "In their words",
                      "The clinic had not looked at the authority yet.", "7000-1234-5678"):  # fmt: skip
            assert paper.squeezed(words) in text, words

    def test_of_taking_back_says_what_was_found_on_the_authority(self, desk: Desk, signed_by_proxy: Handed) -> None:
        staffroom.seal(desk, signed_by_proxy)
        withdraw(signed_by_proxy, "proxy")
        content = services.read_sealed_file(staffroom.seal(desk, signed_by_proxy, SealKind.WITHDRAWN))
        assert attached(content, "ending.json")["decided_by"]["checked"]["outcome"] == "confirmed"
        text = paper.squeezed(paper.text(content))
        assert paper.squeezed("Seen, and it covers this decision: Dr Nia Penrose") in text

    def test_by_the_patient_names_no_proxy(self, desk: Desk, read: Handed, proxy: Participant) -> None:
        services.decline_consent(read.consent.pk, "", by="patient", at=LATER)
        content = services.read_sealed_file(staffroom.seal(desk, read, SealKind.DECLINED))
        assert attached(content, "ending.json")["decided_by"] is None
        assert paper.squeezed("The patient said no.") in paper.squeezed(paper.text(content))


@pytest.fixture
def there(desk: Desk) -> Handed:
    """A consent of an hour ago, as the pages see it, read to the end, with a proxy on record."""
    found = desks.read_lately(desks.issue_lately(desk))
    services.add_person(
        found.consent.pk, PROXY, added_by_name="", agent=None, at=timezone.now() - timedelta(minutes=40)
    )
    return found


class TestThePages:
    def test_the_page_of_a_no_asks_who_is_there(self, there: Handed, phone: Client) -> None:
        phone.post(there.path(), desks.MARA_WAS_BORN)
        page = phone.get(there.path("decline/")).content.decode()
        assert "Who are you?" in page
        assert "checked" not in page
        answer = phone.post(there.path("decline/"), {"reason": ""})
        assert answer.status_code == 422
        assert "Choose who you are. It is put on record." in answer.content.decode()
        assert not Decline.objects.exists()
        assert phone.post(there.path("decline/"), {"reason": "", "by": "proxy"}).status_code == 302
        assert Decline.objects.get().proxy_name == PROXY.name
        assert f"By {PROXY.name}, on the patient’s behalf" in phone.get(there.path("receipt/")).content.decode()

    def test_the_page_of_taking_back_asks_too_and_the_record_shows_it(
        self, desk: Desk, there: Handed, phone: Client, nia: Client
    ) -> None:
        now = timezone.now()
        services.check_authority(
            Participant.objects.get().pk, "confirmed", seen="Deed", words="Aphasia", agent=desk.agent, at=now
        )
        services.sign_consent(there.consent.pk, desks.signing(there), at=now)
        phone.post(there.path(), desks.MARA_WAS_BORN)
        for place in ("choice/photos_record/", "withdraw/"):
            page = phone.get(there.path(place)).content.decode()
            assert "Who are you?" in page, place
            assert phone.post(there.path(place), {"reason": ""}).status_code == 422
            assert phone.post(there.path(place), {"reason": "", "by": "proxy"}).status_code == 302
        said = f"By {PROXY.name}, on the patient’s behalf"
        assert phone.get(there.path("receipt/")).content.decode().count(said) == 2
        page = nia.get(f"/consents/{there.consent.pk}/").content.decode()
        assert page.lower().count(f"by {PROXY.name}, on the patient’s behalf".lower()) == 3

    def test_without_a_proxy_nobody_is_asked(self, desk: Desk, phone: Client) -> None:
        handed = desks.issue(desk, at=timezone.now() - timedelta(hours=1))
        phone.post(handed.path(), desks.MARA_WAS_BORN)
        assert "Who are you?" not in phone.get(handed.path("decline/")).content.decode()

    def test_staff_say_who_told_them(self, there: Handed, nia: Client) -> None:
        place = f"/consents/{there.consent.pk}/decline/"
        assert "Who told you?" in nia.get(place).content.decode()
        told = {"how": "by telephone", "reason": ""}
        assert nia.post(place, told).status_code == 422
        nia.post(place, {**told, "by": "patient"})
        assert Decline.objects.get().proxy is None


class TestAProgram:
    def test_says_whose_it_is_and_reads_it(self, desk: Desk, there: Handed) -> None:
        program = Program(token_of(staffroom.user_of(desk)))
        place = f"consents/{there.consent.pk}/"
        refused(program.post(f"{place}decline/", {"how": "in person"}), 422, "decider.missing", "by")
        assert program.get(place).json()["decided_by"] is None
        assert program.post(f"{place}decline/", {"how": "in person", "by": "proxy"}).json()["decided_by"] == "proxy"
