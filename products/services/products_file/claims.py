"""What a file of products says, as claims: of a product, and of a batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from products.errors import ProductsFileError
from products.places import countries
from products.rules.findings import NEEDED_SCREENING, is_negative, is_positive
from products.services.certificate import CertificateDraft, ResultDraft
from products.services.claims import ClaimDraft
from products.services.lots import LotFacts
from products.services.products_file.reading import Place, plain_number
from products.vocabulary import (
    Basis,
    CellOrTissue,
    CoaItem,
    DonorRelation,
    EvTerm,
    Formulation,
    ImageMethod,
    IsolationMethod,
    MarkerCategory,
    Material,
    Origin,
    Route,
    ScreeningResult,
    SizeMethod,
    Stated,
)

ITEMS: Mapping[str, tuple[CoaItem, str]] = {
    "sterility": (CoaItem.STER, ""),
    "endotoxin": (CoaItem.ENDO, ""),
    "mycoplasma": (CoaItem.MYCO, ""),
    "adventitious_virus": (CoaItem.ADVV, ""),
    "retrovirus": (CoaItem.RETRO, ""),
    "identity": (CoaItem.IDEN, ""),
    "particles": (CoaItem.PART, ""),
    "purity": (CoaItem.PURI, ""),
    "potency": (CoaItem.POT, ""),
    "ph": (CoaItem.PH, ""),
    "osmolality": (CoaItem.OSM, ""),
    "visible_particles": (CoaItem.VISP, ""),
    "residual_moisture": (CoaItem.MOIST, ""),
    "reconstitution_time": (CoaItem.RECON, ""),
    "microbial_count": (CoaItem.TAMC, ""),
    "yeast_and_mould_count": (CoaItem.TYMC, ""),
    "preservative_challenge": (CoaItem.CHAL, ""),
    "heavy_metals": (CoaItem.HMET, ""),
}
"""The tests of the shape's certificates; any other name is kept as a residual with its name as detail."""
_CODED = (
    ("ev_term_on_label", EvTerm),
    ("ev_term_evidenced", EvTerm),
    ("origin", Origin),
    ("donor_relation", DonorRelation),
    ("material", Material),
    ("cell_or_tissue", CellOrTissue),
    ("formulation", Formulation),
)
_PLAIN_NUMBERS = (
    ("fill_volume_ml", "fill_volume_mL"),
    ("label_particles_per_vial", "label_particles_per_vial"),
    ("max_dose_ml", "max_dose_mL"),
)
_DIAMETERS = ("mode_nm", "mean_nm", "d10_nm", "d50_nm", "d90_nm")


def product_claims(product: Place) -> list[ClaimDraft]:
    """Every field of a product that the file states, does not state, or says not to apply."""
    claims = [_coded(name, product.code(name, vocabulary)) for name, vocabulary in _CODED]
    claims.append(_said("species", product.text("species", most=120)))
    steps = product.codes("isolation", IsolationMethod)
    detail = product.text("isolation_detail", most=120)
    claims.append(_said("isolation_methods", {"methods": steps, "detail": detail} if steps else None))
    label_route = product.code("label_route", Route)
    planned = product.child("planned_use").code("route", Route) or label_route
    claims.append(_said("intended_routes", [planned] if planned else None))
    claims.append(_said("label_routes", [label_route] if label_route else None))
    storage = product.text("storage_label", most=80)
    claims.append(_said("storage", {"label": storage} if storage else None))
    claims += [_said(field, product.number(key)) for field, key in _PLAIN_NUMBERS]
    return claims


def batch_claims(batch: Place, warnings: list[str]) -> list[ClaimDraft]:
    """Every field of a batch that the file states or does not state, but those of its label and its certificate."""
    claims = _size(batch)
    measured = Basis.MEASURED_BATCH
    claims.append(_said("protein_ug_per_ml", batch.number("protein_ug_per_mL"), measured))
    claims.append(_said("rna_ng_per_ml", batch.number("rna_ng_per_mL"), measured))
    claims += [
        ClaimDraft("lipid", value, measured, unit=unit, as_printed=True)
        for unit, key in (("nmol/mL", "lipid_nmol_per_mL"), ("ug/mL", "lipid_ug_per_mL"))
        if (value := batch.number(key)) is not None
    ][:1]
    claims.append(_markers(batch.child("markers"), warnings))
    claims.append(_said("image_method", batch.code("image_method", ImageMethod), measured))
    return claims


def donor_facts(lineage: Place, warnings: list[str]) -> LotFacts:
    """What the papers of a batch say of the donor, by code and never by name."""
    return LotFacts(
        tissue=lineage.text("donor_tissue", most=120),
        species=lineage.text("donor_species", most=120),
        country=_country(lineage, warnings),
        consent_reference=lineage.text("donor_consent_ref", most=120),
        screening=_screening(lineage, warnings) or None,
        tse_statement=lineage.text("tse_statement", most=500),
    )


def passage_of(lineage: Place) -> int | None:
    """The passage of the cells, a whole number."""
    passage = lineage.number("passage")
    if passage is not None and not isinstance(passage, int):
        raise ProductsFileError(f"{lineage.at('passage')} must be a whole number.", code="products_file.value")
    return passage


