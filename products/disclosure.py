"""What is known and not known of a product and a batch, frozen: the facts that a consent's Document carries.

Reads the snapshots that the claims make; asks the rules for the standing; writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext, gettext_noop

from products import rules
from products.fields import (
    BATCH_FIELDS,
    PRODUCT_FIELDS,
    SCIENCE_FIELDS,
    ClaimField,
    day_words,
    plain,
    says_nothing,
    technical,
)
from products.models import Batch, Product, RegulatoryRecord, SizeMeasurement, StandingRelease, rule_set_for
from products.records import ClinicRecord, Verdict
from products.vocabulary import (
    Basis,
    BatchStatus,
    CellOrTissue,
    DonorRelation,
    EvTerm,
    Formulation,
    IsolationMethod,
    Material,
    Origin,
    RegStatus,
    Route,
    RuleSeverity,
    SizeMethod,
    StatusEvidence,
)

MOST_POINTS = 120
CONTRADICTED = "CONTRADICTED"
CHOSEN_ON_THE_DAY = gettext_noop("The batch is chosen on the day.")


@dataclass(frozen=True)
class Standing:
    """What the rules say of one use here, and what the clinic has on file about it."""

    verdict: Verdict
    record: RegulatoryRecord | None
    release: StandingRelease | None

    @property
    def severity(self) -> str:
        """The verdict's severity; a STOP that two named people lifted by a record on file is a WARN."""
        return RuleSeverity.WARN.value if self._is_lifted else str(self.verdict.severity)

    @property
    def status(self) -> str:
        """The status in law: that of the record that lifted a STOP, else the verdict's."""
        return str(self.record.status) if self._is_lifted and self.record else str(self.verdict.status)

    @property
    def route_label(self) -> str:
        """The route in terms of art."""
        return str(Route(self.verdict.route).label)

    @property
    def status_label(self) -> str:
        """The status in terms of art; rules that only add a warning carry none."""
        return str(RegStatus(self.status).label) if self.status in RegStatus.values else "No status"

    @property
    def is_checked(self) -> bool:
        """Whether the clinic saw a document or checked a register for this use."""
        return self.record is not None and self.record.evidence_level in (
            StatusEvidence.REGISTER_CHECKED,
            StatusEvidence.DOCUMENT_SEEN,
        )

    @property
    def stopping_rules(self) -> list[Any]:
        """The rules that stop this use."""
        return [rule for rule in self.verdict.rules if rule.severity == RuleSeverity.STOP]

    @property
    def _is_lifted(self) -> bool:
        return self.verdict.severity == RuleSeverity.STOP and self.release is not None

    def as_json(self) -> dict[str, Any]:
        """The standing as a Document carries it."""
        said: dict[str, Any] = {
            **self.verdict.as_json(),
            "severity": self.severity,
            "status": self.status,
            "clinic_record": _record_json(self.record),
            "lifted": None,
        }
        if self._is_lifted and self.release and self.release.confirmed_at:
            said["lifted"] = {
                "reason": self.release.reason,
                "proposed_by": self.release.proposed_by_name,
                "confirmed_by": self.release.confirmed_by_name,
                "confirmed_on": self.release.confirmed_at.date().isoformat(),
            }
        return said


@dataclass(frozen=True)
class ProductDisclosure:
    """The frozen facts: every field with its basis, what is not stated, and the standing of this use here."""

    product: Mapping[str, Any]
    batch: Mapping[str, Any] | None
    claims: Mapping[str, Mapping[str, Any]]
    size_distribution: Mapping[str, Any] | None
    not_stated: Sequence[Mapping[str, str]]
    standing: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "product": dict(self.product),
            "batch": dict(self.batch) if self.batch else None,
            "claims": {name: dict(claim) for name, claim in self.claims.items()},
            "size_distribution": dict(self.size_distribution) if self.size_distribution else None,
            "not_stated": [dict(item) for item in self.not_stated],
            "standing": dict(self.standing),
        }


def of(product: Product, batch: Batch | None, *, route: str, jurisdiction: str, on: date) -> ProductDisclosure:
    """The disclosure for one use, on the clinic's local day; without a batch, its fields say that it is chosen later."""
    claims = {name: _claim_json(field, product.snapshot.get(name)) for name, field in SCIENCE_FIELDS.items()}
    for name, field in BATCH_FIELDS.items():
        entry = batch.snapshot.get(name) if batch else None
        claims[name] = _claim_json(field, entry, reason="" if batch else CHOSEN_ON_THE_DAY)
    if batch and (against := contradictions(batch)):
        claims["certificate_of_analysis"] |= {"basis": CONTRADICTED, "reason": " ".join(against)}
    country = product.manufacturer.country if product.manufacturer else ""
    return ProductDisclosure(
        product={
            "id": str(product.pk),
            "marketed_name": product.marketed_name,
            "gtin": product.gtin,
            "manufacturer": product.manufacturer_name,
            "manufacturer_country": country,
        },
        batch=_batch_json(batch),
        claims=claims,
        size_distribution=_distribution_json(batch),
        not_stated=_not_stated(product, claims),
        standing=standing(product, jurisdiction=jurisdiction, route=route, on=on).as_json(),
    )


