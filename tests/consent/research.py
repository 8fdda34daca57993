"""A research study and a published text for research, made by the real services."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from audit.records import Agent
from clinic.models import Organization
from consent import services, wording
from consent.models import ConsentTemplate, Study
from consent.records import StudyEdit
from consent.vocabulary import TextType
from tests.cast import NOW
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.writers import publish, save, writer

ROSE = StudyEdit(
    title="DEMO Rose study (fictional)",
    sponsor="Placeholder University (fictional)",
    duration="12 weeks, with 4 visits",
    committee="Pretend Research Ethics Committee",
    committee_reference="26/XX/0001",
    approved_on=date(2026, 10, 5),
    records_seen_by="the sponsor, the committee, and the MHRA",
    compensation="the sponsor’s insurance pays for harm from the product",
    injury_treatment="the clinic treats you without charge",
    contact_study="Dr Nia Penrose, 0117 496 0100",
    contact_rights="Committee office, office@committee.example",
    contact_injury="Harbour Clinic, day and night, 0117 496 0111",
)


def approved_words() -> dict[str, Any]:
    """The draft that Candour ships, with words in place of what stands in brackets."""
    content = copy.deepcopy(wording.research_draft())
    for part in content["sections"]:
        part["text"] = re.sub(r"\[[^\]]*\]", "We tell you.", part["text"])
    return content


def research_text(
    clinic: Organization, content: dict[str, Any] | None = None, *, at: datetime = NOW
) -> ConsentTemplate:
    """A published text for research."""
    draft = services.start_draft(clinic, agent=writer(clinic), at=at, text_type=TextType.RESEARCH)
    return publish(save(draft, content or approved_words()), at=at)


def study_of(clinic: Organization, *, at: datetime = NOW, **changes: Any) -> Study:
    """A study on record."""
    agent = Agent("user", "ada", clinic.pk, "Ada Lead")
    made = services.add_study(clinic, replace(ROSE, **changes), agent=agent, at=at)
    return Study.objects.at(clinic).get(pk=made.pk)


def issue_research(desk: Desk, study: Study | None = None, **changes: Any) -> Handed:
    """A consent to take part in the study, with its link."""
    if services.text_in_force(desk.clinic, on=NOW, text_type=TextType.RESEARCH) is None:
        research_text(desk.clinic)
    return desks.issue(desk, study=study or study_of(desk.clinic), **changes)


def read_all_research(handed: Handed) -> None:
    """As `desk.read_all`, with the question whether it is research answered as well."""
    desks.read_all(handed, check={**desks.ANSWERS["check"], "research": "b"})
