"""When a record may be disposed of, by whom, and what stops it at the last second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from audit.errors import Refusal
from clinic import services as clinic_services
from clinic.models import Patient, Practitioner, User
from clinic.vocabulary import RequestKind, RequestWay, Role
from consent import keeping, services
from consent.errors import DisposalRefusedError
from consent.keeping import KeepingFacts
from consent.models import DisposalCertificate, DisposalProposal, PaperPack, SealedFile
from consent.services import disposal, paper, seal
from consent.vocabulary import Credential, SealKind
from tests.cast import MARA, NOW, agent_for, make_clinic, make_member, make_patient
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import recently_confirmed, seal_on_paper

ENDED = NOW + timedelta(hours=1)
DUE = datetime(2034, 11, 23, 9, 0, tzinfo=NOW.tzinfo)
FACTS = KeepingFacts(last_entry_on=date(2026, 11, 23), years=8, has_consents=True)
ON = date(2034, 11, 23)


@pytest.fixture
def ended(desk: Desk) -> Handed:
    """A consent that the patient declined, with its file."""
    handed = desks.issue(desk)
    services.decline_consent(handed.consent.pk, "Not now", at=ENDED)
    seal_on_paper(desk, handed, SealKind.DECLINED)
    return handed


def propose(desk: Desk, lead: User, at: datetime = DUE) -> DisposalProposal:
    return services.propose_disposal(
        desk.patient.pk, "Eight years are over.", agent=agent_for(lead, desk.clinic), at=at
    )


def confirm(desk: Desk, proposal: DisposalProposal, lead: User, at: datetime = DUE) -> DisposalCertificate:
    return services.confirm_disposal(
        proposal.pk, credential=Credential.PASSWORD, agent=agent_for(lead, desk.clinic), at=at
    )


def is_erased(desk: Desk) -> bool:
    return Patient.objects.get(pk=desk.patient.pk).is_erased


class TestTheDay:
    @pytest.mark.parametrize(
        ("day", "years", "until"),
        [
            (date(2026, 11, 23), 8, date(2034, 11, 23)),
            (date(2028, 2, 29), 8, date(2036, 2, 29)),
            (date(2028, 2, 29), 9, date(2037, 3, 1)),
        ],
    )
    def test_is_whole_years_after_the_last_entry(self, day, years, until) -> None:
        assert keeping.disposable_from(replace(FACTS, last_entry_on=day, years=years)) == until
        assert keeping.years_before(until, years) <= until
        assert keeping.years_after(keeping.years_before(until, years), years) <= until

    def test_is_that_of_the_request_for_who_never_had_a_consent(self) -> None:
        asked = replace(FACTS, erasure_asked_on=date(2026, 12, 1))
        assert keeping.disposable_from(asked) == ON
        assert keeping.disposable_from(replace(asked, has_consents=False)) == date(2026, 12, 1)

    @pytest.mark.parametrize(
        ("changes", "today", "codes"),
        [
            ({}, ON, []),
            ({}, date(2034, 11, 22), ["disposal.too_early"]),
            ({"holds": 2}, ON, ["disposal.held"]),
            ({"open_references": ("HC-1",)}, ON, ["disposal.open"]),
            ({"unsealed_references": ("HC-1",)}, ON, ["disposal.unsealed"]),
            ({"waiting_requests": ("Access",)}, ON, ["disposal.request"]),
            ({"is_erased": True, "holds": 1}, ON, ["disposal.done"]),
            ({"holds": 1, "years": 9}, ON, ["disposal.held", "disposal.too_early"]),
        ],
    )
    def test_everything_that_stands_in_the_way_is_named(self, changes, today, codes) -> None:
        facts = replace(FACTS, **changes)
        assert [one.code for one in keeping.obstacles(facts, today=today)] == codes
        if codes:
            with pytest.raises(DisposalRefusedError) as refused:
                keeping.check_can_dispose(facts, today=today)
            assert refused.value.code == codes[0]


@pytest.mark.django_db
class TestTwoPeople:
    def test_the_same_one_is_refused(self, desk, ended, lead) -> None:
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, propose(desk, lead), lead)
        assert refused.value.code == "disposal.same_person"
        assert not is_erased(desk)

    @pytest.mark.parametrize(
        ("changes", "shared"),
        [
            ({"email": "ADA.Lead+2@hc.example"}, "e-mail"),
            ({"full_name": "Dr. Ada  LEAD"}, "name"),
            ({"printed_name": "Ada Lead"}, "name"),
            ({"printed_name": "A. Byron", "registration_number": "7654321"}, "registration"),
        ],
    )
    def test_a_second_account_of_the_same_person_is_refused(self, desk, ended, changes, shared) -> None:
        ada, other = (make_member(desk.clinic, name, Role.CLINIC_LEAD) for name in ("Ada Lead", "Second Account"))
        profile = {"registration_body": "General Medical Council", "registration_number": "7654321"}
        Practitioner.objects.create(organization=desk.clinic, user=ada, printed_name="Dr Ada Lead", **profile)
        if "printed_name" in changes:
            Practitioner.objects.create(
                organization=desk.clinic, user=other, **{**profile, "registration_number": "", **changes}
            )
        else:
            User.objects.filter(pk=other.pk).update(**changes)
        with pytest.raises(DisposalRefusedError, match=shared) as refused:
            confirm(desk, propose(desk, ada), other)
        assert refused.value.code == "disposal.one_person"
        assert not is_erased(desk)

    def test_another_one_destroys_the_key(self, desk, ended, lead, second_lead) -> None:
        certificate = confirm(desk, propose(desk, lead), second_lead)
        assert is_erased(desk)
        assert certificate.facts["consents"][0]["reference"] == ended.consent.reference

    def test_a_proposal_is_decided_once(self, desk, ended, lead, second_lead) -> None:
        row = propose(desk, lead)
        services.decline_disposal(row.pk, "A claim is coming.", agent=agent_for(second_lead, desk.clinic), at=DUE)
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, row, second_lead)
        assert refused.value.code == "disposal.decided"
        again = propose(desk, lead)
        confirm(desk, again, second_lead)
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, again, second_lead)
        assert refused.value.code == "disposal.decided"

    @pytest.mark.parametrize("reason", ["Mara asked for it.", "ILVES: eight years are over"])
    def test_neither_may_name_the_patient_in_what_outlives_the_record(self, desk, ended, lead, reason) -> None:
        agent = agent_for(lead, desk.clinic)
        with pytest.raises(DisposalRefusedError) as refused:
            services.propose_disposal(desk.patient.pk, reason, agent=agent, at=DUE)
        assert (refused.value.code, refused.value.field) == ("disposal.names", "reason")
        row = propose(desk, lead)
        with pytest.raises(DisposalRefusedError):
            services.decline_disposal(row.pk, reason, agent=agent, at=DUE)
        services.decline_disposal(row.pk, "The marathon of claims goes on.", agent=agent, at=DUE)

    def test_one_proposal_waits_at_a_time(self, desk, ended, lead, second_lead) -> None:
        propose(desk, lead)
        with pytest.raises(DisposalRefusedError) as refused:
            propose(desk, second_lead)
        assert refused.value.code == "disposal.waiting"


@pytest.mark.django_db
class TestWhatStopsIt:
    def test_a_day_too_early(self, desk, ended, lead) -> None:
        with pytest.raises(DisposalRefusedError) as refused:
            propose(desk, lead, at=DUE - timedelta(days=1))
        assert refused.value.code == "disposal.too_early"

    def test_a_hold_that_was_set_in_another_tab(self, desk, ended, lead, second_lead) -> None:
        row = propose(desk, lead)
        hold = clinic_services.set_hold(desk.patient.pk, "A claim", agent=agent_for(lead, desk.clinic), at=DUE)
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, row, second_lead)
        assert refused.value.code == "disposal.held"
        clinic_services.lift_hold(hold.pk, "Settled", agent=agent_for(lead, desk.clinic), at=DUE)
        confirm(desk, row, second_lead)

    def test_a_consent_that_was_issued_meanwhile(self, desk, ended, lead, second_lead) -> None:
        row = propose(desk, lead)
        newer = desks.issue(desk, batch=None, at=DUE)
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, row, second_lead)
        assert refused.value.code == "disposal.open"
        assert newer.consent.reference in refused.value.message

    def test_a_longer_time_that_was_decided_meanwhile(self, desk, ended, lead, second_lead) -> None:
        row = propose(desk, lead)
        clinic_services.set_retention(
            desk.clinic, years=30, source="Human origin", reason="Long", agent=agent_for(lead, desk.clinic), at=DUE
        )
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, row, second_lead)
        assert refused.value.code == "disposal.too_early"

    def test_a_request_for_a_copy_that_waits(self, desk, ended, lead) -> None:
        clinic_services.receive_request(
            desk.patient.pk, RequestKind.ACCESS, way=RequestWay.EMAIL, received_on=ON, asked="A copy", asker="Herself",
            agent=agent_for(lead, desk.clinic), at=DUE,
        )  # fmt: skip
        with pytest.raises(DisposalRefusedError) as refused:
            propose(desk, lead)
        assert refused.value.code == "disposal.request"

    def test_a_file_that_is_still_being_made(self, desk, lead) -> None:
        handed = desks.issue(desk)
        services.decline_consent(handed.consent.pk, "", at=ENDED)
        with pytest.raises(DisposalRefusedError) as refused:
            propose(desk, lead)
        assert refused.value.code == "disposal.unsealed"

    def test_a_merge_since_it_was_proposed(self, desk, ended, lead, second_lead) -> None:
        row = propose(desk, lead)
        other = make_patient(desk.clinic, replace(MARA, given_name="Maret"))
        clinic_services.merge_patients(
            other.pk, desk.patient.pk, "Same", is_confirmed=True, agent=agent_for(lead, desk.clinic), at=DUE
        )
        with pytest.raises(DisposalRefusedError) as refused:
            confirm(desk, row, second_lead)
        assert refused.value.code == "disposal.changed"

    @pytest.mark.parametrize("is_held_on_other", [True, False])
    def test_a_merged_record_counts_as_one_person_s(self, desk, ended, lead, second_lead, is_held_on_other) -> None:
        agent = agent_for(lead, desk.clinic)
        other = make_patient(desk.clinic, replace(MARA, given_name="Maret"))
        clinic_services.merge_patients(desk.patient.pk, other.pk, "Same", is_confirmed=True, agent=agent, at=DUE)
        if is_held_on_other:
            clinic_services.set_hold(other.pk, "A claim", agent=agent, at=DUE)
            with pytest.raises(DisposalRefusedError):
                propose(desk, lead)
        else:
            row = propose(desk, lead)
            assert sorted(row.numbers) == [desk.patient.number, other.number]
            confirm(desk, row, second_lead)
            assert {one.is_erased for one in Patient.objects.filter(pk__in=[desk.patient.pk, other.pk])} == {True}

    def test_a_copy_that_was_handed_out_is_no_entry(self, desk, ended, lead) -> None:
        services.export_pack(ended.consent, agent=agent_for(lead, desk.clinic), at=DUE - timedelta(days=2)).close()
        assert services.keeping_of(desk.patient, at=DUE).is_due


@pytest.mark.django_db
class TestACrash:
    @pytest.fixture
    def broken(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """The machine dies after the key was destroyed, before the certificate is written."""

        def die(facts: object) -> str:
            raise RuntimeError("power cut")

        monkeypatch.setattr(disposal, "_written", die)
        return

    def test_before_the_certificate_leaves_the_record_whole(self, desk, ended, lead, second_lead, broken) -> None:
        row = propose(desk, lead)
        with pytest.raises(RuntimeError), transaction.atomic():
            confirm(desk, row, second_lead)
        assert not is_erased(desk)
        assert Patient.objects.get(pk=desk.patient.pk).identity == MARA
        assert not DisposalCertificate.objects.exists()

    def test_before_the_files_are_removed_is_mended_by_the_sweep(
        self, desk, ended, lead, second_lead, django_capture_on_commit_callbacks
    ) -> None:
        path = stored(SealedFile.objects.get())
        confirm(desk, propose(desk, lead), second_lead)
        assert path.exists()
        assert services.files_left([desk.patient]) == 1
        services.remove_strays(at=datetime.now(tz=NOW.tzinfo) + timedelta(hours=2))
        assert not path.exists()

    def test_none_removes_the_files_at_once(
        self, desk, ended, lead, second_lead, django_capture_on_commit_callbacks
    ) -> None:
        path = stored(SealedFile.objects.get())
        with django_capture_on_commit_callbacks(execute=True):
            confirm(desk, propose(desk, lead), second_lead)
        assert not path.exists()

    def test_a_refusal_removes_nothing(self, desk, ended, lead, django_capture_on_commit_callbacks) -> None:
        path, row = stored(SealedFile.objects.get()), propose(desk, lead)
        with django_capture_on_commit_callbacks(execute=True), pytest.raises(DisposalRefusedError):
            confirm(desk, row, lead)
        assert path.exists()


def stored(file: SealedFile) -> Path:
    """Bytes where the file lies."""
    path = seal.path_of(file.sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"sealed")
    return path


@pytest.mark.django_db
class TestWithoutAnyConsent:
    def test_who_asks_for_erasure_is_due_at_once_and_answered_by_it(self, desk, lead, second_lead) -> None:
        agent = agent_for(lead, desk.clinic)
        assert services.keeping_of(desk.patient, at=ENDED).kept_until == date(2034, 11, 23)
        request = clinic_services.receive_request(
            desk.patient.pk, RequestKind.ERASURE, way=RequestWay.EMAIL, received_on=NOW.date(), asked="Forget me",
            asker="Herself", agent=agent, at=NOW,
        )  # fmt: skip
        assert services.disposal_candidates(desk.clinic, at=ENDED) == [desk.patient]
        confirm(desk, propose(desk, lead, at=ENDED), second_lead, at=ENDED)
        request.refresh_from_db()
        assert request.answer.outcome == "done"


@pytest.mark.django_db
class TestThePages:
    @pytest.fixture
    def late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Pages see the day on which the record is due."""
        monkeypatch.setattr("django.utils.timezone.now", lambda: DUE)

    def test_the_way_from_the_list_to_the_certificate(
        self, desk, ended, lead, second_lead, signed_in: SignedIn, late
    ) -> None:
        first, second = signed_in(lead), signed_in(second_lead)
        agent = agent_for(lead, desk.clinic)
        hold = clinic_services.set_hold(desk.patient.pk, "A claim", agent=agent, at=DUE)
        assert "A hold stands on this record" in first.get("/patients/disposals/").content.decode()
        clinic_services.lift_hold(hold.pk, "Settled", agent=agent, at=DUE)
        listed = first.get("/patients/disposals/").content.decode()
        assert "Mara Ilves" in listed
        propose_at = f"/patients/{desk.patient.pk}/dispose/"
        assert propose_at in listed
        assert first.post(propose_at, {"reason": ""}).status_code == 422
        made = first.post(propose_at, {"reason": "Eight years are over."})
        row = DisposalProposal.objects.get()
        assert made["Location"] == reverse("disposal", args=[row.pk])
        confirm_at = reverse("disposal_confirm", args=[row.pk])
        assert first.get(confirm_at).status_code == 403
        assert second.get(confirm_at)["Location"].startswith("/accounts/reauthenticate/")
        recently_confirmed(second)
        assert second.get(confirm_at).status_code == 200
        assert second.post(confirm_at, {}).status_code == 422
        assert not is_erased(desk)
        assert second.post(confirm_at, {"is_checked": "on"}).status_code == 302
        assert is_erased(desk)
        assert "Certificate of disposal" in first.get(reverse("disposal", args=[row.pk])).content.decode()
        assert second.post(confirm_at, {"is_checked": "on"}).status_code == 403

    def test_a_hold_since_the_proposal_is_said_and_refused(
        self, desk, ended, lead, second_lead, signed_in, late
    ) -> None:
        row = propose(desk, lead)
        clinic_services.set_hold(desk.patient.pk, "A claim", agent=agent_for(lead, desk.clinic), at=DUE)
        second = recently_confirmed(signed_in(second_lead))
        answer = second.post(reverse("disposal_confirm", args=[row.pk]), {"is_checked": "on"})
        assert answer.status_code == 422
        assert "A hold stands on this record" in answer.content.decode()
        page = second.get(reverse("disposal", args=[row.pk])).content.decode()
        assert "Cannot be carried out now" in page
        assert not is_erased(desk)

    def test_the_first_person_takes_it_back(self, desk, ended, lead, signed_in, late) -> None:
        row = propose(desk, lead)
        assert (
            signed_in(lead).post(reverse("disposal_decline", args=[row.pk]), {"reason": "Too soon"}).status_code == 302
        )
        assert "Too soon" in signed_in(lead).get(reverse("disposal", args=[row.pk])).content.decode()

    def test_who_may_what(self, desk, ended, lead, auditor, stranger, signed_in, late) -> None:
        row = propose(desk, lead)
        page, confirm_at = reverse("disposal", args=[row.pk]), reverse("disposal_confirm", args=[row.pk])
        record = reverse("patient_record", args=[desk.patient.pk])
        for user, read, kept, act in (
            (staffroom.user_of(desk), 403, 200, 403),
            (auditor, 200, 200, 403),
            (stranger, 404, 404, 404),
        ):
            browser: Client = signed_in(user)
            assert browser.get(page).status_code == read
            assert browser.get(record).status_code == kept
            assert browser.post(confirm_at, {"is_checked": "on"}).status_code == act
            assert browser.post(reverse("disposal_decline", args=[row.pk]), {"reason": "x"}).status_code == act
            assert browser.post(reverse("disposal_propose", args=[desk.patient.pk]), {"reason": "x"}).status_code == act
        assert not is_erased(desk)
        assert row.is_open

    def test_the_record_page_says_until_when_and_what_keeps_it(self, desk, ended, lead, signed_in) -> None:
        page = signed_in(lead).get(reverse("patient_record", args=[desk.patient.pk])).content.decode()
        assert "23 November 2034" in page
        assert reverse("disposal_propose", args=[desk.patient.pk]) not in page


