"""The time to think as sealed records tell it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from consent.models import Consent
from consent.records import utc_text


def reflection_told(consent: Consent, *, until: datetime) -> dict[str, Any]:
    """What the text promised, when it was first opened, and who shortened it, as far as it was so at `until`.

    Days are the clinic's local days.
    """
    opened, whole = consent.first_opened_at, consent.thinking_until
    asked = [row for row in consent.sooner_requests.all() if row.document_id == consent.document_id]
    answered = [row for row in asked if not row.is_open and row.answer.answered_at <= until]
    return {
        "days": consent.days_to_think,
        "first_opened_at": utc_text(opened) if opened else None,
        "until": whole.isoformat() if whole else None,
        "sooner": [
            {
                "treat_on": row.treat_on.isoformat(),
                "reason": row.reason,
                "asked_by": row.asked_by_name,
                "asked_at": utc_text(row.asked_at),
                "is_agreed": row.is_agreed,
                "answered_at": utc_text(row.answer.answered_at),
            }
            for row in answered
        ],
    }
