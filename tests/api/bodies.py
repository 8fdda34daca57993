"""Bodies that products' acts take, as a stock system sends them."""

from __future__ import annotations

from typing import Any

from tests.products.conftest import GTIN

CLAIMS: dict[str, dict[str, Any]] = {
    "ev_term_on_label": {"value": "EXOSOME_CLAIMED", "basis": "STATED"},
    "origin": {"value": "PLANT", "basis": "STATED"},
    "donor_relation": {"basis": "NOT_APPLICABLE", "reason": "a plant product"},
    "material": {"value": "PLANT_CALLUS", "basis": "STATED"},
    "cell_or_tissue": {"value": "PLANT_STEM", "basis": "STATED"},
    "species": {"value": "Rosa x damascena", "basis": "STATED"},
    "isolation_methods": {"value": {"methods": ["DUC", "FILT"], "detail": "100,000 g 90 min"}, "basis": "STATED"},
    "formulation": {"basis": "NOT_STATED"},
    "intended_routes": {"value": ["TOPICAL_INTACT"], "basis": "STATED"},
}
PRODUCT: dict[str, Any] = {
    "marketed_name": "Rosaline Callus",
    "gtin": GTIN,
    "manufacturer_name": "Placeholder Botanicals SAS",
    "manufacturer_country": "FR",
    "claims": CLAIMS,
}
SCAN = f"01{GTIN}17280119" + "10RSE2601\x1d21R1"
RESULTS: dict[str, Any] = {
    "results": [{"code": "STER", "result": "no growth, 14 days"}, {"code": "ENDO", "result": "0.08"}],
    "signed": "YES",
}
CONSENT: dict[str, Any] = {
    "route": "TOPICAL_INTACT",
    "cost": {"total": "£430", "refund_terms": "All of it back up to the day before."},
}
"""With patient, practitioner, product and batch of one's own."""


def with_claim(field: str, **said: Any) -> dict[str, Any]:
    """The product with another word on one field."""
    return {**PRODUCT, "claims": {**CLAIMS, field: said}}
