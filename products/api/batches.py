"""Batches: list, read, receive; their vials, certificates and sizes; release and hold."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.response import Response

from clinic.errors import QueryRefusedError
from clinic.rest import ActView, ListView, ReadView, query
from clinic.vocabulary import Role
from products import gs1
from products.api.found import BatchView, batch_of, product_of
from products.errors import BatchRefusedError
from products.gs1.check_digits import CSET82
from products.models import Batch, Product
from products.serializers.drafts import (
    CertificateDraftSerializer,
    EvidenceIdSerializer,
    ReasonSerializer,
    ReceiveSerializer,
    needed_upload,
)
from products.serializers.findings import ReleaseSerializer
from products.serializers.things import (
    BatchLineSerializer,
    BatchSerializer,
    CertificateSerializer,
    ReceiptSerializer,
    SizeMeasurementSerializer,
    UnitSerializer,
)
from products.services import (
    BatchDraft,
    CertificateDraft,
    attach_certificate,
    attach_size_measurement,
    draft_from_scan,
    hold_batch,
    receive_batch,
    release_batch,
)
from products.vocabulary import BatchStatus


class Batches(ListView, ActView):
    """The clinic's batches, the newest first."""

    asks = {"status": "One state of a batch.", "lot_number": "The whole lot number.", "product": "The id of a product."}
    order = ("-received_on", "lot_number", "id")
    lists = BatchLineSerializer
    shows = ReceiptSerializer
    takes = ReceiveSerializer
    answers_with = 200

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Those that were asked for."""
        batches = Batch.objects.at(self.organization)
        if status := query(self, "status"):
            if status not in BatchStatus.values:
                raise QueryRefusedError(
                    f"A batch is one of: {', '.join(BatchStatus.values)}.", field="status", code="query.range"
                )
            batches = batches.filter(status=status)
        if lot := query(self, "lot_number"):
            batches = batches.filter(lot_number=lot)
        if product := query(self, "product"):
            batches = batches.filter(product__in=_named(product))
        return batches

    def act(self, draft: Any, **place: Any) -> Response:
        """Receive a vial into quarantine, by its scan or by what its label says. The same label twice changes nothing."""
        wish, product = self._scanned(draft) if draft["scan"] else self._typed(draft)
        return self.done(receive_batch(product, wish, today=self.today, agent=self.agent, at=self.now))

    def _scanned(self, draft: Any) -> tuple[BatchDraft, Product]:
        typed = [name for name in ("lot_number", "expiration_date", "production_date", "serial_number") if draft[name]]
        if typed:
            raise BatchRefusedError(
                "The scan says this already. Send the scan alone, or what the label says without it.",
                field=typed[0],
                code="batch.two_labels",
            )
        found = gs1.parse_element_string(draft["scan"], today=self.today)
        if draft["product"]:
            return draft_from_scan(found), product_of(self.organization, draft["product"])
        product = Product.objects.at(self.organization).filter(gtin=found.gtin).first()
        if product is None:
            raise BatchRefusedError(
                f"No product with GTIN {found.gtin} is registered here. Register the product first.",
                field="scan",
                code="batch.unknown_gtin",
            )
        return draft_from_scan(found), product

    def _typed(self, draft: Any) -> tuple[BatchDraft, Product]:
        for name, words in (
            ("product", "Send the scan, or the id of the product."),
            ("lot_number", "Enter the lot number as printed."),
            ("expiration_date", "Enter the expiry date."),
        ):
            if not draft[name]:
                raise BatchRefusedError(words, field=name, code="schema.required")
        for name in ("lot_number", "serial_number"):
            strange = [sign for sign in draft[name] if sign not in CSET82]
            if strange:
                raise BatchRefusedError(
                    f"“{strange[0]}” does not occur in lot or serial numbers. Use plain letters, digits and marks, "
                    "without spaces, as printed on the label.",
                    field=name,
                    code="gs1.charset",
                )
        names = ("lot_number", "expiration_date", "production_date", "serial_number")
        return BatchDraft(**{name: draft[name] for name in names}), product_of(self.organization, draft["product"])


class OneBatch(BatchView, ReadView):
    """A batch with every claim in force, and what stands against its release."""

    shows = BatchSerializer

    def found(self, **place: Any) -> Batch:
        """Of this clinic."""
        return batch_of(self.organization, place["batch_id"])


class BatchAct(BatchView, ActView):
    """An act on one batch; the answer is the batch after it."""

    shows = BatchSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Find the batch, do it, show it."""
        batch = batch_of(self.organization, place["batch_id"])
        self.change(batch, draft)
        return self.done(batch_of(self.organization, batch.pk))

    def change(self, batch: Batch, draft: Any) -> None:
        """Call the service."""
        raise NotImplementedError


