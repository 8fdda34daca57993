"""Forms of the clinic room: they read, clean and show; services decide."""

from clinic.forms.opening import ClinicForm, LocationForm, StartForm
from clinic.forms.patients import PatientForm, PatientSearchForm
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
    "InvitationForm",
    "LocationForm",
    "MailTestForm",
    "NewPersonForm",
    "PatientForm",
    "PatientSearchForm",
    "PractitionerForm",
    "ReasonForm",
    "RoleForm",
    "StartForm",
]
