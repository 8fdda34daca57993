"""Asking the rules, importing a newer set, deciding on it, and filing a professional's review."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from products.forms.inputs import DayField, DocumentField, upload_of
from products.places import NATIONS, countries
from products.rules import RuleSet, Use
from products.services import ReviewDraft
from products.vocabulary import DonorRelation, Origin, Route

BLANK = ("", "Choose one")


def places(first: str) -> list[tuple[str, str]]:
    """All places by name, the clinic's own first."""
    names = {**dict(countries()), **NATIONS}
    names.setdefault(first, first)
    return sorted(names.items(), key=lambda pair: (pair[0] != first, pair[1]))


class AskForm(forms.Form):
    """Any use of any product: what do the rules say?"""

    jurisdiction = forms.ChoiceField(label="Place", error_messages={"required": "Choose the place."})
    origin = forms.ChoiceField(
        label="Origin", choices=[BLANK, *Origin.choices], error_messages={"required": "Choose the origin."}
    )
    donor = forms.ChoiceField(
        label="Donor", choices=[BLANK, *DonorRelation.choices], error_messages={"required": "Choose the donor."}
    )
    route = forms.ChoiceField(
        label="Route", choices=[BLANK, *Route.choices], error_messages={"required": "Choose the route."}
    )

    def __init__(self, *args: Any, jurisdiction: str, **options: Any) -> None:
        super().__init__(*args, **options)
        place = cast("forms.ChoiceField", self.fields["jurisdiction"])
        place.choices = places(jurisdiction)
        place.initial = jurisdiction

    @property
    def use(self) -> Use:
        """The use that was asked about; only after `is_valid`."""
        cleaned = self.cleaned_data
        return Use(cleaned["jurisdiction"], cleaned["origin"], cleaned["donor"], cleaned["route"])


class ImportRulesForm(forms.Form):
    """A rule set as a JSON file."""

    file = DocumentField(label="Rule set (JSON)")
    source = forms.CharField(
        label="Where these rules come from",
        max_length=300,
        required=False,
        help_text="For example: sent by Ann Advocate, solicitor, on 3 December 2026.",
    )


class DecisionForm(forms.Form):
    """The second person's decision."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("approve", "Approve: these rules count from now on"), ("refuse", "Refuse: nothing changes")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose approve or refuse."},
    )
    reason = forms.CharField(
        label="Why",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you compared, or who advised you.",
    )


class ReviewForm(forms.Form):
    """A qualified professional read the rules."""

    rule_id = forms.ChoiceField(label="What was reviewed", required=False)
    reviewer_name = forms.CharField(label="Reviewer", max_length=120, required=False)
    profession = forms.CharField(
        label="Profession", max_length=120, required=False, help_text="For example solicitor, or regulatory adviser."
    )
    reviewed_on = DayField(label="Date of the review")
    note = forms.CharField(label="Note", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    evidence = DocumentField(
        label="Letter or report", required=False, help_text="PDF, PNG or JPEG, up to 25 MB. It is kept with its hash."
    )

    def __init__(self, *args: Any, rule_set: RuleSet, **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast("forms.ChoiceField", self.fields["rule_id"])
        field.choices = [("", "All rules of this version"), *((key, key) for key in rule_set.entries)]

    def draft(self) -> ReviewDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        return ReviewDraft(
            rule_id=cleaned["rule_id"],
            reviewer_name=cleaned["reviewer_name"],
            profession=cleaned["profession"],
            reviewed_on=cleaned["reviewed_on"],
            note=cleaned["note"],
            upload=upload_of(cleaned["evidence"]),
        )
