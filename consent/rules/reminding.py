"""Reminders, and the days of an export."""

from __future__ import annotations

from datetime import date

from consent.errors import ExportRefusedError, ReminderRefusedError
from consent.records import ReminderFacts
from consent.vocabulary import NoReminder


def why_no_reminder(facts: ReminderFacts) -> NoReminder | None:
    """Why a patient is not reminded now; None where the next reminder may be sent.

    Any decision stops reminders, and so do a question that waits and a pause that the clinic has to end.
    """
    reasons = (
        (not facts.is_open, NoReminder.DECIDED),
        (not facts.by_mail, NoReminder.NOT_BY_MAIL),
        (not facts.link_works, NoReminder.LINK_OVER),
        (facts.asked_for_none, NoReminder.ASKED_FOR_NONE),
        (not facts.is_reached, NoReminder.NOT_REACHED),
        (facts.sent >= facts.most, NoReminder.ENOUGH),
        (facts.has_question, NoReminder.QUESTION),
        (facts.is_paused, NoReminder.PAUSE),
    )
    return next((reason for is_so, reason in reasons if is_so), None)


def check_reminders(*, first_after_days: int, every_days: int, most: int) -> None:
    """Refuse a policy that would press patients: at most five reminders, and not on the day itself."""
    for name, days in (("first_after_days", first_after_days), ("every_days", every_days)):
        if not 1 <= days <= 30:
            raise ReminderRefusedError(f"Choose 1 to 30 days; {days} was given.", code="reminders.days", field=name)
    if not 0 <= most <= 5:
        raise ReminderRefusedError(
            f"Choose 0 (no reminders) to 5; {most} was given.", code="reminders.most", field="most"
        )


def check_period(since: date, until: date, *, today: date) -> None:
    """A period ends on or after its first day, and not before anything can have been sealed in it."""
    if until < since:
        raise ExportRefusedError(
            f"The last day ({until:%-d %B %Y}) is before the first ({since:%-d %B %Y}).",
            code="export.period",
            field="until",
        )
    if since > today:
        raise ExportRefusedError(
            f"The first day is after today, {today:%-d %B %Y}.", code="export.period", field="since"
        )
