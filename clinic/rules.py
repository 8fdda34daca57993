"""What must hold before somebody acts. Pure: facts in, a refusal or nothing out."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Collection
from datetime import date
from uuid import UUID
from zoneinfo import available_timezones

from clinic.dates import age_on
from clinic.errors import (
    ConfirmationNeededError,
    InvitationRefusedError,
    PatientRefusedError,
    PlaceRefusedError,
    RequestRefusedError,
    RetentionRefusedError,
    RoleRefusedError,
    SecondFactorRefusedError,
    StaffRefusedError,
    TokenRefusedError,
    WebhookRefusedError,
)
from clinic.records import PatientIdentity, TokenWish, WebhookWish
from clinic.vocabulary import (
    ADULT_AGE,
    ANSWER_MONTHS,
    MORE_ANSWER_MONTHS,
    MOST_RETENTION_YEARS,
    MOST_TOKENS,
    MOST_WEBHOOKS,
    NEEDS_SECOND_PERSON,
    PATIENT_LANGUAGES,
    RETENTION_YEARS,
    TOKEN_DAYS,
    UNUSUAL_AGE,
    RequestKind,
    RequestOutcome,
    Role,
)

SEVERAL_PEOPLE = (" & ", " and ", " / ", " + ", ";")


def check_can_register(identity: PatientIdentity, *, today: date) -> None:
    """Refuse a child and a birth date in the future, by the clinic's own calendar day.

    Somebody under 18 cannot give the consent that Candour records.
    """
    if identity.birth_date > today:
        raise PatientRefusedError(
            f"The birth date {_day(identity.birth_date)} is in the future; today is {_day(today)}. Please check the year.",
            field="birth_date",
            code="patient.birth_date_future",
        )
    age = age_on(identity.birth_date, today)
    if age < ADULT_AGE:
        raise PatientRefusedError(
            f"This person is {age}. Candour records the consent of adults only: a person under {ADULT_AGE} cannot give "
            "it, and nobody can give it for them here.",
            field="birth_date",
            code="patient.under_age",
        )


def unusual(identity: PatientIdentity, *, today: date, namesakes: int) -> list[str]:
    """What a person should look at twice before this patient is registered, each as one sentence."""
    notes = []
    if namesakes:
        others = "another patient" if namesakes == 1 else f"{namesakes} other patients"
        notes.append(f"There is {others} with this name and birth date. Records are never merged by themselves.")
    age = age_on(identity.birth_date, today)
    if age > UNUSUAL_AGE:
        notes.append(f"By this birth date the patient is {age} years old.")
    if any(sign in identity.full_name for sign in SEVERAL_PEOPLE):
        notes.append("This name looks like two people. A consent has one patient.")
    if any(label.startswith("xn--") for label in identity.email.rpartition("@")[2].split(".")):
        notes.append("The e-mail address has letters of another script in its domain (xn--).")
    return notes


def check_confirmed(notes: Collection[str], *, is_confirmed: bool) -> None:
    """Unusual input needs a tick."""
    if notes and not is_confirmed:
        raise ConfirmationNeededError(
            " ".join(notes) + " If this is right, tick the box and send again.", field="is_confirmed"
        )


def check_place(jurisdiction: str, time_zone: str, known_places: Collection[str]) -> None:
    """A jurisdiction is an ISO 3166 code, a time zone a name of the IANA database."""
    if jurisdiction not in known_places and jurisdiction[:3] not in {f"{place}-" for place in known_places}:
        raise PlaceRefusedError(
            f"“{jurisdiction}” is not an ISO 3166 code such as GB, US-CA or DE.",
            field="jurisdiction",
            code="place.jurisdiction",
        )
    if time_zone not in available_timezones():
        raise PlaceRefusedError(
            f"“{time_zone}” is not a time zone such as Europe/London.", field="time_zone", code="place.time_zone"
        )


def check_short_code(short_code: str) -> None:
    """References of documents begin with it: two to four capital letters."""
    if not re.fullmatch(r"[A-Z]{2,4}", short_code):
        raise PlaceRefusedError(
            f"The short code is two to four capital letters, such as HC, but is “{short_code}”.",
            field="short_code",
            code="place.short_code",
        )


def check_can_close(*, is_last: bool, is_closed: bool) -> None:
    """A clinic keeps at least one location."""
    if is_closed:
        raise PlaceRefusedError("This location was closed before.", code="place.closed")
    if is_last:
        raise PlaceRefusedError("This is the clinic's only location. Add another one first.", code="place.last")


def check_is_new_person(*, is_known: bool) -> None:
    """Somebody who has an account joins with it, and does not get a second one."""
    if is_known:
        raise InvitationRefusedError(
            "There is an account with this address already. Sign in with it, then open the link again.",
            code="invitation.known_person",
        )


def check_is_practitioner(roles: Collection[Role]) -> None:
    """Only practitioners are printed on documents."""
    if Role.PRACTITIONER not in roles:
        raise StaffRefusedError("This person is not a practitioner here.", code="staff.not_practitioner")


def check_is_waiting(*, is_waiting: bool) -> None:
    """A proposal is decided once."""
    if not is_waiting:
        raise RoleRefusedError("This proposal was decided before.", code="role.decided")


def check_can_invite(roles: Collection[Role], *, is_member: bool) -> None:
    """An invitation names at least one role, and nobody is invited twice."""
    if not roles:
        raise StaffRefusedError("Choose at least one role.", field="roles", code="staff.no_role")
    if is_member:
        raise StaffRefusedError(
            "This person already works here. Propose a role for them instead.", field="email", code="staff.member"
        )


def check_can_accept(*, is_open: bool, invited_email: str, signed_in_email: str | None) -> None:
    """An invitation works once, for the address it was made for."""
    if not is_open:
        raise InvitationRefusedError(
            "This invitation was used, withdrawn or is older than seven days. Ask for a new one.",
            code="invitation.closed",
        )
    if signed_in_email is not None and signed_in_email != invited_email:
        raise InvitationRefusedError(
            f"This invitation is for {invited_email}, but you are signed in as {signed_in_email}. Sign out first.",
            code="invitation.other_person",
        )


def check_can_remove(*, is_last_lead: bool, is_removed: bool) -> None:
    """A clinic keeps at least one lead."""
    if is_removed:
        raise StaffRefusedError("This person was removed before.", code="staff.removed")
    if is_last_lead:
        raise StaffRefusedError(
            "This is the clinic's last lead. Make somebody else a clinic lead first.", code="staff.last_lead"
        )


def check_can_propose(role: Role, held: Collection[Role], *, proposer: UUID, person: UUID, is_waiting: bool) -> None:
    """A role is proposed for somebody else who does not have it."""
    if role in held:
        raise RoleRefusedError(f"This person is {role.label.lower()} already.", field="role", code="role.held")
    if is_waiting:
        raise RoleRefusedError(
            "This role was proposed and waits for a second person.", field="role", code="role.waiting"
        )
    if role in NEEDS_SECOND_PERSON and proposer == person:
        raise RoleRefusedError(
            "Nobody proposes such a role for themselves. Ask another clinic lead.", field="role", code="role.self"
        )


def check_can_confirm(*, proposer: UUID | None, person: UUID, decider: UUID, is_waiting: bool) -> None:
    """The second person is neither who proposed the role nor who receives it."""
    check_is_waiting(is_waiting=is_waiting)
    if decider == person:
        raise RoleRefusedError("Nobody confirms a role for themselves.", code="role.self")
    if decider == proposer:
        raise RoleRefusedError(
            "You proposed this role, so another clinic lead must confirm it. Where there is no second lead, whoever "
            "runs this installation confirms it with: manage.py confirm_role EMAIL ROLE",
            code="role.same_person",
        )


def check_can_withdraw(role: Role, held: Collection[Role], *, is_last_lead: bool) -> None:
    """A role in force can be ended, but not the last lead's."""
    if role not in held:
        raise RoleRefusedError(f"This person is not {role.label.lower()}.", field="role", code="role.not_held")
    if role == Role.CLINIC_LEAD and is_last_lead:
        raise RoleRefusedError(
            "This is the clinic's last lead. Make somebody else a clinic lead first.",
            field="role",
            code="staff.last_lead",
        )


