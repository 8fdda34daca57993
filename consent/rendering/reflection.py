"""The time to think, in words."""

from __future__ import annotations

import datetime as dt

from consent.languages import isolated
from consent.rendering.words import Facts, day, moment


def reflection(told: Facts | None, zone: str, *, signed_at: str = "") -> Facts | None:
    """The time to think, in words; None in records of before it was told. `signed_at` adds how much of it was taken."""
    if not told or not told["until"]:
        return None
    agreed = [one["treat_on"] for one in told["sooner"] if one["is_agreed"]]
    return {
        "days": told["days"],
        "opened": moment(told["first_opened_at"], zone),
        "taken": _between(told["first_opened_at"], signed_at) if signed_at else "",
        "until": day(told["until"]),
        "treat_from": day(min([told["until"], *agreed])),
        "sooner": [
            {
                **one,
                "day": day(one["treat_on"]),
                "answered": moment(one["answered_at"], zone),
            }
            for one in told["sooner"]
        ],
    }


def _between(first: str, last: str) -> str:
    """From one ISO 8601 instant to another: 2 d 3 h 15 min, the symbols of the SI in every language."""
    minutes = int((dt.datetime.fromisoformat(last) - dt.datetime.fromisoformat(first)).total_seconds()) // 60
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return isolated(" ".join(f"{count}\u00a0{unit}" for count, unit in parts if count or unit == "min"))
