"""Forms of a research study: what is on record of it, and its end."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.fields import DateFields, TextField
from consent import rules
from consent.forms.acts import RefusableForm
from consent.models import Study
from consent.records import StudyEdit


class StudyForm(RefusableForm):
    """Everything that a participant is told of a study. Only the title is needed to begin with."""

    title = TextField(
        most=rules.STUDY_MOST["title"],
        lines=False,
        label="Title of the study",
        error_messages={"required": "Enter the title of the study."},
    )
    sponsor = TextField(
        most=rules.STUDY_MOST["sponsor"], lines=False, required=False, label="Who runs it and pays for it"
    )
    duration = TextField(
        most=rules.STUDY_MOST["duration"],
        lines=False,
        required=False,
        label="How long somebody takes part",
        help_text="Such as: 12 weeks, with 4 visits.",
    )
    committee = TextField(
        most=rules.STUDY_MOST["committee"], lines=False, required=False, label="Ethics committee that approved it"
    )
    committee_reference = TextField(
        most=rules.STUDY_MOST["committee_reference"], lines=False, required=False, label="The committee’s reference"
    )
    approved_on = DateFields(required=False, label="Date of the approval", help_text="For example, 27 11 2026")
    records_seen_by = TextField(
        most=rules.STUDY_MOST["records_seen_by"],
        required=False,
        label="Who may look at the records of participants",
        help_text="The sponsor, the committee, and each regulator that may inspect them.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    injury_treatment = TextField(
        most=rules.STUDY_MOST["injury_treatment"],
        required=False,
        label="What treatment somebody gets whom the study harms",
        help_text="Say so if there is none.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    compensation = TextField(
        most=rules.STUDY_MOST["compensation"],
        required=False,
        label="What is paid to somebody whom the study harms",
        help_text="Say so if it is nothing.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    contact_study = TextField(
        most=rules.STUDY_MOST["contact_study"],
        lines=False,
        required=False,
        label="Who answers questions about the study",
        help_text="A name, with a telephone number or an e-mail address.",
    )
    contact_rights = TextField(
        most=rules.STUDY_MOST["contact_rights"],
        lines=False,
        required=False,
        label="Who answers questions about a participant’s rights",
        help_text="Somebody who does not run the study, such as the ethics committee’s office.",
    )
    contact_injury = TextField(
        most=rules.STUDY_MOST["contact_injury"], lines=False, required=False, label="Whom to call about harm"
    )

    def show_as_needed(self) -> None:
        """A study may be put on record without these, but nobody joins it before they are there: no label says "optional"."""
        for field in self.fields.values():
            field.required = True

    def edit(self) -> StudyEdit:
        """What was typed; several lines of one answer become one."""
        chosen = self.cleaned_data
        said = {name: " ".join(str(chosen[name]).split()) for name in rules.STUDY_MOST}
        return StudyEdit(approved_on=chosen["approved_on"], **said)


class StudyChangeForm(StudyForm):
    """A new version of what is on record."""

    what_changed = TextField(
        most=500,
        label="What changed, and why",
        help_text="Participants who have signed are told what is new. This sentence stays in the record.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say in a sentence what changed."},
    )

    def __init__(self, *args: Any, study: Study, **options: Any) -> None:
        super().__init__(*args, **{"initial": vars(study.current.said), **options})


class StudyCloseForm(RefusableForm):
    """Why a study ends."""

    reason = TextField(
        most=500,
        label="Why it is closed",
        help_text="Such as: the last participant has finished, or the committee has stopped it.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say in a sentence why it is closed."},
    )
