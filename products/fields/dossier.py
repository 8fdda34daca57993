"""The dossier: what a good supplier can tell beyond the nine questions, page by page.

Field, unit and need follow the minimum information for studies of extracellular vesicles (MISEV2018, MISEV2023) and
the donor tests of Directive 2006/17/EC. A field that nobody recorded has no claim: it is "not recorded yet" to staff
and not stated to a patient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from products.fields.claim_field import ClaimField, Condition, Fields, Kind, Need
from products.fields.registration import BATCH_FIELDS, IDENTITY_FIELDS, SCIENCE_FIELDS, SIZE, TEST_FIELDS
from products.vocabulary import DonorSex, EvTerm, ImageMethod, PassFail, Route, SizeMethod

OPTIONAL, CONDITIONAL = Need.OPTIONAL, Need.CONDITIONAL
LARGEST_COUNT = 9_000_000_000_000_000


@dataclass(frozen=True)
class Page:
    """One page of the dossier: fields of the product, and fields of each batch."""

    name: str
    title: str
    product: tuple[ClaimField, ...] = ()
    batch: tuple[ClaimField, ...] = ()


_POTENCY = ClaimField(
    "potency",
    "Potency assay",
    "Test that it does what it should",
    kind=Kind.PARTS,
    parts=(
        ClaimField("assay", "Assay", "Test"),
        ClaimField("relation", "How it relates to what is claimed", "What it has to do with the promise"),
        ClaimField("result", "Result", "Result"),
        ClaimField("reference", "Reference material", "Compared with"),
    ),
)
_STORAGE = ClaimField(
    "storage",
    "Storage on the label",
    "How it must be stored",
    kind=Kind.PARTS,
    parts=(
        ClaimField("label", "As printed", "As printed", longest=80, hint="For example: 2-8 C, or room temperature."),
        ClaimField("min_c", "Lowest", "Lowest", kind=Kind.DECIMAL, units=("°C",), least=-200, most=60, places=1),
        ClaimField("max_c", "Highest", "Highest", kind=Kind.DECIMAL, units=("°C",), least=-200, most=60, places=1),
    ),
)


def _culture(name: str, label: str, patient_label: str, kind: Kind = Kind.TEXT, **more: object) -> ClaimField:
    return ClaimField(
        name,
        label,
        patient_label,
        kind=kind,
        **{"need": CONDITIONAL, "condition": Condition.CULTURE, **more},  # type: ignore[arg-type]  # fields of the class
    )


def _amount(name: str, label: str, patient_label: str, *units: str, **more: object) -> ClaimField:
    return ClaimField(
        name,
        label,
        patient_label,
        kind=Kind.DECIMAL,
        units=units,
        **{"most": 1_000_000_000, "places": 4, **more},  # type: ignore[arg-type]  # fields of the class
    )


DOSSIER: tuple[Page, ...] = (
    Page(
        "source",
        "Source and donors",
        product=(
            ClaimField(
                "ev_term_evidenced",
                "Term that the evidence supports",
                "What it has been shown to be",
                EvTerm,
                kind=Kind.CODE,
                hint="What is shown, not what the label says. “Exosome” needs a document on how the particles formed.",
            ),
            ClaimField(
                "taxon_id",
                "NCBI taxon",
                "Species number",
                kind=Kind.INTEGER,
                least=1,
                most=2_147_483_647,
                hint="For example 9606 for a human.",
            ),
            ClaimField(
                "mixed_sources",
                "Each source of a mixed product",
                "Everything it was made from",
                need=CONDITIONAL,
                condition=Condition.MIXED,
            ),
            ClaimField(
                "cell_line",
                "Cell line and modification",
                "How the cells were altered",
                need=CONDITIONAL,
                condition=Condition.IMMORTALISED,
            ),
        ),
        batch=(
            ClaimField(
                "donor_count",
                "Number of donors",
                "Number of donors",
                kind=Kind.INTEGER,
                need=CONDITIONAL,
                condition=Condition.HUMAN_OR_ANIMAL,
                least=1,
            ),
            ClaimField(
                "donor_age_band",
                "Donor age band",
                "Age of the donor",
                need=CONDITIONAL,
                condition=Condition.HUMAN,
                longest=40,
                hint="A band such as 20-29, never a birth date.",
            ),
            ClaimField(
                "donor_sex",
                "Donor sex",
                "Sex of the donor",
                DonorSex,
                kind=Kind.CODE,
                need=CONDITIONAL,
                condition=Condition.HUMAN,
            ),
            ClaimField(
                "donor_health", "Donor health", "Health of the donor", need=CONDITIONAL, condition=Condition.HUMAN
            ),
            _amount("harvest_amount", "Starting amount", "How much was used at the start", "mL", "g"),
        ),
    ),
    Page(
        "culture",
        "Cell culture",
        product=(
            _culture("culture_medium", "Culture medium", "Liquid the cells grew in"),
            _culture("culture_serum", "Serum or supplement", "Blood serum in that liquid"),
            _culture("serum_ev_depleted", "Serum depleted of vesicles", "Serum cleared of particles", Kind.FLAG),
            _culture("xeno_free", "Free of animal material", "Free of animal material", Kind.FLAG),
            _culture("antibiotics", "Antibiotics", "Antibiotics"),
            _culture("culture_format", "Culture format", "How the cells were kept", need=OPTIONAL),
            _culture(
                "oxygen_percent",
                "Oxygen",
                "Oxygen",
                Kind.DECIMAL,
                need=OPTIONAL,
                units=("%",),
                least=0,
                most=100,
                places=2,
            ),
        ),
        batch=(
            _culture(
                "population_doublings",
                "Population doublings",
                "How often the cells doubled",
                Kind.DECIMAL,
                most=1000,
                places=2,
            ),
            _culture(
                "viability_percent",
                "Viability at harvest",
                "Share of living cells",
                Kind.DECIMAL,
                units=("%",),
                most=100,
                places=2,
            ),
            _culture(
                "conditioning_hours",
                "Conditioning time",
                "Time in the liquid",
                Kind.DECIMAL,
                need=OPTIONAL,
                units=("h",),
                most=10_000,
                places=2,
            ),
            _culture(
                "harvest_cell_count",
                "Cells at harvest",
                "Number of cells",
                Kind.COUNT,
                need=OPTIONAL,
                most=LARGEST_COUNT,
            ),
        ),
    ),
    Page(
        "isolation",
        "Isolation",
        product=(
            ClaimField(
                "ultracentrifugation",
                "Ultracentrifugation specifics",
                "How it was spun",
                need=CONDITIONAL,
                condition=Condition.CENTRIFUGED,
                hint="Force in g, time, rotor, k-factor, temperature.",
            ),
            _amount("ev_density", "Vesicle density", "Density", "g/mL", need=OPTIONAL, most=3),
        ),
    ),
    Page(
        "size",
        "Size and number",
        batch=(
            SIZE,
            ClaimField(
                "particles_per_ml",
                "Particles per mL",
                "Number of particles in each millilitre",
                kind=Kind.COUNT,
                units=("particles/mL",),
                most=LARGEST_COUNT,
            ),
            ClaimField("particle_method", "How they were counted", "How they were counted", SizeMethod, kind=Kind.CODE),
        ),
    ),
    Page(
        "composition",
        "Protein, lipid and RNA",
        batch=(
            _amount("protein_ug_per_ml", "Protein", "Protein", "ug/mL"),
            ClaimField("protein_assay", "Protein assay", "How protein was measured", longest=80),
            _amount("lipid", "Lipid", "Fat", "nmol/mL", "ug/mL", need=OPTIONAL),
            _amount("rna_ng_per_ml", "RNA", "RNA", "ng/mL", need=OPTIONAL),
            ClaimField("marker_elisa", "Marker ELISA", "Marker test", need=OPTIONAL, longest=120),
        ),
    ),
    Page(
        "markers",
        "Markers",
        product=(
            ClaimField("antibodies", "Antibodies", "Antibodies used", need=OPTIONAL, hint="Clone, source, dilution."),
            ClaimField("lysate_preparation", "Lysate preparation", "How the sample was opened", need=OPTIONAL),
        ),
        batch=(
            ClaimField(
                "markers",
                "Markers",
                "Proteins that were looked for",
                kind=Kind.MARKERS,
                hint="Name and result, such as: CD9 +, CD63 +, Albumin -. A level may stand instead: CD81 62 %.",
            ),
        ),
    ),
    Page(
        "images",
        "Images and integrity",
        batch=(
            ClaimField(
                "image_method",
                "Image method",
                "How pictures were taken",
                ImageMethod,
                kind=Kind.CODE,
                hint="File the picture itself as the document of this page.",
            ),
            ClaimField(
                "image_wide_and_close",
                "Wide and close-up pictures",
                "Wide and close-up pictures",
                kind=Kind.FLAG,
                need=OPTIONAL,
            ),
            ClaimField(
                "integrity",
                "Integrity test",
                "Test that particles are whole",
                PassFail,
                kind=Kind.CODE,
                need=OPTIONAL,
            ),
            ClaimField(
                "integrity_method",
                "How integrity was tested",
                "How that was tested",
                need=OPTIONAL,
                hint="For example lysis with a detergent.",
            ),
        ),
    ),
    Page("potency", "Potency", batch=(_POTENCY,)),
    Page(
        "storage",
        "Formulation and storage",
        product=(
            ClaimField("excipients", "Excipients", "Other ingredients"),
            ClaimField("cryoprotectant", "Cryo- or lyoprotectant", "Ingredient that protects it", need=OPTIONAL),
            _STORAGE,
            ClaimField(
                "shelf_life_months",
                "Shelf life",
                "How long it keeps",
                kind=Kind.INTEGER,
                units=("months",),
                least=1,
                most=240,
            ),
            ClaimField("stability_study", "Stability study", "Proof of how long it keeps"),
        ),
        batch=(
            ClaimField(
                "freeze_thaw_cycles", "Freeze-thaw cycles", "How often it was thawed", kind=Kind.INTEGER, most=1000
            ),
        ),
    ),
    Page(
        "dose",
        "Dose and reconstitution",
        product=(
            ClaimField(
                "label_routes",
                "Routes on the label",
                "How the label says to give it",
                Route,
                kind=Kind.CODES,
                need=OPTIONAL,
            ),
            _amount("fill_volume_ml", "Fill volume per vial", "Amount in each vial", "mL", most=10_000),
            ClaimField(
                "label_particles_per_vial",
                "Particles per vial on the label",
                "Number of particles the label promises",
                kind=Kind.COUNT,
                units=("particles",),
                need=OPTIONAL,
                most=LARGEST_COUNT,
            ),
            _amount("max_dose_ml", "Largest dose", "Largest dose", "mL", most=10_000),
            ClaimField(
                "reconstitution_fluid",
                "Reconstitution fluid",
                "Liquid it is mixed with",
                need=CONDITIONAL,
                condition=Condition.LYOPHILISED,
            ),
            _amount(
                "reconstitution_volume_ml",
                "Reconstitution volume",
                "Amount of that liquid",
                "mL",
                need=CONDITIONAL,
                condition=Condition.LYOPHILISED,
                most=10_000,
            ),
            _amount(
                "in_use_hours",
                "In-use time",
                "How long it keeps once mixed",
                "h",
                need=CONDITIONAL,
                condition=Condition.LYOPHILISED,
                most=10_000,
            ),
        ),
    ),
    Page(
        "references",
        "References",
        product=(
            ClaimField(
                "ev_track_id", "EV-TRACK id", "EV-TRACK number", need=OPTIONAL, longest=20, hint="For example EV200001."
            ),
            ClaimField(
                "publication_doi",
                "Publication (DOI)",
                "Published study",
                need=OPTIONAL,
                longest=120,
                hint="For example 10.1002/jev2.12404.",
            ),
        ),
    ),
)
PAGES = MappingProxyType({page.name: page for page in DOSSIER})


def _fields(side: str) -> Iterator[tuple[str, ClaimField]]:
    for page in DOSSIER:
        for field in getattr(page, side):
            yield field.name, field


PRODUCT_DOSSIER: Fields = MappingProxyType(dict(_fields("product")))
BATCH_DOSSIER: Fields = MappingProxyType(dict(_fields("batch")))
ALL_PRODUCT_FIELDS: Fields = MappingProxyType({**IDENTITY_FIELDS, **SCIENCE_FIELDS, **PRODUCT_DOSSIER})
ALL_BATCH_FIELDS: Fields = MappingProxyType({**BATCH_FIELDS, **BATCH_DOSSIER})
ALL_FIELDS: Fields = MappingProxyType({**ALL_PRODUCT_FIELDS, **ALL_BATCH_FIELDS})
TESTS_BY_CODE = MappingProxyType(
    {"STER": TEST_FIELDS["sterility"], "ENDO": TEST_FIELDS["endotoxin"], "MYCO": TEST_FIELDS["mycoplasma"]}
)
"""The items of a certificate that are claims of their own: a patient is told of each."""
