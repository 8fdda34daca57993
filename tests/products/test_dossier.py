"""The dossier: what is recorded is of its field's kind, rests on its document, and keeps what was said before."""

from __future__ import annotations

import pytest

from audit.services import entries_for
from products.errors import ClaimRefusedError
from products.fields import (
    ALL_FIELDS,
    BATCH_DOSSIER,
    DOSSIER,
    PRODUCT_DOSSIER,
    TEST_FIELDS,
    Kind,
    applies,
    check_value,
    plain,
    technical,
)
from products.models import Claim, Evidence
from products.services import ClaimDraft, Upload, attach_certificate, rebuilt_snapshot, record_claims
from tests.cast import NOW
from tests.products.conftest import TODAY, certificate, pdf

PROTEIN = ClaimDraft("protein_ug_per_ml", 1.1, "MEASURED_BATCH")
MARKERS = {"C1": {"CD9": "+", "CD81": "62 %"}, "C3": {"Albumin": "-"}}


def known(**values: object) -> dict[str, dict[str, object]]:
    return {name: {"value": value, "basis": "STATED"} for name, value in values.items()}


class TestFields:
    def test_each_field_is_on_one_page_of_one_level(self):
        names = [field.name for page in DOSSIER for field in (*page.product, *page.batch)]
        assert len(names) == len(set(names))
        assert not set(PRODUCT_DOSSIER) & set(BATCH_DOSSIER)

    @pytest.mark.parametrize("field", ALL_FIELDS.values(), ids=lambda field: field.name)
    def test_each_has_words_for_staff_and_patients(self, field):
        assert field.label
        assert field.patient_label
        assert field.vocabulary or field.kind not in (Kind.CODE, Kind.CODES, Kind.STEPS)

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("protein_ug_per_ml", 1.1, "1.1 ug/mL"),
            ("particles_per_ml", 50_000_000_000, "5 × 10¹⁰ particles/mL"),
            ("particles_per_ml", 123_456_789, "1.23456789 × 10⁸ particles/mL"),
            ("shelf_life_months", 24, "24 months"),
            ("viability_percent", 95.5, "95.5%"),
            ("xeno_free", False, "no"),
            ("markers", MARKERS, "CD9 +, CD81 62 %, Albumin -"),
            ("storage", {"label": "2-8 C", "min_c": 2, "max_c": 8}, "As printed: 2-8 C; Lowest: 2 °C; Highest: 8 °C"),
            ("image_method", "CRYO_EM", "Cryo-EM"),
            ("size", {"method": "NTA", "d50_nm": 115.0, "d10_nm": 78, "d90_nm": 168, "mode_nm": 112}, None),
            ("size", {"mode_nm": 100, "method": "DLS"}, "mode 100 nm, DLS"),
        ],
    )
    def test_a_value_reads_with_its_unit(self, name, value, said):
        field = ALL_FIELDS[name]
        check_value(field, value)
        unit = field.units[0] if field.units else ""
        assert technical(field, value, unit) == (said or "D50 115 nm (78 to 168), mode 112 nm, NTA")
        assert plain(field, value, unit)

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("protein_ug_per_ml", "1.1", "claim.kind"),
            ("protein_ug_per_ml", -1, "claim.range"),
            ("protein_ug_per_ml", float("nan"), "claim.range"),
            ("protein_ug_per_ml", 1.123456, "claim.precision"),
            ("donor_count", True, "claim.kind"),
            ("particles_per_ml", 9.1e15, "claim.range"),
            ("xeno_free", "yes", "claim.kind"),
            ("image_method", "NTA", "claim.unknown_code"),
            ("label_routes", "ID_SC", "claim.kind"),
            ("markers", {"C9": {"CD9": "+"}}, "claim.kind"),
            ("markers", {"C1": {"CD9": ""}}, "claim.marker_result"),
            ("markers", {"C1": {"CD9": "++"}}, "claim.marker_result"),
            ("size", {"d10_nm": 200, "d90_nm": 50}, "claim.order"),
            ("size", {"instrument": ""}, "claim.blank"),
            ("storage", {"min_c": 8, "max_c": 2}, "claim.order"),
            ("ev_track_id", "200001", "claim.format"),
            ("publication_doi", "https://doi.org/10.1002/x", "claim.format"),
            ("donor_health", "x" * 201, "claim.kind"),
        ],
    )
    def test_a_value_of_another_kind_is_refused(self, name, value, code):
        with pytest.raises(ClaimRefusedError) as refused:
            check_value(ALL_FIELDS[name], value)
        assert refused.value.code == code
        assert refused.value.field or name in ("size", "storage")

    @pytest.mark.parametrize(
        ("name", "snapshot", "is_asked"),
        [
            ("donor_sex", known(origin="PLANT"), False),
            ("donor_sex", known(origin="HUMAN"), True),
            ("donor_sex", {}, True),
            ("donor_count", known(origin="ANIMAL_FISH"), True),
            ("viability_percent", known(material="BIOFLUID"), False),
            ("viability_percent", known(material="CCM"), True),
            ("in_use_hours", known(formulation="LIQ_RT"), False),
            ("in_use_hours", known(formulation="LYO"), True),
            ("ultracentrifugation", known(isolation_methods={"methods": ["TFF", "DUC"]}), True),
            ("ultracentrifugation", known(isolation_methods={"methods": ["TFF"]}), False),
            ("cell_line", {}, False),
            ("mixed_sources", known(origin="MIXED"), True),
            ("protein_ug_per_ml", known(origin="PLANT"), True),
        ],
    )
    def test_a_field_is_asked_where_its_condition_holds_or_is_not_known(self, name, snapshot, is_asked):
        assert applies(ALL_FIELDS[name], snapshot) is is_asked