class BatchRelease(BatchAct):
    """Release."""

    writers = frozenset({Role.CLINIC_LEAD})
    takes = ReleaseSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Release a batch for use, as a clinic lead; `findings_digest` says which findings were read."""
        return super().act(draft, **place)

    def change(self, batch: Batch, draft: Any) -> None:
        """Release it."""
        release_batch(batch, findings_digest=draft["findings_digest"], today=self.today, agent=self.agent, at=self.now)


class BatchHold(BatchAct):
    """Hold."""

    takes = ReasonSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Stop the use of a batch until a named person decides."""
        return super().act(draft, **place)

    def change(self, batch: Batch, draft: Any) -> None:
        """Hold it."""
        hold_batch(batch, reason=draft["reason"], today=self.today, agent=self.agent, at=self.now)


class BatchCertificates(ListView, BatchAct):
    """The certificates of a batch, each reading with its lines, the newest first."""

    order = ("-recorded_at", "id")
    lists = CertificateSerializer
    takes = CertificateDraftSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this batch."""
        certificates = batch_of(self.organization, place["batch_id"]).certificates
        return certificates.select_related("superseded_by").prefetch_related("results")

    def act(self, draft: Any, **place: Any) -> Response:
        """File a certificate of analysis; its results become claims that rest on it, and supersede earlier ones."""
        return super().act(draft, **place)

    def change(self, batch: Batch, draft: Any) -> None:
        """File it."""
        wish = CertificateDraft(
            upload=needed_upload(self.organization, draft["evidence"], field="evidence"),
            lot_number=draft["certificate_lot"],
            number=draft["number"],
            laboratory=draft["laboratory"],
            issued_on=draft["issued_on"],
            expiration_date=draft["expiration_date"],
            signed=draft["signed"],
            results=draft["results"],
            does_not_apply=draft["does_not_apply"],
        )
        attach_certificate(batch, wish, today=self.today, agent=self.agent, at=self.now)


class BatchSizes(ListView, ActView):
    """Every size measurement of a batch, the newest first."""

    order = ("-recorded_at", "id")
    shows = SizeMeasurementSerializer
    takes = EvidenceIdSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this batch."""
        return batch_of(self.organization, place["batch_id"]).measurements.all()

    def act(self, draft: Any, **place: Any) -> Response:
        """Read an instrument's export that is on file; its sizes become the batch's size claim."""
        batch = batch_of(self.organization, place["batch_id"])
        upload = needed_upload(self.organization, draft["evidence"], field="evidence")
        return self.done(attach_size_measurement(batch, upload, agent=self.agent, at=self.now))


class BatchUnits(ListView):
    """The vials of a batch."""

    order = ("serial_number", "id")
    shows = UnitSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this batch."""
        return batch_of(self.organization, place["batch_id"]).units.all()


def _named(text: str) -> QuerySet[Product]:
    """The product with this id, or none: a text that is no id names nothing."""
    compact = text.replace("-", "")
    is_id = len(text) == 36 and len(compact) == 32 and all(sign in "0123456789abcdef" for sign in compact)
    return Product.objects.filter(pk=text) if is_id else Product.objects.none()
