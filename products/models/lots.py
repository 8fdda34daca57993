"""The lot graph: donor codes, donations, pools, cell banks, lots, and how each came out of another.

A vial (Unit) and a batch that was received here stand in their own tables. The filled lot of a batch has a node as soon
as something is said about where it came from; a vial has none, because its batch is all that it came from.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models
from django.db.models import F, Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, RecordedModel
from clinic.models import Organization
from products.models.batch import Batch
from products.models.claim import Evidence
from products.models.product import Party
from products.models.version import Version
from products.vocabulary import Basis, LotKind, LotLink


class LotNodeQuerySet(models.QuerySet["LotNode"]):
    def at(self, organization: Organization) -> LotNodeQuerySet:
        """Those in this clinic's graph."""
        return self.filter(organization=organization)


class LotNode(RecordedModel):
    """One place in the graph, by the code that its maker gave it. A donor is a code: never a name, never a birth date.

    Lots of different makers may have one code, so `party` is who gave it. An empty code is one that is not stated.
    What is above a filled lot is what a supplier says (`basis`), with its evidence where there is some.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=LotKind.choices)
    code = models.CharField(max_length=60, blank=True)
    party = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="+")
    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, null=True, related_name="lot_node")
    tissue = models.CharField(max_length=120, blank=True)
    species = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1, two letters; empty is not stated")
    consent_reference = models.CharField(max_length=120, blank=True)
    screening = models.JSONField(null=True, help_text='{"HIV1_2": "negative", ...}; null is not stated')
    tse_statement = models.CharField(max_length=500, blank=True)
    passage = models.PositiveSmallIntegerField(null=True)
    donation_code = models.CharField(max_length=60, blank=True, help_text="an ISBT 128 DIN or Single European Code")
    note = models.CharField(max_length=500, blank=True)
    basis = models.CharField(max_length=16, choices=Basis.choices, default=Basis.STATED)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="lot_nodes")

    objects: ClassVar[LotNodeQuerySet] = LotNodeQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["code", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "organization",
                "party",
                "kind",
                "code",
                condition=~Q(code="") & Q(batch__isnull=True),
                name="lot_node_code_once_per_maker",
            ),
            models.UniqueConstraint(
                "organization",
                "kind",
                "code",
                condition=~Q(code="") & Q(batch__isnull=True, party__isnull=True),
                name="lot_node_code_once_without_maker",
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=True) | Q(kind=LotKind.FILLED_LOT), name="lot_node_of_a_batch_is_a_filled_lot"
            ),
            models.CheckConstraint(condition=~Q(kind=LotKind.UNIT), name="lot_node_is_no_unit"),
        ]

    def __str__(self) -> str:
        return self.code or f"{self.get_kind_display()}, code not stated"


class LotNodeVersion(Version):
    """One version of what is said about a node."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    node = models.ForeignKey(LotNode, on_delete=models.PROTECT, related_name="versions")

    class Meta(Version.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("node", "number", name="lot_node_version_once"),
            models.CheckConstraint(condition=Q(number=1) | ~Q(reason=""), name="lot_node_correction_says_why"),
        ]


class LotEdgeQuerySet(AppendOnlyQuerySet):
    def in_force(self) -> LotEdgeQuerySet:
        """Those that were not taken back."""
        return self.filter(withdrawal=None)

    def stated_for_batch(self, batch: Batch) -> LotEdgeQuerySet:
        """Those that this batch's papers state, or that hold for any batch."""
        return self.filter(Q(stated_for=batch) | Q(stated_for=None))

    def above(self, nodes: Iterable[UUID]) -> LotEdgeQuerySet:
        """Those that lead into these nodes."""
        return self.in_force().filter(downstream__in=list(nodes))

    def below(self, nodes: Iterable[UUID]) -> LotEdgeQuerySet:
        """Those that lead out of these nodes."""
        return self.in_force().filter(upstream__in=list(nodes))


class LotEdge(AppendOnlyModel, RecordedModel):
    """`downstream` came out of `upstream`. `stated_for` is the batch on whose papers it is said, None for any batch.

    Two batches' papers may tell two stories about one cell bank: each keeps its own, and the trace shows both.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    upstream = models.ForeignKey(LotNode, on_delete=models.PROTECT, related_name="edges_below")
    downstream = models.ForeignKey(LotNode, on_delete=models.PROTECT, related_name="edges_above")
    link = models.CharField(max_length=16, choices=LotLink.choices)
    stated_for = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, related_name="lot_statements")
    basis = models.CharField(max_length=16, choices=Basis.choices, default=Basis.STATED)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, null=True, related_name="lot_edges")
    note = models.CharField(max_length=500, blank=True)
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    objects: ClassVar[LotEdgeQuerySet] = LotEdgeQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(upstream=F("downstream")), name="lot_edge_joins_two_nodes"),
        ]

    def __str__(self) -> str:
        return f"{self.downstream_id} {self.link} {self.upstream_id}"


class LotEdgeWithdrawal(AppendOnlyModel, RecordedModel):
    """An edge was taken back, because it was wrong. The edge itself stays readable."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    edge = models.OneToOneField(LotEdge, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=500)
    recorded_by = models.CharField(max_length=64)
    recorded_by_name = models.CharField(max_length=120)
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["recorded_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(reason=""), name="lot_edge_withdrawal_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.edge_id} taken back"
