"""What a practitioner fills in to issue a consent: whom for, with what, how, where, by whom, at what cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from django import forms

from audit.errors import Refusal
from clinic.fields import TextField
from clinic.models import Location, Organization, Patient, Practitioner, User
from consent.languages import ENGLISH
from consent.models import Consent, Study
from consent.records import Cost, IssueDraft, Personal
from consent.services import cost_of, offered_languages, personal_of
from consent.vocabulary import TextType
from consent.wording import PLACES
from products.models import Batch, Product
from products.vocabulary import Route

ON_THE_DAY = "on-the-day"
TREATMENT = "treatment"
# What the table of the cost says where nothing was typed.
UNSAID = ("Not stated", "None")
BLANK = ("", "Choose one")
# A patient who came long ago is found on the patients' page, which leads here.
MOST_PATIENTS = 100
COST_FIELDS = ("total", "per_session", "sessions", "extras", "refund_terms")


class ChooseForm(forms.Form):
    """The first step: whom for, and with which product."""

    patient = forms.ChoiceField(
        label="Patient",
        help_text="Somebody else? Find them under Patients and issue from there.",
        error_messages={
            "required": "Choose a patient.",
            "invalid_choice": "This patient is not on your clinic’s list.",
        },
    )
    product = forms.ChoiceField(
        label="Product",
        error_messages={
            "required": "Choose a product.",
            "invalid_choice": "This product is not on your clinic’s list.",
        },
    )

    def __init__(self, *args: Any, organization: Organization, patient: Patient | None, **options: Any) -> None:
        super().__init__(*args, **options)
        newest = list(Patient.objects.at(organization).current()[:MOST_PATIENTS])
        if patient is not None and patient not in newest:
            newest.insert(0, patient)
        offer(self, "patient", [BLANK, *((str(row.pk), patient_words(row)) for row in newest)])
        products = Product.objects.at(organization)
        offer(self, "product", [BLANK, *((str(row.pk), row.marketed_name) for row in products)])


def cost_fields() -> dict[str, forms.Field]:
    """The five lines of the cost, as words."""
    return {
        "total": TextField(
            most=80,
            label="Total cost",
            widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
            help_text="For everything that is planned, with the currency: £430.",
            error_messages={"required": "Enter the total cost with its currency, such as £430."},
        ),
        "per_session": TextField(
            most=80,
            label="Each session",
            required=False,
            widget=forms.TextInput(attrs={"class": "govuk-input--width-10"}),
        ),
        "sessions": TextField(
            most=80,
            label="Number of sessions",
            required=False,
            widget=forms.TextInput(attrs={"class": "govuk-input--width-5"}),
        ),
        "extras": TextField(
            most=200,
            label="Extras",
            required=False,
            widget=forms.TextInput,
            help_text="What is not in the total, such as a numbing cream: £15.",
        ),
        "refund_terms": TextField(
            most=400,
            label="If the patient changes their mind",
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text="What is paid back, and until when.",
            error_messages={
                "required": "Say what is paid back if the patient changes their mind, even if it is nothing."
            },
        ),
    }


def personal_fields() -> dict[str, forms.Field]:
    """What matters to this patient: a line for each goal and each risk."""
    return {
        "goals": TextField(
            most=1500,
            label="What this patient hopes for",
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="In their own words where you can. One on each line.",
        ),
        "risks": TextField(
            most=1500,
            label="Risks that matter most to this patient",
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="What weighs more for them than for others, and why. However rare it is. One on each line.",
        ),
        "reasons": TextField(
            most=1500,
            label="Why who treats suggests it for them",
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="Plain reasons and no promises. Leave it empty where it is the patient who asks for it. One on each line.",
        ),
    }


def personal_of_form(cleaned: Mapping[str, Any]) -> Personal:
    """The lines as typed, without the empty ones."""
    return Personal(**{name: _lines(cleaned[name]) for name in ("goals", "risks", "reasons")})


class IssueForm(forms.Form):
    """The second step. `draft` makes the frozen choice once the form is valid."""

    batch = forms.ChoiceField(label="Batch", error_messages={"required": "Choose a batch, or “chosen on the day”."})
    route = forms.ChoiceField(label="How it is given", error_messages={"required": "Choose how it is given."})
    location = forms.ChoiceField(label="Where", required=False)
    practitioner = forms.ChoiceField(
        label="Who treats",
        help_text="The same person explains the treatment and makes the declaration.",
        error_messages={"required": "Choose who treats."},
    )
    jurisdiction = forms.ChoiceField(
        label="Whose rules apply",
        help_text="The place of the treatment.",
        error_messages={"required": "Choose whose rules apply."},
    )

    def __init__(
        self,
        *args: Any,
        organization: Organization,
        user: User,
        patient: Patient,
        product: Product,
        today: date,
        now: datetime,
        study: str = "",
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.patient, self.product = patient, product
        self.fields.update({**cost_fields(), **personal_fields()})
        self.batches = {
            str(row.pk): row for row in Batch.objects.at(organization).usable_on(today).filter(product=product)
        }
        self.quarantined = Batch.objects.at(organization).in_quarantine_on(today).filter(product=product).count()
        self.locations = {str(row.pk): row for row in Location.objects.at(organization).filter(closed_at=None)}
        self.practitioners = {str(row.pk): row for row in Practitioner.objects.at(organization)}
        self.studies = {str(row.pk): row for row in Study.objects.at(organization).open()}
        if self.studies:
            self.fields["study"] = forms.ChoiceField(
                label="What it is for",
                choices=[
                    (TREATMENT, "Treatment"),
                    *((key, f"Research study: {row.current.title}") for key, row in self.studies.items()),
                ],
                help_text="For research the patient reads the text for research, with what is on record of the study.",
                initial=study,
            )
        types = [TextType.TREATMENT, *([TextType.RESEARCH] if self.studies else [])]
        if study in self.studies:
            types.reverse()
        offer_languages(self, organization, preferred=patient.identity.language, now=now, text_types=types)
        offer(self, "batch", batch_choices(self.batches))
        offer(self, "route", [BLANK, *_routes(product)])
        offer(self, "location", [(key, row.name) for key, row in self.locations.items()])
        offer(self, "practitioner", [BLANK, *((key, row.printed_name) for key, row in self.practitioners.items())])
        here = organization.jurisdiction
        parts = {code: name for code, name in PLACES.items() if code.partition("-")[0] == here.partition("-")[0]}
        places = {here: PLACES.get(here, here), **parts}
        offer(self, "jurisdiction", [(code, name[:1].upper() + name[1:]) for code, name in places.items()])
        own = next((key for key, row in self.practitioners.items() if row.user_id == user.pk), "")
        self.fields["practitioner"].initial = own
        self.fields["jurisdiction"].initial = organization.jurisdiction
        self.fields["location"].initial = next(iter(self.locations), "")
        if len(product.routes) == 1:
            self.fields["route"].initial = product.routes[0]

    def draft(
        self,
        acknowledged_rules: tuple[str, ...] = (),
        consent_id: UUID | None = None,
        corrects: Consent | None = None,
    ) -> IssueDraft:
        """What was chosen, as the service takes it."""
        chosen = self.cleaned_data
        return IssueDraft(
            patient=self.patient,
            practitioner=self.practitioners[chosen["practitioner"]],
            product=self.product,
            batch=self.batches.get(chosen["batch"]),
            location=self.locations.get(chosen["location"]),
            route=chosen["route"],
            jurisdiction=chosen["jurisdiction"],
            cost=Cost(**{name: chosen[name] for name in COST_FIELDS}),
            personal=personal_of_form(chosen),
            language=chosen.get("language") or ENGLISH,
            acknowledged_rules=acknowledged_rules,
            corrects=corrects,
            study=self.studies.get(chosen.get("study") or TREATMENT),
            consent_id=consent_id,
        )

    def refuse(self, refusal: Refusal) -> None:
        """Show a service's refusal at its field, or above the form."""
        field = refusal.field if refusal.field in self.fields else None
        self.add_error(field, forms.ValidationError(refusal.message, code=refusal.code))