@pytest.mark.django_db
class TestRecordClaims:
    def test_values_rest_on_one_document_and_stand_in_one_entry(self, lot, nia):
        upload = Upload(pdf(), "data-sheet.pdf")
        claims = record_claims(
            lot, [PROTEIN, ClaimDraft("markers", MARKERS, "STATED")], upload=upload, agent=nia, at=NOW
        )
        lot.refresh_from_db()
        assert lot.snapshot == rebuilt_snapshot(lot)
        assert lot.snapshot["protein_ug_per_ml"]["unit"] == "ug/mL"
        assert {claim.evidence.original_name for claim in claims} == {"data-sheet.pdf"}
        entries = {str(entry.pk) for claim in claims for entry in entries_for("products.claim", claim.pk)}
        assert len(entries) == 1

    def test_what_is_not_stated_rests_on_no_document(self, lot, nia):
        drafts = [ClaimDraft("rna_ng_per_ml", None, "NOT_STATED")]
        [claim] = record_claims(lot, drafts, upload=Upload(pdf(), "sheet.pdf"), agent=nia, at=NOW)
        assert claim.evidence is None

    def test_a_value_that_is_the_same_is_not_written_again(self, lot, nia):
        record_claims(lot, [PROTEIN], agent=nia, at=NOW)
        assert record_claims(lot, [PROTEIN], agent=nia, at=NOW) == []
        assert lot.claims.filter(field="protein_ug_per_ml").count() == 1

    def test_a_changed_value_needs_a_reason_and_the_old_one_stays(self, lot, nia):
        record_claims(lot, [PROTEIN], agent=nia, at=NOW)
        changed = [ClaimDraft("protein_ug_per_ml", 2, "MEASURED_BATCH")]
        with pytest.raises(ClaimRefusedError) as refused:
            record_claims(lot, changed, agent=nia, at=NOW)
        assert refused.value.field == "correction_reason"
        [claim] = record_claims(lot, changed, correction_reason="Read wrongly.", agent=nia, at=NOW)
        assert claim.supersedes.value == 1.1

    def test_a_value_in_place_of_not_stated_needs_none(self, lot, nia):
        [claim] = record_claims(lot, [ClaimDraft("sterility", "no growth", "STATED")], agent=nia, at=NOW)
        assert claim.supersedes.basis == "NOT_STATED"
        assert claim.correction_reason

    def test_nothing_over_a_value_that_the_person_did_not_see(self, lot, nia):
        record_claims(lot, [PROTEIN], agent=nia, at=NOW)
        draft = ClaimDraft("protein_ug_per_ml", 3, "STATED")
        with pytest.raises(ClaimRefusedError) as refused:
            record_claims(lot, [draft], seen={}, correction_reason="why", agent=nia, at=NOW)
        assert refused.value.code == "claim.stale"

    def test_one_bad_value_writes_nothing(self, lot, nia):
        before = Claim.objects.count()
        bad = ClaimDraft("donor_count", 0, "STATED")
        with pytest.raises(ClaimRefusedError):
            record_claims(lot, [PROTEIN, bad], upload=Upload(pdf(), "x.pdf"), agent=nia, at=NOW)
        assert Claim.objects.count() == before
        assert not Evidence.objects.exists()

    @pytest.mark.parametrize("field", ["gtin", "manufacturer", "certificate_of_analysis", "marketed_name", "nonsense"])
    def test_what_has_an_act_of_its_own_is_not_recorded_here(self, field, rosaline, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            record_claims(rosaline, [ClaimDraft(field, "x", "STATED")], agent=nia, at=NOW)
        assert refused.value.code == "claim.not_correctable"

    def test_a_product_is_no_batch(self, rosaline, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            record_claims(rosaline, [ClaimDraft("fill_volume_ml", 5, "MEASURED_BATCH")], agent=nia, at=NOW)
        assert refused.value.code == "claim.basis"

    def test_an_exosome_that_is_shown_needs_the_document_that_shows_it(self, rosaline, nia):
        drafts = [ClaimDraft("ev_term_evidenced", "EXOSOME_EVIDENCED", "STATED")]
        with pytest.raises(ClaimRefusedError) as refused:
            record_claims(rosaline, drafts, agent=nia, at=NOW)
        assert refused.value.code == "claim.document"
        assert record_claims(rosaline, drafts, upload=Upload(pdf(), "biogenesis.pdf"), agent=nia, at=NOW)

    @pytest.mark.parametrize(("unit", "is_refused"), [("g", False), ("mL", False), ("", False), ("oz", True)])
    def test_a_number_has_one_of_its_fields_units(self, unit, is_refused, lot, nia):
        draft = ClaimDraft("harvest_amount", 40, "STATED", unit=unit)
        if is_refused:
            with pytest.raises(ClaimRefusedError):
                record_claims(lot, [draft], agent=nia, at=NOW)
        else:
            assert record_claims(lot, [draft], agent=nia, at=NOW)[0].unit == (unit or "mL")

    def test_a_result_of_the_certificate_is_not_changed_by_hand(self, lot, nia):
        attach_certificate(lot, certificate(), today=TODAY, agent=nia, at=NOW)
        with pytest.raises(ClaimRefusedError) as refused:
            record_claims(lot, [ClaimDraft("sterility", "growth", "STATED")], agent=nia, at=NOW)
        assert refused.value.code == "claim.not_correctable"
        assert set(TEST_FIELDS)
