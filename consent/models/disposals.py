"""The end of a patient's record: proposed by one lead, confirmed or declined by another, with a certificate of what was destroyed."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization, Patient
from consent.vocabulary import Credential


class DisposalQuerySet(AppendOnlyQuerySet):
    """Questions about the ends of records."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic."""
        return self.filter(organization=organization)


class ProposalQuerySet(DisposalQuerySet):
    """Questions about proposals."""

    def open(self) -> Self:
        """Those on which no second person has decided."""
        return self.filter(refusal=None, certificate=None)


class DisposalProposal(AppendOnlyModel, RecordedModel):
    """One lead proposes to dispose of everything of a patient. The reason outlives the record, so it may name nobody.

    `numbers` are the patient numbers that it is about: those of every record that is merged into this one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="disposals")
    numbers = models.JSONField()
    reason = models.CharField(max_length=500)
    proposed_by = models.CharField(max_length=64)
    proposed_by_name = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()

    objects: ClassVar[ProposalQuerySet] = ProposalQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering = ("-proposed_at",)

    def __str__(self) -> str:
        return f"disposal of {self.patient_id}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for a second person."""
        return not hasattr(self, "refusal") and not hasattr(self, "certificate")


class DisposalRefusal(AppendOnlyModel, RecordedModel):
    """The proposal was declined by another lead, or taken back by who made it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    proposal = models.OneToOneField(DisposalProposal, on_delete=models.PROTECT, related_name="refusal")
    reason = models.CharField(max_length=500)
    decided_by = models.CharField(max_length=64)
    decided_by_name = models.CharField(max_length=200)
    decided_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"no to {self.proposal_id}"


class DisposalCertificate(AppendOnlyModel, RecordedModel):
    """That a record was destroyed: who, when, why, under which policy, what is gone and what is left.

    `text` is the certificate as it is handed out, `sha256` its digest, `facts` the same for a page to show.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    proposal = models.OneToOneField(DisposalProposal, on_delete=models.PROTECT, related_name="certificate")
    confirmed_by = models.CharField(max_length=64)
    confirmed_by_name = models.CharField(max_length=200)
    credential = models.CharField(max_length=20, choices=Credential)
    disposed_at = models.DateTimeField()
    facts: Any = models.JSONField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)

    objects: ClassVar[DisposalQuerySet] = DisposalQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering = ("-disposed_at",)

    def __str__(self) -> str:
        return f"certificate of {self.proposal_id}"
