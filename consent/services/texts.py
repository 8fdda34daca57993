"""Consent texts: one person writes a draft, another reads and publishes it, and then nobody changes it again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from audit import services as audit
from audit.records import JSON, Agent
from clinic.models import Organization
from consent import document, gate, rendering, specimen, wording
from consent.errors import IssueRefusedError, PublishRefusedError, StaleDraftError, TemplateTextError
from consent.languages import ENGLISH, LANGUAGES, Language, catalogue_sha256, missing_sentences
from consent.languages import language as language_of
from consent.models import ConsentTemplate, LanguageReview, TemplateDraft
from consent.records import TextEdit, TextInForce, sha256_of, type_of
from consent.vocabulary import DraftState, TextType

SHIPPED_BY = "Candour (shipped with the software)"
# The shipped text needs no beginning of its own: it is what is said where nothing else was published.
SHIPPED_FROM = datetime(2026, 1, 1, tzinfo=UTC)
LEAST_REASON = 10


def text_in_force(
    organization: Organization, *, on: datetime, language: str = ENGLISH, text_type: str = TextType.TREATMENT
) -> ConsentTemplate | None:
    """The newest version of a line that has begun and not ended; None before the clinic's first text."""
    return ConsentTemplate.objects.at(organization).in_force_on(on, language, text_type).first()


def text_to_compose(
    organization: Organization, *, on: datetime, language: str = ENGLISH, text_type: str = TextType.TREATMENT
) -> TextInForce:
    """The text that a Document would be composed from. Raises IssueRefusedError where the clinic's text has ended.

    For research there is none but the clinic's own: an ethics committee approves its words.
    """
    published = text_in_force(organization, on=on, language=language, text_type=text_type)
    if published is not None:
        return published.in_force
    newest = ConsentTemplate.objects.at(organization).line(language, text_type).first()
    if newest is not None:
        raise IssueRefusedError(
            f"No consent text is in force today: version {newest.version} has ended or not begun. Publish a text first.",
            code="template.none_in_force",
        )
    if text_type == TextType.RESEARCH:
        raise IssueRefusedError(
            f"No consent text for research is published{'' if language == ENGLISH else f' in {language_of(language).english_name}'}. "
            "Write one under Consent texts, with the words that the ethics committee approved, and have it published.",
            code="template.no_research_text",
            field="study",
        )
    return _unsaved_shipped(organization, language, on).in_force


def check_is_offered(organization: Organization, language: str, *, on: datetime, text_type: str) -> None:
    """Refuse a language in which no text of this type may be given to a patient."""
    if language not in {one.tag for one in offered_languages(organization, on=on, text_type=text_type)}:
        raise IssueRefusedError(
            f"{language_of(language).english_name} is not offered: its sentences and its text must be reviewed first.",
            code="language.not_offered",
            field="language",
        )


