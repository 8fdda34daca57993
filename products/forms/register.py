"""One page to register a product."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from django import forms

from audit.errors import Refusal
from clinic.models import Organization
from products import gs1
from products.forms.claims import claim_draft, claim_inputs, fields_of_products
from products.forms.inputs import DocumentField, add_refusal, upload_of
from products.forms.values import SaidText
from products.models import Party
from products.places import countries
from products.services import PartyDraft, ProductDraft

NEW, NOT_STATED = "new", "not_stated"


class ProductForm(forms.Form):
    """Everything that is asked about a product; `draft` is set once it is valid."""

    use_required_attribute = False

    marketed_name = forms.CharField(
        label="Marketed name",
        max_length=120,
        help_text="As printed on the box.",
        error_messages={"required": "Enter the name that the product is sold under."},
    )
    gtin = SaidText(
        label="GTIN",
        max_length=400,
        help_text="The 13 or 14 digits under the barcode. You can also scan the pack here.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20"}),
        strip=False,
    )
    has_no_gtin = forms.BooleanField(label="It carries no GTIN", required=False)
    manufacturer = forms.ChoiceField(
        label="Manufacturer", error_messages={"required": "Choose the manufacturer, or say that it is not stated."}
    )
    manufacturer_name = SaidText(
        label="New manufacturer's name", max_length=120, help_text="Only where it is not in the list."
    )
    manufacturer_country = forms.ChoiceField(label="New manufacturer's country", required=False)
    source = DocumentField(
        label="The document that these answers come from",
        required=False,
        help_text="Data sheet, brochure or letter, up to 25 MB (PDF, PNG, JPEG, text, CSV or XLSX). "
        "It is kept with its hash, and every answer above points to it.",
    )

    def __init__(self, *args: Any, organization: Organization, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.today = today
        parties = Party.objects.at(organization).filter(role=Party.Role.MANUFACTURER)
        choices = [(str(party.pk), party.name) for party in parties]
        chooser = cast("forms.ChoiceField", self.fields["manufacturer"])
        chooser.choices = [
            ("", "Choose one"),
            *choices,
            (NEW, "Another manufacturer (name it below)"),
            (NOT_STATED, "Not stated"),
        ]
        if not choices:
            chooser.initial = NEW
        country = cast("forms.ChoiceField", self.fields["manufacturer_country"])
        country.choices = [("", "Not stated"), *countries()]
        for field in fields_of_products():
            self.fields.update(claim_inputs(field))
        self.draft: ProductDraft | None = None

    def clean(self) -> dict[str, Any]:
        """Build the draft from what was typed; every refusal stands at its own field."""
        cleaned = self.cleaned_data
        gtin = self._gtin(cleaned)
        manufacturer = self._manufacturer(cleaned)
        claims = [claim_draft(self, field) for field in fields_of_products()]
        if not self.errors:
            self.draft = ProductDraft(
                marketed_name=cleaned["marketed_name"],
                manufacturer=manufacturer,
                gtin=gtin,
                claims=tuple(claim for claim in claims if claim),
                source=upload_of(cleaned.get("source")),
            )
        return cleaned

    def _gtin(self, cleaned: dict[str, Any]) -> str:
        typed = cleaned.get("gtin", "")
        if cleaned.get("has_no_gtin"):
            if typed:
                self.add_error("gtin", "You gave a GTIN and also ticked that there is none. Keep one of the two.")
            return ""
        if not typed:
            self.add_error("gtin", "Enter the GTIN, or tick that the product carries none.")
            return ""
        try:
            return gs1.parse_element_string(typed, today=self.today).gtin
        except Refusal as refusal:
            refusal.field = "gtin"
            add_refusal(self, refusal)
            return ""

    def _manufacturer(self, cleaned: dict[str, Any]) -> UUID | PartyDraft | None:
        choice = cleaned.get("manufacturer")
        name = cleaned.get("manufacturer_name", "")
        if choice == NEW:
            if not name:
                self.add_error("manufacturer_name", "Enter the manufacturer's name.")
            return PartyDraft(name, cleaned.get("manufacturer_country", ""))
        if name and choice:
            self.add_error(
                "manufacturer_name", "You chose a manufacturer from the list and also typed one. Keep one of the two."
            )
        return UUID(choice) if choice and choice != NOT_STATED else None
