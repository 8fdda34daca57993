"""Products: list, read, register; what is said about them, and its history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.response import Response

from audit.errors import Refusal
from clinic.rest import ActView, ListView, ReadView, query
from products import disclosure, gs1
from products.api.found import batch_of, product_of
from products.documentation import Documentation, documentation_of
from products.errors import ClaimRefusedError
from products.fields import ALL_FIELDS
from products.models import Batch, Claim, Party, Product
from products.places import countries
from products.serializers.drafts import ClaimDraftSerializer, ProductDraftSerializer, claim_draft, upload_of
from products.serializers.life import PartyDraftSerializer
from products.serializers.things import (
    ClaimSerializer,
    DocumentationSerializer,
    PartySerializer,
    ProductLineSerializer,
    ProductSerializer,
)
from products.services import (
    PartyDraft,
    PartyEntry,
    ProductDraft,
    add_party,
    correct_claim,
    record_claims,
    register_product,
)

NEWEST = ("-recorded_at", "id")


class Products(ListView, ActView):
    """The clinic's products, the newest first; `q` searches name, GTIN, lot and manufacturer."""

    asks = {"q": "Words that name, GTIN, lot number or manufacturer must hold."}
    order = ("-registered_at", "id")
    lists = ProductLineSerializer
    shows = ProductSerializer
    takes = ProductDraftSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Those that match."""
        return Product.objects.at(self.organization).matching(query(self, "q")[:100])

    def act(self, draft: Any, **place: Any) -> Response:
        """Register a product, with one claim for each field: known, not stated, or not applicable."""
        wish = ProductDraft(
            marketed_name=draft["marketed_name"],
            manufacturer=self._manufacturer(draft),
            gtin=self._gtin(draft["gtin"]),
            claims=tuple(claim_draft(name, said) for name, said in draft["claims"].items()),
            source=upload_of(self.organization, draft["source"], field="source"),
        )
        product = register_product(self.organization, wish, agent=self.agent, at=self.now)
        return self.done(product, location=reverse("api_product", args=[product.pk]))

    def _gtin(self, typed: str | None) -> str:
        try:
            return gs1.parse_element_string(typed, today=self.today).gtin if typed else ""
        except Refusal as refusal:
            refusal.field = "gtin"
            raise

    def _manufacturer(self, draft: Any) -> UUID | PartyDraft | None:
        known, name, country = (draft[f"manufacturer_{what}"] for what in ("id", "name", "country"))
        if known and name:
            raise ClaimRefusedError(
                "You chose a manufacturer from the list and also typed one. Keep one of the two.",
                field="manufacturer_name",
                code="claim.two_manufacturers",
            )
        if known and not Party.objects.at(self.organization).filter(pk=known, role=Party.Role.MANUFACTURER).exists():
            raise ClaimRefusedError(
                "There is no such manufacturer on this clinic’s books.", field="manufacturer_id", code="claim.no_party"
            )
        if country and country not in dict(countries()):
            raise ClaimRefusedError(
                "Send the country’s two letters of ISO 3166-1, such as FR.", field="manufacturer_country", code="place"
            )
        return known or (PartyDraft(name, country) if name else None)


class OneProduct(ReadView):
    """A product with every claim in force."""

    shows = ProductSerializer

    def found(self, **place: Any) -> Product:
        """Of this clinic."""
        return product_of(self.organization, place["product_id"])


class DocumentationView(ReadView):
    """How complete the papers are."""

    shows = DocumentationSerializer

    def counted(self, product: Product, batch: Batch | None) -> Documentation:
        """Counted today."""
        here = disclosure.standings(product, jurisdiction=self.organization.jurisdiction, on=self.today)
        return documentation_of(product, batch, has_record=any(one.is_checked for one in here))


class ProductDocumentation(DocumentationView):
    """How complete the papers of a product and its newest batch are, item by item: those on record, those missing."""

    def found(self, **place: Any) -> Documentation:
        """Of this product."""
        product = product_of(self.organization, place["product_id"])
        return self.counted(product, Batch.objects.filter(product=product).newest_first().first())


class BatchDocumentation(DocumentationView):
    """How complete the papers of a batch and its product are, item by item: those on record, those missing."""

    def found(self, **place: Any) -> Documentation:
        """Of this batch."""
        batch = batch_of(self.organization, place["batch_id"])
        return self.counted(batch.product, batch)


class Claims(ListView, ActView):
    """Everything that was ever said about it, the newest first; `field` chooses one field."""

    asks = {"field": "One field, by its name."}
    order = NEWEST
    shows = ClaimSerializer
    takes = ClaimDraftSerializer

    def subject(self, **place: Any) -> Product | Batch:
        """What the claims are about."""
        raise NotImplementedError

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Every version."""
        claims: QuerySet[Claim] = self.subject(**place).claims.select_related("superseded_by")
        return claims.filter(field=field) if (field := query(self, "field")) else claims

    def act(self, draft: Any, **place: Any) -> Response:
        """Say something about a field that has no claim, or correct the claim that you saw, with the reason."""
        subject = self.subject(**place)
        wish = claim_draft(draft["field"], draft)
        if draft["expected"] is None:
            self._check_only_first(subject, draft)
            upload = upload_of(self.organization, draft["evidence"], field="evidence")
            [claim] = record_claims(subject, [wish], upload=upload, agent=self.agent, at=self.now, seen={})
        else:
            claim = correct_claim(
                subject,
                wish,
                correction_reason=draft["correction_reason"],
                expected=str(draft["expected"]),
                upload=upload_of(self.organization, draft["evidence"], field="evidence"),
                agent=self.agent,
                at=self.now,
            )
        return self.done(claim)

    @staticmethod
    def _check_only_first(subject: Product | Batch, draft: Any) -> None:
        if draft["correction_reason"]:
            raise ClaimRefusedError(
                "This belongs to a correction: say which claim is corrected, as “expected”.",
                field="correction_reason",
                code="claim.expected",
            )
        if draft["field"] in subject.snapshot:
            raise ClaimRefusedError(
                "There is a value on record already. Correct it, and say why.",
                field=draft["field"],
                code="claim.exists",
            )
        if draft["field"] not in ALL_FIELDS:
            raise ClaimRefusedError("There is no such field.", field="field", code="claim.unknown_field")


class ProductClaims(Claims):
    """Everything that was ever said about a product, the newest first."""

    def subject(self, **place: Any) -> Product:
        """The product."""
        return product_of(self.organization, place["product_id"])


class BatchClaims(Claims):
    """Everything that was ever said about a batch, the newest first."""

    def subject(self, **place: Any) -> Batch:
        """The batch."""
        return batch_of(self.organization, place["batch_id"])


class Parties(ListView, ActView):
    """Manufacturers, importers, distributors and laboratories on this clinic's books."""

    order = ("name", "id")
    shows = PartySerializer
    takes = PartyDraftSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """All of them."""
        return Party.objects.at(self.organization)

    def act(self, draft: Any, **place: Any) -> Response:
        """Put an organization of the chain on the clinic's books."""
        return self.done(add_party(self.organization, PartyEntry(**draft), agent=self.agent, at=self.now))