@transaction.atomic
def first_text(
    organization: Organization, *, at: datetime, language: str = ENGLISH, text_type: str = TextType.TREATMENT
) -> ConsentTemplate:
    """The text in force; a clinic without any gets the shipped English one as its version 1, but none for research.

    Raises IssueRefusedError for a language that is not offered.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    if language != ENGLISH:
        check_is_offered(organization, language, on=at, text_type=text_type)
        translated: ConsentTemplate = ConsentTemplate.objects.at(organization).in_force_on(at, language, text_type)[0]
        return translated
    if published := text_in_force(organization, on=at, text_type=text_type):
        return published
    text_to_compose(organization, on=at, text_type=text_type)
    shipped = _unsaved_shipped(organization, ENGLISH, at)
    shipped.save()
    audit.append("consent.template_published", agent=_candour(organization), occurred_at=at, records=[shipped])
    return shipped


@transaction.atomic
def start_draft(
    organization: Organization,
    *,
    agent: Agent,
    at: datetime,
    language: str = ENGLISH,
    text_type: str = TextType.TREATMENT,
) -> TemplateDraft:
    """A draft that begins with the newest text of this language and type; the one that is open, where there is one.

    Raises PublishRefusedError for a translation of a research text that is not published.
    """
    Organization.objects.select_for_update().get(pk=organization.pk)
    existing = TemplateDraft.objects.filter(
        organization=organization, type=text_type, language=language, state=DraftState.OPEN
    ).first()
    if existing is not None:
        return existing
    base = ConsentTemplate.objects.at(organization).line(language, text_type).first()
    content = dict(base.content) if base else _beginning(organization, language, text_type)
    draft = TemplateDraft(
        organization=organization,
        type=text_type,
        translates=_english(organization, text_type) if language != ENGLISH else None,
        name=base.name if base else str(content.get("name") or wording.STANDARD),
        language=language,
        content=content,
        base=base,
        kept=list(base.kept) if base else [],
        created_at=at,
        changed_at=at,
        changed_by=agent.name,
    )
    draft.save()
    audit.append("consent.template_drafted", agent=agent, occurred_at=at, records=[draft])
    return draft


@transaction.atomic
def save_draft(draft_id: uuid.UUID, edit: TextEdit, *, agent: Agent, at: datetime) -> TemplateDraft:
    """Keep what was written. Raises StaleDraftError where somebody else has changed the draft since, and TemplateTextError."""
    draft = _locked(draft_id, edit.revision)
    if type_of(edit.content) != draft.type:
        raise TemplateTextError(
            f"This is a draft for another purpose: {TextType(draft.type).label.lower()}. Nothing was saved.",
            code="template.type",
        )
    gate.check_shape(edit.content, hosts=draft.hosts)
    draft.name, draft.content, draft.what_changed = edit.name, dict(edit.content), edit.what_changed
    draft.starts_on, draft.ends_on, draft.reviewed_by = edit.starts_on, edit.ends_on, edit.reviewed_by
    if not draft.is_writer(agent.id):
        draft.writers = [*draft.writers, {"id": agent.id, "name": agent.name}]
    found = {one.key for one in draft.findings}
    draft.kept = [item for item in draft.kept if item["key"] in found]
    _touch(draft, agent, at)
    audit.append("consent.template_saved", agent=agent, occurred_at=at, records=[draft])
    return draft


@transaction.atomic
def keep_finding(
    draft_id: uuid.UUID, key: str, reason: str, *, revision: int, agent: Agent, at: datetime
) -> TemplateDraft:
    """Keep a flagged word or a hard part, with a reason that whoever publishes and every auditor reads."""
    draft = _locked(draft_id, revision)
    found = next((one for one in draft.findings if one.key == key and one.blocks), None)
    if found is None:
        raise PublishRefusedError(
            "This word is no longer in the draft. Nothing was changed.", code="template.no_finding"
        )
    if len(reason.strip()) < LEAST_REASON:
        raise PublishRefusedError(
            "Say in a sentence why it stays. Whoever publishes the text reads it.",
            code="template.reason",
            field="reason",
        )
    entry = {
        "key": found.key,
        "kind": found.kind,
        "section": found.title,
        "words": found.words,
        "rule": found.why,
        "reason": reason.strip(),
        "by": agent.name,
        "at": at.isoformat(),
    }
    draft.kept = [*(item for item in draft.kept if item["key"] != key), entry]
    if not draft.is_writer(agent.id):
        draft.writers = [*draft.writers, {"id": agent.id, "name": agent.name}]
    _touch(draft, agent, at)
    audit.append("consent.template_claim_kept", agent=agent, occurred_at=at, records=[draft], body={"kept": entry})
    return draft


@transaction.atomic
def carry_on(draft_id: uuid.UUID, *, revision: int, agent: Agent, at: datetime) -> TemplateDraft:
    """Put a draft on top of a version that was published after it began; its words stay as they are."""
    draft = _locked(draft_id, revision)
    draft.base = ConsentTemplate.objects.at(draft.organization).line(draft.language, draft.type).first()
    draft.translates = _english(draft.organization, draft.type) if draft.language != ENGLISH else None
    _touch(draft, agent, at)
    audit.append("consent.template_saved", agent=agent, occurred_at=at, records=[draft])
    return draft


@transaction.atomic
def publish_draft(draft_id: uuid.UUID, *, revision: int, agent: Agent, at: datetime) -> ConsentTemplate:
    """Fix a draft as the next version, by a person who wrote nothing in it. Raises PublishRefusedError and StaleDraftError."""
    draft = _locked(draft_id, revision)
    organization = Organization.objects.select_for_update().get(pk=draft.organization_id)
    versions = ConsentTemplate.objects.at(organization).line(draft.language, draft.type)
    newest = versions.first()
    if newest != draft.base:
        raise StaleDraftError(
            f"Version {newest.version if newest else 0} was published after this draft began. Compare the two, and carry on from it first.",
            code="template.base_changed",
        )
    if draft.language != ENGLISH and draft.translates != _english(organization, draft.type):
        raise StaleDraftError(
            "The English text changed after this translation began. Compare the two, and carry on from it first.",
            code="template.base_changed",
        )
    if newest is not None and newest.translates == draft.translates and newest.sha256 == sha256_of(draft.content):
        raise PublishRefusedError("The draft says the same as the text in force.", code="template.unchanged")
    gate.check_can_publish(draft.content, hosts=draft.hosts, kept=draft.kept_keys, is_writer=draft.is_writer(agent.id))
    if newest is not None and not draft.what_changed.strip():
        raise PublishRefusedError(
            "Say what changed since the last version. Whoever works with it reads that first.",
            code="template.what_changed",
            field="what_changed",
        )
    if draft.language != ENGLISH and not draft.reviewed_by.strip():
        raise PublishRefusedError(
            "Name who compared this translation with the English text, and what makes them able to.",
            code="template.not_reviewed",
            field="reviewed_by",
        )
    begins, ends = _span(draft, organization, at)
    template = ConsentTemplate(
        organization=organization,
        type=draft.type,
        name=draft.name,
        language=draft.language,
        version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
        content=draft.content,
        sha256=sha256_of(draft.content),
        what_changed=draft.what_changed,
        readability=gate.report(draft.content, hosts=draft.hosts),
        kept=draft.kept,
        written_by=draft.writer_names,
        published_by=agent.name,
        published_at=at,
        effective_from=begins,
        effective_to=ends,
        supersedes=newest,
        reviewed_by=draft.reviewed_by,
        translates=draft.translates,
    )
    template.save()
    draft.state = DraftState.PUBLISHED
    _touch(draft, agent, at)
    audit.append("consent.template_published", agent=agent, occurred_at=at, records=[template, draft])
    return template


@transaction.atomic
def review_language(
    organization: Organization, tag: str, *, reviewed_by: str, qualification: str, agent: Agent, at: datetime
) -> LanguageReview:
    """Record that a named person compared every sentence of a language. Raises PublishRefusedError while one is missing."""
    if tag == ENGLISH or tag not in LANGUAGES:
        raise PublishRefusedError("There is nothing to review in this language.", code="language.unknown")
    if left := missing_sentences(tag):
        raise PublishRefusedError(
            f"{left} sentence{'s' if left > 1 else ''} of Candour {'are' if left > 1 else 'is'} not translated yet, so the language cannot be offered.",
            code="language.incomplete",
        )
    review = LanguageReview(
        organization=organization,
        language=tag,
        catalogue_sha256=catalogue_sha256(tag),
        reviewed_by=reviewed_by,
        qualification=qualification,
        entered_by=agent.name,
        reviewed_at=at,
    )
    review.save()
    audit.append("consent.language_reviewed", agent=agent, occurred_at=at, records=[review])
    return review


def offered_languages(
    organization: Organization, *, on: datetime, text_type: str = TextType.TREATMENT
) -> list[Language]:
    """English, and each language whose sentences as they are now, and whose text of today, a named person has reviewed."""
    reviewed = set(LanguageReview.objects.filter(organization=organization).values_list("language", "catalogue_sha256"))
    tags = [tag for tag in LANGUAGES if tag != ENGLISH and (tag, catalogue_sha256(tag)) in reviewed]
    if not tags:
        return [LANGUAGES[ENGLISH]]
    english = text_in_force(organization, on=on, text_type=text_type)
    translated = [(tag, text_in_force(organization, on=on, language=tag, text_type=text_type)) for tag in tags]
    return [LANGUAGES[ENGLISH]] + [
        LANGUAGES[tag]
        for tag, text in translated
        if text is not None and english is not None and text.translates == english
    ]


@transaction.atomic
def discard_draft(draft_id: uuid.UUID, *, revision: int, agent: Agent, at: datetime) -> TemplateDraft:
    """Put a draft aside for good; its words stay in the record."""
    draft = _locked(draft_id, revision)
    draft.state = DraftState.DISCARDED
    _touch(draft, agent, at)
    audit.append("consent.template_discarded", agent=agent, occurred_at=at, records=[draft])
    return draft


def text_to_look_at(organization: Organization, tag: str, *, at: datetime) -> ConsentTemplate | TemplateDraft:
    """The text of a language as far as there is one: in force, being written, or shipped with Candour. Nothing is written."""
    published = text_in_force(organization, on=at, language=tag)
    drafts = TemplateDraft.objects.filter(organization=organization, language=tag, state=DraftState.OPEN)
    draft = drafts.filter(type=TextType.TREATMENT).first()
    return published or draft or _unsaved_shipped(organization, tag, at)


def specimen_of(text: ConsentTemplate | TemplateDraft, *, at: datetime) -> dict[str, Any]:
    """The Document that a made-up patient would read, composed from this text; nothing is written."""
    organization = text.organization
    clinic = {
        "name": organization.name,
        "address": [line.strip() for line in organization.address.splitlines() if line.strip()],
        "emergency_phone": organization.emergency_phone,
        "contact_phone": organization.contact_phone,
        "contact_email": organization.contact_email,
        "privacy_notice_url": organization.privacy_notice_url,
        "location": "",
    }
    facts = specimen.facts(
        text.in_force,
        clinic=clinic,
        time_zone=organization.time_zone,
        place=wording.place(organization.jurisdiction),
        at=at,
    )
    return document.compose(facts)


def specimen_pdf(text: ConsentTemplate | TemplateDraft, *, at: datetime) -> bytes:
    """The same as a PDF, marked "not signed"."""
    return rendering.render_unsigned_copy(specimen_of(text, at=at))


def is_behind(draft: TemplateDraft) -> bool:
    """Whether a translation was begun from an English text that is no longer the newest."""
    return draft.language != ENGLISH and draft.translates != _english(draft.organization, draft.type)


def _english(organization: Organization, text_type: str) -> ConsentTemplate | None:
    newest: ConsentTemplate | None = ConsentTemplate.objects.at(organization).line(ENGLISH, text_type).first()
    return newest


def _beginning(organization: Organization, language: str, text_type: str) -> dict[str, Any]:
    """What the first draft of a line says: what Candour ships; a translated research text begins with the clinic's English one."""
    if text_type == TextType.TREATMENT:
        return wording.shipped(language)
    if language == ENGLISH:
        return wording.research_draft()
    english = _english(organization, text_type)
    if english is None:
        raise PublishRefusedError(
            "Publish the English text for research first: a translation says the same as that one.",
            code="template.no_english",
        )
    return {**english.content, "language": language}


