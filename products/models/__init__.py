"""The tables of the products room."""

from products.models.batch import Batch, SizeMeasurement, Unit
from products.models.claim import Claim, Evidence
from products.models.product import Party, Product
from products.models.standing import RegulatoryRecord, StandingRelease

__all__ = [
    "Batch",
    "Claim",
    "Evidence",
    "Party",
    "Product",
    "RegulatoryRecord",
    "SizeMeasurement",
    "StandingRelease",
    "Unit",
]
