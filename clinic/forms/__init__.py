"""Forms of the clinic room: they read, clean and show; services decide."""

from clinic.forms.keeping import HoldForm, RetentionForm
from clinic.forms.opening import ClinicForm, LocationForm, StartForm
from clinic.forms.patients import (
    CorrectionForm,
    MergeForm,
    OtherRecordForm,
    PatientForm,
    PatientSearchForm,
    UnmergeForm,
)
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
    "HoldForm",
    "InvitationForm",
    "LocationForm",
    "MailTestForm",
    "MergeForm",
    "NewPersonForm",
    "OtherRecordForm",
    "PatientForm",
    "PatientSearchForm",
    "PractitionerForm",
    "ReasonForm",
    "RetentionForm",
    "RoleForm",
    "StartForm",
    "UnmergeForm",
]
