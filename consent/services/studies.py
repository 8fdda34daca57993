"""Research studies: put on record, changed by a new version, closed."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from audit import services as audit
from audit.records import Agent
from clinic.models import Organization
from clinic.records import clean_text
from consent import rules
from consent.models import Consent, Study, StudyVersion
from consent.records import StudyEdit

LONGEST_REASON = 500


@transaction.atomic
def add_study(organization: Organization, edit: StudyEdit, *, agent: Agent, at: datetime) -> Study:
    """Put a study on record, as far as it is known. Raises StudyRefusedError."""
    said = _clean(edit)
    rules.check_study(said, today=organization.local_date(at))
    study = Study(organization=organization, created_at=at)
    study.save(force_insert=True)
    version = _write(study, said, 1, "", agent, at)
    audit.append(
        "consent.study_added", agent=agent, occurred_at=at, records=[study, version], body={"title": said.title}
    )
    return study


@transaction.atomic
def change_study(study_id: uuid.UUID, edit: StudyEdit, *, what_changed: str, agent: Agent, at: datetime) -> Study:
    """Put a new version on record; what was said before stays. Raises StudyRefusedError."""
    study = _locked(study_id)
    before, said = study.current, _clean(edit)
    rules.check_study(said, today=study.organization.local_date(at))
    rules.check_can_change_study(is_closed=study.is_closed, is_same=said == before.said, what_changed=what_changed)
    words = clean_text(what_changed, most=LONGEST_REASON, field="what_changed")
    version = _write(study, said, before.number + 1, words, agent, at)
    audit.append(
        "consent.study_changed",
        agent=agent,
        occurred_at=at,
        records=[version],
        body={"title": said.title, "version": version.number},
    )
    return Study.objects.at(study.organization).get(pk=study.pk)


@transaction.atomic
def close_study(study_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> Study:
    """Close a study for good: nobody joins it any more. Raises StudyRefusedError."""
    study = _locked(study_id)
    rules.check_can_close_study(is_closed=study.is_closed, reason=reason)
    study.closed_at, study.closed_by, study.closed_by_name = at, agent.id, agent.name or agent.id
    study.closed_reason = clean_text(reason, most=LONGEST_REASON, field="reason")
    study.save(update_fields=["closed_at", "closed_by", "closed_by_name", "closed_reason"])
    audit.append(
        "consent.study_closed",
        agent=agent,
        occurred_at=at,
        records=[study],
        body={"title": study.current.title},
    )
    return study


def hold_study(consent: Consent) -> None:
    """Lock the study that an act is about to join, if it is one: whoever closes it meanwhile waits, and finds what was written."""
    if consent.study_id:
        consent.study = Study.objects.select_for_update().get(pk=consent.study_id)


def _locked(study_id: uuid.UUID) -> Study:
    study: Study = Study.objects.select_for_update(of=("self",)).select_related("organization").get(pk=study_id)
    return study


def _write(study: Study, said: StudyEdit, number: int, words: str, agent: Agent, at: datetime) -> StudyVersion:
    version = StudyVersion(
        study=study,
        number=number,
        what_changed=words,
        written_by=agent.id,
        written_by_name=agent.name or agent.id,
        written_at=at,
        **vars(said),
    )
    version.save()
    return version


def _clean(edit: StudyEdit) -> StudyEdit:
    """Every line as it is kept: trimmed, of one line, and no longer than its column."""
    lines = {
        name: clean_text(words, most=most, lines=False, field=name) if words.strip() else ""
        for name, most in rules.STUDY_MOST.items()
        if isinstance(words := getattr(edit, name), str)
    }
    return StudyEdit(approved_on=edit.approved_on, **lines)
