"""Supporter, interpreter, witness and proxy: who they are, what they declare, whose mark counts, and what is sealed of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from audit.models import LogEntry
from audit.services import entries_for
from clinic.errors import TextRefusedError
from consent import ceremony, people, services
from consent.errors import (
    DocumentChangedError,
    PersonRefusedError,
    SigningRefusedError,
    TalkRefusedError,
    TransitionError,
    UnderAgeError,
)
from consent.models import AuthorityCheck, Participant, ParticipantMark, Signature, StaffTask
from consent.records import PersonDraft, PersonFacts
from consent.vocabulary import SigningMethod, TaskKind
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent import paper, staffroom
from tests.consent.desk import Desk, Handed

LATER = NOW + timedelta(minutes=12)
SUPPORTER = PersonDraft("supporter", "Tõnu Ilves", "Her brother")
INTERPRETER = PersonDraft("interpreter", "محمد البغدادي", "Registered with NRPSI", language="Arabic")
WITNESS = PersonDraft("witness", "李小龍", "A neighbour", reason="cannot-sign")
PROXY = PersonDraft("proxy", "Ωλένα Ковальчук", "Her daughter", authority="attorney", authority_words="7000-1234-5678")
NAMES = (
    "Tõnu Ilves",
    "محمد البغدادي",
    "李小龍",
    "Ωλένα Ковальчук",
    "Nguyễn Thị Ánh",
    "สมชาย ใจดี",
    "דוד לוי",
    "अनिता शर्मा",
)


def person(role: str = "supporter", **changes: Any) -> PersonFacts:
    return PersonFacts(**{"role": role, "name": "A", "reason": "", "has_marked": True, "authority": "", **changes})


def add(handed: Handed, draft: PersonDraft) -> Participant:
    at = NOW + timedelta(seconds=Participant.objects.count())
    return services.add_person(handed.consent.pk, draft, added_by_name="", agent=None, at=at)


def mark(handed: Handed, who: Participant, *, seed: int = 5, **changes: Any) -> ParticipantMark:
    return services.declare_as_person(who.pk, desks.signing(handed, strokes=desks.strokes(seed), **changes), at=LATER)


def confirm(desk: Desk, who: Participant, outcome: str = "confirmed") -> None:
    services.check_authority(
        who.pk,
        outcome,
        seen="Lasting power of attorney 7000-1234-5678, registered 2 May 2024",
        words="Severe aphasia after a stroke; assessed on 20 November by Dr Penrose.",
        agent=desk.agent,
        at=LATER + timedelta(seconds=AuthorityCheck.objects.count()),
    )


def sign(handed: Handed, **changes: Any) -> Signature:
    return services.sign_consent(handed.consent.pk, desks.signing(handed, **changes), at=LATER)


class TestRules:
    """No database."""

    @pytest.mark.parametrize(
        ("draft", "code"),
        [
            (PersonDraft("nurse", "A", "b"), "person.role"),
            (PersonDraft("supporter", "", "b"), "person.name"),
            (PersonDraft("supporter", "A", ""), "person.relation"),
            (PersonDraft("interpreter", "A", "b"), "person.language"),
            (PersonDraft("witness", "A", "b"), "person.reason"),
            (PersonDraft("witness", "A", "b", reason="bored"), "person.reason"),
            (PersonDraft("proxy", "A", "b"), "person.authority"),
            (PersonDraft("proxy", "A", "b", authority="next of kin"), "person.authority"),
            (PersonDraft("proxy", "A", "b", authority="other"), "person.authority_words"),
        ],
    )
    def test_what_a_role_needs(self, draft: PersonDraft, code: str) -> None:
        with pytest.raises(PersonRefusedError) as refused:
            ceremony.check_person(draft, [])
        assert refused.value.code == code

    def test_one_proxy_and_eight_people_are_enough(self) -> None:
        with pytest.raises(PersonRefusedError, match="Only one person"):
            ceremony.check_person(PROXY, [person("proxy")])
        with pytest.raises(PersonRefusedError) as refused:
            ceremony.check_person(SUPPORTER, [person()] * 8)
        assert refused.value.code == "person.too_many"

    @pytest.mark.parametrize(
        ("present", "method", "code"),
        [
            ([person(has_marked=False)], "drawn", "person.mark_missing"),
            ([person("proxy")], "drawn", "person.authority_unconfirmed"),
            ([person("proxy", authority="not-enough")], "drawn", "person.authority_unconfirmed"),
            ([person("proxy", authority="disagrees")], "drawn", "person.disagrees"),
            ([person("proxy", authority="confirmed")], "witnessed", "person.proxy_signs"),
            ([], "witnessed", "person.no_witness"),
            ([person("witness", reason="cannot-read")], "witnessed", "person.no_witness"),
            ([person("witness", reason="cannot-sign", has_marked=False)], "witnessed", "person.mark_missing"),
        ],
    )
    def test_who_keeps_a_signature_back(self, present: list[PersonFacts], method: str, code: str) -> None:
        with pytest.raises(PersonRefusedError) as refused:
            ceremony.check_people(present, method)
        assert refused.value.code == code

    def test_all_is_well(self) -> None:
        ceremony.check_people([], "drawn")
        ceremony.check_people([person(), person("interpreter"), person("proxy", authority="confirmed")], "typed")
        ceremony.check_people([person("witness", reason="cannot-sign")], "witnessed")

    @pytest.mark.parametrize(
        ("outcome", "seen", "words"), [("confirmed", "", "x"), ("confirmed", "x", " "), ("", "x", "x")]
    )
    def test_a_finding_says_what_was_seen_and_why(self, outcome: str, seen: str, words: str) -> None:
        with pytest.raises(PersonRefusedError):
            ceremony.check_authority(role="proxy", outcome=outcome, seen=seen, words=words)

    def test_a_declaration_names_the_patient_and_the_language(self) -> None:
        said = people.declaration_of({"role": "interpreter", "language": "Arabic", "reason": ""}, "Mara Ilves")
        assert "into Arabic for Mara Ilves" in said
        witnessed = people.declaration_of({"role": "witness", "reason": "cannot-sign"}, "Mara Ilves")
        assert witnessed.endswith("Mara Ilves cannot make a mark, and said yes aloud before me.")


@pytest.mark.django_db
class TestTheCeremony:
    def test_a_supporter_and_an_interpreter_declare_before_the_patient_signs(self, read: Handed) -> None:
        supporter, interpreter = add(read, SUPPORTER), add(read, INTERPRETER)
        with pytest.raises(PersonRefusedError, match="Tõnu Ilves, محمد البغدادي"):
            sign(read)
        assert not Signature.objects.exists()
        mark(read, supporter)
        mark(read, interpreter, method=SigningMethod.TYPED, typed_name="محمد البغدادي")
        record = sign(read).signing_record
        assert [one["role"] for one in record["people"]] == ["supporter", "interpreter"]
        assert record["people"][1]["language"] == "Arabic"
        assert record["people"][1]["mark"]["typed"] == "محمد البغدادي"
        assert "did not decide for them" in record["people"][0]["mark"]["declaration"]
        assert record["signature"]["printed_name"] == "Mara Ilves"
        history = services.history_of(staffroom.fresh(read.consent))
        assert [line.kind for line in history.lines].count("consent.person_declared") == 2
        assert history.changed == history.unlogged == ()

    def test_one_drawing_is_nobody_elses_mark(self, read: Handed) -> None:
        supporter, other = add(read, SUPPORTER), add(read, WITNESS)
        mark(read, supporter, seed=7)
        with pytest.raises(SigningRefusedError) as refused:
            mark(read, other, seed=7)
        assert refused.value.code == "signature.replay"
        mark(read, other, seed=8)
        with pytest.raises(SigningRefusedError):
            sign(read, strokes=desks.strokes(7))

    def test_a_mark_needs_words_meant_and_the_text_in_force(self, desk: Desk, read: Handed) -> None:
        supporter = add(read, SUPPORTER)
        with pytest.raises(PersonRefusedError) as refused:
            mark(read, supporter, meaning_confirmed=False)
        assert refused.value.field == "meaning_confirmed"
        with pytest.raises(DocumentChangedError):
            mark(read, supporter, shown_sha256="0" * 64)
        first = mark(read, supporter)
        assert mark(read, supporter, seed=9) == first
        services.reissue_document(read.consent.pk, batch=desk.batch, cost=None, agent=desk.agent, at=LATER)
        found = staffroom.fresh(read.consent)
        assert services.facts_of(found)[0].has_marked is False

    def test_whoever_leaves_holds_nothing_back_and_stays_on_record(self, read: Handed) -> None:
        supporter = add(read, SUPPORTER)
        services.person_leaves(supporter.pk, agent=None, at=LATER)
        assert sign(read).signing_record["people"] == []
        assert Participant.objects.get().left_at == LATER

    def test_nobody_comes_or_goes_after_the_signature(self, desk: Desk, read: Handed) -> None:
        supporter = add(read, SUPPORTER)
        mark(read, supporter)
        sign(read)
        for act in (
            lambda: add(read, WITNESS),
            lambda: services.person_leaves(supporter.pk, agent=None, at=LATER),
            lambda: mark(read, supporter),
            lambda: confirm(desk, supporter),
        ):
            with pytest.raises(TransitionError):
                act()

    def test_a_yes_said_aloud_counts_before_a_witness(self, read: Handed) -> None:
        with pytest.raises(PersonRefusedError):
            sign(read, method=SigningMethod.WITNESSED, strokes=())
        mark(read, add(read, WITNESS))
        signature = sign(read, method=SigningMethod.WITNESSED, strokes=())
        assert (signature.method, signature.strokes_sha256) == ("witnessed", "")

    def test_a_proxy_signs_only_after_the_authority_was_confirmed(self, desk: Desk, read: Handed) -> None:
        proxy = add(read, PROXY)
        task = StaffTask.objects.get(kind=TaskKind.REVIEW)
        with pytest.raises(PersonRefusedError) as refused:
            sign(read)
        assert refused.value.code == "person.authority_unconfirmed"
        confirm(desk, proxy, "disagrees")
        with pytest.raises(PersonRefusedError) as refused:
            sign(read)
        assert refused.value.code == "person.disagrees"
        task.refresh_from_db()
        assert task.is_open
        confirm(desk, proxy)
        task.refresh_from_db()
        assert not task.is_open
        record = sign(read).signing_record
        assert record["signature"]["printed_name"] == PROXY.name
        assert record["signature"]["on_behalf_of"] == "Mara Ilves"
        assert "Lasting power of attorney for health and welfare (7000-1234-5678)" in record["signature"]["meaning"]
        assert record["people"][0]["checked"]["by"] == desk.agent.name
        assert entries_for("consent.signature", Signature.objects.get().pk)[0].detail.body["by"] == "proxy"

    def test_the_practitioner_does_not_say_that_a_patient_can_decide_for_whom_a_proxy_signed(
        self, desk: Desk, read: Handed
    ) -> None:
        confirm(desk, add(read, PROXY))
        sign(read)
        with pytest.raises(TalkRefusedError) as refused:
            staffroom.declare(desk, read)
        assert (refused.value.code, refused.value.field) == ("talk.able_with_proxy", "is_able")
        services.declare(
            read.consent.pk,
            desk.practitioner,
            read=desks.shown_answers(read),
            talk=replace(desks.TALK, is_able=False),
            agent=desk.agent,
            at=staffroom.DECLARED_AT,
        )
        assert staffroom.fresh(read.consent).status == "active"

    def test_a_proxy_makes_no_declaration_of_a_helper(self, read: Handed) -> None:
        with pytest.raises(PersonRefusedError):
            mark(read, add(read, PROXY))

    def test_the_same_person_twice_is_once(self, read: Handed) -> None:
        assert add(read, SUPPORTER) == add(read, SUPPORTER)

    @pytest.mark.parametrize("name", NAMES)
    def test_names_in_all_scripts_are_kept_as_they_are(self, read: Handed, name: str) -> None:
        assert add(read, PersonDraft("supporter", name, "A friend")).facts["name"] == name

    @pytest.mark.parametrize("name", ["Mara\u202eevil", "\u200b", "a\x00b", "𝐌ara", "x" * 500])
    def test_names_that_would_deceive_are_refused(self, read: Handed, name: str) -> None:
        with pytest.raises((TextRefusedError, PersonRefusedError)):
            add(read, PersonDraft("supporter", name, "A friend"))

    def test_what_is_known_of_them_lies_under_the_patients_key(self, read: Handed) -> None:
        row = add(read, SUPPORTER)
        assert b"Ilves" not in bytes(row.sealed_facts)
        assert all("Tõnu" not in str(entry.detail.body) for entry in LogEntry.objects.all())

    def test_a_declaration_cannot_be_changed(self, read: Handed) -> None:
        made = mark(read, add(read, SUPPORTER))
        with pytest.raises(DatabaseError), transaction.atomic():
            ParticipantMark.objects.filter(pk=made.pk)._raw_delete("default")


@pytest.mark.django_db
@pytest.mark.pdf
class TestTheSealedFile:
    def test_it_shows_everybody_with_their_marks(self, desk: Desk, read: Handed, sealing_key) -> None:
        proxy = add(read, PROXY)
        confirm(desk, proxy)
        for number, draft in enumerate((SUPPORTER, INTERPRETER, WITNESS)):
            mark(read, add(read, draft), seed=20 + number)
        sign(read)
        pdf = services.read_sealed_file(staffroom.seal(desk, read))
        text = paper.squeezed(paper.text(pdf))
        for words in ("on behalf of Mara Ilves", "Supporter: Tõnu Ilves", "Registered with NRPSI", "Arabic", "李小龍",
                      "The patient cannot make a mark", "Seen, and it covers this decision", "Severe aphasia"):  # fmt: skip
            assert paper.squeezed(words) in text, words


@pytest.mark.django_db
class TestThePhone:
    def test_an_interpreter_names_herself_declares_and_the_patient_signs(self, there: Handed, phone: Client) -> None:
        assert phone.get(there.path("people/")).status_code == 302
        phone.post(there.path(), desks.MARA_WAS_BORN)
        assert b"I am helping the patient" in phone.get(there.path("decide/")).content
        assert b"no right to sign" in phone.get(there.path("people/add/proxy/")).content
        answer = phone.post(there.path("people/add/interpreter/"), {"name": "Ana Król", "relation": "NRPSI 12345"})
        assert answer.status_code == 422
        assert b"Ana Kr" in answer.content
        answer = phone.post(
            there.path("people/add/interpreter/"), {"name": "Ana Król", "relation": "NRPSI 12345", "language": "Polish"}
        )
        own = answer["Location"]
        assert b"into Polish for Mara Ilves" in phone.get(own).content
        assert phone.get(there.path("sign/"))["Location"] == there.path("decide/")
        said = {"document_sha256": there.sha256, "strokes": "", "typed_name": "", "meaning_confirmed": "on"}
        assert phone.post(own, said).status_code == 422
        assert phone.post(own, {**said, "typed_name": "Ana Król"})["Location"] == there.path("decide/")
        assert phone.get(there.path("sign/")).status_code == 200
        phone.post(there.path("sign/"), {**said, "strokes": desks.strokes_text()})
        assert Signature.objects.get().signing_record["people"][0]["mark"]["typed"] == "Ana Król"

    def test_a_proxy_waits_for_the_clinic_and_then_signs_on_behalf(
        self, there: Handed, phone: Client, nia: Client
    ) -> None:
        phone.post(there.path(), desks.MARA_WAS_BORN)
        phone.post(
            there.path("people/add/proxy/"),
            {"name": "Lena Ilves", "relation": "Daughter", "authority": "deputy", "authority_words": "1398"},
        )
        assert b"Nothing can be signed before" in phone.get(there.path("people/")).content
        assert b"The clinic confirms the authority of Lena Ilves" in phone.get(there.path("decide/")).content
        proxy = Participant.objects.get()
        page = nia.get(f"/consents/{there.consent.pk}/").content.decode()
        assert "Authority to check" in page
        check = f"/consents/{there.consent.pk}/person/{proxy.pk}/"
        assert b"Mental Capacity Act 2005" in nia.get(check).content
        assert nia.post(check, {"outcome": "confirmed", "seen": "", "words": "x"}).status_code == 422
        nia.post(check, {"outcome": "confirmed", "seen": "Order 1398", "words": "Cannot decide; best interests met"})
        assert "Authority confirmed" in nia.get(f"/consents/{there.consent.pk}/").content.decode()
        page = phone.get(there.path("sign/")).content.decode()
        assert "on behalf of Mara Ilves" in page
        assert "I decide for Mara Ilves, who cannot make this decision." in page
        phone.post(
            there.path("sign/"),
            {
                "document_sha256": there.sha256,
                "strokes": desks.strokes_text(),
                "typed_name": "",
                "meaning_confirmed": "on",
            },
        )
        assert Signature.objects.get().signing_record["signature"]["on_behalf_of"] == "Mara Ilves"
        assert "by Lena Ilves, on the patient’s behalf" in phone.get(there.path("receipt/")).content.decode()

    def test_yes_aloud_is_offered_only_beside_its_witness(self, there: Handed, phone: Client) -> None:
        phone.post(there.path(), desks.MARA_WAS_BORN)
        assert b"said yes aloud" not in phone.get(there.path("sign/")).content
        services.declare_as_person(
            add(there, WITNESS).pk, desks.signing(there, strokes=desks.strokes(5)), at=timezone.now()
        )
        assert b"said yes aloud" in phone.get(there.path("sign/")).content
        said = {"document_sha256": there.sha256, "strokes": "", "typed_name": "", "meaning_confirmed": "on"}
        assert phone.post(there.path("sign/"), said).status_code == 422
        assert phone.post(there.path("sign/"), {**said, "said_aloud": "on"}).status_code == 302
        assert Signature.objects.get().method == "witnessed"

    def test_who_leaves_and_who_is_not_there(self, there: Handed, phone: Client) -> None:
        phone.post(there.path(), desks.MARA_WAS_BORN)
        row = add(there, SUPPORTER)
        phone.post(there.path(f"people/{row.pk}/leave/"))
        assert phone.get(there.path(f"people/{row.pk}/")).status_code == 404
        assert phone.get(there.path("people/add/nurse/")).status_code == 404


@pytest.mark.django_db
class TestStaff:
    def test_they_name_somebody(self, nia: Client, handed: Handed) -> None:
        place = f"/consents/{handed.consent.pk}/"
        assert nia.post(f"{place}people/witness/", {"name": "Bo", "relation": "Friend"}).status_code == 422
        nia.post(f"{place}people/witness/", {"name": "Bo", "relation": "Friend", "reason": "cannot-read"})
        row = Participant.objects.get()
        assert row.added_by_name == "Dr Nia Penrose"
        assert "Declaration missing" in nia.get(place).content.decode()
        assert nia.get(f"{place}person/{row.pk}/").status_code == 404
        assert nia.get(f"{place}people/nurse/").status_code == 404
        nia.post(f"{place}person/{row.pk}/leave/")
        assert Participant.objects.get().left_at is not None

    def test_nobody_under_eighteen_is_signed_for(self, desk: Desk, read: Handed) -> None:
        confirm(desk, add(read, PROXY))
        with pytest.raises(UnderAgeError):
            services.sign_consent(read.consent.pk, desks.signing(read), at=datetime(2001, 5, 1, 9, tzinfo=UTC))