def certificate_draft(coa: Place, lot_number: str, warnings: list[str]) -> CertificateDraft:
    """A certificate as the file gives it."""
    named = coa.text("lot", most=20)
    if not named:
        warnings.append(f"{coa.at('lot')} is missing: the certificate is kept as one of lot {lot_number}.")
    signed = {True: Stated.YES, False: Stated.NO, None: Stated.NOT_STATED}[coa.yes("signed")]
    return CertificateDraft(
        upload=None,
        lot_number=named or lot_number,
        number=coa.text("number", most=120),
        laboratory=coa.text("laboratory", most=120),
        issued_on=coa.day("date"),
        expiration_date=coa.day("expiry"),
        signed=signed,
        results=tuple(_results(coa.child("tests"))),
    )


def _results(tests: Place) -> Iterable[ResultDraft]:
    for name in tests.names():
        value = tests.value[name]
        if value is None:
            continue
        test = tests.child(name) if isinstance(value, dict) else Place({"result": value}, tests.at(name))
        if not test.has("result"):
            continue
        code, detail = ITEMS.get(name, (CoaItem.RES, name.removeprefix("residual_").replace("_", " ")[:80]))
        limit = test.value.get("limit")
        yield ResultDraft(
            code=code,
            detail=detail,
            result=plain_number(test.value["result"]) or "-",
            unit=test.text("unit", most=20),
            method=test.text("method", most=120),
            limit="" if limit is None else plain_number(limit)[:80],
            sampled_on=test.day("sampled"),
            reported_on=test.day("reported"),
            laboratory=test.text("laboratory", most=120),
        )


def _coded(name: str, code: str) -> ClaimDraft:
    if code == "NOT_APPLICABLE":
        return ClaimDraft(name, None, Basis.NOT_APPLICABLE, reason="No person or animal gave material.")
    return _said(name, "" if code == "UNKNOWN" else code)


def _said(name: str, value: Any, basis: str = Basis.STATED) -> ClaimDraft:
    if value in (None, "", [], {}):
        return ClaimDraft(name, None, Basis.NOT_STATED)
    return ClaimDraft(name, value, basis, as_printed=True)


def _size(batch: Place) -> list[ClaimDraft]:
    size = batch.child("size")
    basis = size.code("basis", Basis)
    basis = basis if basis in (Basis.MEASURED_BATCH, Basis.MEASURED_REF, Basis.STATED) else Basis.STATED
    value: dict[str, Any] = {name: size.number(name) for name in _DIAMETERS if size.number(name) is not None}
    method = size.code("method", SizeMethod)
    if method and method != SizeMethod.UNKNOWN:
        value["method"] = method
    elif value:
        value["method"] = SizeMethod.UNKNOWN.value
    particles = batch.number("particles_per_mL")
    return [_said("size", value, basis), _said("particles_per_ml", particles, basis)]


def _markers(markers: Place, warnings: list[str]) -> ClaimDraft:
    if markers.text("basis", most=40) == Basis.NOT_APPLICABLE:
        return ClaimDraft("markers", None, Basis.NOT_APPLICABLE, reason=markers.text("reason", most=500))
    value: dict[str, dict[str, str]] = {}
    for category in markers.names():
        if category not in MarkerCategory.values:
            warnings.append(f"{markers.at(category)}: there is no such group of markers; it is left out.")
            continue
        results = markers.child(category)
        named = {name.strip()[:40]: results.text(name, most=40) for name in results.names()}
        if kept := {name: result for name, result in named.items() if name and result}:
            value[category] = kept
    return _said("markers", value, Basis.MEASURED_BATCH)


def _screening(lineage: Place, warnings: list[str]) -> dict[str, str]:
    screening = lineage.child("donor_screening")
    patterns = dict(zip(("HIV1_2", "HBV", "HCV", "SYPHILIS"), NEEDED_SCREENING.values(), strict=True))
    patterns["HTLV"] = re.compile("HTLV")
    found: dict[str, str] = {}
    for test in screening.names():
        said = screening.text(test, most=80)
        plain = re.sub(r"[^A-Z0-9]", "", test.upper())
        name = next((name for name, pattern in patterns.items() if pattern.search(plain)), "")
        if not name:
            warnings.append(f"{screening.at(test)}: this test has no place in the register; it is left out.")
        elif said:
            result = _screened(said)
            # One clear result does not outweigh another that is not.
            found[name] = result if found.get(name, result) == ScreeningResult.NEGATIVE else found.get(name, result)
    return found


def _screened(said: str) -> str:
    if is_negative(said) or re.fullmatch(r"non[- ]?reactive", said, re.IGNORECASE):
        return ScreeningResult.NEGATIVE.value
    if is_positive(said) or re.fullmatch(r"reactive", said, re.IGNORECASE):
        return ScreeningResult.POSITIVE.value
    return ScreeningResult.NOT_TESTED.value


def _country(lineage: Place, warnings: list[str]) -> str:
    country = lineage.text("donor_country", most=60)
    if country and country.upper() not in dict(countries()):
        warnings.append(f"{lineage.at('donor_country')}: {country} is no country code of ISO 3166-1; it is left out.")
        return ""
    return country.upper()
