"""What happens to a batch: its moves, its temperature, its vials, its way here, and what it was made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.response import Response

from clinic.rest import ActView, ListView, ReadView
from clinic.vocabulary import Role
from products.api.batches import BatchAct
from products.api.found import batch_of, product_of
from products.errors import CustodyRefusedError, UnitCountError
from products.lineage import Trace, trace_of
from products.models import Batch, LotNode, MarketingClaim, Party, TemperatureRecord, Unit
from products.serializers.drafts import ReasonSerializer, upload_of
from products.serializers.life import (
    CustodyDraftSerializer,
    CustodySerializer,
    DecisionDraftSerializer,
    MarketingDraftSerializer,
    MarketingSerializer,
    MoveSerializer,
    StockSerializer,
    TemperatureDraftSerializer,
    TemperatureSerializer,
    TraceSerializer,
    UnitCountDraftSerializer,
    UnitCountSerializer,
)
from products.services import (
    CustodyDraft,
    MarketingDraft,
    TemperatureDraft,
    decide_excursion,
    deplete_batch,
    destroy_batch,
    recall_batch,
    record_custody,
    record_marketing_claim,
    record_temperature,
    record_units,
    return_batch,
    stock_of,
    withdraw_marketing_claim,
)

NEWEST = ("-recorded_at", "id")


class OfBatch(ListView):
    """Whatever a batch has many of."""

    relation: ClassVar[str] = ""

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this batch."""
        found: QuerySet[Any] = getattr(batch_of(self.organization, place["batch_id"]), self.relation).all()
        return found


class BatchMoves(OfBatch):
    """Every move of a batch from state to state, the newest first, with who, when and why."""

    order = ("-id",)
    shows = MoveSerializer
    relation = "moves"


class BatchMove(BatchAct):
    """A move, with its reason."""

    takes = ReasonSerializer
    service: ClassVar[Callable[..., Batch]]

    def change(self, batch: Batch, draft: Any) -> None:
        """Call the service."""
        type(self).service(batch, reason=draft["reason"], today=self.today, agent=self.agent, at=self.now)


class BatchRecall(BatchMove):
    """Recall."""

    service = recall_batch

    def act(self, draft: Any, **place: Any) -> Response:
        """Call a batch back, in whatever state it is: its use stops at once and for good."""
        return super().act(draft, **place)


class BatchDepletion(BatchMove):
    """Depletion."""

    service = deplete_batch

    def act(self, draft: Any, **place: Any) -> Response:
        """Say that every vial is used; refused while vials are in stock by the count."""
        return super().act(draft, **place)


class BatchReturn(BatchMove):
    """Return."""

    service = return_batch

    def act(self, draft: Any, **place: Any) -> Response:
        """Send what is left of a batch back to its supplier."""
        return super().act(draft, **place)


class BatchDestruction(BatchMove):
    """Destruction."""

    service = destroy_batch

    def act(self, draft: Any, **place: Any) -> Response:
        """Destroy what is left of a batch."""
        return super().act(draft, **place)


class BatchTemperatures(OfBatch, ActView):
    """What temperature loggers say of a batch, the newest first."""

    order = NEWEST
    shows = TemperatureSerializer
    takes = TemperatureDraftSerializer
    relation = "temperatures"

    def act(self, draft: Any, **place: Any) -> Response:
        """File a logger's summary; outside the label's limits, the batch goes on hold in the same act."""
        batch = batch_of(self.organization, place["batch_id"])
        upload = upload_of(self.organization, draft.pop("evidence"), field="evidence")
        wish = TemperatureDraft(**draft, upload=upload)
        return self.done(record_temperature(batch, wish, agent=self.agent, at=self.now))


