"""Products and the parties that make them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q

from audit.models import RecordedModel
from clinic.models import Organization
from products.text import searchable

MOST_WORDS = 8
# A shorter piece begins so many lots that it finds nothing in particular.
SHORTEST_NUMBER = 3
# What the text that is searched is made of.
SEARCHED = ("marketed_name", "manufacturer_name", "gtin")


class PartyQuerySet(models.QuerySet["Party"]):
    def at(self, organization: Organization) -> PartyQuerySet:
        """Those on this clinic's books."""
        return self.filter(organization=organization)


class Party(RecordedModel):
    """Who makes, imports, sells or tests a product, as this clinic has it on its books; see `PartyVersion` for what was said before."""

    class Role(models.TextChoices):
        MANUFACTURER = "MANUFACTURER", "Manufacturer"
        IMPORTER = "IMPORTER", "Importer"
        DISTRIBUTOR = "DISTRIBUTOR", "Distributor"
        LABORATORY = "LABORATORY", "Laboratory"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MANUFACTURER)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1, two letters; empty is not stated")
    gln = models.CharField(max_length=13, blank=True, help_text="GS1 Global Location Number; empty is not stated")

    objects: ClassVar[PartyQuerySet] = PartyQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("organization", "role", "name", name="party_once_per_role"),
            models.CheckConstraint(condition=~Q(name=""), name="party_has_name"),
            models.UniqueConstraint(
                "organization", "role", "gln", condition=~Q(gln=""), name="party_gln_once_per_role"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(models.QuerySet["Product"]):
    def at(self, organization: Organization) -> ProductQuerySet:
        """Those that this clinic registered."""
        return self.filter(organization=organization)

    def matching(self, words: str) -> ProductQuerySet:
        """Those for which every word is part of the name, manufacturer or GTIN, or begins a lot or serial number."""
        found = self
        for word in words.split()[:MOST_WORDS]:
            wanted = Q(search_text__contains=searchable(word))
            if len(word) >= SHORTEST_NUMBER:
                wanted |= Q(pk__in=Product.objects.filter(begins("batches__lot_number", word)).values("pk"))
                wanted |= Q(pk__in=Product.objects.filter(begins("batches__units__serial_number", word)).values("pk"))
            found = found.filter(wanted)
        return found


def begins(field: str, word: str) -> Q:
    """Whether a lot or serial number begins with the word as typed, in capitals or in small letters.

    An index answers this at once on PostgreSQL; a question without regard to case it could not.
    """
    spellings = {word, word.upper(), word.lower()}
    return Q(*((f"{field}__startswith", spelling) for spelling in sorted(spellings)), _connector=Q.OR)


class Product(RecordedModel):
    """A kind of product. What is said about it is in its claims; `snapshot` holds the ones in force, for reading."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="products")
    manufacturer = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="products")
    importer = models.ForeignKey(Party, on_delete=models.PROTECT, null=True, related_name="imported_products")
    marketed_name = models.CharField(max_length=120)
    gtin = models.CharField(max_length=14, blank=True, help_text="GTIN-14; empty where the product carries none")
    manufacturer_name = models.CharField(max_length=120, blank=True)
    snapshot = models.JSONField(default=dict)
    registered_at = models.DateTimeField()
    search_text = models.CharField(max_length=600, blank=True, default="", editable=False)
    # What follows from the record by the checks, kept so that lists are fast: `services.refresh_findings` writes it.
    findings = models.JSONField(default=list, help_text="code, severity, found and digest of each")
    judged_under = models.CharField(max_length=64, blank=True)

    # Made of other fields, so it says nothing of its own.
    unrecorded_fields = frozenset({"search_text", "findings", "judged_under"})

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]  # a manager that answers as its QuerySet

    class Meta:
        ordering: ClassVar[list[str]] = ["marketed_name", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("organization", "gtin", condition=~Q(gtin=""), name="product_gtin_once"),
            models.CheckConstraint(condition=~Q(marketed_name=""), name="product_has_name"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=("organization", "marketed_name", "id"), name="product_by_name"),
            models.Index("id", condition=Q(judged_under=""), name="product_waits_to_be_judged"),
        ]

    def __str__(self) -> str:
        return self.marketed_name

    def save(self, *args: Any, **options: Any) -> None:
        """Save, and keep what is searched in step with what it is made of."""
        self.fill_search_text()
        fields = options.get("update_fields")
        if fields is not None and not set(SEARCHED).isdisjoint(fields):
            options["update_fields"] = {*fields, "search_text"}
        super().save(*args, **options)

    def fill_search_text(self) -> None:
        """Make what is searched; for rows that are written many at once, without `save`."""
        self.search_text = searchable(*(getattr(self, name) for name in SEARCHED))

    def value_of(self, field: str) -> Any:
        """The value of the claim in force, or None where it is not stated."""
        return (self.snapshot.get(field) or {}).get("value")

    @property
    def routes(self) -> list[str]:
        """The codes of the routes that the product is meant for."""
        return list(self.value_of("intended_routes") or [])
