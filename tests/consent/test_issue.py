"""Issuing: the law decides, warnings reach the patient, and a refusal writes nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import LogEntry
from audit.services import entries_for
from clinic.models import Practitioner
from clinic.records import PatientIdentity
from clinic.services import register_patient
from consent import services
from consent.errors import IssueRefusedError, TransitionError, UnderAgeError
from consent.models import Consent, Document, PatientLink
from consent.records import IssueDraft
from products.models import Product
from products.services import ClaimDraft, register_product
from tests.cast import NOW, record
from tests.consent import desk as desks
from tests.consent.desk import COST, ROSALINE, Desk, Handed
from tests.consent.staffroom import hold, release

pytestmark = pytest.mark.django_db


def draft(desk: Desk, **changes: Any) -> IssueDraft:
    usual = {
        "patient": desk.patient,
        "practitioner": desk.practitioner,
        "product": desk.product,
        "batch": desk.batch,
        "location": None,
        "route": "TOPICAL_INTACT",
        "jurisdiction": "GB",
        "cost": COST,
    }
    return IssueDraft(**{**usual, **changes})


def product_of(desk: Desk, gtin: str = "09521104000068", **claims: Any) -> Product:
    """Another product of this clinic, with these claims stated."""
    stated = {name: ClaimDraft(name, value, "STATED") for name, value in claims.items()}
    made = replace(
        ROSALINE,
        marketed_name=f"DEMO {gtin}",
        gtin=gtin,
        claims=tuple(stated.get(claim.field, claim) for claim in ROSALINE.claims),
    )
    return register_product(desk.clinic, made, agent=desk.agent, at=NOW)


def human(desk: Desk) -> Product:
    return product_of(
        desk,
        origin="HUMAN",
        material="CCM",
        cell_or_tissue="MSC_UC",
        species="Homo sapiens",
        donor_relation="ALLOGENEIC",
    )


def counts() -> tuple[int, ...]:
    return Consent.objects.count(), Document.objects.count(), PatientLink.objects.count(), LogEntry.objects.count()


def said(content: dict[str, Any]) -> str:
    """Every sentence of a Document's parts, as one text."""

    def words(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        found = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [word for item in found for word in words(item)]

    return " ".join(words(content["sections"]))


class TestIssuing:
    def test_it_makes_a_draft_with_a_document_and_one_log_entry(self, desk: Desk) -> None:
        before = LogEntry.objects.count()
        consent = services.issue_consent(draft(desk), agent=desk.agent, at=NOW)
        assert consent.status == "draft"
        assert consent.document.content["reference"] == consent.reference
        assert LogEntry.objects.count() == before + 1
        assert entries_for("consent.consent", consent.pk)[0].kind == "consent.issued"

    def test_the_preview_is_the_text_that_is_issued_and_writes_nothing(self, desk: Desk) -> None:
        before = counts()
        shown = services.preview(draft(desk), at=NOW)
        assert counts() == before
        issued = services.issue_consent(draft(desk), agent=desk.agent, at=NOW).document.content
        assert shown | {"reference": ""} == issued | {"reference": ""}

    def test_a_second_click_finds_the_first_consent(self, desk: Desk) -> None:
        chosen = draft(desk, consent_id=uuid.UUID(int=7))
        first = services.issue_consent(chosen, agent=desk.agent, at=NOW)
        again = services.issue_consent(chosen, agent=desk.agent, at=NOW + timedelta(seconds=1))
        assert again == first
        assert Consent.objects.count() == 1

    def test_without_a_batch_the_text_says_that_it_is_chosen_on_the_day(self, desk: Desk) -> None:
        assert "chosen on the day" in said(services.preview(draft(desk, batch=None), at=NOW))

    def test_the_acknowledged_rules_are_in_the_log(self, desk: Desk) -> None:
        consent = services.issue_consent(draft(desk, acknowledged_rules=("GB-99",)), agent=desk.agent, at=NOW)
        body = entries_for("consent.consent", consent.pk)[0].detail.body
        assert body["acknowledged_rules"] == ["GB-99"]

    @pytest.mark.parametrize(("rules", "words"), [(("GB-99",), "GB-99"), ((), "none")])
    def test_the_history_says_which_rules_were_acknowledged(
        self, desk: Desk, rules: tuple[str, ...], words: str
    ) -> None:
        consent = services.issue_consent(draft(desk, acknowledged_rules=rules), agent=desk.agent, at=NOW)
        (line,) = (line for line in services.history_of(consent).lines if line.kind == "consent.issued")
        assert dict(line.facts)["acknowledged rules"] == words


class TestTheLawDecides:
    def test_stop_issues_nothing_and_writes_no_row(self, desk: Desk) -> None:
        product, before = human(desk), None
        before = counts()
        with pytest.raises(IssueRefusedError) as refusal:
            services.issue_consent(draft(desk, product=product, batch=None, route="ID_SC"), agent=desk.agent, at=NOW)
        assert (refusal.value.code, refusal.value.field) == ("standing.stop", "route")
        assert "GB-" in refusal.value.message
        assert counts() == before

    @pytest.mark.parametrize("place", ["JP", "US-CA", "*", ""])
    def test_no_stop_is_chosen_away_with_another_country(self, desk: Desk, nia: Client, place: str) -> None:
        product, before = human(desk), counts()
        with pytest.raises(IssueRefusedError) as refusal:
            services.issue_consent(
                draft(desk, product=product, batch=None, route="ID_SC", jurisdiction=place), agent=desk.agent, at=NOW
            )
        assert (refusal.value.code, refusal.value.field) == ("jurisdiction.elsewhere", "jurisdiction")
        assert counts() == before
        page = nia.get(f"/consents/issue/?patient={desk.patient.pk}&product={product.pk}").content.decode()
        assert 'value="GB-SCT"' in page
        assert f'<option value="{place or "JP"}"' not in page

    def test_the_preview_stops_as_well(self, desk: Desk) -> None:
        with pytest.raises(IssueRefusedError, match="No consent can be issued"):
            services.preview(draft(desk, product=human(desk), batch=None), at=NOW)

    def test_a_warning_puts_its_sentence_into_the_document(self, desk: Desk) -> None:
        warned = None
        for route in ("TOPICAL_INTACT", "TOPICAL_MN", "TOPICAL_LASER"):
            try:
                content = services.preview(draft(desk, route=route), at=NOW)
            except IssueRefusedError:
                continue
            rules = [rule for rule in content["disclosure"]["standing"]["rules"] if rule["severity"] == "WARN"]
            if rules:
                warned = content, rules
        assert warned, "no use of the sample product carries a warning"
        for rule in warned[1]:
            assert rule["patient_sentence"] in said(warned[0])
            assert rule["id"] in said(warned[0])

    def test_what_is_for_staff_only_is_not_said_to_the_patient(self, desk: Desk) -> None:
        content = services.preview(draft(desk), at=NOW)
        for rule in content["disclosure"]["standing"]["rules"]:
            assert rule["warn_clinic"] not in said(content)


class TestWhoAndWhat:
    def test_under_18_is_refused_on_the_clinic_s_day(self, desk: Desk) -> None:
        born = date(2008, 11, 23)
        young = register_patient(desk.clinic, PatientIdentity("Tom", "Reyes", born), agent=desk.agent, at=NOW)
        eve = NOW - timedelta(days=1)
        with pytest.raises(UnderAgeError):
            services.issue_consent(draft(desk, patient=young), agent=desk.agent, at=eve)
        assert services.issue_consent(draft(desk, patient=young), agent=desk.agent, at=NOW).status == "draft"

    def test_an_expired_batch_is_refused_at_its_field(self, desk: Desk) -> None:
        after = NOW.replace(year=2028, month=1, day=20)
        with pytest.raises(IssueRefusedError, match="expired on 19 January 2028") as refusal:
            services.issue_consent(draft(desk), agent=desk.agent, at=after)
        assert (refusal.value.code, refusal.value.field) == ("product.expired", "batch")

    def test_a_batch_on_hold_is_refused(self, desk: Desk) -> None:
        hold(desk)
        with pytest.raises(IssueRefusedError, match="on hold") as refusal:
            services.issue_consent(draft(desk), agent=desk.agent, at=NOW)
        assert refusal.value.code == "batch.not_usable"

    def test_a_practitioner_without_a_register_is_refused(self, desk: Desk) -> None:
        nobody = Practitioner(organization=desk.clinic, user=desk.practitioner.user, printed_name="Dr Nobody")
        with pytest.raises(IssueRefusedError) as refusal:
            services.preview(draft(desk, practitioner=nobody), at=NOW)
        assert (refusal.value.code, refusal.value.field) == ("practitioner.registration", "practitioner")

    def test_a_product_whose_origin_nobody_recorded_is_refused(self, desk: Desk) -> None:
        del desk.product.snapshot["origin"]
        record(desk.clinic, desk.product)
        with pytest.raises(IssueRefusedError) as refusal:
            services.preview(draft(desk), at=NOW)
        assert (refusal.value.code, refusal.value.field) == ("product.origin_blank", "product")


class TestWritingAnew:
    def test_the_old_link_stops_and_reading_starts_again(self, desk: Desk, read: Handed) -> None:
        written = services.reissue_document(read.consent.pk, batch=desk.batch, cost=None, agent=desk.agent, at=NOW)
        assert written.number == 2
        assert PatientLink.objects.get(pk=read.link.pk).revoked_at == NOW
        assert written.content["sections"][7]["blocks"][0]["rows"][0] == ["In total", "£430"]

    def test_what_was_signed_stays(self, desk: Desk, signed: Handed) -> None:
        with pytest.raises(TransitionError, match="stays as it is"):
            services.reissue_document(signed.consent.pk, batch=None, cost=None, agent=desk.agent, at=NOW)


@pytest.mark.usefixtures("desk_time")
class TestTheIssuePage:
    def fields(self, desk: Desk, **changes: str) -> dict[str, str]:
        return {
            "act": "preview",
            "batch": str(desk.batch.pk),
            "route": "TOPICAL_INTACT",
            "jurisdiction": "GB",
            "location": "",
            "practitioner": str(desk.practitioner.pk),
            "total": "£430",
            "refund_terms": "All of it, up to the day before.",
            **changes,
        }

    def path(self, desk: Desk, product: Product | None = None) -> str:
        return f"/consents/issue/?patient={desk.patient.pk}&product={(product or desk.product).pk}"

    def test_the_preview_shows_every_part_and_issues_nothing(self, desk: Desk, nia: Client) -> None:
        release(desk)
        page = nia.post(self.path(desk), self.fields(desk)).content.decode()
        assert "This treatment is experimental" in page
        assert "Issue this consent" in page
        assert not Consent.objects.exists()

    def test_warnings_need_a_tick(self, desk: Desk, nia: Client) -> None:
        release(desk)
        answer = nia.post(self.path(desk), self.fields(desk, act="issue"))
        assert answer.status_code == 422
        assert answer.context["warnings"]
        assert "tick the box" in answer.content.decode()
        assert not Consent.objects.exists()

    def test_issue_leads_to_the_consent(self, desk: Desk, nia: Client) -> None:
        release(desk)
        answer = nia.post(self.path(desk), self.fields(desk, act="issue", acknowledged="yes"))
        consent = Consent.objects.get()
        assert answer.url == f"/consents/{consent.pk}/"
        assert consent.batch == desk.batch

    def test_stop_says_why_and_what_would_change_it(self, desk: Desk, nia: Client) -> None:
        product = human(desk)
        answer = nia.post(self.path(desk, product), self.fields(desk, batch="on-the-day", route="ID_SC"))
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "No consent can be issued for this use" in page
        assert "What would change this" in page
        assert "Not yet reviewed by a professional" in page
        assert "Rule GB-" in page
        assert not Consent.objects.exists()

    def test_stop_keeps_what_was_typed(self, desk: Desk, nia: Client) -> None:
        page = nia.post(
            self.path(desk, human(desk)), self.fields(desk, batch="on-the-day", route="ID_SC")
        ).content.decode()
        assert 'value="£430"' in page
        back = nia.post(self.path(desk), self.fields(desk, act="edit")).content.decode()
        assert "All of it, up to the day before." in back

    def test_an_error_stands_at_its_field_and_nothing_is_lost(self, desk: Desk, nia: Client) -> None:
        release(desk)
        page = nia.post(self.path(desk), self.fields(desk, total="", extras="Numbing cream: £15")).content.decode()
        assert 'href="#id_total"' in page
        assert "Numbing cream: £15" in page

    def test_only_usable_batches_are_offered(self, desk: Desk, nia: Client) -> None:
        waiting = nia.get(self.path(desk)).content.decode()
        assert "RSE2601" not in waiting
        assert "1 batch is in quarantine" in waiting
        assert f'href="/products/{desk.product.pk}/#batches"' in waiting
        release(desk)
        released = nia.get(self.path(desk)).content.decode()
        assert "RSE2601" in released
        assert "in quarantine" not in released
        hold(desk)
        assert "RSE2601" not in nia.get(self.path(desk)).content.decode()

    def test_a_batch_held_between_page_and_click_is_refused(self, desk: Desk, nia: Client) -> None:
        release(desk)
        hold(desk)
        answer = nia.post(self.path(desk), self.fields(desk, act="issue", acknowledged="yes"))
        assert answer.status_code == 422
        assert not Consent.objects.exists()

    def test_a_stranger_s_patient_and_product_are_not_there(self, desk: Desk, stranger, signed_in) -> None:
        page = signed_in(stranger).get(self.path(desk)).content.decode()
        assert "Mara" not in page
        assert "Rosaline" not in page

    def test_intended_routes_come_first(self, desk: Desk, nia: Client) -> None:
        page = nia.get(self.path(desk)).content.decode()
        assert page.index("What the product is meant for") < page.index("Other ways")


def test_a_consent_of_another_patient_is_not_found_by_its_id(desk: Desk) -> None:
    first = services.issue_consent(draft(desk, consent_id=uuid.UUID(int=7)), agent=desk.agent, at=NOW)
    other = register_patient(desk.clinic, PatientIdentity("Ines", "Okafor", date(1979, 5, 2)), agent=desk.agent, at=NOW)
    assert desks.issue(desk, patient=other).consent != first
