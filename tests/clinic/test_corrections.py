"""Correcting who a patient is, and two records of one person that are merged and taken apart again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.services import entries_for
from clinic import rules, services
from clinic.errors import ConfirmationNeededError, PatientRefusedError
from clinic.models import Organization, Patient, PatientCorrection, PatientMerge, User
from clinic.records import PatientIdentity
from clinic.vocabulary import PATIENT_LANGUAGES
from consent.languages import LANGUAGES
from consent.models import Consent
from tests import cast
from tests.conftest import SignedIn
from tests.consent import desk as desks

NOW = cast.NOW
FINE = {
    "is_same": False,
    "is_same_clinic": True,
    "is_merged": False,
    "has_merged": False,
    "is_erased": False,
    "reason": "same passport",
}


class TestTheRules:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"is_same": True}, "merge.itself"),
            ({"is_same_clinic": False}, "patient.unknown"),
            ({"is_merged": True}, "merge.merged"),
            ({"has_merged": True}, "merge.chain"),
            ({"is_erased": True}, "patient.erased"),
            ({"reason": " "}, "patient.reason"),
        ],
    )
    def test_what_keeps_two_records_apart(self, change: dict[str, object], code: str) -> None:
        rules.check_can_merge(**FINE)
        with pytest.raises(PatientRefusedError) as refused:
            rules.check_can_merge(**{**FINE, **change})
        assert refused.value.code == code

    def test_a_correction_changes_something_and_is_made_on_what_is_there_now(self) -> None:
        rules.check_can_correct(changed=["email"], reason="new", seen=1, corrections=1)
        for change, code in (
            ({"changed": []}, "patient.unchanged"),
            ({"reason": ""}, "patient.reason"),
            ({"seen": 0}, "patient.stale"),
        ):
            with pytest.raises(PatientRefusedError) as refused:
                rules.check_can_correct(
                    **{"changed": ["email"], "reason": "new", "seen": 1, "corrections": 1, **change}
                )
            assert refused.value.code == code

    def test_every_language_of_a_text_can_be_preferred(self) -> None:
        assert set(LANGUAGES) <= set(PATIENT_LANGUAGES)

    def test_no_language_leaves_the_digest_of_older_rows_as_it_was(self) -> None:
        plain = PatientIdentity("Mara", "Ilves", date(1984, 3, 14))
        assert set(plain.as_values()) == {"given_name", "family_name", "birth_date", "email", "phone"}
        assert replace(plain, language="cy").as_values()["language"] == "cy"
        assert PatientIdentity.from_json(plain.as_json()) == plain


@pytest.fixture
def twin(harbour: Organization, practitioner: User) -> Patient:
    """The same Mara, registered a second time with her maiden name."""
    identity = PatientIdentity("Mara", "Tamm", date(1984, 3, 14))
    return services.register_patient(harbour, identity, agent=cast.agent_for(practitioner, harbour), at=NOW)


@pytest.mark.django_db
class TestCorrecting:
    def test_the_old_value_stays_with_who_and_why_and_the_new_one_is_found(
        self, mara: Patient, harbour: Organization, practitioner: User
    ) -> None:
        agent = cast.agent_for(practitioner, harbour)
        new = replace(mara.identity, family_name="Ilves-Reed", language="pl")
        services.correct_patient(mara.pk, new, "married", revision=0, agent=agent, at=NOW)
        assert services.found_patients(harbour, "Ilves-Reed", None) == [mara]
        assert services.found_patients(harbour, "Ilves", None) == []
        row = PatientCorrection.objects.get()
        assert (row.before.family_name, row.reason, row.changed) == ("Ilves", "married", ["family_name", "language"])
        assert b"Ilves" not in bytes(row.sealed_before)
        assert entries_for("clinic.patient", mara.pk)[-1].kind == "clinic.patient_corrected"
        with pytest.raises(PatientRefusedError, match="Somebody else"):
            services.correct_patient(mara.pk, mara.identity, "again", revision=0, agent=agent, at=NOW)

    def test_a_child_a_wrong_contact_and_an_unknown_language_are_refused(
        self, mara: Patient, harbour: Organization, practitioner: User
    ) -> None:
        agent = cast.agent_for(practitioner, harbour)
        for change in ({"birth_date": date(2015, 1, 1)}, {"email": "nobody"}, {"language": "tlh"}):
            with pytest.raises(Exception) as refused:
                services.correct_patient(
                    mara.pk, replace(mara.identity, **change), "x", revision=0, agent=agent, at=NOW
                )
            assert refused.value.field == next(iter(change))
        assert not PatientCorrection.objects.exists()

    def test_the_page_asks_why_shows_what_was_there_and_keeps_what_was_typed(
        self, mara: Patient, practitioner: User, signed_in: SignedIn
    ) -> None:
        nia = signed_in(practitioner)
        sent = {
            "given_name": "Mara",
            "family_name": "Ilves",
            "birth_date_0": "14",
            "birth_date_1": "3",
            "birth_date_2": "1984",
            "email": "mara.new@example.org",
            "phone": "",
            "language": "ar",
            "revision": "0",
            "reason": "",
        }
        refused = nia.post(f"/patients/{mara.pk}/correct/", sent)
        assert refused.status_code == 422
        assert "mara.new@example.org" in refused.content.decode()
        assert nia.post(f"/patients/{mara.pk}/correct/", {**sent, "reason": "new address"}).status_code == 302
        page = nia.get(f"/patients/{mara.pk}/").content.decode()
        assert "new address" in page
        assert "Arabic" in page
        assert "mara.new@example.org" in page


@pytest.mark.django_db
class TestMerging:
    def test_one_record_is_shown_searches_follow_and_undoing_restores(
        self, mara: Patient, twin: Patient, harbour: Organization, practitioner: User
    ) -> None:
        agent = cast.agent_for(practitioner, harbour)
        with pytest.raises(ConfirmationNeededError):
            services.merge_patients(twin.pk, mara.pk, "passport", is_confirmed=False, agent=agent, at=NOW)
        services.merge_patients(twin.pk, mara.pk, "passport", is_confirmed=True, agent=agent, at=NOW)
        assert services.found_patients(harbour, "Tamm", None) == [mara]
        assert services.found_patients(harbour, "", date(1984, 3, 14)) == [mara]
        assert list(Patient.objects.at(harbour).current()) == [mara]
        with pytest.raises(PatientRefusedError, match="merged into another"):
            services.merge_patients(mara.pk, twin.pk, "again", is_confirmed=True, agent=agent, at=NOW)
        services.unmerge_patient(twin.pk, "two sisters", is_confirmed=True, agent=agent, at=NOW)
        assert services.found_patients(harbour, "Tamm", None) == [twin]
        row = PatientMerge.objects.get()
        assert (row.reason, row.undo_reason, row.merged_by_name) == ("passport", "two sisters", agent.name)
        assert b"passport" not in bytes(row.sealed_reason)
        assert b"sisters" not in bytes(row.sealed_undo_reason)
        kinds = [entry.kind for entry in entries_for("clinic.patient", twin.pk)]
        assert kinds[-2:] == ["clinic.patients_merged", "clinic.patients_unmerged"]

    def test_a_consent_stays_where_it_was_signed_and_is_listed_with_the_other(
        self, mara: Patient, twin: Patient, harbour: Organization, practitioner: User
    ) -> None:
        desk = desks.open_desk(harbour, practitioner=practitioner.practitioner_profiles.get(), patient=twin)
        handed = desks.issue(desk)
        assert not Consent.objects.for_patient(mara).exists()
        services.merge_patients(twin.pk, mara.pk, "passport", is_confirmed=True, agent=desk.agent, at=NOW)
        assert Consent.objects.for_patient(mara).get() == handed.consent
        assert Consent.objects.get().patient == twin
        assert Consent.objects.get().document.content["patient"]["family_name"] == "Tamm"
        with pytest.raises(Exception, match="merged into another") as refused:
            desks.issue(desk)
        assert refused.value.code == "patient.merged"

    def test_where_the_other_was_erased_a_merged_record_is_found_as_itself(
        self, mara: Patient, twin: Patient, harbour: Organization, practitioner: User
    ) -> None:
        agent = cast.agent_for(practitioner, harbour)
        services.merge_patients(twin.pk, mara.pk, "passport", is_confirmed=True, agent=agent, at=NOW)
        assert services.found_patients(harbour, "Tamm", None) == [mara]
        Patient.objects.filter(pk=mara.pk).update(wrapped_key=None)
        assert services.found_patients(harbour, "Tamm", None) == [twin]

    def test_both_ways_at_once_lock_in_one_order_and_so_wait_for_each_other_only_once(
        self, mara: Patient, twin: Patient, harbour: Organization, practitioner: User
    ) -> None:
        agent, orders = cast.agent_for(practitioner, harbour), []
        for source, target in ((mara, twin), (twin, mara)):
            with CaptureQueriesContext(connection) as asked, pytest.raises(ConfirmationNeededError):
                services.merge_patients(source.pk, target.pk, "x", is_confirmed=False, agent=agent, at=NOW)
            said = " ".join(one["sql"] for one in asked.captured_queries).replace("-", "")
            orders.append(said.index(mara.pk.hex) < said.index(twin.pk.hex))
        assert len(set(orders)) == 1

    def test_the_log_agrees_with_every_row_after_all_of_it(
        self, mara: Patient, twin: Patient, harbour: Organization, practitioner: User, capsys
    ) -> None:
        agent = cast.agent_for(practitioner, harbour)
        new = replace(twin.identity, email="t@example.org")
        services.correct_patient(twin.pk, new, "new", revision=0, agent=agent, at=NOW)
        services.merge_patients(twin.pk, mara.pk, "passport", is_confirmed=True, agent=agent, at=NOW)
        services.unmerge_patient(twin.pk, "two sisters", is_confirmed=True, agent=agent, at=NOW)
        call_command("verify_log")
        assert "clinic.patient" not in capsys.readouterr().err

    def test_a_stranger_merges_nothing_of_ours_and_nothing_of_theirs_into_ours(
        self, mara: Patient, twin: Patient, inland: Organization, stranger: User, signed_in: SignedIn
    ) -> None:
        theirs = cast.make_patient(inland)
        sid = signed_in(stranger)
        sent = {"into": str(mara.pk), "reason": "x", "is_same_person": "on"}
        assert sid.post(f"/patients/{twin.pk}/merge/", sent).status_code == 404
        assert sid.post(f"/patients/{theirs.pk}/merge/", sent).status_code == 404
        assert not PatientMerge.objects.exists()

    def test_the_pages_find_compare_confirm_and_undo(
        self, mara: Patient, twin: Patient, practitioner: User, signed_in: SignedIn
    ) -> None:
        nia: Client = signed_in(practitioner)
        path = f"/patients/{twin.pk}/"
        assert "(optional)" not in nia.get(f"{path}merge/").content.decode()
        nobody = nia.post(f"{path}merge/", {"family_name": ""})
        assert (nobody.status_code, "or both" in nobody.content.decode()) == (422, True)
        found = nia.post(f"{path}merge/", {"family_name": "Ilves"}).content.decode()
        assert str(mara.pk) in found
        compared = nia.post(f"{path}merge/", {"into": str(mara.pk)}).content.decode()
        assert "Tamm" in compared
        assert "Ilves" in compared
        sent = {"into": str(mara.pk), "reason": "same passport"}
        assert nia.post(f"{path}merge/", sent).status_code == 422
        assert nia.post(f"{path}merge/", {**sent, "is_same_person": "on"}).status_code == 302
        assert "merged into" in nia.get(path).content.decode()
        assert "Tamm" not in nia.get("/patients/").content.decode()
        assert f"/patients/{twin.pk}/" in nia.get(f"/patients/{mara.pk}/").content.decode()
        assert nia.post(f"{path}unmerge/", {"reason": "sisters", "is_confirmed": "on"}).status_code == 302
        assert "Tamm" in nia.get("/patients/").content.decode()


class TestReasonsOfBeforeTheyWereSealed:
    def test_are_sealed_by_the_update_and_agree_with_the_log(self, committed: None) -> None:
        clinic = cast.make_clinic()
        agent = cast.agent_for(cast.make_practitioner(clinic), clinic)
        mara, twin = (cast.make_patient(clinic, replace(cast.MARA, family_name=name)) for name in ("Ilves", "Tamm"))
        services.merge_patients(twin.pk, mara.pk, "same scar", is_confirmed=True, agent=agent, at=NOW)
        services.unmerge_patient(twin.pk, "two sisters", is_confirmed=True, agent=agent, at=NOW)
        before = PatientMerge.objects.get().record_sha256()
        executor = MigrationExecutor(connection)
        executor.migrate([("clinic", "0006_contact_notices")])
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT reason, undo_reason FROM clinic_patientmerge")
                assert cursor.fetchone() == ("same scar", "two sisters")
        finally:
            executor = MigrationExecutor(connection)
            executor.migrate(executor.loader.graph.leaf_nodes())
        row = PatientMerge.objects.get()
        assert (row.reason, row.undo_reason) == ("same scar", "two sisters")
        assert b"scar" not in bytes(row.sealed_reason)
        assert row.record_sha256() == before
