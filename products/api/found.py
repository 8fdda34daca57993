"""What every address of this room starts with: the clinic's own row; what is another clinic's is not there (404)."""

from __future__ import annotations

from uuid import UUID

from django.shortcuts import get_object_or_404

from clinic.models import Organization
from clinic.rest import ApiView
from products.models import Batch, Evidence, Product
from products.services import reasons_against_release


def product_of(organization: Organization, product_id: UUID) -> Product:
    """The product of this clinic."""
    found: Product = get_object_or_404(Product.objects.at(organization).select_related("manufacturer"), pk=product_id)
    return found


def batch_of(organization: Organization, batch_id: UUID) -> Batch:
    """The batch of this clinic, with its product."""
    batches = Batch.objects.at(organization).select_related("product__organization", "product__manufacturer")
    found: Batch = get_object_or_404(batches, pk=batch_id)
    return found


def evidence_of(organization: Organization, evidence_id: UUID) -> Evidence:
    """The evidence that this clinic filed."""
    found: Evidence = get_object_or_404(Evidence.objects.at(organization), pk=evidence_id)
    return found


class BatchView(ApiView):
    """Whatever shows a whole batch."""

    def against(self, batch: Batch) -> list[str]:
        """What stands against its release today."""
        return reasons_against_release(batch, today=self.today)
