"""The checks put to the record: facts of a product and its batches, the findings on them, and what people answered.

Reads; writes nothing. What depends on the day or on other batches is found when asked, the rest can be kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import prefetch_related_objects

from clinic.models import Organization
from products.fields import TESTS_BY_CODE
from products.lineage import Lineage, lineage_of
from products.models import Batch, FindingAnswer, Party, Product, ThresholdSetting
from products.records import Finding
from products.rules import findings as checks
from products.rules.findings import (
    EXPIRED,
    BatchFacts,
    CertificateFacts,
    MarkerFacts,
    ProductFacts,
    ResultFacts,
    SizeFacts,
    SourceFacts,
    StatusFacts,
    Thresholds,
)
from products.rules.rule_set import current_rule_set, rule_area
from products.vocabulary import Basis, CustodyAct, FindingSeverity, ProvenanceState, ScreeningResult, Stated

GRAVEST_FIRST = tuple(FindingSeverity.values)
BATCH_RELATIONS = (
    "custody_events__party",
    "custody_events__superseded_by",
    "certificates__results",
    "certificates__superseded_by",
    "temperatures",
)
MOST_TWINS = 50
IDENTITY = frozenset({"QB001", "QB002"})
"""Label and certificate differ: pages say that in words of their own, and no answer makes it another paper."""
CANNOT_BE = frozenset({FindingSeverity.CONTRADICTION, FindingSeverity.ERROR})


@dataclass(frozen=True)
class Judged:
    """A finding with what named people answered to it, the latest last."""

    finding: Finding
    answers: tuple[FindingAnswer, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nobody answered it yet."""
        return not self.answers

    @property
    def severity_label(self) -> str:
        """The severity as staff read it."""
        return str(FindingSeverity(self.finding.severity).label)

    @property
    def gravity(self) -> int:
        """A larger number is graver; 1 is the least."""
        return gravity(self.finding.severity)


def gravity(severity: str) -> int:
    """A larger number is graver; 1 is the least, 0 would be nothing."""
    return len(GRAVEST_FIRST) - GRAVEST_FIRST.index(severity)


def thresholds_of(organization: Organization) -> Thresholds:
    """The numbers in force at a clinic: its own where it set any, else the defaults."""
    own = {one.name: one.value for one in ThresholdSetting.objects.at(organization).in_force()}
    return Thresholds(**{**checks.DEFAULTS, **own})


def basis_of_judgement(limits: Thresholds) -> str:
    """Names the checks and the numbers that a kept finding rests on; another name means that it must be found anew."""
    said = [repr(check) for check in checks.CHECKS.values()]
    said += [f"{name}={value.normalize():e}" for name, value in asdict(limits).items()]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def product_facts(product: Product) -> ProductFacts:
    """A product as the checks see it, from its snapshot, its parties, its promises and its regulatory records."""
    rule_set = current_rule_set()
    importer, manufacturer = product.importer, product.manufacturer
    isolation = product.value_of("isolation_methods") or {}
    gtin = product.gtin or product.value_of("gtin")
    return ProductFacts(
        marketed_name=product.marketed_name,
        label_term=product.value_of("ev_term_on_label") or "",
        evidenced_term=product.value_of("ev_term_evidenced") or "",
        origin=product.value_of("origin") or "",
        material=product.value_of("material") or "",
        cell_or_tissue=product.value_of("cell_or_tissue") or "",
        species=product.value_of("species") or "",
        isolation_methods=tuple(isolation.get("methods", ())),
        formulation=product.value_of("formulation") or "",
        storage_label=(product.value_of("storage") or {}).get("label") or "",
        fill_volume_ml=_number(product.value_of("fill_volume_ml")),
        particles_per_vial=_number(product.value_of("label_particles_per_vial")),
        max_dose_ml=_number(product.value_of("max_dose_ml")),
        marketing_claims=tuple(one.text for one in product.marketing_claims.in_force()),
        statuses=tuple(
            StatusFacts(one.jurisdiction, rule_area(one.jurisdiction, rule_set), one.status, one.evidence_level)
            for one in product.regulatory_records.in_force()
        ),
        routes=tuple(product.routes),
        manufacturer=_party(manufacturer),
        importer=_party(importer),
        is_domestic=manufacturer is not None and manufacturer.country == product.organization.jurisdiction[:2],
        keys=(*((("GTIN", gtin),) if gtin else ()), *_glns((manufacturer, importer))),
    )


