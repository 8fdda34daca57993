"""What the checks look at: a product, one of its batches, and its other batches, frozen.

None is “not on record”. Diameters in nm, concentrations per mL, temperatures in °C, volumes in mL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class SizeFacts:
    """The size on record; `method` is empty where it is not named."""

    method: str = ""
    mode_nm: Decimal | None = None
    d10_nm: Decimal | None = None
    d50_nm: Decimal | None = None
    d90_nm: Decimal | None = None
    is_reference: bool = False

    @property
    def percentiles(self) -> tuple[tuple[str, Decimal], ...]:
        """Those that are known, smallest first by name."""
        named = (("D10", self.d10_nm), ("D50", self.d50_nm), ("D90", self.d90_nm))
        return tuple((name, value) for name, value in named if value is not None)


@dataclass(frozen=True)
class MarkerFacts:
    """One marker protein: its category C1 to C5, its name, and the result as it was reported."""

    category: str
    name: str
    result: str


@dataclass(frozen=True)
class ResultFacts:
    """One result of a certificate as it was reported."""

    result: str
    method: str = ""
    unit: str = ""
    sampled_on: date | None = None
    reported_on: date | None = None


@dataclass(frozen=True)
class CertificateFacts:
    """A certificate of analysis as it names itself; `is_signed` None is not stated."""

    lot_number: str = ""
    expiration_date: date | None = None
    issued_on: date | None = None
    laboratory: str = ""
    is_signed: bool | None = None


@dataclass(frozen=True)
class SourceFacts:
    """Where the material came from, as the papers of the batch say; never who the donor is."""

    tissue: str = ""
    species: str = ""
    country: str = ""
    tse_statement: str = ""
    screening: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StatusFacts:
    """A legal status claimed for one place (ISO 3166) in one area of rules, and how sure the clinic is of it."""

    jurisdiction: str
    area: str
    status: str
    evidence: str


@dataclass(frozen=True)
class ProductFacts:
    """A product as the checks see it. `routes` are the uses that are planned; none is not stated.

    `manufacturer` and `importer` are opaque keys of parties; `is_domestic` says that the maker is of the clinic's country.
    `keys` are GTIN, GLN and SSCC digits with what they are.
    """

    marketed_name: str = ""
    label_term: str = ""
    evidenced_term: str = ""
    origin: str = ""
    material: str = ""
    cell_or_tissue: str = ""
    species: str = ""
    isolation_methods: tuple[str, ...] = ()
    formulation: str = ""
    storage_label: str = ""
    fill_volume_ml: Decimal | None = None
    particles_per_vial: Decimal | None = None
    max_dose_ml: Decimal | None = None
    marketing_claims: tuple[str, ...] = ()
    statuses: tuple[StatusFacts, ...] = ()
    routes: tuple[str, ...] = ()
    manufacturer: str = ""
    importer: str = ""
    is_domestic: bool = False
    keys: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class BatchFacts:
    """A batch as the checks see it. `custody` are the keys of the parties that held it, the clinic itself left out.

    `labels` are codes of its vials as scanned. `quantities` are further amounts on record, such as LIPID or RNA.
    `markers_reason` says why protein markers do not apply; empty where they do.
    """

    lot_number: str = ""
    expiration_date: date | None = None
    production_date: date | None = None
    received_on: date | None = None
    labels: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    size: SizeFacts = SizeFacts()
    image_methods: tuple[str, ...] = ()
    particles_per_ml: Decimal | None = None
    protein_ug_per_ml: Decimal | None = None
    quantities: frozenset[str] = frozenset()
    markers: tuple[MarkerFacts, ...] = ()
    markers_reason: str = ""
    certificate: CertificateFacts | None = None
    results: Mapping[str, ResultFacts] = field(default_factory=dict)
    source: SourceFacts = SourceFacts()
    custody: tuple[str, ...] = ()
    warmest_c: Decimal | None = None
