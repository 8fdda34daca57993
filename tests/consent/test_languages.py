"""Languages: offered only after a named person's review, chosen by the patient, and sealed as they were shown."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real

from audit.services import entries_for
from clinic.models import Organization, User
from consent import services, wording
from consent.errors import IssueRefusedError, PublishRefusedError, StaleDraftError, TransitionError
from consent.languages import LANGUAGES, catalogue, isolated, speaking
from consent.models import Consent, ConsentTemplate, LanguageReview, TemplateDraft
from consent.vocabulary import Clause, LinkWay
from tests.cast import NOW
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import writers
from tests.consent.desk import MARA_WAS_BORN, Desk, Handed
from tests.consent.staffroom import LATER
from tests.consent.writers import HOUR, writer

pytestmark = pytest.mark.django_db
OTHERS = [tag for tag in LANGUAGES if tag != "en-GB"]


def review(clinic: Organization, tag: str) -> LanguageReview:
    """A named person has read every sentence."""
    return services.review_language(
        clinic, tag, reviewed_by="A. Rees", qualification="certified translator", agent=writer(clinic), at=NOW
    )


def translate(clinic: Organization, tag: str) -> ConsentTemplate:
    """The shipped text in this language, published by two people."""
    services.first_text(clinic, at=NOW)
    draft = services.start_draft(clinic, agent=writer(clinic), at=NOW, language=tag)
    saved = writers.save(draft, reviewed_by="A. Rees, certified translator")
    return writers.publish(saved, at=NOW + HOUR)


def offer(clinic: Organization, tag: str) -> None:
    """Both reviews: the language can be chosen from an hour later on."""
    review(clinic, tag)
    translate(clinic, tag)


def offered(clinic: Organization) -> list[str]:
    return [one.tag for one in services.offered_languages(clinic, on=LATER)]


class TestWhatIsOffered:
    def test_english_and_nothing_that_nobody_reviewed(self, harbour: Organization) -> None:
        services.first_text(harbour, at=NOW)
        assert offered(harbour) == ["en-GB"]

    def test_a_review_of_the_sentences_alone_or_of_the_text_alone_is_not_enough(self, harbour: Organization) -> None:
        review(harbour, "cy")
        assert offered(harbour) == ["en-GB"]
        translate(harbour, "ar")
        assert offered(harbour) == ["en-GB"]

    def test_both_together_offer_it(self, harbour: Organization) -> None:
        offer(harbour, "cy")
        assert offered(harbour) == ["en-GB", "cy"]

    def test_a_newer_english_text_takes_it_back_until_it_is_translated_again(self, harbour: Organization) -> None:
        offer(harbour, "cy")
        writers.new_version(harbour)
        assert [one.tag for one in services.offered_languages(harbour, on=NOW + 3 * HOUR)] == ["en-GB"]

    def test_a_sentence_that_an_update_changed_asks_for_a_new_review(
        self, harbour: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offer(harbour, "cy")
        monkeypatch.setattr("consent.services.texts.catalogue_sha256", lambda tag: "0" * 64)
        assert offered(harbour) == ["en-GB"]

    def test_an_incomplete_language_cannot_be_reviewed(
        self, harbour: Organization, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("consent.services.texts.missing_sentences", lambda tag: 3)
        with pytest.raises(PublishRefusedError, match="3 sentences"):
            review(harbour, "cy")

    def test_a_translation_without_a_named_reviewer_is_not_published(self, harbour: Organization) -> None:
        services.first_text(harbour, at=NOW)
        draft = services.start_draft(harbour, agent=writer(harbour), at=NOW, language="cy")
        with pytest.raises(PublishRefusedError, match="Name who compared"):
            writers.publish(writers.save(draft))

    def test_a_translation_of_an_older_english_text_is_compared_first(self, harbour: Organization) -> None:
        services.first_text(harbour, at=NOW)
        draft = services.start_draft(harbour, agent=writer(harbour), at=NOW, language="cy")
        saved = writers.save(draft, reviewed_by="A. Rees")
        writers.new_version(harbour)
        with pytest.raises(StaleDraftError, match="English text changed"):
            writers.publish(saved)

    def test_no_consent_is_issued_in_a_language_that_is_not_offered(self, desk: Desk) -> None:
        with pytest.raises(IssueRefusedError) as refusal:
            desks.issue(desk, language="ar")
        assert refusal.value.code == "language.not_offered"

    def test_nor_where_a_rule_of_a_newer_rule_set_is_not_translated(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offer(desk.clinic, "ar")
        monkeypatch.setattr("consent.services.issue.catalogue", lambda tag: {})
        with pytest.raises(IssueRefusedError, match="not translated into Arabic"):
            desks.issue(desk, at=LATER, language="ar")


class TestTheDocument:
    @pytest.mark.parametrize("tag", OTHERS)
    def test_says_every_clause_in_its_language_and_no_fixed_sentence_in_english(self, desk: Desk, tag: str) -> None:
        offer(desk.clinic, tag)
        content = desks.issue(desk, at=LATER, language=tag).consent.document.content
        said = json.dumps(content["sections"], ensure_ascii=False)
        assert content["language"] == tag
        assert {code for part in content["sections"] for code in part["clauses"]} == set(Clause.values)
        assert catalogue(tag)[wording.LONG_TERM] in said
        left = [sentence for sentence in catalogue(tag) if len(sentence) > 25 and sentence in said]
        assert left == []

    def test_is_issued_in_the_language_chosen_by_staff(self, desk: Desk) -> None:
        offer(desk.clinic, "cy")
        document = desks.issue(desk, at=LATER, language="cy").consent.document
        assert (document.language, document.template.language) == ("cy", "cy")

    def test_a_telephone_number_is_not_turned_around_in_arabic(self, desk: Desk) -> None:
        offer(desk.clinic, "ar")
        content = desks.issue(desk, at=LATER, language="ar").consent.document.content
        assert "\u206601632 960 999\u2069" in json.dumps(content["sections"], ensure_ascii=False)
        with speaking("en-GB"):
            assert isolated("01632 960 999") == "01632 960 999"


class TestEveryPatientPage:
    @pytest.mark.parametrize("tag", OTHERS)
    def test_none_asks_for_a_sentence_that_the_language_lacks(
        self, desk: Desk, phone: Client, monkeypatch: pytest.MonkeyPatch, tag: str
    ) -> None:
        offer(desk.clinic, tag)
        monkeypatch.setattr("django.utils.timezone.now", lambda: LATER + HOUR)
        handed, other = (desks.issue(desk, at=LATER, language=tag) for _ in range(2))
        desks.read_all(handed, at=LATER)
        code, say = LANGUAGES[tag].django, trans_real.gettext
        lacking: set[str] = set()

        def listening(message: str) -> str:
            if translation.get_language() == code and message not in known and re.search("[a-z]{2}", message):
                lacking.add(message)
            return say(message)

        with translation.override(code):
            known = trans_real.catalog()._catalog
        monkeypatch.setattr(translation._trans, "gettext", listening)

        def visit(handed: Handed, *rests: str) -> None:
            for rest in rests:
                assert phone.get(handed.path(rest)).status_code == 200, rest

        def refused(handed: Handed, *rests: str) -> None:
            for rest in rests:
                shown = {"document_sha256": handed.sha256} if rest in ("sign/", "part/risks/ask/") else {}
                assert phone.post(handed.path(rest), shown).status_code == 422, rest

        phone.get(handed.path())
        phone.post(handed.path(), {})
        phone.post(handed.path(), MARA_WAS_BORN)
        visit(handed, *(f"part/{key}/" for key in desks.keys_of(handed.consent)), "part/risks/ask/", "text/", "help/")
        visit(handed, *(f"step/{key}/" for key in desks.ANSWERS), "step/health/", "decide/", "sign/", "decline/")
        visit(handed, "people/", "people/add/supporter/", "people/add/proxy/", "paper/", "language/", "reminders/")
        refused(handed, "part/risks/ask/", "sign/", "paper/", "people/add/proxy/")
        services.sign_consent(handed.consent.pk, desks.signing(handed), at=LATER + HOUR)
        visit(handed, "receipt/", "withdraw/", "not-me/", "choice/photos_record/")
        phone.post(handed.path("withdraw/"), {})
        visit(handed, "receipt/")
        phone.post(other.path(), MARA_WAS_BORN)
        phone.post(other.path("decline/"), {"reason": ""})
        visit(other, "receipt/")
        assert lacking == set()


class TestThePatientChooses:
    def visit(self, phone: Client, handed: Handed) -> None:
        assert phone.post(handed.path(), MARA_WAS_BORN).status_code == 302

    def test_nothing_is_asked_where_there_is_no_choice(self, handed: Handed, phone: Client, desk_time: None) -> None:
        self.visit(phone, handed)
        page = phone.get(handed.path("part/experimental/")).content.decode()
        assert handed.path("language/") not in page

    def test_the_same_link_then_opens_the_text_in_that_language(
        self, desk: Desk, phone: Client, desk_time: None
    ) -> None:
        offer(desk.clinic, "ar")
        handed = desks.issue(desk, at=NOW + HOUR)
        self.visit(phone, handed)
        page = phone.get(handed.path("language/")).content.decode()
        assert 'lang="ar" dir="rtl"' in page
        assert "العربية" in page
        answer = phone.post(handed.path("language/"), {"language": "ar"}, follow=True)
        read = answer.content.decode()
        assert '<html lang="ar" dir="rtl">' in read
        assert catalogue("ar")["I have read this part"] in read
        assert catalogue("ar")[wording.LONG_TERM] in read
        again = Client().get(handed.path()).content.decode()
        assert catalogue("ar")["Please confirm that it is you"] in again

    def test_it_is_on_record_and_what_is_signed_is_what_was_shown(self, desk: Desk) -> None:
        offer(desk.clinic, "cy")
        handed = desks.issue(desk, at=NOW + HOUR)
        services.confirm_identity(handed.link.pk, handed.consent.patient.identity.birth_date, at=LATER)
        written = services.choose_language(handed.consent.pk, handed.link.pk, "cy", at=LATER)
        fresh = Consent.objects.get(pk=handed.consent.pk)
        assert fresh.document_id == written.pk
        assert written.number == 2
        assert entries_for("consent.document", written.pk)[-1].kind == "consent.language_chosen"
        desks.read_all(Handed(fresh, handed.link, handed.token), at=LATER)
        signature = services.sign_consent(fresh.pk, desks.signing(handed), at=LATER + timedelta(minutes=9))
        assert signature.document_sha256 == written.sha256

    def test_cost_and_what_matters_to_the_patient_come_along(self, desk: Desk) -> None:
        offer(desk.clinic, "cy")
        handed = desks.issue(desk, at=NOW + HOUR)
        before = handed.consent.document.content
        after = services.choose_language(handed.consent.pk, handed.link.pk, "cy", at=LATER).content
        assert after["cost"] == before["cost"]
        assert after["personal"] == before["personal"]

    def test_staff_write_the_text_anew_in_another_language(
        self, desk: Desk, nia: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offer(desk.clinic, "cy")
        monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
        handed = desks.issue(desk, at=NOW + HOUR)
        place = f"/consents/{handed.consent.pk}/reissue/"
        field = nia.get(place).context["form"].fields["language"]
        assert ([tag for tag, _ in field.choices], field.initial) == (["en-GB", "cy"], "en-GB")
        form = {"batch": "on-the-day", "total": "£430", "refund_terms": "All of it."}
        assert nia.post(place, {**form, "language": "ar"}).status_code == 422
        nia.post(place, {**form, "language": "cy"})
        handed.consent.refresh_from_db()
        assert (handed.consent.document.number, handed.consent.document.language) == (2, "cy")
        assert nia.get(place).context["form"].fields["language"].initial == "cy"

    def test_after_the_signature_the_language_stays(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(TransitionError, match="stays in the language"):
            services.choose_language(signed.consent.pk, signed.link.pk, "cy", at=LATER)

    @pytest.mark.parametrize("tag", ["cy", "xx", "<b>"])
    def test_what_is_not_offered_cannot_be_chosen(
        self, handed: Handed, phone: Client, desk_time: None, tag: str
    ) -> None:
        self.visit(phone, handed)
        before = handed.sha256
        assert phone.post(handed.path("language/"), {"language": tag}).status_code == 409
        assert handed.sha256 == before


class TestMessages:
    def test_the_mail_comes_in_the_language_of_the_text(self, desk: Desk, settings: Any) -> None:
        settings.EMAIL_HOST = "mail.example"
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        offer(desk.clinic, "cy")
        handed = desks.issue(desk, at=LATER, language="cy")
        desks.link_for(desk, handed.consent, at=LATER, way=LinkWay.EMAIL)
        services.send_due_notices(at=LATER)
        (sent,) = mail.outbox
        assert sent.subject == "Harbour Clinic: gwybodaeth am eich apwyntiad arfaethedig"
        assert "Agorwch ef yma: http" in sent.body


class TestThePages:
    def test_a_stranger_sees_nothing_of_ours(self, harbour: Organization, stranger: User, signed_in: SignedIn) -> None:
        offer(harbour, "cy")
        page = signed_in(stranger).get("/texts/languages/cy/").content.decode()
        assert "A. Rees" not in page

    def test_the_example_is_wholly_in_its_language(
        self, harbour: Organization, lead: User, signed_in: SignedIn
    ) -> None:
        page = signed_in(lead).get("/texts/languages/cy/").content.decode()
        example = page[page.index('<div class="phone" lang="cy"') : page.index("How far it is")]
        assert "Pa mor sicr" in example
        assert "How sure" not in example

    def test_every_language_says_how_far_it_is(self, harbour: Organization, lead: User, signed_in: SignedIn) -> None:
        page = signed_in(lead).get("/texts/languages/").content.decode()
        assert page.count("Not reviewed") == len(OTHERS)
        assert "简体中文" in page

    @pytest.mark.parametrize("tag", OTHERS)
    def test_an_example_stands_in_its_own_script_and_direction(
        self, harbour: Organization, auditor: User, signed_in: SignedIn, tag: str
    ) -> None:
        page = signed_in(auditor).get(f"/texts/languages/{tag}/").content.decode()
        assert f'lang="{tag}" dir="{LANGUAGES[tag].direction}"' in page
        assert catalogue(tag)["This treatment is experimental"] in page
        assert "no patient can choose it yet" in page

    def test_a_lead_records_a_review_and_an_auditor_cannot(
        self, harbour: Organization, lead: User, auditor: User, signed_in: SignedIn
    ) -> None:
        data = {"reviewed_by": "A. Rees", "qualification": "certified translator", "is_whole": "on"}
        assert signed_in(auditor).post("/texts/languages/cy/", data).status_code == 403
        client = signed_in(lead)
        assert client.post("/texts/languages/cy/", {**data, "is_whole": ""}).status_code == 422
        assert "A. Rees" in client.post("/texts/languages/cy/", data, follow=True).content.decode()

    def test_a_translation_is_begun_from_the_shipped_one(
        self, harbour: Organization, lead: User, signed_in: SignedIn
    ) -> None:
        services.first_text(harbour, at=NOW)
        page = signed_in(lead).post("/texts/draft/", {"language": "ar"}, follow=True).content.decode()
        assert "in Arabic" in page
        assert 'dir="rtl"' in page
        assert TemplateDraft.objects.get().content == wording.shipped("ar")

    @pytest.mark.parametrize("tag", ["xx", "en-GB"])
    def test_another_language_is_not_found(
        self, harbour: Organization, lead: User, signed_in: SignedIn, tag: str
    ) -> None:
        assert signed_in(lead).get(f"/texts/languages/{tag}/").status_code == 404