def check_can_reset_second_factor(*, resetter: UUID, person: UUID, works_elsewhere: bool, has_factors: bool) -> None:
    """A lead helps a colleague, not themselves, and not somebody whom another clinic relies on as well."""
    if resetter == person:
        raise SecondFactorRefusedError("Use a recovery code, or ask another clinic lead.", code="second_factor.self")
    if works_elsewhere:
        raise SecondFactorRefusedError(
            "This person works in another clinic too. Whoever runs this installation resets it with: "
            "manage.py reset_second_factor EMAIL",
            code="second_factor.elsewhere",
        )
    check_has_factors(has_factors=has_factors)


def check_has_factors(*, has_factors: bool) -> None:
    """There is something to reset."""
    if not has_factors:
        raise SecondFactorRefusedError("This person has no second factor to reset.", code="second_factor.none")


def check_can_make_token(wish: TokenWish, roles: Collection[Role], *, live: int, is_own: bool) -> None:
    """A token is one's own, has a name and an end, and opens what its person may open."""
    if not is_own:
        raise TokenRefusedError("A token is made by the person whose name it acts in.", code="token.own")
    if not roles:
        raise TokenRefusedError(
            "You have no role here yet, so a token would open nothing. A clinic lead can propose one.",
            code="token.no_role",
        )
    if not wish.name.strip():
        raise TokenRefusedError("Say what the token is for.", field="name", code="token.name")
    if wish.days not in TOKEN_DAYS:
        raise TokenRefusedError(
            f"A token lives for {', '.join(map(str, TOKEN_DAYS))} days. Choose one of them.",
            field="days",
            code="token.days",
        )
    if live >= MOST_TOKENS:
        raise TokenRefusedError(
            f"You have {live} tokens that work. Revoke those that nobody uses, then make a new one.",
            code="token.too_many",
        )


