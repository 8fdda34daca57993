"""The lot graph as people fill it in: one place, one link, or all that the papers of a batch say at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django import forms

from clinic.models import Organization
from products.forms.chain import document
from products.forms.inputs import upload_of
from products.forms.numbers import NumberField
from products.models import LotNode, Party
from products.places import countries
from products.services import DonorDraft, LineageDraft, LinkDraft, LotDraft, LotFacts
from products.vocabulary import Basis, LotKind, LotLink, ScreeningResult, ScreeningTest

_CODE = forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20 mono"})
_BASES = [
    (Basis.STATED.value, "Supplier's statement"),
    (Basis.MEASURED_BATCH.value, "Shown by a test"),
    (Basis.MEASURED_REF.value, "Shown by a test of another lot"),
    (Basis.NOT_STATED.value, "Not stated"),
]


def _line(label: str, help_text: str = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=120, required=False, help_text=help_text)


class FactsForm(forms.Form):
    """What is said about a place in the graph."""

    tissue = _line("Tissue", "For example: umbilical cord.")
    species = _line("Species", "Latin name, for example: Homo sapiens.")
    country = forms.ChoiceField(label="Country of the donor", required=False)
    consent_reference = _line("Reference of the donor's consent", "The number of the paper. Never the donor's name.")
    donation_code = forms.CharField(
        label="ISBT 128 or Single European Code",
        max_length=60,
        required=False,
        help_text="The donation number (DIN), scanned or typed, or the European code in 40 characters.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-scan": "", "class": "mono"}),
    )
    passage = NumberField(label="Passage", required=False, most=999, help_text="How often the cells were split.")
    tse_statement = forms.CharField(
        label="TSE/BSE statement",
        max_length=500,
        required=False,
        help_text="For animal material: what the papers say about prion disease.",
    )
    basis = forms.ChoiceField(
        label="How we know", choices=_BASES, initial=Basis.STATED, error_messages={"required": "Choose how we know."}
    )
    note = forms.CharField(label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = document()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["country"]).choices = [("", "Not stated"), *countries()]
        tests = {name: _test_input(ScreeningTest(name)) for name in ScreeningTest.values}
        last = ("basis", "note", "evidence", "reason")
        kept = {name: field for name, field in self.fields.items() if name not in last}
        self.fields = {**kept, **tests, **{name: self.fields[name] for name in last if name in self.fields}}

    def facts(self) -> LotFacts:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        names = ("tissue", "species", "country", "consent_reference", "donation_code", "passage", "tse_statement")
        return LotFacts(
            **{name: cleaned[name] for name in names},
            screening=_screening(cleaned),
            note=cleaned["note"],
            basis=cleaned["basis"],
        )


class LotForm(FactsForm):
    """A new place in the graph."""

    kind = forms.ChoiceField(
        label="What it is",
        choices=[("", "Choose one"), *(pair for pair in LotKind.choices if pair[0] != LotKind.UNIT)],
        error_messages={"required": "Choose what it is."},
    )
    code = forms.CharField(
        label="Code",
        max_length=60,
        required=False,
        help_text="As the papers give it. Leave it empty where it is not stated. A donor has a code and never a name.",
        widget=_CODE,
    )
    party = forms.ChoiceField(label="Who gave it this code", required=False)

    field_order = ("kind", "code", "party")

    def __init__(self, *args: Any, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        self.order_fields(self.field_order)
        self.parties = {str(party.pk): party for party in Party.objects.at(organization)}
        chooser = cast("forms.ChoiceField", self.fields["party"])
        chooser.choices = [("", "Not stated"), *((key, party.name) for key, party in self.parties.items())]

    def draft(self) -> LotDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        return LotDraft(
            kind=cleaned["kind"],
            code=cleaned["code"],
            party=self.parties.get(cleaned["party"]),
            facts=self.facts(),
            upload=upload_of(cleaned["evidence"]),
        )


class LotCorrectionForm(FactsForm):
    """What is said about a place, corrected."""

    reason = forms.CharField(
        label="Why does it change?",
        max_length=500,
        help_text="What was said before stays readable beside this reason.",
        error_messages={"required": "Say in a few words why this changes."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, node: LotNode, **options: Any) -> None:
        names = (
            "tissue",
            "species",
            "country",
            "consent_reference",
            "donation_code",
            "passage",
            "tse_statement",
            "basis",
            "note",
        )
        screening = dict(node.screening or {})
        options["initial"] = {name: getattr(node, name) for name in names} | screening
        super().__init__(*args, **options)


class LinkForm(forms.Form):
    """What a place came out of."""

    upstream = forms.ChoiceField(label="It came out of", error_messages={"required": "Choose what it came out of."})
    link = forms.ChoiceField(
        label="How",
        choices=LotLink.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how the one came out of the other."},
    )
    basis = forms.ChoiceField(
        label="How we know",
        choices=_BASES[:3],
        initial=Basis.STATED,
        error_messages={"required": "Choose how we know."},
    )
    note = forms.CharField(label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = document()

    def __init__(self, *args: Any, candidates: Iterable[LotNode], **options: Any) -> None:
        super().__init__(*args, **options)
        self.nodes = {str(node.pk): node for node in candidates}
        chooser = cast("forms.ChoiceField", self.fields["upstream"])
        chooser.choices = [
            ("", "Choose one"),
            *((key, f"{node} ({node.get_kind_display().lower()})") for key, node in self.nodes.items()),
        ]

    def upstream_node(self) -> LotNode:
        """The place chosen; only after `is_valid`."""
        return self.nodes[self.cleaned_data["upstream"]]

    def draft(self, stated_for: Any = None) -> LinkDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        return LinkDraft(
            link=cleaned["link"],
            stated_for=stated_for,
            basis=cleaned["basis"],
            note=cleaned["note"],
            upload=upload_of(cleaned["evidence"]),
        )


class LineageForm(forms.Form):
    """What the papers of one batch say about where it came from, from the donor down. Everything may stay empty."""

    donor_code = forms.CharField(
        label="Donor",
        max_length=60,
        required=False,
        help_text="The code that the papers give. Never a name. A herd or a plant line has a code, too.",
        widget=_CODE,
    )
    tissue = _line("Tissue", "For example: umbilical cord, leaf callus, colostrum.")
    species = _line("Species", "Latin name, for example: Homo sapiens.")
    country = forms.ChoiceField(label="Country of the donor", required=False)
    consent_reference = _line("Reference of the donor's consent", "Human donors: the number of the paper.")
    tse_statement = forms.CharField(
        label="TSE/BSE statement",
        max_length=500,
        required=False,
        help_text="Animal material: what the papers say about prion disease.",
    )
    pool = forms.CharField(label="Pool", max_length=60, required=False, widget=_CODE)
    master_bank = forms.CharField(label="Master cell bank", max_length=60, required=False, widget=_CODE)
    working_bank = forms.CharField(label="Working cell bank", max_length=60, required=False, widget=_CODE)
    production_lot = forms.CharField(label="Production lot", max_length=60, required=False, widget=_CODE)
    bulk_lot = forms.CharField(label="Bulk or purified lot", max_length=60, required=False, widget=_CODE)
    passage = NumberField(label="Passage at production", required=False, most=999)
    evidence = document()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["country"]).choices = [("", "Not stated"), *countries()]
        tests = {name: _test_input(ScreeningTest(name)) for name in ScreeningTest.values}
        self.fields = {**self.fields, **tests}

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings, in the order of making."""
        donor = ("donor_code", "tissue", "species", "country", "consent_reference", "tse_statement")
        banks = ("pool", "master_bank", "working_bank", "production_lot", "bulk_lot", "passage")
        return [
            ("The donor", [self[name] for name in donor]),
            ("What the donor was tested for", [self[name] for name in ScreeningTest.values]),
            ("From the donor to this lot", [self[name] for name in banks]),
            ("The paper", [self["evidence"]]),
        ]

    def draft(self) -> LineageDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        facts = LotFacts(
            tissue=cleaned["tissue"],
            species=cleaned["species"],
            country=cleaned["country"],
            consent_reference=cleaned["consent_reference"],
            screening=_screening(cleaned),
            tse_statement=cleaned["tse_statement"],
        )
        donors = (DonorDraft(cleaned["donor_code"], facts),) if cleaned["donor_code"] or facts != LotFacts() else ()
        names = ("pool", "master_bank", "working_bank", "production_lot", "bulk_lot", "passage")
        return LineageDraft(
            donors=donors, **{name: cleaned[name] for name in names}, upload=upload_of(cleaned["evidence"])
        )


def node_choices(organization: Organization, *, but: UUID | None = None) -> list[LotNode]:
    """The places that a link can start from, the newest codes of one kind together."""
    nodes = LotNode.objects.at(organization).order_by("kind", "code")
    return list(nodes.exclude(pk=but)[:500] if but else nodes[:500])


def _test_input(test: ScreeningTest) -> forms.ChoiceField:
    return forms.ChoiceField(label=test.label, required=False, choices=[("", "Not stated"), *ScreeningResult.choices])


def _screening(cleaned: dict[str, Any]) -> dict[str, str] | None:
    return {name: cleaned[name] for name in ScreeningTest.values if cleaned[name]} or None
