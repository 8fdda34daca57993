"""Every way the clinic room can refuse. Each says what was expected, what was found, and what to do next."""

from __future__ import annotations

from audit.errors import Refusal


class TextRefusedError(Refusal):
    """A name or a text holds something that cannot be kept, compared or printed."""

    default_code = "text"


class DateRefusedError(Refusal):
    """A date is not a date, or is written in a way that two people would read differently."""

    default_code = "date.invalid"


class ContactRefusedError(Refusal):
    """A phone number, e-mail address or web address is not one."""

    default_code = "contact"


class PlaceRefusedError(Refusal):
    """A time zone or a jurisdiction is not one that Candour knows."""

    default_code = "place"


class ImageRefusedError(Refusal):
    """A logo is not a PNG or JPEG picture of a size that we print."""

    default_code = "image"


class PatientRefusedError(Refusal):
    """A patient cannot be registered: too young, born in the future."""

    default_code = "patient"


class ConfirmationNeededError(Refusal):
    """The input is unusual (same name and birth date, older than 120): a person must confirm it."""

    default_code = "confirm"


class RoleRequiredError(Refusal):
    """The person signed in does not hold the role that this needs."""

    default_code = "role.required"


class RoleRefusedError(Refusal):
    """A role cannot be proposed, confirmed or withdrawn by this person in this state."""

    default_code = "role.refused"


class StaffRefusedError(Refusal):
    """A person cannot be invited or removed."""

    default_code = "staff"


class InvitationRefusedError(Refusal):
    """An invitation was used, withdrawn or has expired."""

    default_code = "invitation"


class SecondFactorRefusedError(Refusal):
    """A second factor cannot be reset by this person."""

    default_code = "second_factor"


class StartRefusedError(Refusal):
    """The first clinic cannot be made: there is one already, or the start code is wrong."""

    default_code = "start"


class KeyMissingError(Refusal):
    """The key that opens patients' records is not there, or is not the one they were sealed with."""

    default_code = "key.missing"


class SealBrokenError(Refusal):
    """Encrypted content does not open: it was changed, or moved here from another row."""

    default_code = "seal.broken"


class ErasedError(Refusal):
    """The patient's data key was destroyed; nothing of theirs can be read any more."""

    default_code = "patient.erased"
