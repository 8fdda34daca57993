"""The way a batch took: earlier versions of the parties in the chain, and who had the batch when."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from products.models.batch import Batch
from products.models.claim import Evidence
from products.models.product import Party
from products.models.version import Version
from products.vocabulary import CustodyAct


class PartyVersion(Version):
    """One version of a party: name, role, country and GLN."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="versions")

    class Meta(Version.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("party", "number", name="party_version_once"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="party_correction_says_why"),
        ]


class CustodyEventQuerySet(AppendOnlyQuerySet):
    def in_force(self) -> CustodyEventQuerySet:
        """Those that no later event corrects and that were not recorded by mistake, the earliest first."""
        return self.filter(superseded_by=None).exclude(act=CustodyAct.VOID)


class CustodyEvent(AppendOnlyModel, RecordedModel):
    """One handing over of a batch: who shipped or received it, and on which day. Without a party it is this clinic."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="custody_events")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="custody_events")
    act = models.CharField(max_length=12, choices=CustodyAct.choices)
    happened_on = models.DateField()
    note = models.CharField(max_length=500, blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="custody_events")
    supersedes = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="superseded_by")
    correction_reason = models.CharField(max_length=500, blank=True, help_text="why an earlier event was replaced")
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[CustodyEventQuerySet] = CustodyEventQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["happened_on", "recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(correction_reason=""), name="custody_correction_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(act=CustodyAct.VOID) | Q(supersedes__isnull=False), name="custody_void_names_its_event"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_act_display()} on {self.happened_on}"
