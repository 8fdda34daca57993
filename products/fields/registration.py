"""The fields of the first day: the identity and the nine questions of registration, and the papers of a batch."""

from __future__ import annotations

from types import MappingProxyType

from products.fields.claim_field import ClaimField, Fields, Kind
from products.vocabulary import (
    CellOrTissue,
    DonorRelation,
    EvTerm,
    Formulation,
    IsolationMethod,
    Material,
    Origin,
    Route,
    SizeMethod,
)


def by_name(*fields: ClaimField) -> Fields:
    """Fields by name, in the order given."""
    return MappingProxyType({field.name: field for field in fields})


def nm(name: str, label: str) -> ClaimField:
    """A diameter in nm, to a thousandth."""
    return ClaimField(name, label, label, kind=Kind.DECIMAL, units=("nm",), least=0, most=1_000_000, places=3)


IDENTITY_FIELDS = by_name(
    ClaimField("marketed_name", "Marketed name", "Name it is sold under", may_not_apply=False, longest=120),
    ClaimField("gtin", "GTIN", "Barcode number", may_not_apply=False),
    ClaimField("manufacturer", "Manufacturer", "Who made it", may_not_apply=False, kind=Kind.RECORD),
)
SCIENCE_FIELDS = by_name(
    ClaimField("ev_term_on_label", "Term on the label", "What the label calls it", EvTerm, kind=Kind.CODE),
    ClaimField("origin", "Origin", "What it was made from", Origin, may_not_apply=False, kind=Kind.CODE),
    ClaimField("donor_relation", "Donor", "Who gave the material", DonorRelation, kind=Kind.CODE),
    ClaimField("material", "Material", "What the particles were taken out of", Material, kind=Kind.CODE),
    ClaimField("cell_or_tissue", "Cell or tissue", "Which cells or tissue", CellOrTissue, kind=Kind.CODE),
    ClaimField("species", "Species", "Which species", longest=120),
    ClaimField("isolation_methods", "Isolation", "How the particles were separated", IsolationMethod, kind=Kind.STEPS),
    ClaimField("formulation", "Formulation", "How it is kept", Formulation, kind=Kind.CODE),
    ClaimField(
        "intended_routes", "Intended routes", "How it is meant to be given", Route, may_not_apply=False, kind=Kind.CODES
    ),
)
PRODUCT_FIELDS: Fields = MappingProxyType({**IDENTITY_FIELDS, **SCIENCE_FIELDS})
TEST_FIELDS = by_name(
    ClaimField("sterility", "Sterility", "Test for germs that grow", longest=120),
    ClaimField("endotoxin", "Endotoxin", "Test for germ poisons that cause fever", longest=120, units=("EU/mL",)),
    ClaimField("mycoplasma", "Mycoplasma", "Test for mycoplasma, a very small germ", longest=120),
)
SIZE = ClaimField(
    "size",
    "Particle size",
    "Size of the particles",
    kind=Kind.PARTS,
    parts=(
        ClaimField("method", "Method", "How it was measured", SizeMethod, kind=Kind.CODE),
        nm("mode_nm", "Mode"),
        nm("mean_nm", "Mean"),
        nm("d10_nm", "D10"),
        nm("d50_nm", "D50"),
        nm("d90_nm", "D90"),
        ClaimField("instrument", "Instrument", "Instrument", longest=80),
        ClaimField("settings", "Settings", "Settings", longest=200),
    ),
    also=("particles_per_ml", "tracks", "warnings"),
    hint="From a data sheet or certificate. An instrument's own file is better: upload it on the batch's page.",
)
BATCH_FIELDS: Fields = MappingProxyType(
    {
        **by_name(
            ClaimField(
                "lot_and_expiry", "Lot and expiry", "Batch and use-by date", may_not_apply=False, kind=Kind.RECORD
            ),
            SIZE,
            ClaimField(
                "certificate_of_analysis",
                "Certificate of analysis",
                "The maker's test certificate for this batch",
                kind=Kind.RECORD,
            ),
        ),
        **TEST_FIELDS,
    }
)
