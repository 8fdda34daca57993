"""How it is established who the patient is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from clinic.vocabulary import CodePolicy
from consent.errors import IdentityRefusedError, TransitionError
from consent.vocabulary import Assurance, LinkWay

# For so long after the hand-over a visit counts as one on the device that a person of the clinic gave into the patient's hand.
HANDOVER_LASTS = timedelta(hours=4)


def is_handed_over(way: str, made_at: datetime, at: datetime) -> bool:
    """Whether this visit is the one for which the clinic's own device was handed over."""
    return way == LinkWay.HANDOVER and at < made_at + HANDOVER_LASTS


def asks_code(policy: str, *, is_handed_over: bool, channels: Collection[str]) -> bool:
    """Whether a one-time code is asked for after the birth date: where the clinic wants it and it can reach the patient."""
    return policy == CodePolicy.REACHABLE and not is_handed_over and bool(channels)


# A contact that was changed after the patient had read is used for a code only after this time: whoever changed it might not be the patient.
CONTACT_SETTLES = timedelta(hours=24)


def check_contact_is_settled(changed_at: datetime | None, opened_at: datetime | None, at: datetime) -> None:
    """Refuse to send a code to an address or number that was changed lately, once the patient has opened the text.

    Before the first opening a mistyped contact may be corrected at once.
    """
    if changed_at is None or opened_at is None or opened_at > changed_at or at >= changed_at + CONTACT_SETTLES:
        return
    raise TransitionError(
        "Your e-mail address or phone number was changed lately. To keep your information safe, we send no code there "
        "for a day. You can read everything on a device at the clinic, or call.",
        code="otp.contact_new",
    )


def assurance_of(*, is_handed_over: bool, has_code: bool) -> Assurance:
    """How it was established who the patient is, in one word of the scale."""
    if is_handed_over:
        return Assurance.HANDED_OVER
    return Assurance.BIRTH_DATE_AND_CODE if has_code else Assurance.BIRTH_DATE


def check_code(*, is_right: bool, is_used: bool, expires_at: datetime, at: datetime) -> None:
    """Refuse a code that is wrong, was used or is too old (NIST SP 800-63B, ASVS 6.5.5: ten minutes, once)."""
    if is_used:
        raise IdentityRefusedError(
            "This code was used already. Each code works once. Ask for a new one.", code="otp.used", field="code"
        )
    if at >= expires_at:
        raise IdentityRefusedError("This code is too old. Ask for a new one.", code="otp.expired", field="code")
    if not is_right:
        raise IdentityRefusedError(
            "That is not the code in our newest message. Check the six digits and try again.",
            code="otp.wrong",
            field="code",
        )
