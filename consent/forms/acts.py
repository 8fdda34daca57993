"""Small forms on a consent's page: an answer, a withdrawal received, the check at the chair, a PDF to be checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from audit.errors import Refusal
from clinic.fields import DateFields, TextField
from clinic.models import Membership, Organization
from clinic.vocabulary import Role
from consent.forms.issue import BLANK, batch_words, offer
from consent.models import Consent
from consent.vocabulary import Decider
from products.models import Batch
from products.vocabulary import BatchStatus

STAFF = frozenset({Role.PRACTITIONER, Role.CLINIC_LEAD})


class RefusableForm(forms.Form):
    """A form that shows a service's refusal."""

    def refuse(self, refusal: Refusal) -> None:
        """At its field, or above the form where there is no such field."""
        field = refusal.field if refusal.field in self.fields else None
        self.add_error(field, forms.ValidationError(refusal.message, code=refusal.code))


class AnswerForm(RefusableForm):
    """The clinic's answer to a patient's question."""

    answer = TextField(
        most=2000,
        label="Your answer",
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="In plain words. The patient reads it before signing, and it stays in the record. It is sent once.",
        error_messages={"required": "Write the answer first."},
    )


class ToldForm(RefusableForm):
    """A patient said no, or took something back, by telephone, by letter or in person; or who decides for the patient did."""

    how = forms.ChoiceField(
        label="How did the patient tell you?",
        choices=[("in person", "In person"), ("by telephone", "By telephone"), ("in writing", "In writing")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how the patient told you."},
    )
    reason = TextField(
        most=900,
        label="Reason, in the patient’s words",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Nobody has to give a reason.",
    )

    def __init__(self, *args: Any, proxy: str, **options: Any) -> None:
        super().__init__(*args, **options)
        if proxy:
            self.fields["by"] = forms.ChoiceField(
                label="Who told you?",
                choices=[(Decider.PATIENT, "The patient"), (Decider.PROXY, f"{proxy}, who decides for the patient")],
                widget=forms.RadioSelect,
                error_messages={"required": "Choose who told you. It is put on record."},
            )
            self.fields["how"].label, self.fields["reason"].label = "How did they tell you?", "Reason, in their words"
            self.order_fields(["by"])

    def said(self) -> tuple[str, str]:
        """The reason, and whose decision it is; empty where there is only the patient."""
        return self.cleaned_data["reason"], self.cleaned_data.get("by", "")


class EndingForm(RefusableForm):
    """Why the clinic stops a consent."""

    reason = TextField(
        most=1000,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It stays in the record under your name.",
        error_messages={"required": "Say why. It stays in the record under your name."},
    )


class DeclarationForm(RefusableForm):
    """The practitioner says that the declaration is true, having read what `read` names."""

    read = forms.CharField(required=False, widget=forms.HiddenInput)

    is_true = forms.BooleanField(
        label="This is true, and I declare it in my own name.",
        error_messages={
            "required": "Tick the box if the declaration is true. If it is not, talk to the patient first."
        },
    )


def named_in(value: str) -> frozenset[str]:
    """The ids in a hidden field, separated by spaces."""
    return frozenset(value.split())


class ClearanceForm(RefusableForm):
    """The check at the chair: one screen, three answers."""

    scan = forms.CharField(
        label="Scan the code on the vial",
        required=False,
        max_length=400,
        strip=False,
        widget=forms.TextInput(attrs={"data-scan": "", "class": "scan"}),
        help_text="Or choose the batch below, and compare it with the vial.",
    )
    batch = forms.ChoiceField(label="Batch in your hand", required=False)
    still_wanted = forms.BooleanField(label="I asked the patient today, and they still want it.", required=False)
    nothing_changed = forms.BooleanField(
        label="Nothing has changed in their health, their medicines or the plan.", required=False
    )
    note = TextField(
        most=1000,
        label="What has changed, or what the patient said",
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Leave it empty if there is nothing to say. It stays in the record.",
    )

    def __init__(self, *args: Any, consent: Consent, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        in_use = (
            Batch.objects.at(organization)
            .filter(product=consent.product)
            .exclude(status__in=[BatchStatus.DESTROYED, BatchStatus.RETURNED, BatchStatus.DEPLETED])
        )
        self.batches = {str(row.pk): row for row in in_use}
        offer(self, "batch", [BLANK, *((key, batch_words(row)) for key, row in self.batches.items())])

    def clean(self) -> dict[str, Any]:
        """One way of naming the batch is needed."""
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and not cleaned.get("scan", "").strip() and not cleaned.get("batch"):
            self.add_error("scan", "Scan the code on the vial, or choose the batch.")
        return cleaned

    def refuse(self, refusal: Refusal) -> None:
        """At its field; what speaks of no field speaks of the code that was scanned."""
        field = refusal.field if refusal.field in self.fields else "scan"
        self.add_error(field, forms.ValidationError(refusal.message, code=refusal.code))

    def show_as_needed(self) -> None:
        """All of it is needed, one way or the other, but for the note: no other label says "optional"."""
        for name, field in self.fields.items():
            field.required = name != "note"


class PeriodForm(RefusableForm):
    """The first and the last day of a period."""

    since = DateFields(label="First day", help_text="For example, 1 10 2026.")
    until = DateFields(label="Last day")


class RemindersForm(RefusableForm):
    """After how many days, how often, and how many times at most."""

    first_after_days = forms.IntegerField(
        label="First reminder after how many days",
        help_text="1 to 30",
        error_messages={"required": "Enter how many days."},
    )
    every_days = forms.IntegerField(
        label="Then again after how many days", help_text="1 to 30", error_messages={"required": "Enter how many days."}
    )
    most = forms.IntegerField(
        label="How many reminders at most",
        help_text="0 to 5; with 0 nobody is reminded",
        error_messages={"required": "Enter how many reminders."},
    )


class TaskNoteForm(RefusableForm):
    """What was done, when a task is closed by hand."""

    note = TextField(
        most=1000,
        label="What was done",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example: telephoned on Monday, no further wish. It stays in the record under your name.",
        error_messages={"required": "Say in a few words what was done."},
    )


class TaskOwnerForm(RefusableForm):
    """Who is responsible for a task."""

    owner = forms.ChoiceField(label="Who sees to it", error_messages={"required": "Choose who sees to it."})

    def __init__(self, *args: Any, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        staff = Membership.objects.at(organization).current().select_related("user")
        offer(self, "owner", [BLANK, *((str(one.user_id), str(one.user)) for one in staff if one.roles & STAFF)])


class VerifyForm(RefusableForm):
    """Any file that says it is a record of Candour."""

    file = forms.FileField(
        label="PDF file",
        help_text="Up to 25 MB. It is compared with the record and not kept.",
        error_messages={
            "required": "Choose a PDF file.",
            "empty": "The file is empty (0 bytes). Save it again and choose it once more.",
        },
    )

    def clean_file(self) -> Any:
        """Refuse what is too large to be read."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                f"The file has {file.size / 1024 / 1024:.1f} MB; at most {settings.UPLOAD_MAX_BYTES // 1024 // 1024} MB can be checked. "
                "A sealed record is much smaller, so this is not one.",
                code="upload.too_large",
            )
        return file
