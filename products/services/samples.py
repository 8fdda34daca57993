"""Bring the fictitious products of `products/data/sample_products.json` in, by the same acts that people use.

The files behind them are made here: a certificate as a one-page PDF, and an instrument export whose
distribution has the percentiles that the sample names. Each says in its own text that it is fictional.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

from django.db import transaction

from audit.records import Agent
from clinic.models import Organization
from products import gs1
from products.fields import SCIENCE_FIELDS
from products.models import Batch, Product
from products.services.certificate import CertificateDraft, ResultDraft, attach_certificate
from products.services.claims import ClaimDraft
from products.services.measure import attach_size_measurement, state_size
from products.services.receive import draft_from_scan, receive_batch
from products.services.register import PartyDraft, ProductDraft, register_product
from products.services.release import reasons_against_release, release_batch
from products.services.sample_way import file_way, name_sample_importer
from products.services.standing import RegulatoryDraft, add_regulatory_record
from products.uploads import Upload
from products.vocabulary import Basis, CoaItem, Stated

TRACKED = 1500
DILUTION = 100.0
CLASS_NM = 5.0
WIDEST_NM = 800.0
# The tenth and the ninetieth percentile of a normal distribution lie this many standard deviations from its middle.
TENTH = 1.2815515655446004
ITEMS_IN_SAMPLES = {
    "sterility": (CoaItem.STER, ""),
    "endotoxin": (CoaItem.ENDO, ""),
    "mycoplasma": (CoaItem.MYCO, ""),
    "adventitious_virus": (CoaItem.ADVV, ""),
    "identity": (CoaItem.IDEN, ""),
    "potency": (CoaItem.POT, ""),
    "ph": (CoaItem.PH, ""),
    "osmolality": (CoaItem.OSM, ""),
    "residual_bsa": (CoaItem.RES, "BSA"),
    "microbial_count": (CoaItem.TAMC, ""),
}
_NAMES_IN_SAMPLES = {"isolation_methods": "isolation", "intended_routes": "label_route"}


@cache
def sample_set() -> Mapping[str, Any]:
    """The whole file: organisations, products, vectors."""
    content = resources.files("products").joinpath("data", "sample_products.json").read_bytes()
    found: Mapping[str, Any] = json.loads(content)
    return found


@transaction.atomic
def demo_product(
    spec: Mapping[str, Any],
    *,
    organization: Organization,
    agent: Agent,
    at: datetime,
    today: date,
    releaser: Agent | None = None,
) -> Product:
    """Register one sample product with its batches, certificates, sizes, vials and regulatory records.

    A product that is there already is returned as it is. With a `releaser` (a lead who did not
    receive them) the batches against which nothing stands are released.
    """
    known = Product.objects.at(organization).filter(gtin=spec["gtin14"]).first()
    if known:
        return known
    product = register_product(organization, _product_draft(spec), agent=agent, at=at)
    for claim in spec["status_claims"]:
        draft = RegulatoryDraft(
            jurisdiction=claim["jurisdiction"],
            route=spec["label_route"],
            status=claim["status"],
            evidence_level=claim["evidence"],
            reference=claim.get("reference", ""),
        )
        add_regulatory_record(product, draft, today=today, agent=agent, at=at)
    organisations = {one["code"]: one for one in sample_set()["organisations"]}
    name_sample_importer(product, spec, organisations, agent=agent, at=at)
    for batch_spec in spec["batches"]:
        batch = _receive(product, batch_spec, agent=agent, at=at)
        _file_papers(batch, batch_spec, today=today, agent=agent, at=at)
        file_way(
            batch,
            batch_spec,
            organisations,
            storage_label=spec["storage_label"] or "",
            today=today,
            agent=agent,
            at=at,
        )
        batch.refresh_from_db()
        if releaser and not reasons_against_release(batch, today=today):
            release_batch(batch, today=today, agent=releaser, at=at)
    product.refresh_from_db()
    return product


def instrument_export(sample: str, size: Mapping[str, Any], particles_per_ml: float) -> bytes:
    """A made-up export in a ZetaView's layout: a distribution through the sample's D10, D50 and D90 (nm)."""
    below, above = size["d50_nm"] - size["d10_nm"], size["d90_nm"] - size["d50_nm"]
    # A log-normal curve moved along the axis goes through all three percentiles, wherever it leans to the right.
    bend = max(math.log(above / below) / TENTH, 0.01)
    scale = above / math.expm1(bend * TENTH)
    start = size["d50_nm"] - scale

    def up_to(diameter: float) -> float:
        if diameter <= start:
            return 0.0
        return 0.5 * (1 + math.erf(math.log((diameter - start) / scale) / bend / math.sqrt(2)))

    centres = [CLASS_NM * (place + 0.5) for place in range(int(WIDEST_NM / CLASS_NM))]
    shares = [up_to(centre + CLASS_NM / 2) - up_to(centre - CLASS_NM / 2) for centre in centres]
    counts = [round(TRACKED * share) for share in shares]
    total = sum(counts)
    each = particles_per_ml / DILUTION / total

    def cell(value: float) -> str:
        mantissa, exponent = f"{value:.5E}".split("E")
        return f"{mantissa}E{int(exponent):+d}"

    def row(centre: float, count: float) -> str:
        return "\t".join([cell(centre), cell(count), cell(count * each), cell(0), cell(0)])

    lines = [
        f"Original File:\tC:\\demo\\{sample}.avi\tSection:\t0.1 [0]",
        "ZetaView S/N:\t00-0000",
        "Software:\tZetaView (version 8.06.01 SP1)\tAnalyze:\t8.06.01 SP1",
        f"Sample:\t{sample} (fictional)",
        "Particle Drift Check Result:\tOK",
        "Cell Check Result:\tVery Good",
        "Type of Measurement:\tSize Distribution",
        f"Number of Traces:\t{total}\t(at 0.099990)\tAverage Number of Particles:\t30.6\tDilution::\t{DILUTION:f}",
        "Concentration Correction Factor:\t1.000000",
        "Size Distribution",
        "Size / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\tArea / nm^2",
        *(row(centre, count) for centre, count in zip(centres, counts, strict=True)),
        "-1.000E+0\t-1.000E+0\t-1.000E+0\t-1.000E+0\t0.000E+0",
        row(centres[0], total),
        "",
    ]
    return "\n".join(lines).encode()


def result_of_sample(name: str, test: Mapping[str, Any]) -> ResultDraft:
    """One line of a sample's certificate. Raises `KeyError` for a test that the shape does not name."""
    code, detail = ITEMS_IN_SAMPLES[name]

    def day(key: str) -> date | None:
        return date.fromisoformat(test[key]) if test.get(key) else None

    return ResultDraft(
        code=code,
        detail=detail,
        result=str(test["result"]),
        unit=test.get("unit", ""),
        method=test.get("method", ""),
        limit="" if test.get("limit") is None else f"<= {test['limit']}",
        sampled_on=day("sampled"),
        reported_on=day("reported"),
    )