class ReissueForm(forms.Form):
    """Another batch, cost or language, or what matters to this patient, for a text that nobody has signed yet."""

    batch = forms.ChoiceField(label="Batch", error_messages={"required": "Choose a batch, or “chosen on the day”."})

    def __init__(self, *args: Any, consent: Consent, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        organization = consent.organization
        today = organization.local_date(now)
        held_language = consent.document.language if consent.document else ENGLISH
        offer_languages(self, organization, preferred=held_language, now=now, text_types=[consent.text_type])
        self.fields.update({**cost_fields(), **personal_fields()})
        for name, lines in vars(personal_of(consent)).items():
            self.fields[name].initial = "\n".join(lines)
        self.batches = {
            str(row.pk): row for row in Batch.objects.at(organization).usable_on(today).filter(product=consent.product)
        }
        offer(self, "batch", batch_choices(self.batches))
        held = str(consent.batch_id)
        self.fields["batch"].initial = held if held in self.batches else next(iter(self.batches), ON_THE_DAY)
        for name, value in vars(cost_of(consent)).items():
            is_unsaid = not self.fields[name].required and value in UNSAID
            self.fields[name].initial = "" if is_unsaid else value

    def chosen_batch(self) -> Batch | None:
        """The batch chosen, or None where it is chosen on the day."""
        return self.batches.get(self.cleaned_data["batch"])

    def cost(self) -> Cost:
        """The cost as typed."""
        return Cost(**{name: self.cleaned_data[name] for name in COST_FIELDS})

    def personal(self) -> Personal:
        """What matters to this patient, as typed."""
        return personal_of_form(self.cleaned_data)


def offer_languages(
    form: forms.Form,
    organization: Organization,
    *,
    preferred: str,
    now: datetime,
    text_types: Sequence[str],
) -> None:
    """A field for the language, where there is more than one to choose: those in which a text of one of these types is given.

    The patient's own is chosen beforehand where the first type has it.
    """
    by_type = [offered_languages(organization, on=now, text_type=kind) for kind in text_types]
    offered = list(dict.fromkeys(one for of_type in by_type for one in of_type))
    if len(offered) > 1:
        form.fields["language"] = forms.ChoiceField(
            label="Language",
            choices=[(one.tag, f"{one.english_name} ({one.name})") for one in offered],
            initial=preferred if preferred in {one.tag for one in by_type[0]} else ENGLISH,
            help_text="The patient can choose another one before reading.",
        )


def patient_words(patient: Patient) -> str:
    """A patient in a list: name, birth date, number."""
    identity = patient.identity
    return f"{identity.full_name}, born {identity.birth_date:%-d %B %Y} (no. {patient.number})"


def batch_words(batch: Batch) -> str:
    """A batch in a list: lot and last day."""
    return f"Batch {batch.lot_number}, use by {batch.expiration_date:%-d %B %Y}"


def batch_choices(batches: Mapping[str, Batch]) -> list[Any]:
    """These batches, and leaving the choice to the day of treatment."""
    return [*((key, batch_words(row)) for key, row in batches.items()), (ON_THE_DAY, "Chosen on the day")]


def offer(form: forms.Form, name: str, choices: list[Any]) -> None:
    """Give a chooser what a person of this clinic may choose from."""
    cast("forms.ChoiceField", form.fields[name]).choices = choices


def uuid_or_none(text: str | None) -> UUID | None:
    """A UUID from an address, or None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _routes(product: Product) -> list[Any]:
    """The intended routes first; what is not intended is still on offer, because the rules decide."""
    intended = [(code, str(Route(code).label)) for code in product.routes]
    others = [(code, label) for code, label in Route.choices if code not in product.routes]
    if not intended:
        return others
    return [("What the product is meant for", intended), ("Other ways, for which it is not meant", others)]