def batch_facts(batch: Batch) -> BatchFacts:
    """A batch as the checks see it, from its snapshot, its certificate, its way here and the papers on its origin."""
    label = batch.value_of("lot_and_expiry") or {}
    markers = batch.snapshot.get("markers") or {}
    size = batch.value_of("size") or {}
    image = batch.value_of("image_method")
    amounts = {"LIPID": "lipid", "RNA": "rna_ng_per_ml", "MARKER_ELISA": "marker_elisa"}
    custody = [event for event in batch.custody_events.all() if _is_in_force(event)]
    return BatchFacts(
        lot_number=batch.lot_number,
        expiration_date=batch.expiration_date,
        production_date=batch.production_date,
        received_on=batch.received_on,
        labels=tuple(filter(None, (batch.label_scan, *label.get("unread_labels", ())))),
        keys=(
            *((str(name), str(digits)) for name, digits in label.get("wrong_keys", ())),
            *_glns(event.party for event in custody),
        ),
        size=_size(size, (batch.snapshot.get("size") or {}).get("basis", "")),
        image_methods=(image,) if image else (),
        particles_per_ml=_number(batch.particles_per_ml),
        protein_ug_per_ml=_number(batch.value_of("protein_ug_per_ml")),
        quantities=frozenset(kind for kind, name in amounts.items() if batch.value_of(name) is not None),
        markers=tuple(
            MarkerFacts(category, name, str(result))
            for category, results in (markers.get("value") or {}).items()
            for name, result in results.items()
        ),
        markers_reason=markers.get("reason", "") if markers.get("basis") == Basis.NOT_APPLICABLE else "",
        certificate=_certificate(batch),
        results=_results(batch),
        source=_source(lineage_of(batch)),
        custody=tuple(_party(event.party) for event in custody if event.party),
        warmest_c=max((record.highest_c for record in batch.temperatures.all()), default=None),
    )


def product_with_parties(key: Any) -> Product:
    """A product with all that its facts ask of other tables."""
    return Product.objects.select_related("organization", "manufacturer", "importer").get(pk=key)


def facts_of(batches: Iterable[Batch]) -> dict[Any, BatchFacts]:
    """Facts by batch, asked for together."""
    rows = list(batches)
    prefetch_related_objects(rows, *BATCH_RELATIONS)
    return {batch.pk: batch_facts(batch) for batch in rows}


def findings_of_product(product: Product) -> list[Judged]:
    """Everything found on a product itself, the gravest first, with its answers."""
    return _judged(checks.product_findings(product_facts(product)), product.finding_answers.all())


def findings_of_batch(batch: Batch, *, on: date) -> list[Judged]:
    """Everything found on a batch on the clinic's local day, the gravest first, with its answers."""
    limits = thresholds_of(batch.product.organization)
    facts = facts_of([batch])[batch.pk]
    lasting = checks.lasting_findings(facts, product_facts(batch.product), limits)
    passing = checks.passing_findings(facts, _twins(batch, facts), on=on)
    return _judged((*lasting, *passing), batch.finding_answers.all())


def lasting_findings_of(
    of_product: ProductFacts, batches: Sequence[Batch], limits: Thresholds
) -> dict[Any, tuple[BatchFacts, tuple[Finding, ...]]]:
    """What can be kept of each batch: its facts, and what is found whatever the day and whatever the other batches."""
    return {
        key: (facts, checks.lasting_findings(facts, of_product, limits)) for key, facts in facts_of(batches).items()
    }


def state_of(findings: Iterable[Judged]) -> ProvenanceState:
    """The state of the papers that follows from these findings; answers do not change it."""
    return checks.provenance_state(one.finding for one in findings)


def open_contradictions(batch: Batch, *, on: date) -> list[Judged]:
    """What cannot be and nobody answered: these keep a batch from being released. The expiry is refused by itself."""
    return [
        one
        for one in findings_of_batch(batch, on=on)
        if one.is_open and one.finding.severity in CANNOT_BE and one.finding.code != EXPIRED
    ]


def answered_digests(batches: Sequence[Batch]) -> set[tuple[Any, str]]:
    """Batch and digest of every finding on these batches that somebody answered."""
    return set(FindingAnswer.objects.filter(batch__in=batches).values_list("batch_id", "digest"))


def answered_among(findings: Iterable[Judged]) -> set[str]:
    """The digests of those that somebody answered."""
    return {one.finding.digest for one in findings if not one.is_open}


