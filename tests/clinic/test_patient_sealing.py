"""What names a patient is encrypted, bound to its row, and found again only by exact values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from audit.services import entries_for
from clinic import encryption
from clinic.errors import (
    ConfirmationNeededError,
    ErasedError,
    KeyMissingError,
    PatientRefusedError,
    SealBrokenError,
)
from clinic.models import Patient
from clinic.records import PatientIdentity
from clinic.services import open_for_patient, register_patient, rewrap_data_keys, seal_for_patient
from tests import cast

pytestmark = pytest.mark.django_db


def register(organization, *, is_confirmed=False, at=cast.NOW, **changes) -> Patient:
    identity = PatientIdentity(**{**cast.MARA.as_values(), "birth_date": cast.MARA.birth_date, **changes})
    return register_patient(
        organization, identity, agent=cast.operator_for(organization), at=at, is_confirmed=is_confirmed
    )


class TestRegistering:
    def test_gives_back_who_was_registered(self, mara):
        assert Patient.objects.get(pk=mara.pk).identity == cast.MARA

    def test_numbers_patients_of_one_clinic_from_one(self, harbour, inland):
        assert [register(harbour).number, register(harbour, given_name="Maret").number] == [1, 2]
        assert register(inland).number == 1

    def test_leaves_one_entry_that_agrees_with_the_row(self, mara):
        (entry,) = entries_for("clinic.patient", mara.pk)
        assert entry.kind == "clinic.patient_registered"
        assert entry.detail.body["records"][0]["sha256"] == Patient.objects.get(pk=mara.pk).record_sha256()

    def test_puts_no_personal_fact_in_the_log(self, mara):
        (entry,) = entries_for("clinic.patient", mara.pk)
        for fact in ("Mara", "Ilves", "1984", "example.org", "900123"):
            assert fact not in entry.leaf
            assert fact not in entry.detail.canonical_body

    def test_leaves_nothing_readable_in_the_table(self, mara):
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM clinic_patient")
            row = b"".join(
                bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()
                for value in cursor.fetchone()
            )
        for fact in (b"Mara", b"Ilves", b"ilves", b"1984-03-14", b"example.org", b"7700900123"):
            assert fact not in row

    def test_refuses_someone_who_is_17_today(self, harbour):
        with pytest.raises(PatientRefusedError) as refusal:
            register(harbour, birth_date=date(2008, 11, 24))
        assert (refusal.value.code, refusal.value.field) == ("patient.under_age", "birth_date")
        assert Patient.objects.count() == 0

    def test_takes_someone_who_is_18_today(self, harbour):
        assert register(harbour, birth_date=date(2008, 11, 23)).number == 1

    def test_counts_age_in_the_days_of_the_clinic(self, harbour):
        summer_night = datetime(2026, 7, 9, 23, 30, tzinfo=UTC)  # already the 10th in London
        assert register(harbour, birth_date=date(2008, 7, 10), at=summer_night).number == 1

    def test_refuses_a_birth_date_in_the_future(self, harbour):
        with pytest.raises(PatientRefusedError, match="in the future") as refusal:
            register(harbour, birth_date=date(2027, 1, 1))
        assert refusal.value.code == "patient.birth_date_future"

    @pytest.mark.parametrize(
        "changes",
        [
            {"birth_date": date(1890, 1, 1)},
            {"given_name": "Ann Smith & Bob"},
            {"email": "a@xn--80ak6aa92e.com"},
        ],
    )
    def test_asks_about_what_is_unusual(self, harbour, changes):
        with pytest.raises(ConfirmationNeededError):
            register(harbour, **changes)
        assert register(harbour, **changes, is_confirmed=True).number == 1

    def test_asks_about_a_namesake_with_the_same_birth_date(self, harbour, mara):
        with pytest.raises(ConfirmationNeededError, match="another patient"):
            register(harbour, given_name="MARA", family_name="ilves")
        assert register(harbour, is_confirmed=True).number == 2

    def test_does_not_ask_about_a_namesake_of_another_clinic(self, inland, mara):
        assert register(inland).number == 1

    def test_keeps_a_phone_in_international_form(self, harbour):
        assert register(harbour, phone="07700 900123").identity.phone == "+447700900123"


class TestSearching:
    @pytest.mark.parametrize("typed", ["Ilves", "ILVES", " ilves "])
    def test_finds_the_family_name_in_any_case(self, harbour, mara, typed):
        assert list(Patient.objects.with_family_name(harbour, typed)) == [mara]

    def test_folds_sharp_s_and_apostrophes(self, harbour):
        weiss = register(harbour, family_name="Weiß")
        brien = register(harbour, family_name="O’Brien", is_confirmed=True)
        assert list(Patient.objects.with_family_name(harbour, "WEISS")) == [weiss]
        assert list(Patient.objects.with_family_name(harbour, "O'Brien")) == [brien]

    def test_finds_the_birth_date(self, harbour, mara):
        assert list(Patient.objects.born_on(harbour, date(1984, 3, 14))) == [mara]
        assert not Patient.objects.born_on(harbour, date(1984, 3, 15))

    def test_does_not_find_a_part_of_a_name(self, harbour, mara):
        assert not Patient.objects.with_family_name(harbour, "Ilv")

    def test_gives_the_same_name_another_index_in_another_clinic(self, mara, inland):
        assert register(inland).family_name_index != mara.family_name_index


class TestSealing:
    def test_opens_what_was_sealed(self, mara):
        sealed = seal_for_patient(mara, b"strokes", binding="consent.signature:1")
        assert b"strokes" not in sealed
        assert open_for_patient(mara, sealed, binding="consent.signature:1") == b"strokes"

    def test_refuses_another_place(self, mara):
        sealed = seal_for_patient(mara, b"strokes", binding="consent.signature:1")
        with pytest.raises(SealBrokenError):
            open_for_patient(mara, sealed, binding="consent.signature:2")

    def test_refuses_another_patient(self, harbour, mara):
        sealed = seal_for_patient(mara, b"strokes", binding="consent.signature:1")
        other = register(harbour, given_name="Jaan")
        with pytest.raises(SealBrokenError):
            open_for_patient(other, sealed, binding="consent.signature:1")

    def test_refuses_every_changed_byte(self, mara):
        sealed = seal_for_patient(mara, b"x", binding="b")
        for place in range(len(sealed)):
            changed = bytearray(sealed)
            changed[place] ^= 1
            with pytest.raises((SealBrokenError, KeyMissingError)):
                open_for_patient(mara, bytes(changed), binding="b")

    def test_refuses_an_identity_moved_from_another_row(self, harbour, mara):
        other = register(harbour, given_name="Jaan")
        Patient.objects.filter(pk=other.pk).update(wrapped_key=mara.wrapped_key, sealed_identity=mara.sealed_identity)
        with pytest.raises(SealBrokenError):
            _ = Patient.objects.get(pk=other.pk).identity

    def test_reads_nothing_after_erasure(self, mara):
        mara.wrapped_key = None
        with pytest.raises(ErasedError):
            _ = mara.identity
        with pytest.raises(ErasedError):
            seal_for_patient(mara, b"x", binding="b")


class TestRotatingKeys:
    @pytest.fixture
    def key_file(self, settings, tmp_path):
        settings.KEY_DIR = tmp_path / "keys"
        settings.KEY_DIR.mkdir()
        file = settings.KEY_DIR / encryption.KEY_FILE
        file.write_text("11" * 32 + "\n")
        return file

    def test_a_new_line_wraps_from_now_on_and_changes_no_digest_and_no_index(self, key_file, harbour):
        patient = register(harbour)
        before = (patient.record_sha256(), patient.family_name_index)
        key_file.write_text("11" * 32 + "\n" + "22" * 32 + "\n")
        assert rewrap_data_keys(agent=cast.operator_for(), at=cast.NOW) == 1
        patient = Patient.objects.get(pk=patient.pk)
        assert encryption.wrapping_key_id(bytes(patient.wrapped_key)) == 2
        assert (patient.record_sha256(), patient.family_name_index) == before
        assert list(Patient.objects.with_family_name(harbour, "Ilves")) == [patient]
        assert rewrap_data_keys(agent=cast.operator_for(), at=cast.NOW) == 0

    def test_a_lost_key_is_said_in_words(self, key_file, harbour):
        patient = Patient.objects.get(pk=register(harbour).pk)
        key_file.unlink()
        with pytest.raises(KeyMissingError, match="restore it from your backup"):
            _ = patient.identity

    def test_the_key_is_unwrapped_once_for_an_act_and_never_after_erasure(self, harbour, monkeypatch):
        patient, unwrapped = Patient.objects.get(pk=register(harbour).pk), []
        unwrap = encryption.unwrap
        monkeypatch.setattr(encryption, "unwrap", lambda *of, **named: unwrapped.append(1) or unwrap(*of, **named))
        assert patient.identity == patient.identity
        assert len(unwrapped) == 1
        patient.set_identity(patient.identity, encryption.new_data_key())
        assert patient.identity.family_name == "Ilves"
        assert len(unwrapped) == 2
        patient.wrapped_key = None
        with pytest.raises(ErasedError):
            _ = patient.identity

    @pytest.mark.parametrize("content", ["", "zz" * 32, "11" * 31])
    def test_a_damaged_key_file_is_said_in_words(self, key_file, content):
        key_file.write_text(content)
        with pytest.raises(KeyMissingError):
            encryption.blind_index(uuid4(), "family_name", "x")

    def test_the_key_file_of_this_run_is_our_own(self):
        assert "candour-tests-" in str(settings.KEY_DIR)