def _locked(draft_id: uuid.UUID, revision: int) -> TemplateDraft:
    draft = (
        TemplateDraft.objects.select_for_update(of=("self",)).select_related("organization", "base").get(pk=draft_id)
    )
    if draft.state != DraftState.OPEN:
        raise StaleDraftError(
            f"This draft was {DraftState(draft.state).label.lower()} by {draft.changed_by}. Nothing was changed.",
            code="template.draft_closed",
        )
    if draft.revision != revision:
        raise StaleDraftError(
            f"{draft.changed_by} changed this draft after you opened it. Nothing of yours was saved yet, and nothing is lost: "
            "compare both below, then save again.",
            code="template.stale_draft",
        )
    return draft


def _touch(draft: TemplateDraft, agent: Agent, at: datetime) -> None:
    draft.revision += 1
    draft.changed_at, draft.changed_by = at, agent.name
    draft.save()


def _span(draft: TemplateDraft, organization: Organization, at: datetime) -> tuple[datetime, datetime | None]:
    """From the first day's beginning, at the earliest now, to the end of the last day; days are the clinic's."""
    zone = ZoneInfo(organization.time_zone)
    begins = max(at, _midnight(draft.starts_on, zone)) if draft.starts_on else at
    ends = _midnight(date.fromordinal(draft.ends_on.toordinal() + 1), zone) if draft.ends_on else None
    if ends is not None and ends <= begins:
        raise PublishRefusedError(
            "The last day lies before the first one, or has gone by.", code="template.span", field="ends_on"
        )
    return begins, ends


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def _unsaved_shipped(organization: Organization, language: str, at: datetime) -> ConsentTemplate:
    content: Mapping[str, JSON] = wording.shipped(language)
    values: dict[str, Any] = {
        "organization": organization,
        "name": str(content["name"]),
        "language": language,
        "version": 1,
        "content": dict(content),
        "sha256": sha256_of(dict(content)),
        "what_changed": "The text that Candour ships.",
        "readability": gate.report(content, hosts=gate.hosts_for(organization.privacy_notice_url)),
        "written_by": SHIPPED_BY,
        "published_by": SHIPPED_BY,
        "published_at": at,
        "effective_from": SHIPPED_FROM,
    }
    return ConsentTemplate(**values)


def _candour(organization: Organization) -> Agent:
    return Agent(kind="system", id="standard-wording", organization_id=organization.pk, name="Candour")