class ExcursionDecision(ActView):
    """Decision."""

    writers = frozenset({Role.CLINIC_LEAD})
    shows = TemperatureSerializer
    takes = DecisionDraftSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Decide, by name and with a reason, whether a batch may be used after an excursion."""
        records = TemperatureRecord.objects.filter(batch__product__organization=self.organization)
        record: TemperatureRecord = get_object_or_404(records, pk=place["record_id"])
        decide_excursion(record, draft["outcome"], reason=draft["reason"], agent=self.agent, at=self.now)
        return self.done(records.get(pk=record.pk))


class BatchStock(ReadView):
    """Where the vials of a batch are, by every event on record."""

    shows = StockSerializer

    def found(self, **place: Any) -> Any:
        """The tally."""
        return stock_of(batch_of(self.organization, place["batch_id"]))


class BatchUnitCounts(OfBatch, ActView):
    """Every event of a batch's vials, the newest first."""

    order = ("-id",)
    shows = UnitCountSerializer
    takes = UnitCountDraftSerializer
    relation = "unit_counts"

    def act(self, draft: Any, **place: Any) -> Response:
        """Say that vials were used, returned, destroyed, not found or found again."""
        batch = batch_of(self.organization, place["batch_id"])
        count = record_units(
            batch,
            draft["act"],
            draft["quantity"],
            happened_on=draft["happened_on"],
            reason=draft["reason"],
            unit=self._unit(batch, draft["unit"]),
            today=self.today,
            agent=self.agent,
            at=self.now,
        )
        return self.done(count)

    @staticmethod
    def _unit(batch: Batch, unit_id: Any) -> Unit | None:
        if unit_id is None:
            return None
        found: Unit | None = batch.units.filter(pk=unit_id).first()
        if found is None:
            raise UnitCountError("This vial is not of this batch.", field="unit", code="units.other_batch")
        return found


class BatchCustody(OfBatch, ActView):
    """Who had a batch when, the newest entry first, with what was corrected."""

    order = NEWEST
    shows = CustodySerializer
    takes = CustodyDraftSerializer
    relation = "custody_events"

    def act(self, draft: Any, **place: Any) -> Response:
        """Add a handing over to the way of a batch."""
        batch = batch_of(self.organization, place["batch_id"])
        party = None
        if draft["party"]:
            party = Party.objects.at(self.organization).filter(pk=draft["party"]).first()
            if party is None:
                raise CustodyRefusedError("Choose a party from the list.", field="party", code="custody.party")
        wish = CustodyDraft(
            party=party,
            act=draft["act"],
            happened_on=draft["happened_on"],
            note=draft["note"],
            upload=upload_of(self.organization, draft["evidence"], field="evidence"),
        )
        return self.done(record_custody(batch, wish, today=self.today, agent=self.agent, at=self.now))


class BatchTrace(ReadView):
    """What a batch was made of and what came of it: the lot graph above and below it."""

    shows = TraceSerializer

    def found(self, **place: Any) -> Any:
        """The trace; nothing where no origin is on record."""
        batch = batch_of(self.organization, place["batch_id"])
        node = LotNode.objects.at(self.organization).filter(batch=batch).first()
        nothing: dict[str, Any] = {"start": None, "above": [], "below": [], "edges": [], "is_cut": False}
        traced: Trace | None = trace_of(node) if node else None
        return traced or nothing


class MarketingClaims(ListView, ActView):
    """What suppliers promise of a product, the newest first, with what is no longer said."""

    order = NEWEST
    shows = MarketingSerializer
    takes = MarketingDraftSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this product."""
        product = product_of(self.organization, place["product_id"])
        return MarketingClaim.objects.filter(product=product)

    def act(self, draft: Any, **place: Any) -> Response:
        """Put a promise on the register, word for word."""
        product = product_of(self.organization, place["product_id"])
        upload = upload_of(self.organization, draft.pop("evidence"), field="evidence")
        wish = MarketingDraft(**draft, upload=upload)
        return self.done(record_marketing_claim(product, wish, today=self.today, agent=self.agent, at=self.now))


class MarketingWithdrawal(ActView):
    """Withdrawal."""

    shows = MarketingSerializer
    takes = ReasonSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Record that the supplier no longer says it; the promise stays readable."""
        claims = MarketingClaim.objects.filter(product__organization=self.organization)
        claim: MarketingClaim = get_object_or_404(claims, pk=place["claim_id"])
        return self.done(withdraw_marketing_claim(claim, reason=draft["reason"], agent=self.agent, at=self.now))
