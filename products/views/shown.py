"""Facts arranged for a page: what is known with its mark, where a batch stands, what the rules say in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from products.disclosure import CONTRADICTED, Standing, contradictions, down_sampled, measurement_in_force
from products.fields import BATCH_FIELDS, SCIENCE_FIELDS, TEST_FIELDS, ClaimField, says_nothing, technical
from products.models import Batch, Product, SizeMeasurement
from products.records import RuleMatch
from products.services import rests_on_certificate
from products.vocabulary import Basis, BatchStatus, RuleSeverity

STATUS_KINDS = {
    BatchStatus.QUARANTINE: "warn",
    BatchStatus.RELEASED: "good",
    BatchStatus.ON_HOLD: "stop",
    BatchStatus.RECALLED: "stop",
    BatchStatus.EXPIRED: "stop",
}
SEVERITY_WORDS = {RuleSeverity.STOP: "Stop", RuleSeverity.WARN: "With warnings", RuleSeverity.INFO: "To know"}
SEVERITY_KINDS = {RuleSeverity.STOP: "stop", RuleSeverity.WARN: "warn", RuleSeverity.INFO: "quiet"}
MOST_CURVES = 4
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Fact:
    """One line of what is known: its mark, its words, and how we know."""

    label: str
    value: str
    basis: str
    note: str
    note_url: str
    correct_url: str
    recorded: str = ""


@dataclass(frozen=True)
class Tag:
    """A coloured word."""

    text: str
    kind: str


@dataclass(frozen=True)
class Stop:
    """The uses that the rules stop, why, and what would change it: said once, however many uses there are."""

    routes: Sequence[str]
    rules: Sequence[RuleMatch]
    changes: Sequence[str]
    is_total: bool


@dataclass(frozen=True)
class Use:
    """One intended use with what the rules say of it here."""

    route: str
    tag: Tag
    standing: Standing
    is_stopped: bool


def product_facts(product: Product, *, may_correct: bool) -> list[Fact]:
    """The nine things that are said about a product."""
    return [
        fact_of(
            field,
            product.snapshot.get(name),
            correct_url=reverse("product_correct", args=[product.pk, name]) if may_correct else "",
        )
        for name, field in SCIENCE_FIELDS.items()
    ]


def batch_facts(batch: Batch, *, may_correct: bool) -> list[Fact]:
    """What is known of a batch; where two records disagree, the mark says so."""
    facts = []
    for name, field in BATCH_FIELDS.items():
        correct_url = _correct_url(batch, name) if may_correct else ""
        fact = fact_of(field, batch.snapshot.get(name), correct_url=correct_url)
        if name == "certificate_of_analysis" and (against := contradictions(batch)):
            said = f"{fact.value}. {' '.join(against)}"
            fact = replace(fact, value=said, basis=CONTRADICTED)
        facts.append(fact)
    return facts


def _correct_url(batch: Batch, name: str) -> str:
    """Where a value of a batch is corrected: what the certificate says, on the certificate."""
    read_as = (batch.value_of("certificate_of_analysis") or {}).get("certificate")
    if read_as and (name == "certificate_of_analysis" or rests_on_certificate(batch, name)):
        return reverse("certificate_correct", args=[batch.pk, read_as])
    return reverse("batch_correct", args=[batch.pk, name]) if name in TEST_FIELDS else ""


def uses_of(standings: Iterable[Standing]) -> list[Use]:
    """Each use with its tag, the stopped ones first."""
    uses = [
        Use(
            route=standing.route_label,
            tag=Tag(SEVERITY_WORDS[RuleSeverity(standing.severity)], SEVERITY_KINDS[RuleSeverity(standing.severity)]),
            standing=standing,
            is_stopped=standing.severity == RuleSeverity.STOP,
        )
        for standing in standings
    ]
    return sorted(uses, key=lambda use: not use.is_stopped)


def stop_of(uses: Sequence[Use]) -> Stop | None:
    """What is stopped among these uses, or None."""
    stopped = [use for use in uses if use.is_stopped]
    if not stopped:
        return None
    rules = {rule.id: rule for use in stopped for rule in use.standing.stopping_rules}
    return Stop(
        routes=[use.route for use in stopped],
        rules=list(rules.values()),
        changes=list(dict.fromkeys(rule.what_would_change_it for rule in rules.values())),
        is_total=len(stopped) == len(uses),
    )


def status_tag(batch: Batch, today: date) -> Tag:
    """Where a batch stands; one whose last day is over is shown as expired, whatever its state."""
    status = batch.state_on(today)
    return Tag("Released" if status == BatchStatus.RELEASED else str(status.label), STATUS_KINDS.get(status, "quiet"))


def curves_of(batches: Iterable[Batch]) -> list[dict[str, Any]]:
    """The size distributions in force of up to four batches, for the chart."""
    curves: list[dict[str, Any]] = []
    for batch in batches:
        measurement = measurement_in_force(batch)
        if measurement and len(curves) < MOST_CURVES:
            curves.append(curve(measurement, batch.lot_number))
    return curves


def curve(measurement: SizeMeasurement, label: str) -> dict[str, Any]:
    """One distribution for the chart."""
    spread = measurement.distribution
    diameters, densities = down_sampled(spread["diameter_nm"], spread["density"])
    return {
        "label": label,
        "diameter_nm": diameters,
        "density": densities,
        "mode_nm": float(measurement.mode_nm),
        "d10_nm": float(measurement.d10_nm),
        "d50_nm": float(measurement.d50_nm),
        "d90_nm": float(measurement.d90_nm),
    }


def size_figures(measurement: SizeMeasurement) -> list[tuple[str, str]]:
    """What one measurement says, label by label: diameters in nm, and how far the concentration can be trusted."""
    facts = measurement.facts
    nanometres = [
        (label, f"{float(value):.1f} nm")
        for label, value in (
            ("D10", measurement.d10_nm),
            ("D50", measurement.d50_nm),
            ("D90", measurement.d90_nm),
            ("Mode", measurement.mode_nm),
            ("Instrument's own peak", facts.get("peak_nm")),
            ("Mean", facts.get("mean_nm")),
        )
        if value is not None
    ]
    others = [("Span", facts.get("span")), ("Particles tracked", _counted(measurement.tracks))]
    per_ml = measurement.particles_per_ml
    others.append(("Particles per mL", "Not stated" if per_ml is None else _powers(per_ml)))
    dilution = facts.get("dilution")
    others.append(("Dilution", f"{float(dilution):g}-fold, made good above" if dilution else "Not stated"))
    if (replicates := facts.get("replicates") or 1) > 1:
        spread = facts.get("replicate_spread")
        others.append(("Runs", str(replicates)))
        others.append(("Spread of D50 over the runs", f"{float(spread):.1f} nm" if spread else "Not stated"))
    return [*nanometres, *((label, str(said)) for label, said in others if said)]


def _powers(number: int) -> str:
    mantissa, exponent = f"{number:.2e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)}"


def _counted(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def methods_of(batches: Iterable[Batch]) -> str:
    """How the sizes that are drawn were measured."""
    methods = {m.get_method_display() for batch in batches if (m := measurement_in_force(batch))}
    return ", ".join(sorted(methods)).lower()


def attention(uses: Sequence[Use], counted: Mapping[str, Any]) -> list[str]:
    """What waits for a person on a product, most pressing first; a lot is named where it is the only one."""
    said = []
    if uses and all(use.is_stopped for use in uses):
        said.append("No consent can be issued for any of its uses here")
    if not uses:
        said.append("Its routes are not stated")
    if not counted.get("all"):
        said.append("No batch received yet")
    for name, words in (("held", "on hold"), ("waiting", "in quarantine"), ("expired", "expired")):
        if count := counted.get(name, 0):
            said.append(f"{counted[f'{name}_lot'] if count == 1 else f'{count:,} batches'} {words}")
    return said


def fact_of(field: ClaimField, entry: Mapping[str, Any] | None, *, correct_url: str) -> Fact:
    """What is on record about one field; what nobody recorded is not stated."""
    entry = entry or {"basis": Basis.NOT_STATED, "value": None, "reason": "", "recorded_at": "", "recorded_by": ""}
    basis = str(entry["basis"])
    value = {
        Basis.NOT_STATED: "Not stated",
        Basis.NOT_APPLICABLE: f"Does not apply: {entry['reason']}",
    }.get(Basis(basis)) or technical(field, entry["value"], entry.get("unit", ""))
    if basis != Basis.NOT_STATED and says_nothing(entry["value"]):
        basis = Basis.NOT_STATED.value
    evidence = entry.get("evidence")
    day = f", {_day(entry['recorded_at'])}" if entry["recorded_at"] else ""
    return Fact(
        label=field.label,
        value=value,
        basis=basis,
        note=entry.get("evidence_name") or "",
        recorded=f"{entry['recorded_by']}{day}",
        note_url=reverse("evidence_page", args=[evidence]) if evidence else "",
        correct_url=correct_url,
    )


def _day(recorded_at: str) -> str:
    moment = datetime.fromisoformat(recorded_at)
    return f"{moment.day} {moment:%b %Y}"
