"""What a Document told a patient, compared with the facts of today: pure, and the same for the sweep and at the chair.

Only what somebody recorded is compared, never how it is worded, so that a newer Candour marks no consent by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from consent import news
from consent.languages import ENGLISH, speaking
from consent.records import FactChange, FactLine, StudyFacts, TodaysFacts
from consent.vocabulary import MarkKind
from products.disclosure import patient_label
from products.vocabulary import RegStatus, RuleSeverity, StatusEvidence

JSON = Any
CONTRADICTED = "CONTRADICTED"
CERTIFICATE = "certificate_of_analysis"
PRODUCT_FACTS = ("marketed_name", "gtin", "manufacturer", "manufacturer_country")
RECORD_WORDS = {
    "status": "Status on file at the clinic",
    "evidence_level": "What that rests on",
    "authority": "Authority",
    "reference": "Reference",
}
STUDY_FACTS = (
    "title",
    "sponsor",
    "duration",
    "committee",
    "committee_reference",
    "approved_on",
    "records_seen_by",
    "injury_treatment",
    "compensation",
    "contact_study",
    "contact_rights",
    "contact_injury",
)
NOTHING = "nothing"


def changes(then: Mapping[str, JSON], now: TodaysFacts) -> list[FactChange]:
    """Everything that a Document rested on and that is not so any more, one change for each kind."""
    told, today = then["disclosure"], now.disclosure
    found = [
        *standing_changes(told["standing"], today["standing"]),
        _finding(told, today),
        _batch(told, now),
        _dossier(told, today),
        _template(then["template"], now),
        _practitioner(then["practitioner"], now),
        _age(now),
        _study(then.get("research"), now.study),
    ]
    return [change for change in found if change is not None]


def standing_changes(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> list[FactChange]:
    """What the law says, and what the clinic has on file: a change of rules and a change of records kept apart."""
    rules = list(_rule_lines(then, now))
    is_new_set = then["rule_set"]["version"] != now["rule_set"]["version"]
    filed = [*_record_lines(then, now), *_lift_lines(then, now)]
    verdict = _verdict_lines(then, now)
    changed = {line.key for line in rules}
    told = [rule["patient_sentence"] for rule in now["rules"] if rule["id"] in changed and rule["patient_sentence"]]
    data = {"sentences": told}
    found = []
    if is_new_set and rules:
        found.append(_change(MarkKind.RULE_SET, [*(verdict if not filed else ()), *rules], data))
        rules = []
    if filed or rules or (verdict and not found):
        found.append(_change(MarkKind.STANDING, [*verdict, *filed, *rules], data))
    return found


def _change(kind: MarkKind, lines: Iterable[FactLine], data: Mapping[str, JSON] | None = None) -> FactChange:
    """Lines of one kind, with what a patient reads of them in English; `data` is of them all."""
    kept = tuple(replace(line, data={**line.data, **(data or {})}) for line in lines)
    change = FactChange(kind, kept, told="")
    with speaking(ENGLISH):
        return replace(change, told=news.said(kind, change.as_json()).text)


def _verdict_lines(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> tuple[FactLine, ...]:
    old, new = (
        f"{RuleSeverity(said['severity']).label}, {_status(said['status'])}" if said["severity"] else NOTHING
        for said in (then, now)
    )
    differs = (then["severity"], then["status"]) != (now["severity"], now["status"])
    return (FactLine("verdict", "Verdict", old, new),) if differs else ()


def _status(code: str) -> str:
    return str(RegStatus(code).label) if code in RegStatus.values else "no status"


def _rule_lines(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> Iterator[FactLine]:
    before, after = ({rule["id"]: rule for rule in said["rules"]} for said in (then, now))
    for name in [*before, *(name for name in after if name not in before)]:
        old, new = before.get(name), after.get(name)
        if old is None or new is None or _rule_key(old) != _rule_key(new):
            yield FactLine(name, f"Rule {name}", _rule_words(old), _rule_words(new))


def _rule_key(rule: Mapping[str, JSON]) -> tuple[JSON, ...]:
    return tuple(rule[name] for name in ("status", "severity", "patient_sentence"))


def _rule_words(rule: Mapping[str, JSON] | None) -> str:
    return f"{rule['severity']}: {rule['patient_sentence'] or rule['warn_clinic']}" if rule else NOTHING


def _record_lines(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> Iterator[FactLine]:
    before, after = then.get("clinic_record") or {}, now.get("clinic_record") or {}
    for name, what in RECORD_WORDS.items():
        old, new = str(before.get(name) or ""), str(after.get(name) or "")
        if old != new:
            yield FactLine(name, what, _record_words(name, old), _record_words(name, new))


def _record_words(name: str, value: str) -> str:
    if name == "status" and value:
        return _status(value)
    if name == "evidence_level" and value in StatusEvidence.values:
        return str(StatusEvidence(value).label)
    return value or NOTHING


def _lift_lines(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> Iterator[FactLine]:
    old, new = ("lifted by two people" if said.get("lifted") else "not lifted" for said in (then, now))
    if old != new:
        yield FactLine("lifted", "The STOP", old, new)


def _finding(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> FactChange | None:
    old, new = (said["claims"].get(CERTIFICATE) or {} for said in (then, now))
    if (old.get("basis") == CONTRADICTED) == (new.get("basis") == CONTRADICTED):
        return None
    before, after = (
        claim["reason"] if claim.get("basis") == CONTRADICTED else "the papers agree" for claim in (old, new)
    )
    data = {"agree": new.get("basis") != CONTRADICTED}
    return _change(MarkKind.FINDING, [FactLine("certificate", "Certificate of analysis", before, after, data)])


def _batch(then: Mapping[str, JSON], now: TodaysFacts) -> FactChange | None:
    old, new = then["batch"], now.disclosure["batch"]
    if not old or not new:
        return None
    lines = [
        FactLine(name, news.LABELS[name], _day(old[name]), _day(new[name]), {"now": new[name]})
        for name in ("expiration_date", "production_date")
        if old[name] != new[name]
    ]
    if now.batch_trouble:
        state = {"status": now.batch_status, "reason": now.batch_reason}
        lines.append(FactLine("state", news.LABELS["state"], "in order", now.batch_trouble, state))
    return _change(MarkKind.BATCH, lines, {"lot": new["lot_number"]}) if lines else None


def _dossier(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> FactChange | None:
    lines = []
    for name in PRODUCT_FACTS:
        before, after = (str(said["product"].get(name) or "") for said in (then, now))
        if before != after:
            data = {"then": before, "now": after}
            lines.append(FactLine(name, news.LABELS[name], before or NOTHING, after or NOTHING, data))
    for name, new in now["claims"].items():
        old = then["claims"].get(name)
        if old is not None and _is_other(old, new):
            claims = {"then": _claim_data(old), "now": _claim_data(new)}
            lines.append(FactLine(name, patient_label(name), _claim_words(old), _claim_words(new), claims))
    if then["size_distribution"] != now["size_distribution"]:
        name, curves = "size_distribution", {"then": _curve_data(then), "now": _curve_data(now)}
        lines.append(FactLine(name, news.LABELS[name], _curve(then), _curve(now), curves))
    return _change(MarkKind.DOSSIER, lines) if lines else None


def _is_other(old: Mapping[str, JSON], new: Mapping[str, JSON]) -> bool:
    """Whether something else is recorded; whether papers contradict each other is a finding of its own."""
    names = ("value", "unit") if CONTRADICTED in (old["basis"], new["basis"]) else ("value", "unit", "basis")
    return any(old[name] != new[name] for name in names)


def _claim_words(claim: Mapping[str, JSON]) -> str:
    return str(claim["display"])


def _claim_data(claim: Mapping[str, JSON]) -> dict[str, JSON]:
    return {name: claim[name] for name in ("value", "unit", "basis", "reason")}


def _curve_data(said: Mapping[str, JSON]) -> list[float] | None:
    """How many points, and the smallest and largest diameter in nm."""
    curve = said["size_distribution"]
    return [len(curve["diameter_nm"]), curve["diameter_nm"][0], curve["diameter_nm"][-1]] if curve else None


def _curve(said: Mapping[str, JSON]) -> str:
    curve = _curve_data(said)
    return f"{curve[0]} points, {curve[1]:g} to {curve[2]:g} nm" if curve else "none"


def _template(then: Mapping[str, JSON], now: TodaysFacts) -> FactChange | None:
    if not now.template_sha256 or then["sha256"] == now.template_sha256:
        return None
    old, new = (f"version {number}" for number in (then["version"], now.template_version))
    data = {"text": now.template_id, "says": now.template_says, "language": now.template_language}
    return _change(MarkKind.TEMPLATE, [FactLine(now.template_sha256, "Text", old, new, data)])


def _practitioner(then: Mapping[str, JSON], now: TodaysFacts) -> FactChange | None:
    person = now.practitioner
    pairs = (
        ("name", then["name"], person.name),
        ("body", then["registration_body"], person.registration_body),
        ("number", then["registration_number"], person.registration_number),
        ("works", "yes", "yes" if now.practitioner_works_here else "no more"),
    )
    lines = [
        FactLine(key, news.LABELS[key], old or NOTHING, new or NOTHING, {"now": new})
        for key, old, new in pairs
        if old != new
    ]
    return _change(MarkKind.PRACTITIONER, lines) if lines else None


def _age(now: TodaysFacts) -> FactChange | None:
    if now.signed_on is None or now.signed_until is None or now.on <= now.signed_until:
        return None
    days = [f"{day.day} {day:%B %Y}" for day in (now.signed_on, now.signed_until)]
    data = {"signed_on": now.signed_on.isoformat()}
    return _change(MarkKind.AGE_LIMIT, [FactLine("age", "Signed", days[0], f"was good until {days[1]}", data)])


def _study(then: Mapping[str, JSON] | None, now: StudyFacts | None) -> FactChange | None:
    """What is on record of the study and was told otherwise, and that it was closed."""
    if then is None or now is None:
        return None
    today = now.as_json()
    lines = [
        FactLine(name, news.LABELS[name], str(then[name] or NOTHING), str(today[name] or NOTHING), {"now": today[name]})
        for name in STUDY_FACTS
        if then[name] != today[name]
    ]
    if now.is_closed:
        lines.append(FactLine("closed", news.LABELS["closed"], "open", "closed"))
    return _change(MarkKind.STUDY, lines) if lines else None


def _day(value: str | None) -> str:
    if not value:
        return "not stated"
    day = date.fromisoformat(value)
    return f"{day.day} {day:%B %Y}"
