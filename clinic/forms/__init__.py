"""Forms of the clinic room: they read, clean and show; services decide."""

from clinic.forms.opening import ClinicForm, LocationForm, StartForm
from clinic.forms.patients import CorrectionForm, MergeForm, PatientForm, PatientSearchForm, UnmergeForm
from clinic.forms.staff import (
    InvitationForm,
    MailTestForm,
    NewPersonForm,
    PractitionerForm,
    ReasonForm,
    RoleForm,
)

__all__ = [
    "ClinicForm",
    "CorrectionForm",
    "InvitationForm",
    "LocationForm",
    "MailTestForm",
    "MergeForm",
    "NewPersonForm",
    "PatientForm",
    "PatientSearchForm",
    "PractitionerForm",
    "ReasonForm",
    "RoleForm",
    "StartForm",
    "UnmergeForm",
]
