"""Reading without writing: what a code says, and what an instrument's export says."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from clinic.rest import ActView, FileSerializer, UploadView
from clinic.vocabulary import Role
from products import gs1
from products.models import Product
from products.parsing.asking import read_size
from products.serializers.drafts import ScanTextSerializer
from products.serializers.things import ScanSerializer, SizeReadSerializer


class Scans(ActView):
    """Scan."""

    reads_by_post = True
    readers = frozenset(Role)
    shows = ScanSerializer
    takes = ScanTextSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Read a GS1 code as a scanner types it. Nothing is written."""
        return self.done(gs1.parse_element_string(draft["scan"], today=self.today))

    def product_id_of(self, gtin: str) -> str | None:
        """The product with this GTIN, if it is registered here."""
        found = Product.objects.at(self.organization).filter(gtin=gtin).values_list("pk", flat=True).first()
        return str(found) if found else None


class Sizes(UploadView):
    """Size."""

    reads_by_post = True
    shows = SizeReadSerializer
    takes = FileSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Read the size distribution out of an instrument's export. Nothing is written."""
        file = draft["file"]
        return self.done(read_size(file.read(), file.name or "", field="file"))
