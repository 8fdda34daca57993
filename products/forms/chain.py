"""Organizations in the chain, and who had a batch when."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from clinic.models import Organization
from products.forms.inputs import DayField, DocumentField, upload_of
from products.models import CustodyEvent, Party, Product
from products.places import countries
from products.services import CustodyDraft, PartyEntry
from products.vocabulary import CustodyAct

HERE = "here"
_GLN = forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric", "class": "govuk-input--width-20 mono"})


def _reason(words: str) -> forms.CharField:
    return forms.CharField(
        label="Why does it change?",
        max_length=500,
        help_text=words,
        error_messages={"required": "Say in a few words why this changes."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def document() -> DocumentField:
    """The paper that shows it, optional."""
    return DocumentField(
        label="Document that shows it",
        required=False,
        help_text="PDF, PNG, JPEG, text, CSV or XLSX, up to 25 MB. It is kept with its hash.",
    )


class PartyForm(forms.Form):
    """An organization in the chain."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Enter the organization's name."})
    role = forms.ChoiceField(
        label="What it does",
        choices=Party.Role.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it does in the chain."},
    )
    country = forms.ChoiceField(label="Country", required=False)
    gln = forms.CharField(
        label="GLN",
        max_length=40,
        required=False,
        help_text="Global Location Number: 13 digits, where the papers give one.",
        widget=_GLN,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["country"]).choices = [("", "Not stated"), *countries()]

    def entry(self) -> PartyEntry:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        return PartyEntry(cleaned["name"], cleaned.get("role", ""), cleaned["country"], cleaned["gln"])


class PartyCorrectionForm(PartyForm):
    """A party corrected: all but what it does, which would make it another one."""

    role = None  # type: ignore[assignment]  # Django's way to leave a field out
    reason = _reason("What was said before stays readable beside this reason.")

    def __init__(self, *args: Any, party: Party, **options: Any) -> None:
        options["initial"] = {"name": party.name, "country": party.country, "gln": party.gln}
        super().__init__(*args, **options)


class ImporterForm(forms.Form):
    """Who brings a product into the country."""

    importer = forms.ChoiceField(label="Importer", required=False)

    def __init__(self, *args: Any, product: Product, **options: Any) -> None:
        options["initial"] = {"importer": str(product.importer_id or "")}
        super().__init__(*args, **options)
        self.parties = {
            str(party.pk): party for party in Party.objects.at(product.organization).exclude(role=Party.Role.LABORATORY)
        }
        chooser = cast("forms.ChoiceField", self.fields["importer"])
        chooser.choices = [("", "Not stated"), *((key, _named(party)) for key, party in self.parties.items())]

    def party(self) -> Party | None:
        """The party chosen; only after `is_valid`."""
        return self.parties.get(self.cleaned_data["importer"])


class CustodyForm(forms.Form):
    """One handing over of a batch."""

    party = forms.ChoiceField(label="Who", error_messages={"required": "Choose who shipped or received it."})
    act = forms.ChoiceField(
        label="What happened",
        choices=[(act.value, act.label) for act in (CustodyAct.SHIPPED, CustodyAct.RECEIVED)],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether it was shipped or received."},
    )
    happened_on = DayField(label="Day")
    note = forms.CharField(
        label="Note",
        max_length=500,
        required=False,
        help_text="For example the number of the delivery note.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    evidence = document()

    def __init__(self, *args: Any, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        self.parties = {str(party.pk): party for party in Party.objects.at(organization)}
        chooser = cast("forms.ChoiceField", self.fields["party"])
        chooser.choices = [
            ("", "Choose one"),
            (HERE, f"This clinic ({organization.name})"),
            *((key, _named(party)) for key, party in self.parties.items()),
        ]

    def draft(self) -> CustodyDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        return CustodyDraft(
            party=self.parties.get(cleaned["party"]),
            act=cleaned["act"],
            happened_on=cleaned["happened_on"],
            note=cleaned["note"],
            upload=upload_of(cleaned["evidence"]),
        )


class CustodyCorrectionForm(CustodyForm):
    """An entry that takes the place of an earlier one, or says that it was a mistake."""

    reason = _reason("The earlier entry stays readable beside this reason.")

    def __init__(self, *args: Any, event: CustodyEvent, **options: Any) -> None:
        options["initial"] = {
            "party": str(event.party_id or HERE),
            "act": event.act,
            "happened_on": event.happened_on,
            "note": event.note,
        }
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["act"]).choices = [
            *((act.value, act.label) for act in (CustodyAct.SHIPPED, CustodyAct.RECEIVED)),
            (CustodyAct.VOID.value, "Neither: this was recorded by mistake"),
        ]


def _named(party: Party) -> str:
    return f"{party.name} ({party.get_role_display().lower()})"
