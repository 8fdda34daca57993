"""Who writes and publishes consent texts in our tests, by the real services."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

from audit.records import Agent
from clinic.models import Organization
from consent import services
from consent.models import ConsentTemplate, TemplateDraft
from consent.records import TextEdit
from tests.cast import NOW

HOUR = timedelta(hours=1)


def writer(clinic: Organization, name: str = "Ada Lead") -> Agent:
    """A person of this clinic, by name."""
    return Agent("user", name, clinic.pk, name)


def begin(clinic: Organization, *, at: datetime = NOW) -> TemplateDraft:
    """A draft that follows the text in force."""
    services.first_text(clinic, at=at)
    return services.start_draft(clinic, agent=writer(clinic), at=at)


def content_with(draft: TemplateDraft, kind: str, text: str) -> dict[str, Any]:
    """The draft's content with other words in the part of this kind."""
    content: dict[str, Any] = copy.deepcopy(draft.content)
    for part in content["sections"]:
        if part["kind"] == kind:
            part["text"] = text
    return content


def edit(draft: TemplateDraft, content: dict[str, Any] | None = None, **changes: Any) -> TextEdit:
    """What the page of this draft sends."""
    return TextEdit(
        **{
            "revision": draft.revision,
            "name": draft.name,
            "content": draft.content if content is None else content,
            "what_changed": "Said better.",
            "starts_on": None,
            "ends_on": None,
            **changes,
        }
    )


def save(
    draft: TemplateDraft, content: dict[str, Any] | None = None, *, by: str = "Ada Lead", **changes: Any
) -> TemplateDraft:
    """Saved by this person."""
    return services.save_draft(
        draft.pk, edit(draft, content, **changes), agent=writer(draft.organization, by), at=NOW + HOUR
    )


def publish(draft: TemplateDraft, *, by: str = "Ben Lead", at: datetime = NOW + 2 * HOUR) -> ConsentTemplate:
    """Published by this person."""
    return services.publish_draft(draft.pk, revision=draft.revision, agent=writer(draft.organization, by), at=at)


def new_version(clinic: Organization, text: str = "Keep it clean, and call us.", **changes: Any) -> ConsentTemplate:
    """A published version with other words about aftercare."""
    draft = begin(clinic)
    return publish(save(draft, content_with(draft, "aftercare", text), **changes))