def standing(
    product: Product, *, jurisdiction: str, route: str, on: date, rule_set: rules.RuleSet | None = None
) -> Standing:
    """The standing of one use of a product, by its clinic's rules where no others are given."""
    return _standings(product, jurisdiction, [route], on, rule_set)[0]


def standings(
    product: Product, *, jurisdiction: str, on: date, rule_set: rules.RuleSet | None = None
) -> list[Standing]:
    """The standing of every use that the product is meant for; empty where its routes are not stated.

    A list of products gives the clinic's rule set, so that it is fetched once.
    """
    return _standings(product, jurisdiction, product.routes, on, rule_set)


def use_of(product: Product, *, jurisdiction: str, route: str) -> rules.Use:
    """One use of a product as the rules see it. An origin that is not stated counts as unknown."""
    origin = product.value_of("origin") or Origin.UNKNOWN.value
    return rules.Use(jurisdiction, origin, _donor_relation(product), route)


def patient_label(name: str) -> str:
    """What a field is called for a patient, by its name."""
    return {**SCIENCE_FIELDS, **BATCH_FIELDS}[name].patient_label


def claim_words(name: str, claim: Mapping[str, Any]) -> str:
    """What a Document's claim {"value", "unit", "basis", "reason"} about this field says to a patient, in the language in use."""
    field = {**SCIENCE_FIELDS, **BATCH_FIELDS}[name]
    return _claim_said(field, claim["value"], claim["unit"], claim["basis"], claim["reason"])


def reason_words(reason: str) -> str:
    """Why a claim does not apply: our own reason in the language in use, a clinic's as it was written."""
    return gettext(reason) if reason == CHOSEN_ON_THE_DAY else reason


def contradictions(batch: Batch) -> list[str]:
    """Where two records of this batch disagree, in words."""
    certificate = batch.value_of("certificate_of_analysis") or {}
    named, expires = certificate.get("lot_number"), certificate.get("expiration_date")
    found = []
    if named and named != batch.lot_number:
        found.append(f"The certificate names lot {named}, but the vial names lot {batch.lot_number}.")
    if expires and expires != batch.expiration_date.isoformat():
        found.append(
            f"The certificate says that it expires on {day_words(expires)}, but the vial says "
            f"{day_words(batch.expiration_date)}."
        )
    return found


def patient_words() -> list[str]:
    """Every short word or phrase of this room that a patient can read, in English: what a language must translate."""
    vocabularies = (
        EvTerm,
        Origin,
        DonorRelation,
        Material,
        CellOrTissue,
        IsolationMethod,
        SizeMethod,
        Formulation,
        Route,
        RegStatus,
        BatchStatus,
    )
    fields = (PRODUCT_FIELDS["manufacturer"], *SCIENCE_FIELDS.values(), *BATCH_FIELDS.values())
    return [
        *(word.english for vocabulary in vocabularies for word in vocabulary),
        *(field.patient_label for field in fields),
    ]


def patient_sentences() -> list[str]:
    """What each rule of the rule set says to a patient, in English."""
    return [row.match.patient_sentence for row in rules.current_rule_set().rows]