@pytest.mark.django_db
class TestARequestOnItsPages:
    def form(self, kind: str) -> dict[str, str]:
        day = {f"received_on_{i}": part for i, part in enumerate(("23", "11", "2026"))}
        return {"kind": kind, "way": "email", "asked": "Please", "asker": "Herself; passport seen", **day}

    def test_access_leads_to_the_evidence_pack_of_each_consent(self, desk, ended, lead, signed_in, desk_time) -> None:
        browser = signed_in(lead)
        made = browser.post(reverse("request_add", args=[desk.patient.pk]), self.form("access"))
        page = browser.get(made["Location"]).content.decode()
        assert reverse("consent_pack", args=[ended.consent.pk]) in page
        answered = browser.post(f"{made['Location']}answer/", {"outcome": "done", "words": "Here it is."})
        assert answered.status_code == 302
        assert "Here it is." in browser.get(made["Location"]).content.decode()

    def test_erasure_is_refused_with_the_day_in_words_that_the_page_offers(
        self, desk, ended, lead, signed_in, desk_time
    ) -> None:
        browser = signed_in(lead)
        made = browser.post(reverse("request_add", args=[desk.patient.pk]), self.form("erasure"))["Location"]
        page = browser.get(f"{made}answer/").content.decode()
        assert "we keep it until 23 November 2034" in page
        assert browser.post(f"{made}answer/", {"outcome": "done", "words": "Gone"}).status_code == 422
        assert browser.post(f"{made}answer/", {"outcome": "refused", "words": "We keep it."}).status_code == 302
        (row,) = clinic_services.requests_of([desk.patient])
        assert (row.answer.outcome, row.answer.kept_until) == ("refused", date(2034, 11, 23))

    def test_more_time_is_taken(self, desk, lead, signed_in, desk_time) -> None:
        browser = signed_in(lead)
        made = browser.post(reverse("request_add", args=[desk.patient.pk]), self.form("access"))["Location"]
        assert browser.get(f"{made}extend/").status_code == 200
        assert browser.post(f"{made}extend/", {"reason": "So many"}).status_code == 302
        assert "23 February 2027" in browser.get("/patients/requests/").content.decode()

    def test_who_may_what(self, desk, lead, auditor, stranger, signed_in, desk_time) -> None:
        made = signed_in(lead).post(reverse("request_add", args=[desk.patient.pk]), self.form("access"))["Location"]
        words = {"outcome": "done", "words": "x", "reason": "x"}
        for user, listed, act in ((staffroom.user_of(desk), 403, 403), (auditor, 200, 403), (stranger, 200, 404)):
            browser: Client = signed_in(user)
            assert browser.get("/patients/requests/").status_code == listed
            for path in (f"{made}answer/", f"{made}extend/"):
                assert browser.post(path, words).status_code == act
            assert browser.post(reverse("request_add", args=[desk.patient.pk]), self.form("access")).status_code == act
        assert "Mara" not in signed_in(stranger).get("/patients/requests/").content.decode()
        assert len(clinic_services.open_requests(desk.clinic)) == 1


