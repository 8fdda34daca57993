"""The conversation with the patient, and doubt about capacity."""

from __future__ import annotations

from datetime import date, timedelta

from consent.errors import CapacityRefusedError, TalkRefusedError
from consent.vocabulary import CapacityOutcome, ConsentStatus, TalkOutcome

LONGEST_WAIT = timedelta(days=90)


def check_can_talk(
    *,
    status: str,
    is_treating_practitioner: bool,
    outcome: str,
    is_able: bool,
    is_free: bool,
    needs: str,
    reason: str,
    has_proxy: bool = False,
) -> None:
    """Who treats has talked with the patient, looked at capacity, pressure and needs, and says what follows.

    “The patient may decide” is refused where there is doubt or pressure; anything else needs a reason. Where somebody with
    confirmed authority decides for the patient, it is the other way round: for whoever can decide, nobody else does.
    """
    if not is_treating_practitioner:
        raise TalkRefusedError(
            "Only the practitioner named in the record can record this conversation.", code="talk.other_person"
        )
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise TalkRefusedError("This record is closed.", code="talk.closed")
    if not needs.strip():
        raise TalkRefusedError(
            "Say what you found on psychological needs and vulnerability. If you found nothing, write that.",
            code="talk.needs",
            field="needs",
        )
    if outcome != TalkOutcome.GO_ON:
        if not reason.strip():
            raise TalkRefusedError("Say why. It is printed in the record.", code="talk.reason", field="reason")
        return
    if has_proxy and is_able:
        raise TalkRefusedError(
            "Somebody else decides for this patient. If you have no doubt that the patient can decide, nobody may sign for "
            "them: end the proxy’s part, or void this consent and issue a new one.",
            code="talk.able_with_proxy",
            field="is_able",
        )
    if not is_able and not has_proxy:
        raise TalkRefusedError(
            "Where you doubt that the patient can decide, nothing goes on. Pause the consent, or choose not to treat.",
            code="talk.doubt",
            field="is_able",
        )
    if not is_free:
        raise TalkRefusedError(
            "A decision under pressure is no consent. Choose not to treat, or talk with the patient alone on another day.",
            code="talk.pressed",
            field="is_free",
        )


def check_can_doubt(*, status: str, reason: str) -> None:
    """Anybody of the staff pauses an open consent, saying what they saw."""
    if status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        raise CapacityRefusedError("This record is closed, so nothing needs to be paused.", code="capacity.closed")
    if not reason.strip():
        raise CapacityRefusedError("Say what you saw or heard.", code="capacity.reason", field="reason")


def check_can_resolve(
    *, registration: str, reason: str, outcome: str, again_on: date | None, today: date, has_proxy: bool
) -> None:
    """A clinician with a professional registration resolves a doubt, with a reason (Mental Capacity Act 2005, section 3).

    Somebody else decides only where staff have confirmed the authority; another assessment has its day.
    """
    if not registration:
        raise CapacityRefusedError(
            "Only a clinician with a professional register and number on record can resolve this.",
            code="capacity.registration",
        )
    if not reason.strip():
        raise CapacityRefusedError(
            "Say how you found out: what the patient understood, remembered, weighed up and said. It is printed.",
            code="capacity.reason",
            field="reason",
        )
    if outcome == CapacityOutcome.AGAIN:
        if again_on is None or not today < again_on <= today + LONGEST_WAIT:
            raise CapacityRefusedError(
                f"Type the day on which you assess again: after today, and within {LONGEST_WAIT.days} days.",
                code="capacity.again_on",
                field="again_on",
            )
    elif again_on is not None:
        raise CapacityRefusedError(
            "A day is typed only where you assess again. Choose that, or leave the day empty.",
            code="capacity.no_day",
            field="again_on",
        )
    if outcome == CapacityOutcome.PROXY and not has_proxy:
        raise CapacityRefusedError(
            "Nobody with confirmed authority decides for this patient. Name that person on the consent’s page and look at the "
            "authority first; or stop, or assess again.",
            code="capacity.no_proxy",
            field="outcome",
        )
