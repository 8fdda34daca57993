"""The practitioner's conversation, and the pause while somebody doubts that the patient can decide."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from django.test import Client

from consent import rules, services
from consent.errors import (
    CapacityRefusedError,
    ClearanceRefusedError,
    DeclarationRefusedError,
    SigningRefusedError,
    TalkRefusedError,
)
from consent.models import CapacityDoubt, StaffTask, Talk
from consent.records import TalkDraft
from consent.services.talks import doubts_told, talks_told
from consent.vocabulary import CapacityOutcome, StandingCode, TalkOutcome
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent import test_people as people
from tests.consent.desk import MARA_WAS_BORN, TODAY, Desk, Handed
from tests.consent.staffroom import LATER, declare, fresh, recently_confirmed

FOUND = {"is_able": "yes", "is_free": "yes", "needs": "Asked about body image; found nothing."}


def pause(desk: Desk, handed: Handed) -> CapacityDoubt:
    return services.doubt_capacity(handed.consent.pk, "Did not know the day.", agent=desk.agent, at=LATER)


def resolve(
    desk: Desk,
    handed: Handed,
    outcome: CapacityOutcome = CapacityOutcome.CAN,
    reason: str = "Could say it all back.",
    again_on: date | None = None,
):
    return services.resolve_doubt(
        handed.consent.pk,
        desk.practitioner,
        outcome,
        reason,
        again_on=again_on,
        agent=desk.agent,
        at=LATER + timedelta(minutes=5),
    )


class TestTheRules:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"is_treating_practitioner": False}, "talk.other_person"),
            ({"status": "not-done"}, "talk.closed"),
            ({"needs": " "}, "talk.needs"),
            ({"is_able": False}, "talk.doubt"),
            ({"is_free": False}, "talk.pressed"),
            ({"has_proxy": True}, "talk.able_with_proxy"),
            ({"has_proxy": True, "is_able": False, "is_free": False}, "talk.pressed"),
            ({"outcome": "refer"}, "talk.reason"),
            ({"outcome": "do-not-treat", "is_free": False}, "talk.reason"),
        ],
    )
    def test_a_conversation_is_refused(self, changes, code) -> None:
        said = {
            "status": "draft",
            "is_treating_practitioner": True,
            "outcome": "go-on",
            "is_able": True,
            "is_free": True,
            "needs": "none",
            "reason": "",
        }
        rules.check_can_talk(**said)
        with pytest.raises(TalkRefusedError) as refused:
            rules.check_can_talk(**{**said, **changes})
        assert refused.value.code == code

    def test_a_doubt_needs_words_and_its_resolution_a_registration_and_a_reason(self) -> None:
        found = {"outcome": "can-decide", "again_on": None, "today": TODAY, "has_proxy": False}
        for act, code in (
            (lambda: rules.check_can_doubt(status="draft", reason=""), "capacity.reason"),
            (lambda: rules.check_can_doubt(status="inactive", reason="x"), "capacity.closed"),
            (lambda: rules.check_can_resolve(registration="", reason="x", **found), "capacity.registration"),
            (lambda: rules.check_can_resolve(registration="7", reason=" ", **found), "capacity.reason"),
        ):
            with pytest.raises(CapacityRefusedError) as refused:
                act()
            assert refused.value.code == code

    def test_a_declaration_waits_for_the_pause_and_the_conversation(self) -> None:
        said = {"status": "draft", "is_signed": True, "is_treating_practitioner": True}
        for changes, code in (
            ({"is_paused": True}, "declaration.paused"),
            ({"has_talked": False}, "declaration.no_talk"),
        ):
            with pytest.raises(DeclarationRefusedError) as refused:
                rules.check_can_declare(**said, **changes)
            assert refused.value.code == code


@pytest.mark.django_db
class TestThePause:
    def test_nothing_is_signed_declared_or_treated_until_a_clinician_resolves_it(
        self, desk: Desk, read: Handed
    ) -> None:
        pause(desk, read)
        assert pause(desk, read) == CapacityDoubt.objects.get()
        with pytest.raises(SigningRefusedError) as refused:
            services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        assert refused.value.code == "signature.paused"
        standing = services.standing_of(fresh(read.consent), at=LATER)
        assert (standing.code, standing.is_waiting, standing.next_url_name) == ("paused", True, "consent_pause")
        assert StaffTask.objects.get(kind="capacity").is_open
        resolve(desk, read)
        assert not StaffTask.objects.get(kind="capacity").is_open
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER + timedelta(minutes=6))
        pause(desk, read)
        with pytest.raises(DeclarationRefusedError, match="It is paused"):
            declare(desk, read, at=LATER + timedelta(minutes=7))
        resolve(desk, read)
        consent = declare(desk, read, at=LATER + timedelta(minutes=8))
        pause(desk, read)
        with pytest.raises(ClearanceRefusedError, match="whether the patient can make this decision"):
            rules.check_may_treat(fresh(consent), staffroom.release(desk), TODAY)
        told = doubts_told(fresh(consent), until=LATER + timedelta(minutes=8))
        assert [one["outcome"] for one in told] == ["can-decide", "can-decide"]
        assert told[0]["registration"].startswith("General Medical Council") or "," in told[0]["registration"]
        history = services.history_of(fresh(consent))
        assert (history.changed, history.unlogged) == ((), ())

    def test_assessed_again_stays_paused_until_somebody_resolves_it_anew(self, desk: Desk, read: Handed) -> None:
        first, day = pause(desk, read), TODAY + timedelta(days=14)
        resolve(desk, read, CapacityOutcome.AGAIN, "Tired after the journey.", again_on=day)
        consent = fresh(read.consent)
        assert (consent.status, consent.open_doubt.reason) == (
            "draft",
            "To be assessed again on 7 December 2026. Tired after the journey.",
        )
        assert consent.open_doubt != first
        place = services.standing_of(consent, at=LATER + timedelta(minutes=6)).place
        assert (place.code, place.due_at) == (
            StandingCode.PAUSED,
            datetime.combine(day + timedelta(days=1), time(), desk.clinic.zone),
        )
        assert StaffTask.objects.get(kind="capacity", closed_at=None).consent_id == consent.pk
        with pytest.raises(SigningRefusedError) as refused:
            services.sign_consent(read.consent.pk, desks.signing(read), at=LATER + timedelta(minutes=6))
        assert refused.value.code == "signature.paused"
        resolve(desk, read)
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER + timedelta(minutes=7))
        told = doubts_told(declare(desk, read, at=LATER + timedelta(minutes=8)), until=LATER + timedelta(minutes=8))
        assert [(one["outcome"], one["again_on"]) for one in told] == [
            ("assess-again", "2026-12-07"),
            ("can-decide", None),
        ]
        history = services.history_of(fresh(read.consent))
        assert (history.changed, history.unlogged) == ((), ())

    @pytest.mark.parametrize(
        ("outcome", "days", "code"),
        [
            (CapacityOutcome.AGAIN, None, "capacity.again_on"),
            (CapacityOutcome.AGAIN, 0, "capacity.again_on"),
            (CapacityOutcome.AGAIN, 91, "capacity.again_on"),
            (CapacityOutcome.CAN, 14, "capacity.no_day"),
            (CapacityOutcome.PROXY, None, "capacity.no_proxy"),
        ],
    )
    def test_a_way_out_is_refused_without_what_it_needs(
        self, desk: Desk, read: Handed, outcome: CapacityOutcome, days: int | None, code: str
    ) -> None:
        pause(desk, read)
        with pytest.raises(CapacityRefusedError) as refused:
            resolve(desk, read, outcome, again_on=None if days is None else TODAY + timedelta(days=days))
        assert refused.value.code == code
        assert fresh(read.consent).open_doubt is not None

    def test_a_proxy_goes_on_once_the_authority_is_confirmed(self, desk: Desk, read: Handed) -> None:
        pause(desk, read)
        proxy = people.add(read, people.PROXY)
        with pytest.raises(CapacityRefusedError):
            resolve(desk, read, CapacityOutcome.PROXY)
        people.confirm(desk, proxy)
        resolve(desk, read, CapacityOutcome.PROXY, "Severe aphasia; daughter holds the power of attorney.")
        assert fresh(read.consent).open_doubt is None
        signature = services.sign_consent(read.consent.pk, desks.signing(read), at=LATER + timedelta(minutes=6))
        assert signature.signing_record["signature"]["on_behalf_of"] == "Mara Ilves"

    def test_cannot_decide_closes_the_consent(self, desk: Desk, signed: Handed) -> None:
        pause(desk, signed)
        resolve(desk, signed, CapacityOutcome.CANNOT, "Could not keep it in mind.")
        assert fresh(signed.consent).status == "inactive"


@pytest.mark.django_db
class TestTheConversation:
    def test_do_not_treat_stops_the_consent_with_its_reason(self, desk: Desk, signed: Handed) -> None:
        draft = TalkDraft(
            is_able=True, is_free=False, needs="Partner insists", outcome=TalkOutcome.REFER, reason="Counsellor first"
        )
        services.hold_talk(signed.consent.pk, desk.practitioner, draft, agent=desk.agent, at=LATER)
        consent = fresh(signed.consent)
        assert (consent.status, consent.status_reason) == ("inactive", "voided")
        assert Talk.objects.get().reason == "Counsellor first"
        assert talks_told(consent, until=LATER)[0]["is_free"] is False

    def test_it_counts_for_the_text_that_it_was_about(self, desk: Desk, signed: Handed) -> None:
        services.hold_talk(signed.consent.pk, desk.practitioner, desks.TALK, agent=desk.agent, at=LATER)
        services.declare(
            signed.consent.pk, desk.practitioner, read=desks.shown_answers(signed), agent=desk.agent, at=LATER
        )
        assert Talk.objects.count() == 1

    def test_without_one_nothing_is_declared(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(DeclarationRefusedError) as refused:
            services.declare(
                signed.consent.pk, desk.practitioner, read=desks.shown_answers(signed), agent=desk.agent, at=LATER
            )
        assert refused.value.code == "declaration.no_talk"


@pytest.mark.django_db
@pytest.mark.usefixtures("desk_time")
class TestThePages:
    def test_one_page_shows_what_the_patient_said_and_takes_what_was_found(self, signed: Handed, nia: Client) -> None:
        path = f"/consents/{signed.consent.pk}/conversation/"
        page = nia.get(path).content.decode()
        for words in (
            "Fewer lines",
            "Lumps",
            "Psychological needs and vulnerability",
            "Does the patient decide freely?",
        ):
            assert words in page
        assert nia.post(path, {**FOUND, "is_able": "no", "outcome": "go-on"}).status_code == 422
        assert nia.post(path, {**FOUND, "outcome": "go-on"}).status_code == 302
        assert "Asked about body image" in nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        declaration = recently_confirmed(nia).get(f"/consents/{signed.consent.pk}/declare/").content.decode()
        assert "Talked about before" in declaration
        assert 'name="is_able"' not in declaration

    def test_any_staff_pauses_and_a_practitioner_resolves_in_person(
        self, read: Handed, nia: Client, lead, signed_in: SignedIn, phone: Client
    ) -> None:
        path = f"/consents/{read.consent.pk}/pause/"
        ada = signed_in(lead)
        assert "Mental Capacity Act 2005" in ada.get(path).content.decode()
        assert ada.post(path, {"reason": ""}).status_code == 422
        assert ada.post(path, {"reason": "Did not know the day."}).status_code == 302
        assert "A practitioner of the clinic resolves this" in ada.get(path).content.decode()
        phone.post(read.path(), MARA_WAS_BORN)
        page = phone.get(read.path("decide/")).content.decode()
        assert "wants to talk with you before you decide" in page
        assert "apacity" not in page
        assert phone.get(read.path("sign/")).status_code == 302
        given = {"outcome": "can-decide", "reason": "Could say it all back."}
        # Asked before the form, so that nothing typed into it is lost.
        assert nia.get(path).url.startswith("/accounts/reauthenticate/")
        assert nia.post(path, given).url.startswith("/accounts/reauthenticate/")
        assert recently_confirmed(nia).post(path, given).status_code == 302
        assert fresh(read.consent).open_doubt is None

    def test_a_practitioner_has_it_assessed_again_on_a_day(self, desk: Desk, read: Handed, nia: Client) -> None:
        path = f"/consents/{read.consent.pk}/pause/"
        pause(desk, read)
        given = {"outcome": "assess-again", "reason": "Tired.", "again_on_0": "", "again_on_1": "", "again_on_2": ""}
        answer = recently_confirmed(nia).post(path, given)
        assert answer.status_code == 422
        assert "Type the day on which you assess again" in answer.content.decode()
        day = TODAY + timedelta(days=14)
        typed = {"again_on_0": str(day.day), "again_on_1": str(day.month), "again_on_2": str(day.year)}
        assert nia.post(path, {**given, **typed}).status_code == 302
        page = nia.get(f"/consents/{read.consent.pk}/").content.decode()
        assert 'assessed again on another day (<time datetime="2026-12-07">7 December 2026</time>)' in page
        assert "Not resolved yet: nothing can go on" in page