def reading_digest(findings: Iterable[Judged]) -> str:
    """Names a whole list of findings: another finding, or another fact in one, gives another name."""
    return hashlib.sha256("\n".join(sorted(one.finding.digest for one in findings)).encode()).hexdigest()


def has_been_read(batch: Batch, *, on: date) -> bool:
    """Whether a named person read the findings as they are now; where there are none, there is nothing to read."""
    findings = findings_of_batch(batch, on=on)
    return not findings or batch.findings_readings.filter(digest=reading_digest(findings)).exists()


def _judged(findings: Iterable[Finding], answers: Iterable[FindingAnswer]) -> list[Judged]:
    by_digest: dict[str, list[FindingAnswer]] = {}
    for answer in answers:
        by_digest.setdefault(answer.digest, []).append(answer)
    found = [Judged(finding, tuple(by_digest.get(finding.digest, ()))) for finding in findings]
    return sorted(found, key=lambda one: (-one.gravity, one.finding.code))


def _twins(batch: Batch, facts: BatchFacts) -> list[BatchFacts]:
    key = checks.measured_key(facts)
    if not key:
        return []
    alike = Batch.objects.filter(product_id=batch.product_id, measured_key=key).exclude(pk=batch.pk)
    return list(facts_of(alike[:MOST_TWINS]).values())


def _size(size: Mapping[str, Any], basis: str) -> SizeFacts:
    return SizeFacts(
        method=size.get("method") or "",
        mode_nm=_number(size.get("mode_nm")),
        d10_nm=_number(size.get("d10_nm")),
        d50_nm=_number(size.get("d50_nm")),
        d90_nm=_number(size.get("d90_nm")),
        is_reference=basis == Basis.MEASURED_REF,
    )


def _certificate(batch: Batch) -> CertificateFacts | None:
    value = batch.value_of("certificate_of_analysis")
    if not value:
        return None
    signed = value.get("signed")
    return CertificateFacts(
        lot_number=value.get("lot_number") or "",
        expiration_date=_day(value.get("expiration_date")),
        issued_on=_day(value.get("issued_on")),
        laboratory=value.get("laboratory") or "",
        is_signed={Stated.YES.value: True, Stated.NO.value: False}.get(signed or ""),
    )


def _results(batch: Batch) -> dict[str, ResultFacts]:
    """The results in force by field, each with what the certificate that it rests on says beside it."""
    lines = {
        (str(certificate.evidence_id), line.code, line.result): line
        for certificate in batch.certificates.all()
        if _is_in_force(certificate)
        for line in certificate.results.all()
    }
    found = {}
    for code, field in TESTS_BY_CODE.items():
        entry = batch.snapshot.get(field.name) or {}
        if entry.get("value") is None:
            continue
        result = str(entry["value"])
        line = lines.get((str(entry.get("evidence")), code, result))
        found[field.name] = ResultFacts(
            result,
            method=line.method if line else "",
            unit=entry.get("unit", ""),
            sampled_on=line.sampled_on if line else None,
            reported_on=line.reported_on if line else None,
        )
    return found


def _source(lineage: Lineage) -> SourceFacts:
    """What the papers of the batch say of its donors."""
    origins = lineage.origins
    # Of a pool each donor must have been tested: one other result than negative is what counts.
    tests = dict.fromkeys(test for origin in origins for test in origin.screening or {})
    return SourceFacts(
        tissue=_joined(origin.tissue for origin in origins),
        species=_joined(origin.species for origin in origins),
        country=_joined(origin.country for origin in origins),
        tse_statement=_joined(origin.tse_statement for origin in origins),
        screening={test: _worst((origin.screening or {}).get(test, "") for origin in origins) for test in tests},
    )


def _worst(results: Iterable[str]) -> str:
    return next((result for result in results if result != ScreeningResult.NEGATIVE), ScreeningResult.NEGATIVE.value)


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _is_in_force(row: Any) -> bool:
    """Whether no later version took a row's place, asked of rows that were fetched together with their successors."""
    return getattr(row, "superseded_by", None) is None and getattr(row, "act", "") != CustodyAct.VOID


def _party(party: Party | None) -> str:
    """One company may be on the books in two roles: its name tells that it is one."""
    return party.name.casefold() if party else ""


def _glns(parties: Iterable[Party | None]) -> tuple[tuple[str, str], ...]:
    return tuple(("GLN", party.gln) for party in parties if party and party.gln)


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
