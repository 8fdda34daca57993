"""Organizations in the chain: on the books once, corrected without losing what was said, checked to the last digit."""

from __future__ import annotations

import pytest

from audit.services import entries_for
from products.errors import PartyRefusedError
from products.models import Party
from products.services import PartyEntry, add_party, correct_party, name_importer
from tests.cast import NOW

pytestmark = pytest.mark.django_db
IMPORTS = PartyEntry("Dummy Aesthetic Imports Ltd", "IMPORTER", "GB", "9521107900013")


class TestAddParty:
    def test_it_is_on_the_books_with_its_gln_and_logged(self, harbour, nia):
        party = add_party(harbour, IMPORTS, agent=nia, at=NOW)
        assert (party.name, party.role, party.country, party.gln) == (
            "Dummy Aesthetic Imports Ltd",
            "IMPORTER",
            "GB",
            "9521107900013",
        )
        assert party.versions.get().values == {
            "name": "Dummy Aesthetic Imports Ltd",
            "role": "IMPORTER",
            "country": "GB",
            "gln": "9521107900013",
        }
        assert [entry.kind for entry in entries_for("products.party", party.pk)] == ["products.party_added"]

    @pytest.mark.parametrize(
        ("changes", "field", "code", "words"),
        [
            ({"name": " "}, "name", "party.name", "Enter the organization"),
            ({"role": "SHOP"}, "role", "party.role", "what it does"),
            ({"country": "XX"}, "country", "party.country", "from the list"),
            ({"gln": "9521107900014"}, "gln", "gln.check_digit", "must be 3, not 4"),
            ({"gln": "952110790001"}, "gln", "gln.form", "13 digits"),
            ({"gln": "٩٥٢١١٠٧٩٠٠٠١٣"}, "gln", "gln.form", "13 digits"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, changes, field, code, words, harbour, nia):
        with pytest.raises(PartyRefusedError, match=words) as refused:
            add_party(harbour, PartyEntry(**{**vars(IMPORTS), **changes}), agent=nia, at=NOW)
        assert (refused.value.field, refused.value.code) == (field, code)
        assert not Party.objects.exists()

    def test_nobody_is_on_the_books_twice_in_one_role(self, harbour, nia):
        add_party(harbour, IMPORTS, agent=nia, at=NOW)
        with pytest.raises(PartyRefusedError, match="importer already"):
            add_party(harbour, PartyEntry(IMPORTS.name, "IMPORTER"), agent=nia, at=NOW)
        with pytest.raises(PartyRefusedError, match="that of “Dummy Aesthetic Imports Ltd”"):
            add_party(harbour, PartyEntry("Other", "IMPORTER", gln=IMPORTS.gln), agent=nia, at=NOW)
        assert add_party(harbour, PartyEntry(IMPORTS.name, "DISTRIBUTOR"), agent=nia, at=NOW)


class TestCorrectParty:
    def test_the_old_value_stays_readable_and_the_product_says_the_new_one(self, rosaline, nia):
        maker = rosaline.manufacturer
        correct_party(maker, PartyEntry("Placeholder Botanicals SARL", "", "FR"), reason="New form", agent=nia, at=NOW)
        rosaline.refresh_from_db()
        assert rosaline.manufacturer_name == "Placeholder Botanicals SARL"
        assert rosaline.value_of("manufacturer") == {"name": "Placeholder Botanicals SARL", "country": "FR"}
        assert [(one.number, one.values["name"], one.reason) for one in maker.versions.all()] == [
            (1, "Placeholder Botanicals SAS", ""),
            (2, "Placeholder Botanicals SARL", "New form"),
        ]
        assert rosaline.claims.filter(field="manufacturer").count() == 2

    def test_its_role_stays(self, harbour, nia):
        party = add_party(harbour, IMPORTS, agent=nia, at=NOW)
        changed = PartyEntry("Dummy Imports", "LABORATORY", "GB")
        assert correct_party(party, changed, reason="x", agent=nia, at=NOW).role == "IMPORTER"

    @pytest.mark.parametrize("reason", ["", "  "])
    def test_not_without_a_reason(self, reason, harbour, nia):
        party = add_party(harbour, IMPORTS, agent=nia, at=NOW)
        with pytest.raises(PartyRefusedError) as refused:
            correct_party(party, PartyEntry("Other", ""), reason=reason, agent=nia, at=NOW)
        assert refused.value.field == "reason"

    def test_not_into_what_it_is_already(self, harbour, nia):
        party = add_party(harbour, IMPORTS, agent=nia, at=NOW)
        with pytest.raises(PartyRefusedError, match="Nothing was changed"):
            correct_party(party, IMPORTS, reason="again", agent=nia, at=NOW)


class TestNameImporter:
    def test_a_product_names_who_imports_it(self, rosaline, harbour, nia):
        party = add_party(harbour, IMPORTS, agent=nia, at=NOW)
        assert name_importer(rosaline, party, agent=nia, at=NOW).importer == party
        assert name_importer(rosaline, None, agent=nia, at=NOW).importer is None
        kinds = [entry.kind for entry in entries_for("products.product", rosaline.pk)]
        assert kinds.count("products.importer_named") == 2

    def test_never_one_of_another_clinic(self, rosaline, inland, nia):
        stranger = Party.objects.create(organization=inland, role="IMPORTER", name="Theirs")
        with pytest.raises(PartyRefusedError, match="not on the clinic's books"):
            name_importer(rosaline, stranger, agent=nia, at=NOW)
