"""What a patient types or draws. These forms are closed: a field that the page does not have is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from audit.errors import Refusal
from clinic.fields import DateFields, TextField, refuse
from consent.errors import UnknownFieldError
from consent.records import Signing
from consent.strokes import Strokes, read_strokes
from consent.vocabulary import CODE_DIGITS, CodeChannel, Decider, SigningMethod, TimeOfDay

LONGEST_QUESTION = 2000
LONGEST_REASON = 1000
NO_SIGNATURE = "The box is empty. Draw your signature in it, or type your name."


class ClosedForm(forms.Form):
    """A form that takes its own fields and nothing else: no time, state or identity comes from a browser."""

    def clean(self) -> dict[str, Any]:
        """Raises UnknownFieldError for anything that the page did not ask for."""
        known = {"csrfmiddlewaretoken"}
        for name, field in self.fields.items():
            boxes = len(field.widget.widgets) if isinstance(field.widget, forms.MultiWidget) else 0
            known |= {name, *(f"{name}_{box}" for box in range(boxes))}
        if unknown := sorted(set(self.data) - known):
            raise UnknownFieldError(
                f"The page sent something that it should not have: {', '.join(unknown)[:200]}. Nothing was changed.",
                code="form.unknown_field",
            )
        return super().clean() or {}

    def refuse(self, refusal: Refusal) -> None:
        """Show a service's refusal at its field, or above the form."""
        refuse(self, refusal)


class StrokesField(forms.Field):
    """A drawn signature. What no page of ours would send raises its refusal instead of becoming a field error."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Strokes:
        """The strokes; nothing for an empty box."""
        return read_strokes(str(value or ""))


class AsTyped(forms.CharField):
    """Text as it came: the service that takes it says in its own words what is wrong with it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(required=False, strip=False, **settings)
        # Django's own check would answer before ours and say less.
        self.validators = []


class BirthDateForm(ClosedForm):
    """Three boxes: day, month, year."""

    birth_date = DateFields(
        label=gettext_lazy("Your date of birth"),
        help_text=gettext_lazy("For example, 27 3 1984"),
        autocomplete="bday",
    )


