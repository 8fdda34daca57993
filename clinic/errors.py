"""Every way the clinic room can refuse. Each says what was expected, what was found, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

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


class TokenRefusedError(Refusal):
    """An API token cannot be made or revoked as asked."""

    default_code = "token.refused"


class AuthRequiredError(Refusal):
    """A request to the API came without a token, or with one that is unknown, expired, revoked or of a former member."""

    default_code = "auth.required"


class ReadOnlyError(Refusal):
    """A token that may only read was used for an act."""

    default_code = "auth.read_only"


class JsonRefusedError(Refusal):
    """The body of a request is not JSON that can be read in one way only."""

    default_code = "json.syntax"


class RequestTooLargeError(Refusal):
    """The body of a request is above the limit for its kind."""

    default_code = "body.too_large"


class MediaTypeError(Refusal):
    """The body of a request is of another kind than the one address takes, or packed."""

    default_code = "media_type"


class QueryRefusedError(Refusal):
    """A question in the address is not one that this address answers, or is out of range."""

    default_code = "query.unknown"


class SchemaRefusedError(Refusal):
    """A request has a field that is unknown, missing or of the wrong kind; `problems` has (field, code, sentence) for each."""

    default_code = "schema.invalid"

    def __init__(
        self, message: str, *, field: str = "", code: str = "", problems: Sequence[tuple[str, str, str]] = ()
    ) -> None:
        super().__init__(message, field=field, code=code)
        self.problems = tuple(problems)


class IdempotencyKeyError(Refusal):
    """An act came without an Idempotency-Key, or with one that is not 1 to 64 letters, digits, `-` and `_`."""

    default_code = "idempotency.format"


class IdempotencyMismatchError(Refusal):
    """An Idempotency-Key was used before, for another request."""

    default_code = "idempotency.mismatch"


class WebhookRefusedError(Refusal):
    """An address cannot be told what happens here, or a message cannot be sent again."""

    default_code = "webhook"


class RetentionRefusedError(Refusal):
    """A retention policy or a legal hold cannot be set or lifted as asked."""

    default_code = "retention"


class RequestRefusedError(Refusal):
    """A patient's request cannot be received, extended or answered as asked."""

    default_code = "request"
