"""What a patient is asked besides reading: what is kept, what is graded, what stops a signature, what is printed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from clinic.errors import TextRefusedError
from clinic.models import User
from consent import rules, services, steps
from consent.errors import (
    DeclarationRefusedError,
    DocumentChangedError,
    ReviewRefusedError,
    SigningRefusedError,
    StepRefusedError,
    TransitionError,
)
from consent.models import AnswersReview, Consent, ScreeningRule, StepAnswers
from consent.vocabulary import ReviewDecision, ScreeningPolicy, SealKind, StandingCode
from tests.cast import NOW
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import paper
from tests.consent.desk import ANSWERS, Desk, Handed
from tests.consent.staffroom import DECLARED_AT, LATER, SIGNED_AT, declare, fresh, publish

pytestmark = pytest.mark.django_db


def facts(**changes: object) -> steps.StepFacts:
    return steps.StepFacts(
        **{
            "route_group": "G_INTACT",
            "origin": "PLANT",
            "tissue": "PLANT_STEM",
            "source_words": "from a plant",
            "other_sources": ("from a plant", "from a person", "made without living cells"),
            "purpose": "ageing skin",
            **changes,
        }
    )


def health_of(**changes: object) -> dict[str, str]:
    """The policies of the health questions that are asked, by key."""
    asked = next(step for step in steps.definitions(facts(**changes)) if step["key"] == "health")
    return {prompt["key"]: prompt["policy"] for prompt in asked["prompts"]}


def answer(handed: Handed, step: str, given: dict[str, str], **changes: object) -> StepAnswers:
    named = {"shown_sha256": handed.sha256, "at": NOW + timedelta(minutes=7), **changes}
    return services.answer_step(handed.consent.pk, step, given, **named)


def ill(handed: Handed, **yes: str) -> StepAnswers:
    """The health questions answered anew with these."""
    return answer(handed, "health", desks.health(handed.consent, **yes))


def sign(handed: Handed) -> None:
    services.sign_consent(handed.consent.pk, desks.signing(handed), at=SIGNED_AT)


class TestTheHealthQuestions:
    def test_a_matching_allergy_is_asked_for_the_origin_alone(self) -> None:
        assert "allergy_plant" in health_of()
        assert "allergy_milk" not in health_of()
        assert "allergy_milk" in health_of(origin="ANIMAL_MAMMAL", tissue="COLOSTRUM")
        assert "allergy_plant" not in health_of(origin="ANIMAL_MAMMAL", tissue="COLOSTRUM")
        assert "allergy_fish" in health_of(origin="ANIMAL_FISH", tissue="FISH_TESTIS")

    def test_an_unknown_source_asks_for_every_allergy_that_could_match(self) -> None:
        assert {"allergy_plant", "allergy_fish"} <= set(health_of(origin="UNKNOWN", tissue=""))

    def test_clotting_weighs_more_in_the_blood(self) -> None:
        assert health_of()["clotting"] == "warn"
        assert health_of(route_group="G_SYSTEMIC")["clotting"] == "stop"

    def test_the_defaults_are_those_of_the_screening_table(self) -> None:
        policies = health_of()
        assert {key for key, policy in policies.items() if policy == "stop"} == {
            "pregnancy",
            "cancer_now",
            "precancer_in_field",
            "immune_weak",
            "allergy_plant",
        }
        assert {key for key, policy in policies.items() if policy == "pause"} == {"distress", "pressure", "support"}

    def test_the_clinics_own_policy_takes_the_defaults_place(self) -> None:
        assert health_of(policies={"autoimmune": "stop"})["autoimmune"] == "stop"

    def test_not_sure_counts_as_yes_and_the_gravest_wins(self) -> None:
        asked = next(step for step in steps.definitions(facts()) if step["key"] == "health")
        no = {prompt["key"]: "no" for prompt in asked["prompts"]}
        assert steps.outcome(asked, no) == ""
        assert steps.outcome(asked, no | {"belief": "yes"}) == "note"
        assert steps.outcome(asked, no | {"autoimmune": "unsure", "belief": "yes"}) == "warn"
        assert steps.outcome(asked, no | {"autoimmune": "yes", "pressure": "unsure"}) == "pause"
        assert steps.outcome(asked, no | {"pressure": "yes", "pregnancy": "unsure"}) == "stop"


class TestTheUnderstandingCheck:
    def test_the_source_is_the_one_on_record_and_never_offered_twice(self) -> None:
        for words in ("from a plant", "from a person", "made without living cells", ""):
            asked = next(step for step in steps.definitions(facts(source_words=words)) if step["key"] == "check")
            source = next(prompt for prompt in asked["prompts"] if prompt["key"] == "source")
            offered = [option["text"] for option in source["options"]]
            right = next(option["text"] for option in source["options"] if option["key"] == source["right"])
            assert len(set(offered)) == 3
            assert right.lower() == (words or "it does not say")

    def test_a_wrong_answer_is_kept_and_asked_again(self, handed: Handed) -> None:
        first = answer(handed, "check", ANSWERS["check"] | {"proven": "a"})
        assert not first.is_passed
        second = answer(handed, "check", ANSWERS["check"])
        assert second.is_passed
        assert [row.attempt for row in StepAnswers.objects.order_by("attempt")] == [1, 2]

    def test_no_page_gives_the_right_answer_away(self, phone: Client, handed: Handed) -> None:
        visit(phone, handed)
        page = phone.get(handed.path("step/check/")).content.decode()
        assert "Nobody has proven that it works" not in page
        assert "checked" not in page

    def test_the_page_explains_what_was_wrong_and_keeps_what_was_right(self, phone: Client, handed: Handed) -> None:
        visit(phone, handed)
        sent = phone.post(
            handed.path("step/check/"), ANSWERS["check"] | {"proven": "a", "document_sha256": handed.sha256}
        )
        assert sent["Location"] == handed.path("step/check/")
        page = phone.get(sent["Location"]).content.decode()
        assert "Nobody has proven that it works" in page
        assert page.count("checked") == 4


class TestAnswering:
    def test_the_same_answers_sent_twice_are_one_attempt(self, handed: Handed) -> None:
        assert answer(handed, "reasons", {"hope": "Softer lines"}) == answer(
            handed, "reasons", {"hope": "Softer lines"}
        )
        assert StepAnswers.objects.count() == 1

    def test_a_changed_mind_is_a_new_attempt_and_the_old_one_stays(self, handed: Handed) -> None:
        answer(handed, "choices", {"photos_marketing": "yes"})
        answer(handed, "choices", {"photos_marketing": "no"})
        assert [row.answers["photos_marketing"] for row in StepAnswers.objects.order_by("attempt")] == ["yes", "no"]

    @pytest.mark.parametrize(
        ("step", "given", "code"),
        [
            ("health", {"pregnancy": "no"}, "step.missing"),
            ("own-words", {"what": "A serum", "harm": "Redness"}, "step.missing"),
            ("check", ANSWERS["check"] | {"proven": "z"}, "step.unknown_option"),
            ("choices", {"photos_record": "yes", "signed_at": "2020"}, "step.unknown_prompt"),
            ("nothing", {}, "step.unknown"),
        ],
    )
    def test_what_does_not_fit_is_refused_and_nothing_is_kept(
        self, handed: Handed, step: str, given: dict[str, str], code: str
    ) -> None:
        with pytest.raises(StepRefusedError) as refusal:
            answer(handed, step, given)
        assert refusal.value.code == code
        assert not StepAnswers.objects.exists()

    def test_own_words_are_text_under_our_rules(self, handed: Handed) -> None:
        with pytest.raises(TextRefusedError):
            answer(handed, "own-words", ANSWERS["own-words"] | {"harm": "a\u202eb"})

    def test_another_text_than_the_one_shown_takes_no_answer(self, handed: Handed) -> None:
        with pytest.raises(DocumentChangedError):
            answer(handed, "reasons", {"hope": "x"}, shown_sha256="0" * 64)

    def test_after_the_signature_nothing_can_be_answered(self, signed: Handed) -> None:
        with pytest.raises(TransitionError):
            answer(signed, "choices", {"photos_marketing": "yes"})

    def test_the_words_are_not_in_the_database_as_plain_text(self, handed: Handed) -> None:
        answer(handed, "own-words", ANSWERS["own-words"] | {"harm": "CANARY-PAT-harm"})
        stored = bytes(StepAnswers.objects.get().sealed_answers)
        assert b"CANARY" not in stored

    def test_the_database_takes_no_change_and_no_second_attempt_of_a_number(self, handed: Handed) -> None:
        kept = answer(handed, "reasons", {"hope": "x"})
        with pytest.raises(IntegrityError), transaction.atomic():
            StepAnswers.objects.create(
                consent=handed.consent,
                document=kept.document,
                step="reasons",
                attempt=1,
                is_passed=True,
                sealed_answers=b"x",
                answered_at=NOW,
            )
        with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE consent_stepanswers SET outcome = 'stop'")


class TestSigningWaits:
    @pytest.mark.parametrize("step", ["reasons", "health", "check", "own-words", "choices"])
    def test_for_each_step(self, handed: Handed, step: str) -> None:
        services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=NOW)
        for key in desks.keys_of(handed.consent):
            services.acknowledge(handed.consent.pk, key, shown_sha256=handed.sha256, at=NOW)
        for other, given in {**ANSWERS, "health": desks.health(handed.consent)}.items():
            if other != step:
                answer(handed, other, given)
        with pytest.raises(SigningRefusedError) as refusal:
            sign(handed)
        assert refusal.value.code == "signature.step_waiting"

    def test_for_an_understanding_check_that_is_not_right_yet(self, read: Handed) -> None:
        answer(read, "check", ANSWERS["check"] | {"refuse": "a"})
        with pytest.raises(SigningRefusedError, match="Did we explain it well"):
            sign(read)

    @pytest.mark.parametrize("group", ["pregnancy", "pressure"])
    def test_for_a_clinician_where_health_says_stop_or_pause(self, desk: Desk, read: Handed, group: str) -> None:
        raised = ill(read, **{group: "yes"})
        with pytest.raises(SigningRefusedError) as refusal:
            sign(read)
        assert refusal.value.code == "signature.needs_talk"
        services.review_answers(
            raised.pk, ReviewDecision.GO_ON, "We talked; her doctor agrees.", agent=desk.agent, at=LATER
        )
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        assert fresh(read.consent).signature

    def test_not_for_a_warning_which_waits_at_the_declaration(self, desk: Desk, read: Handed) -> None:
        raised = ill(read, autoimmune="unsure")
        sign(read)
        with pytest.raises(DeclarationRefusedError) as refusal:
            declare(desk, read)
        assert refusal.value.code == "declaration.undecided"
        services.review_answers(raised.pk, ReviewDecision.GO_ON, "Mild, and well.", agent=desk.agent, at=DECLARED_AT)
        assert declare(desk, read).status == "active"

    def test_optional_choices_never_block(self, read: Handed) -> None:
        answer(read, "choices", {"photos_marketing": "no"})
        answer(read, "choices", {})
        sign(read)
        assert fresh(read.consent).signature


class TestDeciding:
    def test_do_not_treat_closes_the_consent_with_the_reason(self, desk: Desk, read: Handed) -> None:
        raised = ill(read, cancer_now="yes")
        services.review_answers(
            raised.pk, ReviewDecision.DO_NOT_TREAT, "In treatment for cancer.", agent=desk.agent, at=LATER
        )
        consent = fresh(read.consent)
        assert (consent.status, consent.status_reason) == ("inactive", "voided")
        assert AnswersReview.objects.get().reason == "In treatment for cancer."

    def test_it_needs_a_reason(self, desk: Desk, read: Handed) -> None:
        with pytest.raises(ReviewRefusedError) as refusal:
            services.review_answers(
                ill(read, pregnancy="yes").pk, ReviewDecision.GO_ON, "  ", agent=desk.agent, at=LATER
            )
        assert (refusal.value.code, refusal.value.field) == ("review.reason", "reason")

    def test_it_is_made_once(self, desk: Desk, read: Handed) -> None:
        raised = ill(read, pregnancy="unsure")
        services.review_answers(raised.pk, ReviewDecision.GO_ON, "Tested: no.", agent=desk.agent, at=LATER)
        with pytest.raises(ReviewRefusedError, match="already"):
            services.review_answers(raised.pk, ReviewDecision.GO_ON, "Again.", agent=desk.agent, at=LATER)

    def test_on_the_newest_answers_only(self, desk: Desk, read: Handed) -> None:
        old = ill(read, pregnancy="unsure")
        ill(read, pregnancy="yes")
        with pytest.raises(ReviewRefusedError) as refusal:
            services.review_answers(old.pk, ReviewDecision.GO_ON, "Fine.", agent=desk.agent, at=LATER)
        assert refusal.value.code == "review.stale"

    def test_nothing_is_decided_where_nothing_was_raised(self, desk: Desk, read: Handed) -> None:
        latest = services.latest_answers(read.consent.documents.get())
        with pytest.raises(ReviewRefusedError, match="no decision"):
            services.review_answers(latest["health"].pk, ReviewDecision.GO_ON, "x", agent=desk.agent, at=LATER)

    def test_the_declaration_counts_only_for_what_was_read(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(DeclarationRefusedError) as refusal:
            services.declare(
                signed.consent.pk,
                desk.practitioner,
                read=frozenset(),
                talk=desks.TALK,
                agent=desk.agent,
                at=DECLARED_AT,
            )
        assert refusal.value.code == "declaration.unread"
        declare(desk, signed)
        assert set(AnswersReview.objects.values_list("decision", flat=True)) == {"read"}
        assert AnswersReview.objects.count() == 5


class TestTheBoard:
    def test_a_health_answer_waits_for_the_clinic(self, read: Handed) -> None:
        ill(read, pregnancy="yes")
        standing = services.standing_of(fresh(read.consent), at=LATER)
        assert (standing.code, standing.is_waiting) == (StandingCode.SCREENING, True)
        assert "cannot sign" in standing.why


@pytest.mark.usefixtures("desk_time")
class TestStaffPages:
    def test_the_practitioner_reads_and_decides(self, nia: Client, read: Handed) -> None:
        raised = ill(read, pregnancy="yes")
        page = nia.get(f"/consents/{read.consent.pk}/").content.decode()
        where = f"/consents/{read.consent.pk}/answers/{raised.pk}/"
        assert where in page
        assert "Softer" not in page
        assert "Fewer lines" in page
        sent = nia.post(where, {"decision": "go-on", "reason": "Not pregnant any more."})
        assert sent["Location"] == f"/consents/{read.consent.pk}/"
        assert "Not pregnant any more." in nia.get(sent["Location"]).content.decode()

    def test_a_decision_without_a_reason_keeps_what_was_chosen(self, nia: Client, read: Handed) -> None:
        raised = ill(read, pregnancy="yes")
        answer_page = nia.post(f"/consents/{read.consent.pk}/answers/{raised.pk}/", {"decision": "go-on", "reason": ""})
        assert answer_page.status_code == 422
        assert "Say in a few words why" in answer_page.content.decode()
        assert 'value="go-on"' in answer_page.content.decode()
        assert not AnswersReview.objects.exists()

    def test_a_stranger_finds_nothing_and_an_auditor_decides_nothing(
        self, read: Handed, stranger: User, auditor: User, signed_in: SignedIn
    ) -> None:
        raised = ill(read, pregnancy="yes")
        where = f"/consents/{read.consent.pk}/answers/{raised.pk}/"
        assert signed_in(stranger).get(where).status_code == 404
        assert signed_in(auditor).post(where, {"decision": "go-on", "reason": "x"}).status_code == 403
        assert "Fewer lines" in signed_in(auditor).get(f"/consents/{read.consent.pk}/").content.decode()
        assert not AnswersReview.objects.exists()

    def test_a_lead_sets_the_policy_and_new_texts_follow_it(
        self, desk: Desk, lead: User, signed_in: SignedIn, handed: Handed
    ) -> None:
        client = signed_in(lead)
        assert "Autoimmune disease" in client.get("/consents/screening/").content.decode()
        sent = client.post("/consents/screening/autoimmune/", {"policy": "stop", "reason": "Our doctor wants it so."})
        assert sent["Location"] == "/consents/screening/"
        assert "Our doctor wants it so." in client.get("/consents/screening/").content.decode()
        assert ill(desks.issue(desk), autoimmune="yes").outcome == "stop"
        assert ill(handed, autoimmune="yes").outcome == "warn"

    def test_only_a_lead_changes_it(self, nia: Client, auditor: User, signed_in: SignedIn) -> None:
        assert nia.get("/consents/screening/").status_code == 200
        assert nia.post("/consents/screening/autoimmune/", {"policy": "note", "reason": "x"}).status_code == 403
        assert signed_in(auditor).get("/consents/screening/").status_code == 200
        assert not ScreeningRule.objects.exists()

    def test_another_clinics_policy_is_not_ours(
        self, desk: Desk, stranger: User, signed_in: SignedIn, lead: User
    ) -> None:
        signed_in(stranger).post("/consents/screening/autoimmune/", {"policy": "stop", "reason": "Inland's."})
        assert "Inland" not in signed_in(lead).get("/consents/screening/").content.decode()
        assert services.screening_policies(desk.clinic) == {}

    def test_an_unknown_question_is_not_there(self, lead: User, signed_in: SignedIn) -> None:
        assert signed_in(lead).get("/consents/screening/astrology/").status_code == 404


class TestPatientPages:
    def test_the_way_leads_through_every_step(self, phone: Client, handed: Handed) -> None:
        visit(phone, handed)
        at = handed.path("part/experimental/")
        seen = []
        for _ in range(20):
            seen.append(at.removeprefix(handed.path()))
            if at == handed.path("decide/"):
                break
            data = {"document_sha256": handed.sha256}
            step = at.rstrip("/").rpartition("/")[2]
            if "/step/" in at:
                data |= desks.health(handed.consent) if step == "health" else ANSWERS[step]
            at = phone.post(at, data)["Location"]
        assert seen[1] == "step/reasons/"
        assert seen[-5:] == ["step/health/", "step/check/", "step/own-words/", "step/choices/", "decide/"]

    def test_nothing_is_chosen_beforehand(self, phone: Client, handed: Handed) -> None:
        visit(phone, handed)
        for step in ("health", "check", "choices"):
            assert "checked" not in phone.get(handed.path(f"step/{step}/")).content.decode()

    def test_a_missing_answer_is_named_at_its_question_and_nothing_is_lost(self, phone: Client, handed: Handed) -> None:
        visit(phone, handed)
        given = desks.health(handed.consent)
        del given["pregnancy"]
        page = phone.post(handed.path("step/health/"), given | {"document_sha256": handed.sha256})
        assert page.status_code == 422
        words = page.content.decode()
        assert "Choose one of the answers." in words
        assert words.count("checked") == len(given)
        assert not StepAnswers.objects.exists()

    def test_a_stop_tells_the_patient_that_the_clinic_talks_first(self, phone: Client, read: Handed) -> None:
        ill(read, pregnancy="yes")
        visit(phone, read)
        page = phone.get(read.path("decide/")).content.decode()
        assert "The clinic talks with you first" in page
        assert "Yes, go on to sign" not in page
        assert phone.get(read.path("sign/"))["Location"] == read.path("decide/")

    def test_without_the_birth_date_nothing_is_shown_or_taken(self, phone: Client, read: Handed) -> None:
        assert phone.get(read.path("step/reasons/"))["Location"] == read.path()
        assert phone.post(read.path("step/reasons/"), {"hope": "x"}).status_code == 401

    def test_staff_cannot_answer_for_a_patient(self, nia: Client, handed: Handed) -> None:
        assert nia.post(handed.path("step/reasons/"), {"hope": "x"}).status_code == 403
        assert not StepAnswers.objects.exists()

    def test_what_the_page_did_not_ask_is_refused(self, phone: Client, handed: Handed) -> None:
        visit(phone, handed)
        data = {"hope": "x", "document_sha256": handed.sha256, "signed_at": "2020-01-01"}
        assert phone.post(handed.path("step/reasons/"), data).status_code == 422
        assert not StepAnswers.objects.exists()


class TestTheRecord:
    def test_it_holds_every_attempt_in_the_words_that_were_shown(self, handed: Handed) -> None:
        answer(handed, "check", ANSWERS["check"] | {"proven": "a"}, at=NOW)
        desks.read_all(handed)
        sign(handed)
        told = Consent.objects.get(pk=handed.consent.pk).signature.signing_record["steps"]
        assert [(one["step"], one["attempt"]) for one in told if one["step"] == "check"] == [("check", 1), ("check", 2)]
        assert told[0]["wrong"] == ["proven"]
        own = next(one for one in told if one["step"] == "own-words")
        assert own["answers"][1] == {
            "key": "harm",
            "text": "What could go wrong?",
            "answer": "Redness",
            "raises": "",
        }

    def test_the_sealed_pages_print_them_with_the_decision(self, desk: Desk, read: Handed, sealing_key: object) -> None:
        raised = ill(read, pregnancy="unsure")
        services.review_answers(raised.pk, ReviewDecision.GO_ON, "A test said no.", agent=desk.agent, at=LATER)
        services.sign_consent(read.consent.pk, desks.signing(read), at=LATER)
        publish(desk, LATER)
        services.seal_document(read.consent.pk, SealKind.SIGNED, at=LATER)
        _, content = services.export_document(fresh(read.consent), SealKind.SIGNED, agent=desk.agent, at=LATER)
        words = paper.squeezed(paper.text(content))
        for said in (
            "Fewer lines",
            "Particles from a rose on my skin",
            "Are you pregnant, breastfeeding, or trying for a baby?",
            "I am not sure",
            "A test said no.",
            "Photos of you shown to other people, as advertising",
            "Did we explain it well?",
        ):
            assert paper.squeezed(said) in words, said


def test_the_policy_of_an_unknown_group_is_refused(desk: Desk) -> None:
    with pytest.raises(ReviewRefusedError):
        services.set_screening_policy(
            desk.clinic, "astrology", ScreeningPolicy.STOP, reason="x", agent=desk.agent, at=NOW
        )


def test_a_document_from_before_there_were_steps_waits_for_none() -> None:
    assert services.waiting_steps({"sections": []}, {}) == []
    assert rules.check_answers({"prompts": []}, {}) is None


def visit(phone: Client, handed: Handed) -> None:
    """Mara confirms her birth date on her phone."""
    phone.post(handed.path(), desks.MARA_WAS_BORN)