def certificate_pdf(lines: Sequence[str]) -> bytes:
    """A PDF of one page with these lines in Helvetica; characters beyond Latin-1 are left out."""
    drawn = "\n".join(f"({line.translate({40: '[', 41: ']', 92: '/'})}) Tj T*" for line in lines)
    content = f"BT /F1 11 Tf 56 780 Td 16 TL\n{drawn}\nET".encode("latin-1", "ignore")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream\n" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def _product_draft(spec: Mapping[str, Any]) -> ProductDraft:
    makers = {one["code"]: one for one in sample_set()["organisations"]}
    maker = makers[spec["manufacturer"]]
    return ProductDraft(
        marketed_name=spec["trade_name"],
        manufacturer=PartyDraft(maker["name"], maker["country"]),
        gtin=spec["gtin14"],
        claims=tuple(_claim(name, spec) for name in SCIENCE_FIELDS),
    )


def _claim(name: str, spec: Mapping[str, Any]) -> ClaimDraft:
    value = spec[_NAMES_IN_SAMPLES.get(name, name)]
    if name == "isolation_methods":
        value = {"methods": value, "detail": spec["isolation_detail"]}
    if name == "intended_routes":
        value = list(dict.fromkeys([value, spec["planned_use"]["route"]]))
    if value == "NOT_APPLICABLE":
        return ClaimDraft(name, None, Basis.NOT_APPLICABLE, reason="No person or animal gave material.")
    if value == "UNKNOWN":
        return ClaimDraft(name, None, Basis.NOT_STATED)
    return ClaimDraft(name, value, Basis.STATED)


def _receive(product: Product, spec: Mapping[str, Any], *, agent: Agent, at: datetime) -> Batch:
    arrived = date.fromisoformat(spec["custody"][-1]["received_or_shipped"])
    scans = [gs1.parse_element_string(unit["raw"], today=arrived) for unit in spec["units"]]
    drafts = [draft_from_scan(scan) for scan in scans]
    receipts = [receive_batch(product, draft, today=arrived, agent=agent, at=at) for draft in drafts]
    return receipts[-1].batch


def _file_papers(batch: Batch, spec: Mapping[str, Any], *, today: date, agent: Agent, at: datetime) -> None:
    if spec.get("coa"):
        attach_certificate(batch, _certificate(spec["coa"]), today=today, agent=agent, at=at)
    size = spec["size"]
    particles = spec["particles_per_mL"]
    if size["basis"] == Basis.MEASURED_BATCH and size["method"] == "NTA" and size["d50_nm"]:
        content = instrument_export(spec["lot"], size, particles)
        upload = Upload(content, f"{spec['lot']}_size.txt")
        attach_size_measurement(batch, upload, agent=agent, at=at)
    elif size["mode_nm"]:
        state_size(batch, mode_nm=size["mode_nm"], particles_per_ml=particles, agent=agent, at=at)


def _certificate(coa: Mapping[str, Any]) -> CertificateDraft:
    tests = coa["tests"]
    lines = [
        "CERTIFICATE OF ANALYSIS (fictional, for demonstration)",
        f"Number {coa['number']}   Lot {coa['lot']}   Expiry {coa['expiry']}   Date {coa['date']}",
        f"{coa['laboratory']}   {'signed' if coa['signed'] else 'not signed'}",
        "",
        *(f"{name}: {one['result']} {one.get('unit', '')}  {one.get('method', '')}" for name, one in tests.items()),
    ]
    return CertificateDraft(
        upload=Upload(certificate_pdf(lines), f"{coa['number']}.pdf"),
        lot_number=coa["lot"],
        number=coa["number"],
        laboratory=coa["laboratory"] or "",
        issued_on=date.fromisoformat(coa["date"]),
        expiration_date=date.fromisoformat(coa["expiry"]),
        signed=Stated.YES if coa["signed"] else Stated.NO,
        results=tuple(result_of_sample(name, test) for name, test in tests.items()),
    )