def check_can_revoke_token(*, is_revoked: bool) -> None:
    """A token ends once."""
    if is_revoked:
        raise TokenRefusedError("This token was revoked before.", code="token.revoked")


def check_can_add_webhook(wish: WebhookWish, *, offered: Collection[str], in_use: Collection[str]) -> None:
    """An address wants to know something that there is to know, and is there once."""
    if not wish.kinds or wish.kinds - set(offered):
        raise WebhookRefusedError("Choose what the address is told.", field="kinds", code="webhook.kinds")
    if wish.url in in_use:
        raise WebhookRefusedError("This address is told already. Stop it first.", field="url", code="webhook.known")
    if len(in_use) >= MOST_WEBHOOKS:
        raise WebhookRefusedError(
            f"{MOST_WEBHOOKS} addresses are told already. Stop one that is not needed.", code="webhook.too_many"
        )


def check_can_stop_webhook(*, is_stopped: bool) -> None:
    """An address is stopped once."""
    if is_stopped:
        raise WebhookRefusedError("This address was stopped before.", code="webhook.stopped")


def check_can_send_again(*, is_dead: bool, is_stopped: bool) -> None:
    """Only what was given up is sent again, and not to an address that was stopped."""
    if is_stopped:
        raise WebhookRefusedError("This address was stopped. Add it again to tell it more.", code="webhook.stopped")
    if not is_dead:
        raise WebhookRefusedError("This message is delivered or still on its way.", code="webhook.not_dead")


def _day(value: date) -> str:
    return f"{value.day} {value:%B} {value.year}"


def check_language(tag: str) -> None:
    """A preferred language is one of the list, or none."""
    if tag and tag not in PATIENT_LANGUAGES:
        raise PatientRefusedError(
            f"“{tag[:20]}” is not one of: {', '.join(PATIENT_LANGUAGES)}.", field="language", code="patient.language"
        )


def check_can_correct(*, changed: Collection[str], reason: str, seen: int, corrections: int) -> None:
    """A correction changes something, says why, and is made on what is on record now."""
    if seen != corrections:
        raise PatientRefusedError(
            "Somebody else has corrected this record since you opened it. Look at it again, then correct it.",
            code="patient.stale",
        )
    if not changed:
        raise PatientRefusedError("Nothing is different from what is on record.", code="patient.unchanged")
    if not reason.strip():
        raise PatientRefusedError(
            "Say why: for example, a spelling mistake, or a new telephone number.",
            field="reason",
            code="patient.reason",
        )


def check_can_merge(
    *, is_same: bool, is_same_clinic: bool, is_merged: bool, has_merged: bool, is_erased: bool, reason: str
) -> None:
    """Two records of one clinic, both standing for themselves, with a reason."""
    if is_same:
        raise PatientRefusedError("Choose another record: this is the same one.", field="into", code="merge.itself")
    if not is_same_clinic:
        raise PatientRefusedError("There is no such patient in this clinic.", field="into", code="patient.unknown")
    if is_erased:
        raise PatientRefusedError("An erased record cannot be merged: nobody can compare it.", code="patient.erased")
    if is_merged:
        raise PatientRefusedError(
            "One of the two is merged into another record already. Merge with that one, or undo it first.",
            code="merge.merged",
        )
    if has_merged:
        raise PatientRefusedError(
            "Another record is merged into this one. Merge the other way round, or undo that first.", code="merge.chain"
        )
    if not reason.strip():
        raise PatientRefusedError("Say how you know that both are one person.", field="reason", code="patient.reason")


