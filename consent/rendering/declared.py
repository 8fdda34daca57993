"""The page of the practitioner's declaration."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext

from consent.rendering.fragments import Fragment, fragment
from consent.rendering.reflection import reflection
from consent.rendering.words import REVIEW_WORDS, Facts, batch_of, day, experimental_notice, hexadecimal, moment, who
from consent.vocabulary import CapacityOutcome, Credential, TalkOutcome


def completion(document: Facts, declaration: Facts) -> Fragment:
    """The practitioner's declaration: one page that names the signed record by its SHA-256."""
    return fragment(
        "completion",
        {
            **who(document),
            "declaration": declaration,
            "batch": batch_of(document),
            "notice": experimental_notice(document),
            "declared": moment(declaration["declared_at"], document["time_zone"]),
            "reviews": [
                {
                    **review,
                    "words": gettext(REVIEW_WORDS[review["decision"]]),
                    "when": moment(review["decided_at"], document["time_zone"]),
                }
                for review in declaration.get("reviews", [])
            ],
            "digest": hexadecimal(declaration["signed_record_sha256"]),
            "reflection": reflection(declaration.get("reflection"), document["time_zone"]),
            "talks": talks(declaration.get("talks", ()), document["time_zone"]),
            "doubts": doubts(declaration.get("doubts", ()), document["time_zone"]),
            "credential": gettext(Credential(declaration["credential"]).label) if declaration.get("credential") else "",
        },
    )


def talks(told: Sequence[Facts], zone: str) -> list[Facts]:
    """Conversations of the practitioner, in words."""
    return [
        {
            **one,
            "words": gettext(TalkOutcome(one["outcome"]).label),
            "when": moment(one["held_at"], zone),
        }
        for one in told
    ]


def doubts(told: Sequence[Facts], zone: str) -> list[Facts]:
    """Doubts about capacity with what a clinician found, in words."""
    return [
        {
            **one,
            "words": gettext(CapacityOutcome(one["outcome"]).label),
            "again": day(one["again_on"]) if one.get("again_on") else "",
            "when": moment(one["decided_at"], zone),
        }
        for one in told
    ]