def down_sampled(diameters: Sequence[float], densities: Sequence[float]) -> tuple[list[float], list[float]]:
    """At most 120 points of a distribution: neighbours joined, and the empty classes around it left out."""
    occupied = [place for place, density in enumerate(densities) if density > 0]
    if not occupied:
        return [], []
    first, last = max(occupied[0] - 1, 0), min(occupied[-1] + 2, len(densities))
    diameters, densities = diameters[first:last], densities[first:last]
    step = -(-len(diameters) // MOST_POINTS)
    starts = range(0, len(diameters), step)
    joined = [diameters[start : start + step] for start in starts]
    return (
        [round(sum(group) / len(group), 2) for group in joined],
        [float(f"{sum(densities[start : start + step]):.6g}") for start in starts],
    )


def _standings(
    product: Product, jurisdiction: str, routes: Sequence[str], on: date, rule_set: rules.RuleSet | None = None
) -> list[Standing]:
    # Filtered here and not in the query, so that a list of products asks once for all of them.
    filed = list(product.regulatory_records.all())
    superseded = {record.supersedes_id for record in filed}
    in_force = [record for record in filed if record.pk not in superseded]
    releases = {release.record_id: release for release in product.standing_releases.all()}
    facts = {_clinic_record(record, releases.get(record.pk)): record for record in in_force}
    rule_set = rule_set or rule_set_for(product.organization_id)
    found = []
    for route in routes:
        use = use_of(product, jurisdiction=jurisdiction, route=route)
        verdict = rules.verdict(use.jurisdiction, use.origin, use.donor_relation, use.route, rule_set)
        lifting = rules.lifting_record(verdict, facts, product_id=str(product.pk), rule_set=rule_set, on=on)
        here = [record for record in in_force if (record.jurisdiction, record.route) == (jurisdiction, route)]
        record = facts[lifting] if lifting else here[0] if here else None
        found.append(Standing(verdict, record, releases[record.pk] if lifting and record else None))
    return found


def _clinic_record(record: RegulatoryRecord, release: StandingRelease | None) -> ClinicRecord:
    confirmed = release is not None and release.confirmed_at is not None
    return ClinicRecord(
        product_id=str(record.product_id),
        jurisdiction=record.jurisdiction,
        route=record.route,
        status=record.status,
        evidence=record.evidence_level,
        reference=record.reference,
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        named_people=(str(release.proposed_by), str(release.confirmed_by)) if release and confirmed else (),
    )


def _donor_relation(product: Product) -> str:
    entry = product.snapshot.get("donor_relation") or {}
    if entry.get("basis") == Basis.NOT_APPLICABLE:
        return DonorRelation.NOT_APPLICABLE.value
    return entry.get("value") or DonorRelation.UNKNOWN.value


def _claim_json(field: ClaimField, entry: Mapping[str, Any] | None, *, reason: str = "") -> dict[str, Any]:
    entry = entry or {"basis": Basis.NOT_STATED.value, "value": None, "recorded_at": ""}
    value, basis = entry["value"], str(entry["basis"])
    reason = entry.get("reason") or reason
    unit = entry.get("unit", "")
    if basis == Basis.NOT_STATED:
        terms = "not stated"
    elif basis == Basis.NOT_APPLICABLE:
        terms = f"does not apply: {reason}"
    else:
        terms = technical(field, value, unit)
    return {
        "value": value,
        "unit": unit,
        "display": _claim_said(field, value, unit, basis, reason),
        "technical": terms,
        "basis": basis,
        "evidence_sha256": entry.get("evidence_sha256"),
        "evidence_name": entry.get("evidence_name", ""),
        "recorded_at": entry.get("recorded_at", ""),
        "reason": reason,
    }


def _claim_said(field: ClaimField, value: Any, unit: str, basis: str, reason: str) -> str:
    if basis == Basis.NOT_STATED:
        return gettext("not stated")
    if basis == Basis.NOT_APPLICABLE:
        return gettext("does not apply: {reason}").format(reason=reason_words(reason))
    return plain(field, value, unit)


def _batch_json(batch: Batch | None) -> dict[str, Any] | None:
    if batch is None:
        return None
    return {
        "id": str(batch.pk),
        "lot_number": batch.lot_number,
        "expiration_date": batch.expiration_date.isoformat(),
        "production_date": batch.production_date.isoformat() if batch.production_date else None,
        "serial_numbers": [unit.serial_number for unit in batch.units.all()],
    }


def _distribution_json(batch: Batch | None) -> dict[str, Any] | None:
    measurement = measurement_in_force(batch) if batch else None
    if batch is None or measurement is None:
        return None
    diameters, densities = down_sampled(measurement.distribution["diameter_nm"], measurement.distribution["density"])
    return {"diameter_nm": diameters, "density": densities, "lot_number": batch.lot_number}


def measurement_in_force(batch: Batch) -> SizeMeasurement | None:
    """The measurement that the batch's size claim rests on, if it rests on one."""
    evidence = (batch.snapshot.get("size") or {}).get("evidence")
    measured = [one for one in batch.measurements.all() if str(one.evidence_id) == evidence]
    return measured[-1] if measured else None


def _not_stated(product: Product, claims: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    fields = {**SCIENCE_FIELDS, **BATCH_FIELDS}
    missing = [] if product.manufacturer_name else [PRODUCT_FIELDS["manufacturer"]]
    missing += [fields[name] for name, claim in claims.items() if _is_missing(name, claim)]
    return [{"field": field.name, "label": gettext(field.patient_label)} for field in missing]


def _is_missing(name: str, claim: Mapping[str, Any]) -> bool:
    if name == "lot_and_expiry" and claim["reason"] == CHOSEN_ON_THE_DAY:
        return False
    return claim["basis"] == Basis.NOT_STATED or says_nothing(claim["value"])


def _record_json(record: RegulatoryRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "status": str(record.status),
        "evidence_level": str(record.evidence_level),
        "evidence_words": StatusEvidence(record.evidence_level).plain,
        "authority": record.authority,
        "reference": record.reference,
        "register_url": record.register_url,
        "checked_on": record.checked_on.isoformat() if record.checked_on else None,
        "checked_on_words": day_words(record.checked_on),
    }
