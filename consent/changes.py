"""What a Document told a patient, compared with the facts of today: pure, and the same for the sweep and at the chair.

Only what somebody recorded is compared, never how it is worded, so that a newer Candour marks no consent by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from consent.records import FactChange, FactLine, StudyFacts, TodaysFacts
from consent.vocabulary import MarkKind
from products.disclosure import patient_label
from products.vocabulary import RegStatus, RuleSeverity, StatusEvidence

JSON = Any
CONTRADICTED = "CONTRADICTED"
CERTIFICATE = "certificate_of_analysis"
PRODUCT_WORDS = {
    "marketed_name": "Name of the product",
    "gtin": "GTIN",
    "manufacturer": "Who made it",
    "manufacturer_country": "Where it was made",
}
RECORD_WORDS = {
    "status": "Status on file at the clinic",
    "evidence_level": "What that rests on",
    "authority": "Authority",
    "reference": "Reference",
}
STUDY_WORDS = {
    "title": "The study",
    "sponsor": "Who runs it and pays for it",
    "duration": "How long you would take part",
    "committee": "Ethics committee",
    "committee_reference": "Number of the approval",
    "approved_on": "Date of the approval",
    "records_seen_by": "Who may look at your record",
    "injury_treatment": "Treatment if the study harms you",
    "compensation": "Money if the study harms you",
    "contact_study": "About the study",
    "contact_rights": "About your rights",
    "contact_injury": "If the study harms you",
}
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
    said = " ".join(
        str(rule["patient_sentence"]) for rule in now["rules"] if rule["id"] in {line.key for line in rules}
    )
    told = "What the law says about this product here has changed. " + (said or "Please read that part again.")
    found = []
    if is_new_set and rules:
        found.append(FactChange(MarkKind.RULE_SET, (*(verdict if not filed else ()), *rules), told))
        rules = []
    if filed or rules or (verdict and not found):
        found.append(FactChange(MarkKind.STANDING, (*verdict, *filed, *rules), told))
    return found


def _verdict_lines(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> tuple[FactLine, ...]:
    words = [
        f"{RuleSeverity(said['severity']).label}, {_status(said['status'])}" if said["severity"] else NOTHING
        for said in (then, now)
    ]
    differs = (then["severity"], then["status"]) != (now["severity"], now["status"])
    return (FactLine("verdict", "Verdict", *words),) if differs else ()


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
    words = [claim["reason"] if claim.get("basis") == CONTRADICTED else "the papers agree" for claim in (old, new)]
    told = (
        "The papers of the batch do not agree with each other."
        if new.get("basis") == CONTRADICTED
        else "The papers of the batch agree with each other now."
    )
    return FactChange(MarkKind.FINDING, (FactLine("certificate", "Certificate of analysis", *words),), told)


def _batch(then: Mapping[str, JSON], now: TodaysFacts) -> FactChange | None:
    old, new = then["batch"], now.disclosure["batch"]
    if not old or not new:
        return None
    lines = [
        FactLine(name, what, _day(old[name]), _day(new[name]))
        for name, what in (("expiration_date", "Use by"), ("production_date", "Made on"))
        if old[name] != new[name]
    ]
    if now.batch_trouble:
        lines.append(FactLine("state", "State", "in order", now.batch_trouble))
    told = f"Something has changed about batch {new['lot_number']}, which was meant for you. "
    told += " ".join(f"{line.what}: {line.now}." for line in lines)
    return FactChange(MarkKind.BATCH, tuple(lines), told) if lines else None


def _dossier(then: Mapping[str, JSON], now: Mapping[str, JSON]) -> FactChange | None:
    lines = [
        FactLine(name, what, str(then["product"].get(name) or NOTHING), str(now["product"].get(name) or NOTHING))
        for name, what in PRODUCT_WORDS.items()
        if (then["product"].get(name) or "") != (now["product"].get(name) or "")
    ]
    for name, new in now["claims"].items():
        old = then["claims"].get(name)
        if old is not None and _claim_key(old) != _claim_key(new):
            lines.append(FactLine(name, patient_label(name), _claim_words(old), _claim_words(new)))
    if then["size_distribution"] != now["size_distribution"]:
        lines.append(FactLine("size_distribution", "Curve of sizes", *map(_curve, (then, now))))
    told = "We have something new on record about the product. " + " ".join(
        f"{line.what}: {line.now} (we told you: {line.then})." for line in lines
    )
    return FactChange(MarkKind.DOSSIER, tuple(lines), told) if lines else None


def _claim_key(claim: Mapping[str, JSON]) -> tuple[JSON, ...]:
    """What was recorded; whether papers contradict each other is a finding of its own."""
    basis = "" if claim["basis"] == CONTRADICTED else claim["basis"]
    return (claim["value"], claim["unit"], basis)


def _claim_words(claim: Mapping[str, JSON]) -> str:
    return str(claim["display"])


def _curve(said: Mapping[str, JSON]) -> str:
    curve = said["size_distribution"]
    if not curve:
        return "none"
    return f"{len(curve['diameter_nm'])} points, {curve['diameter_nm'][0]:g} to {curve['diameter_nm'][-1]:g} nm"


def _template(then: Mapping[str, JSON], now: TodaysFacts) -> FactChange | None:
    if not now.template_sha256 or then["sha256"] == now.template_sha256:
        return None
    line = FactLine(now.template_sha256, "Text", f"version {then['version']}", f"version {now.template_version}")
    told = f"We have written our text anew. {now.template_says}".strip()
    return FactChange(MarkKind.TEMPLATE, (line,), told)


def _practitioner(then: Mapping[str, JSON], now: TodaysFacts) -> FactChange | None:
    person = now.practitioner
    pairs = (
        ("name", "Name", then["name"], person.name),
        ("body", "Register", then["registration_body"], person.registration_body),
        ("number", "Number in the register", then["registration_number"], person.registration_number),
        ("works", "Works at the clinic", "yes", "yes" if now.practitioner_works_here else "no more"),
    )
    lines = tuple(FactLine(key, what, old or NOTHING, new or NOTHING) for key, what, old, new in pairs if old != new)
    told = "Something has changed about the person who would treat you. " + " ".join(
        f"{line.what}: {line.now}." for line in lines
    )
    return FactChange(MarkKind.PRACTITIONER, lines, told) if lines else None


def _age(now: TodaysFacts) -> FactChange | None:
    if now.signed_on is None or now.signed_until is None or now.on <= now.signed_until:
        return None
    days = [f"{day.day} {day:%B %Y}" for day in (now.signed_on, now.signed_until)]
    line = FactLine("age", "Signed", days[0], f"was good until {days[1]}")
    return FactChange(MarkKind.AGE_LIMIT, (line,), f"You signed on {days[0]}. That is long ago, so we ask you again.")


def _study(then: Mapping[str, JSON] | None, now: StudyFacts | None) -> FactChange | None:
    """What is on record of the study and was told otherwise, and that it was closed."""
    if then is None or now is None:
        return None
    today = now.as_json()
    lines = [
        FactLine(name, words, str(then[name] or NOTHING), str(today[name] or NOTHING))
        for name, words in STUDY_WORDS.items()
        if then[name] != today[name]
    ]
    if now.is_closed:
        lines.append(FactLine("closed", "The study", "open", "closed"))
    told = "Something has changed about the study. " + " ".join(f"{line.what}: {line.now}." for line in lines)
    return FactChange(MarkKind.STUDY, tuple(lines), told) if lines else None


def _day(value: str | None) -> str:
    if not value:
        return "not stated"
    day = date.fromisoformat(value)
    return f"{day.day} {day:%B %Y}"