class TestAtOnce:
    @pytest.fixture
    def proposed(self, committed: None) -> tuple[Desk, list[User], DisposalProposal]:
        """A clinic with two leads, one of whom has proposed."""
        clinic = make_clinic()
        desk = desks.open_desk(clinic)
        leads = [make_member(clinic, f"{name} Lead", Role.CLINIC_LEAD) for name in ("Ada", "Ben")]
        handed = desks.issue(desk)
        services.decline_consent(handed.consent.pk, "Not now", at=ENDED)
        seal_on_paper(desk, handed, SealKind.DECLINED)
        return desk, leads, propose(desk, leads[0])

    def test_three_confirmations_make_one_certificate(self, proposed) -> None:
        desk, leads, row = proposed

        def one(_number: int) -> str:
            try:
                confirm(desk, row, leads[1])
            except DisposalRefusedError as refused:
                return refused.code
            return "done"

        assert sorted(desks.at_once(one, 3)) == ["disposal.decided", "disposal.decided", "done"]
        assert DisposalCertificate.objects.count() == 1

    def test_a_hold_and_a_confirmation_never_both_count(self, proposed) -> None:
        desk, leads, row = proposed

        def one(number: int) -> str:
            try:
                if number == 1:
                    clinic_services.set_hold(desk.patient.pk, "A claim", agent=agent_for(leads[0], desk.clinic), at=DUE)
                else:
                    confirm(desk, row, leads[1])
            except Refusal as refused:
                return refused.code
            return "held" if number == 1 else "done"

        assert desks.at_once(one, 2) in (["held", "disposal.held"], ["hold.erased", "done"])

    def test_a_new_consent_and_a_confirmation_never_both_count(self, proposed) -> None:
        desk, leads, row = proposed

        def one(number: int) -> str:
            try:
                if number == 1:
                    desks.issue(desk, batch=None, at=DUE)
                else:
                    confirm(desk, row, leads[1])
            except Refusal as refused:
                return refused.code
            return "issued" if number == 1 else "done"

        assert desks.at_once(one, 2) in (["issued", "disposal.open"], ["patient.erased", "done"])


