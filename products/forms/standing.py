"""A regulatory record, as a person fills it in."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from audit.errors import Refusal
from clinic.records import clean_url
from products.forms.inputs import DayField, DocumentField, upload_of
from products.places import NATIONS, countries
from products.services import RegulatoryDraft
from products.vocabulary import RegStatus, Route, StatusEvidence


class RegulatoryRecordForm(forms.Form):
    """What the product is in law, for one place and one route, and how sure the clinic is."""

    jurisdiction = forms.ChoiceField(label="Place", error_messages={"required": "Choose the place."})
    route = forms.ChoiceField(
        label="Route", choices=[("", "Choose one"), *Route.choices], error_messages={"required": "Choose the route."}
    )
    status = forms.ChoiceField(
        label="Status",
        choices=[("", "Choose one"), *RegStatus.choices],
        error_messages={"required": "Choose the status, or “Unknown / not checked”."},
    )
    evidence_level = forms.ChoiceField(
        label="How sure are we?",
        choices=StatusEvidence.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how sure we are."},
    )
    authority = forms.CharField(
        label="Authority", max_length=120, required=False, help_text="For example MHRA, or the office of the register."
    )
    reference = forms.CharField(
        label="Reference", max_length=120, required=False, help_text="The number in the register or on the document."
    )
    register_url = forms.CharField(label="Web address in the register", max_length=200, required=False)
    checked_on = DayField(label="Checked on", required=False, help_text="Needed where the register was checked.")
    review_due_on = DayField(label="Check again by", required=False)
    valid_from = DayField(label="Valid from", required=False, help_text="As the document says, if it does.")
    valid_until = DayField(label="Valid until", required=False)
    evidence = DocumentField(
        label="Document", required=False, help_text="PDF, PNG or JPEG, up to 25 MB. It is kept with its hash."
    )

    def __init__(self, *args: Any, jurisdiction: str, routes: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        place = cast("forms.ChoiceField", self.fields["jurisdiction"])
        names = {**dict(countries()), **NATIONS}
        names.setdefault(jurisdiction, jurisdiction)
        place.choices = sorted(names.items(), key=lambda pair: (pair[0] != jurisdiction, pair[1]))
        place.initial = jurisdiction
        if routes:
            self.fields["route"].initial = routes[0]

    def clean_register_url(self) -> str:
        """The web address, or nothing."""
        typed: str = self.cleaned_data["register_url"]
        try:
            return clean_url(typed, field="register_url") if typed else ""
        except Refusal as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal

    def draft(self) -> RegulatoryDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        names = ("jurisdiction", "route", "status", "evidence_level", "authority", "reference", "register_url")
        return RegulatoryDraft(
            **{name: cleaned[name] for name in names},
            checked_on=cleaned["checked_on"],
            review_due_on=cleaned["review_due_on"],
            valid_from=cleaned["valid_from"],
            valid_until=cleaned["valid_until"],
            upload=upload_of(cleaned["evidence"]),
        )