def check_can_unmerge(*, is_merged: bool, reason: str) -> None:
    """Only what is merged is taken apart, with a reason."""
    if not is_merged:
        raise PatientRefusedError("This record is not merged into another one.", code="merge.none")
    if not reason.strip():
        raise PatientRefusedError("Say why these are two people.", field="reason", code="patient.reason")


def check_retention(*, years: int, source: str, reason: str) -> None:
    """Patients are told “at least 8 years”, so no clinic keeps a record for less; and it says why it decided so."""
    if not RETENTION_YEARS <= years <= MOST_RETENTION_YEARS:
        raise RetentionRefusedError(
            f"A record is kept for {RETENTION_YEARS} to {MOST_RETENTION_YEARS} years after its last entry. "
            f"Patients are told that it is at least {RETENTION_YEARS}.",
            field="years",
            code="retention.years",
        )
    if not source.strip():
        raise RetentionRefusedError(
            "Name what the decision rests on, such as the advice of your insurer.",
            field="source",
            code="retention.source",
        )
    if not reason.strip():
        raise RetentionRefusedError("Say why.", field="reason", code="retention.reason")


def check_can_hold(*, is_erased: bool, reason: str) -> None:
    """A hold is set on a record that is there, with a reason."""
    if is_erased:
        raise RetentionRefusedError("This record was disposed of; there is nothing left to hold.", code="hold.erased")
    if not reason.strip():
        raise RetentionRefusedError("Say why the record must be kept.", field="reason", code="hold.reason")


def check_can_lift(*, is_lifted: bool, reason: str) -> None:
    """A hold is lifted once, with a reason."""
    if is_lifted:
        raise RetentionRefusedError("This hold was lifted before.", code="hold.lifted")
    if not reason.strip():
        raise RetentionRefusedError("Say why the hold is no longer needed.", field="reason", code="hold.reason")


def months_after(day: date, months: int) -> date:
    """The same day of a later month; the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def due_on(received_on: date, *, is_extended: bool = False) -> date:
    """The last day on which a request is answered in time: one calendar month, or three where it was extended."""
    return months_after(received_on, ANSWER_MONTHS + (MORE_ANSWER_MONTHS if is_extended else 0))


def check_can_receive(*, is_erased: bool, received_on: date, registered_on: date, today: date) -> None:
    """A request is about a record that is there, and came in before today's end."""
    if is_erased:
        raise RequestRefusedError(
            "This record was disposed of; there is nothing left to ask for.", code="request.erased"
        )
    if received_on > today:
        raise RequestRefusedError(
            f"The day is in the future; today is {_day(today)}.", field="received_on", code="request.future"
        )
    if received_on < registered_on:
        raise RequestRefusedError(
            f"This patient is on record since {_day(registered_on)}. Check the year.",
            field="received_on",
            code="request.before_record",
        )


def check_can_extend(*, is_answered: bool, is_extended: bool, due_on: date, today: date, reason: str) -> None:
    """Once, while the first month runs, and the patient is told why (UK GDPR, Article 12(3))."""
    if is_answered:
        raise RequestRefusedError("This request was answered before.", code="request.answered")
    if is_extended:
        raise RequestRefusedError("The time for this request was extended before.", code="request.extended")
    if today > due_on:
        raise RequestRefusedError(
            f"The time ended on {_day(due_on)}. It can be extended only while it runs: answer now.",
            code="request.overdue",
        )
    if not reason.strip():
        raise RequestRefusedError(
            "Say why more time is needed, as you tell the patient.", field="reason", code="request.reason"
        )


def check_can_answer(
    kind: RequestKind, outcome: RequestOutcome, *, is_answered: bool, is_kept: bool, words: str
) -> None:
    """Once, in words. An erasure is done by disposing of the record, and refused only while something keeps it."""
    if is_answered:
        raise RequestRefusedError("This request was answered before.", code="request.answered")
    if kind == RequestKind.ERASURE and outcome == RequestOutcome.DONE:
        raise RequestRefusedError(
            "Erasing is an act of two people: propose to dispose of the record. The request is answered by that.",
            field="outcome",
            code="request.erasure",
        )
    if kind == RequestKind.ERASURE and not is_kept:
        raise RequestRefusedError(
            "Nothing keeps this record, so erasing it cannot be refused: propose to dispose of it. Where it is needed for "
            "a claim, set a hold first.",
            code="request.not_kept",
        )
    if not words.strip():
        raise RequestRefusedError("Write what the patient is told.", field="words", code="request.words")
