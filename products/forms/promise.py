"""What a supplier promises, as a person writes it down."""

from __future__ import annotations

from typing import Any

from django import forms

from products.forms.inputs import DayField, DocumentField, upload_of
from products.models import MarketingClaim
from products.services import MarketingDraft
from products.vocabulary import ClaimPlace, ClaimSupport


class PromiseForm(forms.Form):
    """One promise: its words, where it was said, and what stands behind it. With `earlier` it corrects that one."""

    use_required_attribute = False

    text = forms.CharField(
        label="What is promised, word for word",
        max_length=500,
        help_text="One promise at a time, as it is printed or was said.",
        error_messages={"required": "Enter what is promised, word for word."},
    )
    place = forms.ChoiceField(
        label="Where was it said?",
        choices=[("", "Choose one"), *ClaimPlace.choices],
        error_messages={"required": "Choose where it was said."},
    )
    place_detail = forms.CharField(
        label="Where exactly", max_length=200, required=False, help_text="Web address, page, name of the leaflet."
    )
    seen_on = DayField(label="Seen on", required=False)
    support = forms.ChoiceField(
        label="The best evidence given for it",
        choices=ClaimSupport.choices,
        initial=ClaimSupport.NONE.value,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what stands behind it."},
    )
    support_detail = forms.CharField(label="Which study", max_length=200, required=False)
    evidence = DocumentField(
        label="The page, leaflet or study itself",
        required=False,
        help_text="PDF, PNG, JPEG, text, CSV or XLSX, up to 25 MB. It is kept with its hash.",
    )

    def __init__(self, data: Any = None, files: Any = None, *, earlier: MarketingClaim | None = None) -> None:
        names = ("text", "place", "place_detail", "seen_on", "support", "support_detail")
        super().__init__(data, files, initial={name: getattr(earlier, name) for name in names} if earlier else None)
        if earlier:
            self.fields["correction_reason"] = forms.CharField(
                label="Why does it change?",
                max_length=500,
                help_text="The earlier words stay readable beside this reason.",
                error_messages={"required": "Say in a few words why."},
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def draft(self) -> MarketingDraft:
        """What was filled in; only after `is_valid`."""
        cleaned = self.cleaned_data
        return MarketingDraft(
            text=cleaned["text"],
            place=cleaned["place"],
            place_detail=cleaned["place_detail"],
            seen_on=cleaned["seen_on"],
            support=cleaned["support"],
            support_detail=cleaned["support_detail"],
            upload=upload_of(cleaned["evidence"]),
        )
