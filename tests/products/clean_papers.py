"""A batch and a product of which nothing can be said against, and what changes them, for the tests of the checks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from products.rules.findings import (
    BatchFacts,
    CertificateFacts,
    MarkerFacts,
    ProductFacts,
    ResultFacts,
    SizeFacts,
    SourceFacts,
    StatusFacts,
    Thresholds,
    batch_findings,
    product_findings,
)

ON = date(2026, 11, 23)
GTIN = ("GTIN", "09521101000016")
D = Decimal
PRODUCT = ProductFacts(
    marketed_name="Clean EV",
    label_term="EV",
    origin="HUMAN",
    material="CCM",
    cell_or_tissue="MSC_UC",
    species="Homo sapiens",
    isolation_methods=("TFF", "SEC"),
    formulation="LYO",
    storage_label="2-8 C",
    fill_volume_ml=D(5),
    particles_per_vial=D("5e11"),
    max_dose_ml=D(5),
    marketing_claims=("supports the look of skin",),
    statuses=(StatusFacts("GB", "GB", "TRIAL", "REGISTER_CHECKED"),),
    routes=("TOPICAL_MN",),
    manufacturer="M1",
    importer="D1",
    keys=(GTIN,),
)
SIZE = SizeFacts("NTA", D(110), D(70), D(115), D(180))
MARKERS = (
    MarkerFacts("C1", "CD9", "+"),
    MarkerFacts("C1", "CD63", "+"),
    MarkerFacts("C2", "TSG101", "+"),
    MarkerFacts("C4", "Calnexin", "-"),
)
STERILE = ResultFacts("no growth", "Ph. Eur. 2.6.1", "", date(2026, 2, 2), date(2026, 2, 17))
RESULTS = {
    "sterility": STERILE,
    "endotoxin": ResultFacts("0.08", "USP <85>", "EU/mL"),
    "mycoplasma": ResultFacts("not detected"),
}
SCREENED = {"HIV1_2": "negative", "HBV": "negative", "HCV": "negative", "SYPHILIS": "negative"}
CERTIFICATE = CertificateFacts("LOT1", date(2028, 1, 31), date(2026, 2, 20), "Testhouse", is_signed=True)
BATCH = BatchFacts(
    lot_number="LOT1",
    expiration_date=date(2028, 1, 31),
    production_date=date(2026, 2, 1),
    received_on=date(2026, 3, 9),
    labels=("0109521101000016172801311126020110LOT1\x1d21S1",),
    keys=(GTIN, ("GLN", "9521101900019")),
    size=SIZE,
    image_methods=("CRYO_EM",),
    particles_per_ml=D("1e11"),
    protein_ug_per_ml=D(1),
    markers=MARKERS,
    certificate=CERTIFICATE,
    results=RESULTS,
    source=SourceFacts("umbilical cord", "Homo sapiens", screening=SCREENED),
    custody=("M1", "D1"),
    warmest_c=D("7.4"),
)
COW = replace(PRODUCT, origin="ANIMAL_MAMMAL", material="BIOFLUID", cell_or_tissue="COLOSTRUM", species="Bos taurus")
ROSE = replace(
    PRODUCT, origin="PLANT", material="PLANT_CALLUS", cell_or_tissue="PLANT_STEM", species="Rosa x damascena"
)
EXOSOME = replace(PRODUCT, label_term="EXOSOME_CLAIMED")


def codes(
    batch: BatchFacts = BATCH,
    product: ProductFacts = PRODUCT,
    *others: BatchFacts,
    limits: Thresholds = Thresholds(),  # noqa: B008
) -> list[str]:
    """Codes found on a batch."""
    return [one.code for one in batch_findings(batch, product, others, limits, on=ON)]


def of_product(**changes: Any) -> list[str]:
    """Codes found on the clean product with something changed."""
    return [one.code for one in product_findings(replace(PRODUCT, **changes))]


def size(**changes: Any) -> list[str]:
    return codes(replace(BATCH, size=replace(SIZE, **changes)))


def result(name: str, value: ResultFacts | None) -> BatchFacts:
    """The batch with one result replaced or taken away."""
    kept = {key: one for key, one in RESULTS.items() if key != name}
    return replace(BATCH, results={**kept, **({name: value} if value else {})})


def certificate(**changes: Any) -> BatchFacts:
    return replace(BATCH, certificate=replace(CERTIFICATE, **changes))


def markers(*results: tuple[str, str, str]) -> BatchFacts:
    return replace(BATCH, markers=tuple(MarkerFacts(*one) for one in results))
