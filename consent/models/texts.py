"""A clinic's consent texts: drafts that are written and read, and published versions that nobody changes again."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization
from consent import gate
from consent.languages import ENGLISH, Language, language
from consent.records import TextInForce, sha256_of
from consent.vocabulary import DraftState, TextType


class ConsentTemplateQuerySet(AppendOnlyQuerySet):
    """Questions about published texts."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(organization=organization)

    def line(self, language: str = ENGLISH, text_type: str = TextType.TREATMENT) -> Self:
        """One line of versions: those of a language and a type, newest first."""
        return self.filter(language=language, type=text_type)

    def in_force_on(self, on: datetime, language: str = ENGLISH, text_type: str = TextType.TREATMENT) -> Self:
        """Those of a line that have begun and not ended, newest first: the first one counts."""
        running = Q(effective_to=None) | Q(effective_to__gt=on)
        return (
            self.line(language, text_type)
            .filter(running, effective_from__lte=on)
            .order_by("-effective_from", "-version")
        )


class ConsentTemplate(AppendOnlyModel, RecordedModel):
    """A clinic's own text, published and then fixed for ever; a newer version supersedes.

    `readability` is what was measured when it was published; `kept` holds what the guard flagged and a named person
    kept, with the reason. A version ends when a newer one begins, or at `effective_to`.
    """

    late_fields: ClassVar = {"type": TextType.TREATMENT.value}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=10, choices=TextType, default=TextType.TREATMENT)
    name = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    language = models.CharField(max_length=20, default=ENGLISH)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    what_changed = models.TextField(blank=True)
    readability = models.JSONField(default=dict)
    kept = models.JSONField(default=list)
    written_by = models.CharField(max_length=600, blank=True)
    published_by = models.CharField(max_length=200, blank=True)
    # Of a translation: who compared it with the English text, and what makes them able to.
    reviewed_by = models.CharField(max_length=300, blank=True)
    published_at = models.DateTimeField()
    effective_from = models.DateTimeField()
    effective_to = models.DateTimeField(null=True)
    supersedes = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    # The English version that this one says in another language; it is offered only while that one is in force.
    translates = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)

    objects: ClassVar[Any] = ConsentTemplateQuerySet.as_manager()

    class Meta:
        ordering = ("-version",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "type", "language", "version"], name="consent_template_line_version"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

    @property
    def spoken(self) -> Language:
        """Its language."""
        return language(self.language)

    @property
    def in_force(self) -> TextInForce:
        """As a Document is composed from it."""
        return TextInForce(
            id=str(self.pk),
            name=self.name,
            version=self.version,
            language=self.language,
            sha256=self.sha256,
            content=self.content,
            readability=self.readability,
        )


class TemplateDraft(RecordedModel):
    """A consent text that is being written. `revision` counts its changes, so that nobody overwrites another's words."""

    late_fields: ClassVar = {"type": TextType.TREATMENT.value}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    type = models.CharField(max_length=10, choices=TextType, default=TextType.TREATMENT)
    name = models.CharField(max_length=200)
    language = models.CharField(max_length=20, default=ENGLISH)
    content = models.JSONField()
    what_changed = models.TextField(blank=True)
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)
    base = models.ForeignKey(ConsentTemplate, on_delete=models.PROTECT, related_name="+", null=True)
    translates = models.ForeignKey(ConsentTemplate, on_delete=models.PROTECT, related_name="+", null=True)
    revision = models.PositiveIntegerField(default=1)
    reviewed_by = models.CharField(max_length=300, blank=True)
    # Who wrote in it, as {"id", "name"}: none of them may publish it.
    writers = models.JSONField(default=list)
    # What was flagged and is kept, as {"key", "kind", "section", "words", "rule", "reason", "by", "at"}.
    kept = models.JSONField(default=list)
    state = models.CharField(max_length=12, choices=DraftState, default=DraftState.OPEN)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ("-changed_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "type", "language"],
                condition=Q(state=DraftState.OPEN),
                name="consent_one_open_draft",
            ),
        )

    def __str__(self) -> str:
        return f"draft of {self.name}, revision {self.revision}"

    @property
    def spoken(self) -> Language:
        """Its language."""
        return language(self.language)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where its links may lead."""
        return gate.hosts_for(self.organization.privacy_notice_url)

    @property
    def findings(self) -> list[gate.Finding]:
        """What a person should look at."""
        return gate.findings(self.content, hosts=self.hosts)

    @property
    def kept_keys(self) -> frozenset[str]:
        """The findings that somebody gave a reason for."""
        return frozenset(str(item["key"]) for item in self.kept)

    @property
    def writer_names(self) -> str:
        """Who wrote in it."""
        return ", ".join(str(writer["name"]) for writer in self.writers)

    def is_writer(self, agent_id: str) -> bool:
        """Whether this person wrote in it."""
        return any(writer["id"] == agent_id for writer in self.writers)

    @property
    def in_force(self) -> TextInForce:
        """As a preview is composed from it."""
        return TextInForce(
            id=str(self.pk),
            name=self.name,
            version=0,
            language=self.language,
            sha256=sha256_of(self.content),
            content=self.content,
            readability=gate.report(self.content, hosts=self.hosts),
        )


class LanguageReview(AppendOnlyModel, RecordedModel):
    """A named person has compared every sentence that Candour says in a language with the English one.

    It holds for the catalogue with this digest: a sentence that changes with an update asks for a new review.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=20)
    catalogue_sha256 = models.CharField(max_length=64)
    reviewed_by = models.CharField(max_length=200)
    qualification = models.CharField(max_length=300)
    entered_by = models.CharField(max_length=200)
    reviewed_at = models.DateTimeField()

    class Meta:
        ordering = ("-reviewed_at",)

    def __str__(self) -> str:
        return f"{self.language} reviewed by {self.reviewed_by}"