class LetterForm(ClosedForm):
    """The code of a printed letter."""

    code = forms.CharField(
        label=gettext_lazy("The code on your letter"),
        help_text=gettext_lazy("16 letters and digits, for example 7F3K-2Q9M-X4TR-8WYP"),
        max_length=60,
        error_messages={"required": gettext_lazy("Type the code that is on your letter.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class CodeForm(ClosedForm):
    """The six digits of the one-time code."""

    code = forms.CharField(
        label=gettext_lazy("The code"),
        help_text=gettext_lazy("Six digits, for example 123 456"),
        max_length=40,
        error_messages={"required": gettext_lazy("Type the six digits of the code.")},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code"}),
    )

    def clean_code(self) -> str:
        """As typed; what cannot be a code at all is told before a try is counted."""
        typed: str = self.cleaned_data["code"]
        signs = [sign for sign in typed if not sign.isspace() and sign != "-"]
        if len(signs) != CODE_DIGITS or not all(sign.isdigit() for sign in signs):
            raise forms.ValidationError(gettext("Type the six digits of the code."), code="otp.format")
        return typed


class SendCodeForm(ClosedForm):
    """“Send a new code”, and by which way."""

    channel = forms.ChoiceField(choices=CodeChannel.choices)


class CallForm(ClosedForm):
    """When to call and which number; both may stay empty. Where the link no longer works, only the button is there."""

    time_of_day = forms.ChoiceField(
        label=gettext_lazy("When is a good time?"),
        choices=[(value, gettext_lazy(label)) for value, label in TimeOfDay.choices],
        required=False,
        initial=TimeOfDay.ANY,
        widget=forms.RadioSelect,
    )
    phone = AsTyped(
        label=gettext_lazy("Which number?"),
        help_text=gettext_lazy("Leave it empty for the number that the clinic has on record."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )

    def __init__(self, *args: Any, works: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not works:
            self.fields["time_of_day"].widget = forms.HiddenInput()


class QuestionForm(ClosedForm):
    """A question about one part."""

    document_sha256 = AsTyped(widget=forms.HiddenInput)
    text = TextField(
        label=gettext_lazy("Your question"),
        most=LONGEST_QUESTION,
        help_text=gettext_lazy("Write it in your own words. Your practitioner will read it and answer."),
        error_messages={"required": gettext_lazy("Write your question first.")},
        widget=forms.Textarea(attrs={"rows": 6}),
    )


class ReadForm(ClosedForm):
    """“I have read this part.”"""

    document_sha256 = AsTyped(widget=forms.HiddenInput)


class ReasonForm(ClosedForm):
    """An optional reason for a no. No reason is asked for twice.

    Where somebody else may decide for the patient, it asks first who is there; neither answer is chosen beforehand.
    """

    reason = TextField(
        label=gettext_lazy("Your reason"),
        most=LONGEST_REASON,
        required=False,
        help_text=gettext_lazy("You do not have to give one."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, patient: str, proxy: str, **options: Any) -> None:
        super().__init__(*args, **options)
        if proxy:
            words = gettext("Choose who you are. It is put on record.")
            self.fields["by"] = forms.ChoiceField(
                label=gettext("Who are you?"),
                choices=[
                    (Decider.PATIENT, gettext("{name}, the patient").format(name=patient)),
                    (Decider.PROXY, gettext("{name}, who decides for the patient").format(name=proxy)),
                ],
                widget=forms.RadioSelect,
                error_messages={"required": words, "invalid_choice": words},
            )
            self.order_fields(["by"])

    def said(self) -> tuple[str, str]:
        """The reason, and whose decision it is; empty where there is only the patient."""
        return self.cleaned_data["reason"], self.cleaned_data.get("by", "")


class LanguageForm(ClosedForm):
    """The language to read in, by its tag; the service knows which are offered."""

    language = forms.CharField(max_length=20)


class EmptyForm(ClosedForm):
    """A button and nothing else."""


class SigningForm(ClosedForm):
    """A drawing or a typed name, and the patient's word that they mean it."""

    document_sha256 = AsTyped(widget=forms.HiddenInput)
    strokes = StrokesField(required=False)
    typed_name = AsTyped(
        label=gettext_lazy("Your name"),
        help_text=gettext_lazy("It counts just the same as a drawn signature."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    meaning_confirmed = forms.BooleanField(label=gettext_lazy("I mean this, and I decide freely"), required=False)

    def refuse(self, refusal: Refusal) -> None:
        """A refused drawing is told at the box for the name, which is always there to go to; all that is missing at once."""
        if refusal.field == "strokes":
            self.add_error("typed_name", forms.ValidationError(gettext(refusal.message), code=refusal.code))
            return
        if refusal.field == "meaning_confirmed" and not (
            self.cleaned_data["strokes"] or self.cleaned_data["typed_name"].strip()
        ):
            self.add_error("typed_name", forms.ValidationError(gettext(NO_SIGNATURE), code="signature.blank"))
        super().refuse(refusal)

    def signing(self, *, user_agent: str, address: str) -> Signing:
        """What the service takes. Where both are there, the drawing counts; a mere dot beside a typed name does not."""
        strokes, typed = self.cleaned_data["strokes"], self.cleaned_data["typed_name"]
        drawn = Signing(
            shown_sha256=self.cleaned_data["document_sha256"],
            meaning_confirmed=self.cleaned_data["meaning_confirmed"],
            method=SigningMethod.DRAWN,
            strokes=strokes,
            typed_name="",
            user_agent=user_agent,
            address=address,
        )
        return drawn if strokes or not typed.strip() else _typed(drawn, typed)


def _typed(drawn: Signing, name: str) -> Signing:
    return Signing(
        shown_sha256=drawn.shown_sha256,
        meaning_confirmed=drawn.meaning_confirmed,
        method=SigningMethod.TYPED,
        strokes=(),
        typed_name=name,
        user_agent=drawn.user_agent,
        address=drawn.address,
    )


class WitnessedSigningForm(SigningForm):
    """The same where a witness is there for somebody who cannot make a mark: a yes said aloud counts."""

    said_aloud = forms.BooleanField(
        label=gettext_lazy("The patient cannot make a mark. They said yes aloud, and the witness heard it."),
        required=False,
    )

    def refuse(self, refusal: Refusal) -> None:
        """As a signature is refused; where yes was said aloud, nothing is missing in the box."""
        if self.cleaned_data.get("said_aloud") and refusal.field == "meaning_confirmed":
            refuse(self, refusal)
            return
        super().refuse(refusal)

    def signing(self, *, user_agent: str, address: str) -> Signing:
        """A drawing or a typed name counts first; without one, the yes that was said aloud."""
        signing = super().signing(user_agent=user_agent, address=address)
        is_empty = not signing.strokes and not signing.typed_name.strip()
        return (
            replace(signing, method=SigningMethod.WITNESSED)
            if is_empty and self.cleaned_data["said_aloud"]
            else signing
        )


class PersonMarkForm(SigningForm):
    """A helper's own mark under their own declaration."""

    meaning_confirmed = forms.BooleanField(label=gettext_lazy("This is true"), required=False)