@pytest.mark.django_db
def test_the_same_paper_of_two_patients_is_one_of_each_and_goes_with_its_own_patient(
    desk: Desk, tmp_path: Path, settings: Any
) -> None:
    settings.FILE_DIR = tmp_path
    other = make_patient(desk.clinic, replace(MARA, given_name="Liis"))
    packs = [
        paper.keep_pack(one.pk, one.document_id, b"%PDF-same bytes", 1, made_by_name="Nia", agent=desk.agent, at=NOW)
        for one in (desks.issue(desk).consent, desks.issue(replace(desk, patient=other)).consent)
    ]
    assert [services.read_pack(pack) for pack in packs] == [b"%PDF-same bytes"] * 2
    Patient.objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
    disposal.remove_files([desk.patient])
    assert services.read_pack(PaperPack.objects.get(pk=packs[1].pk)) == b"%PDF-same bytes"
    assert len(list(tmp_path.rglob("*.sealed"))) == 1


@pytest.mark.django_db
def test_a_paper_stored_before_each_patient_had_a_place_is_read_and_stays_for_the_other(
    desk: Desk, tmp_path: Path, settings: Any
) -> None:
    settings.FILE_DIR = tmp_path
    other = make_patient(desk.clinic, replace(MARA, given_name="Liis"))
    pack = None
    for one in (desks.issue(desk).consent, desks.issue(replace(desk, patient=other)).consent):
        pack = paper.keep_pack(one.pk, one.document_id, b"%PDF-", 1, made_by_name="Nia", agent=desk.agent, at=NOW)
    assert pack is not None
    old = tmp_path / "paper" / pack.sha256[:2] / f"{pack.sha256}.sealed"
    old.parent.mkdir()
    (tmp_path / "paper" / str(other.pk) / old.name).rename(old)
    assert services.read_pack(pack) == b"%PDF-"
    assert services.remove_strays(at=NOW + timedelta(days=4000)) == 0
    Patient.objects.filter(pk=desk.patient.pk).update(wrapped_key=None)
    disposal.remove_files([desk.patient])
    assert [path.name for path in tmp_path.rglob("*.sealed")] == [old.name]
    Patient.objects.filter(pk=other.pk).update(wrapped_key=None)
    assert services.remove_strays(at=NOW + timedelta(days=4000)) == 1
