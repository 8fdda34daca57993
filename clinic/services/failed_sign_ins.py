"""Wrong passwords, codes and passkeys: kept for the account's owner, who is told of a run of them; the clinic's log has the run."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from audit import services as audit
from audit.records import Agent
from clinic.models import FailedSignIn, Membership, User
from clinic.services.mail import has_mail_server, send_mail
from clinic.vocabulary import WrongCredential

RUN, WITHIN = 3, timedelta(minutes=5)
"""So many of one kind within this time, and the owner is told."""
TOLD_EVERY = timedelta(hours=1)
"""And not again sooner, so that a stranger who goes on guessing fills no mailbox."""
KEPT = timedelta(days=30)
MOST_AT_ONCE = 50
TRIED_EVERY = timedelta(minutes=1)
GOOD_FOR = timedelta(hours=1)
"""As long as a message is tried; later it would be news of another time, and the account's page has it."""
SUBJECTS = {
    WrongCredential.PASSWORD: "Wrong passwords for your account",
    WrongCredential.SESSION_PASSWORD: "Wrong passwords in your session",
    WrongCredential.CODE: "Wrong codes for your account",
    WrongCredential.SESSION_CODE: "Wrong codes in your session",
    WrongCredential.PASSKEY: "Refused passkeys for your account",
    WrongCredential.SESSION_PASSKEY: "Refused passkeys in your session",
}
OPEN_SESSION = "If it was not you, sign out everywhere and tell your clinic lead now."
WORDS = {
    WrongCredential.PASSWORD: "Somebody typed a wrong password for your account in Candour {count} times. Nobody was let in "
    "by it. If it was not you, use a password that you use nowhere else, and set up a second factor.",
    WrongCredential.SESSION_PASSWORD: "Somebody typed a wrong password {count} times while you were signed in to Candour. "
    + OPEN_SESSION,
    WrongCredential.CODE: "Somebody who knows your password typed a wrong code {count} times to sign in to Candour as you. "
    "If it was not you, change your password now and tell your clinic lead.",
    WrongCredential.SESSION_CODE: "Somebody typed a wrong code {count} times while you were signed in to Candour. "
    + OPEN_SESSION,
    WrongCredential.PASSKEY: "Somebody tried to sign in to Candour as you with a passkey that was refused, {count} times. "
    "Nobody was let in by it. If it was not you, change your password now and tell your clinic lead.",
    WrongCredential.SESSION_PASSKEY: "A passkey was refused {count} times while you were signed in to Candour. "
    + OPEN_SESSION,
}


@transaction.atomic
def record_failed_sign_in(user: User, kind: WrongCredential, *, at: datetime) -> FailedSignIn:
    """Keep one wrong password, code or passkey. The third within five minutes makes a run: the log has it, and the owner is told.

    The mail is sent by the sweep: a page that sends one takes longer, and would say that there is such an account.
    """
    # Many at once follow each other, so that one run is told once.
    User.objects.select_for_update().get(pk=user.pk)
    lately = FailedSignIn.objects.filter(user=user, kind=kind)
    is_told = lately.filter(is_run=True, failed_at__gt=at - TOLD_EVERY).exists()
    is_run = lately.filter(failed_at__gt=at - WITHIN).count() + 1 >= RUN and not is_told
    row: FailedSignIn = FailedSignIn.objects.create(user=user, kind=kind, failed_at=at, is_run=is_run)
    if is_run:
        # In one order, so that two who wait for the logs of the same clinics do not wait for each other.
        clinics = Membership.objects.current().filter(user=user).order_by("organization")
        for clinic in clinics.values_list("organization", flat=True):
            audit.append(
                "clinic.wrong_credentials",
                agent=Agent("system", "sign-in", clinic, "Candour"),
                occurred_at=at,
                body={"person": str(user.pk), "what": str(kind), "count": RUN},
            )
    return row


def forget_failed_sign_ins(*, at: datetime) -> int:
    """Delete what is older than a month; returns how many."""
    removed, _ = FailedSignIn.objects.filter(failed_at__lt=at - KEPT).delete()
    return removed


def tell_owners(*, at: datetime) -> int:
    """Send what waits; returns how many messages were taken. Without a mail server the account's page says it alone."""
    if not has_mail_server():
        return 0
    due = FailedSignIn.objects.filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=at),
        is_run=True,
        told_at=None,
        failed_at__gt=at - GOOD_FOR,
        user__is_active=True,
    )
    # Whichever waits the longest for its next attempt, so that those that are always refused hold up none.
    fair = due.select_related("user").order_by(Coalesce("next_attempt_at", "failed_at"), "pk")
    return sum(_tell(row, at) for row in fair[:MOST_AT_ONCE])


def _tell(row: FailedSignIn, at: datetime) -> bool:
    # Taken for one try in one statement, so that two sweeps at once send it once.
    untold = FailedSignIn.objects.filter(pk=row.pk, told_at=None)
    if not untold.filter(next_attempt_at=row.next_attempt_at).update(next_attempt_at=at + TRIED_EVERY):
        return False
    kind = WrongCredential(row.kind)
    answer = send_mail(row.user.email, SUBJECTS[kind], WORDS[kind].format(count=RUN) + "\n")
    if answer.is_accepted:
        untold.update(told_at=at)
    return answer.is_accepted
