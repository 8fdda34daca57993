"""Compose a Document: the canonical JSON that a patient reads and whose SHA-256 they sign.

The fixed clauses K1 to K16 are written here from the record and from `wording`; a template adds
sentences of the clinic's own and can neither remove nor replace a clause. A Document for research
carries the eight elements E1 to E8 besides, with the facts of its study. `check_clauses` refuses a
Document that lacks one, whoever composed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as say

from consent import markdown, steps, wording
from consent.errors import ClauseMissingError
from consent.languages import day_words, isolated, language, say_each, speaking
from consent.records import DocumentFacts, News, utc_text
from consent.vocabulary import Clause, Element, Section, TextKind
from products.disclosure import reason_words
from products.vocabulary import Origin, SizeMethod

JSON = Any
Block = dict[str, JSON]

SCHEMA = "candour-document/1"
NOT_STATED = "NOT_STATED"


def compose(facts: DocumentFacts) -> dict[str, JSON]:
    """The whole Document, in the language of its facts. Raises ClauseMissingError if a fixed clause were missing."""
    with speaking(facts.language):
        document = _composed(facts)
    check_clauses(document)
    return document


def _composed(facts: DocumentFacts) -> dict[str, JSON]:
    return {
        "schema": SCHEMA,
        "reference": facts.reference,
        "language": facts.language,
        "issued_at": utc_text(facts.issued_at),
        "time_zone": facts.time_zone,
        "clinic": dict(facts.clinic),
        "practitioner": {
            "name": facts.practitioner.name,
            "registration_body": facts.practitioner.registration_body,
            "registration_number": facts.practitioner.registration_number,
            "register_url": facts.practitioner.register_url,
        },
        "patient": {
            "given_name": facts.given_name,
            "family_name": facts.family_name,
            "birth_date": facts.birth_date.isoformat(),
        },
        "treatment": {
            "product": facts.disclosure["product"]["marketed_name"],
            "route": facts.route,
            "route_words": facts.route_words,
            "jurisdiction": facts.jurisdiction,
            "jurisdiction_words": facts.jurisdiction_words,
            "days_to_think": facts.days_to_think,
        },
        "template": {
            "id": facts.template.id,
            "name": facts.template.name,
            "version": facts.template.version,
            "language": facts.template.language,
            "sha256": facts.template.sha256,
            "readability": {
                "reading_age": facts.template.readability.get("reading_age"),
                "longest_sentence": facts.template.readability.get("longest_sentence", 0),
                "formula": facts.template.readability.get("formula", ""),
            },
        },
        "news": [one.text for one in facts.news],
        **({"news_sources": [one.source for one in facts.news]} if facts.news else {}),
        **({"corrects": dict(facts.corrects)} if facts.corrects else {}),
        **({"research": facts.study.as_json()} if facts.study else {}),
        "cost": vars(facts.cost),
        "personal": {name: list(lines) for name, lines in vars(facts.personal).items()},
        "rule_set": dict(facts.disclosure["standing"]["rule_set"]),
        "disclosure": dict(facts.disclosure),
        "sections": [
            *_news(facts),
            *_research(facts),
            _experimental(facts),
            *_personal(facts),
            _product(facts),
            _status(facts),
            _not_known(facts),
            _treatment(facts),
            _risks(facts),
            _alternatives(facts),
            _cost(facts),
            *_free(facts),
            *_taking_part(facts),
            _rights(facts),
        ],
        "steps": steps.definitions(_step_facts(facts)),
        "meaning": say(wording.RESEARCH_MEANING if facts.study else wording.MEANING),
    }


def _step_facts(facts: DocumentFacts) -> steps.StepFacts:
    """What the questions to the patient are made from."""
    claims = facts.disclosure["claims"]
    source = claims.get("origin") or {}
    tissue = (claims.get("cell_or_tissue") or {}).get("value")
    return steps.StepFacts(
        route_group=facts.route_group,
        origin=facts.origin,
        tissue=str(tissue or ""),
        source_words=Origin(source["value"]).plain if source.get("value") else "",
        other_sources=(Origin.PLANT.plain, Origin.HUMAN.plain, Origin.SYNTHETIC.plain),
        purpose=_purpose(facts),
        policies=facts.screening,
        is_research=facts.study is not None,
    )


def check_clauses(document: Mapping[str, JSON]) -> None:
    """Refuse a Document in which any of K1 to K16, or for research of E1 to E8, has no words; the refusal names each."""
    said: set[str] = set()
    for section in document["sections"]:
        for block in section["blocks"]:
            if _has_words(block):
                said |= set(block.get("clauses", ()))
            if block["type"] == "facts":
                said |= {clause for item in block["items"] if item["value"].strip() for clause in item["clauses"]}
    needed = [*Clause, *(Element if "research" in document else ())]
    if missing := [clause for clause in needed if clause.value not in said]:
        raise ClauseMissingError(
            "The text lacks what every patient must be told: "
            + "; ".join(f"{clause.value} {clause.label}" for clause in missing)
            + ".",
            code="document.clause_missing",
        )


def day_text(day: date) -> str:
    """A date as a reader of the language in use expects it: 19 January 2028."""
    return day_words(day)


def _has_words(block: Mapping[str, JSON]) -> bool:
    """Whether a block says anything: labels, codes and the first column of a table alone do not."""
    rows = [cell for row in block.get("rows") or () for cell in row[1:]]
    return any(_says(value) for value in (block.get("text"), *(block.get("items") or ()), *rows))


def _says(value: JSON) -> bool:
    if isinstance(value, Mapping):
        return any(str(value.get(key) or "").strip() for key in ("value", "text", "url"))
    return bool(str(value or "").strip())


def _section(section: Section, blocks: Iterable[Block | None]) -> dict[str, JSON]:
    kept = [block for block in blocks if block is not None]
    named = {clause for block in kept for clause in block.get("clauses", ())} | {
        clause for block in kept if block["type"] == "facts" for item in block["items"] for clause in item["clauses"]
    }
    clauses = sorted(named, key=lambda code: (code[0], int(code[1:])))
    return {"key": section.value, "title": say(section.label), "clauses": clauses, "material": True, "blocks": kept}


def _own(facts: DocumentFacts, *kinds: TextKind) -> list[Block]:
    """What the clinic's own text says of these kinds, each with its heading."""
    found: list[Block] = []
    for kind in kinds:
        for part in _parts(facts, kind):
            words = markdown.blocks(str(part.get("text") or ""))
            if words:
                found += [{"type": "heading", "text": str(part.get("title") or say(kind.label))}, *words]
    return found


def _parts(facts: DocumentFacts, kind: TextKind) -> list[Mapping[str, JSON]]:
    parts = facts.template.content.get("sections")
    parts = parts if isinstance(parts, Sequence) and not isinstance(parts, str) else ()
    return [part for part in parts if isinstance(part, Mapping) and part.get("kind") == kind]


def _free(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """Free texts stand as parts of their own, which the patient marks as read like every other."""
    found = []
    for number, part in enumerate(_parts(facts, TextKind.FREE), start=1):
        words = markdown.blocks(str(part.get("text") or ""))
        if words:
            title = str(part.get("title") or "") or say(TextKind.FREE.label)
            found.append(
                {"key": f"free-{number}", "title": title, "clauses": [], "material": True, "blocks": words},
            )
    return found


def _news(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """One paragraph on what has changed, before everything else, for a patient who is asked again.

    Words that are only there in another language stand apart, behind what is said of them.
    """
    if not facts.news:
        return []
    blocks, words = [], say_each(wording.NEWS)
    for one in facts.news:
        words = f"{words} {one.said}".strip()
        if one.quoted:
            blocks += [_paragraph(words), _quoted(one)]
            words = ""
    return [_section(Section.NEWS, [*blocks, _paragraph(words)])]


def _quoted(news: News) -> Block:
    """A paragraph in another language than the rest."""
    of = language(news.language)
    return {"type": "paragraph", "text": news.quoted, "clauses": [], "language": of.tag, "direction": of.direction}


def _research(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """That it is research: which study, by whom, who has approved it, for how long, and why it is done."""
    study = facts.study
    if study is None:
        return []
    said = study.said
    approved = day_text(said.approved_on) if said.approved_on else ""
    blocks = [
        _notice(
            "This is a research study",
            say_each(wording.RESEARCH).format(
                clinic=facts.clinic["name"], product=facts.disclosure["product"]["marketed_name"]
            ),
            Element.E1,
        ),
        _facts(
            [
                _plain("The study", said.title),
                _plain("Who runs it and pays for it", said.sponsor),
                _plain("How long you would take part", said.duration),
                _plain("Ethics committee that approved it", said.committee),
                _plain("Number and date of the approval", f"{said.committee_reference}, {approved}"),
            ],
            Element.E1,
        ),
        *_own(facts, TextKind.WHY),
    ]
    return [_section(Section.RESEARCH, blocks)]


def _taking_part(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """What only a participant in research must be told (21 CFR 50.25(a)(5) to (8)), each under its own heading."""
    study = facts.study
    if study is None:
        return []
    said = study.said
    return [
        _section(
            Section.TAKING_PART,
            [
                *_under(
                    facts,
                    TextKind.CONFIDENTIALITY,
                    _facts([_plain("Who may look at your record", said.records_seen_by)], Element.E5),
                ),
                *_under(
                    facts,
                    TextKind.INJURY,
                    _facts(
                        [
                            _plain("Treatment if the study harms you", said.injury_treatment),
                            _plain("Money if the study harms you", said.compensation),
                        ],
                        Element.E6,
                    ),
                    _paragraph(say(wording.LEGAL_RIGHTS), Element.E6),
                ),
                *_under(
                    facts,
                    TextKind.CONTACTS,
                    _facts(
                        [
                            _plain("About the study", said.contact_study),
                            _plain("About your rights", said.contact_rights),
                            _plain("If the study harms you", said.contact_injury),
                        ],
                        Element.E7,
                    ),
                ),
                *_under(facts, TextKind.VOLUNTARY, _paragraph(say_each(wording.RESEARCH_VOLUNTARY), Element.E8)),
            ],
        )
    ]


def _under(facts: DocumentFacts, kind: TextKind, *blocks: Block | None) -> list[Block | None]:
    """The heading that this kind always has, what is on record, and the clinic's words; a title of its own that repeats the heading once."""
    heading = {"type": "heading", "text": say(kind.label)}
    return [heading, *blocks, *(block for block in _own(facts, kind) if block != heading)]


def _personal(facts: DocumentFacts) -> list[dict[str, JSON]]:
    """What matters to this patient, as the practitioner wrote it down after listening (Montgomery [2015] UKSC 11)."""
    personal = facts.personal
    if not personal:
        return []
    name = facts.practitioner.name
    told = say_each(wording.PERSONAL).format(practitioner=name) if personal.goals or personal.risks else ""
    blocks = [
        _paragraph(told),
        _list(personal.goals, title=wording.PERSONAL_GOALS),
        _list(personal.risks, title=wording.PERSONAL_RISKS),
        _paragraph(say(wording.PERSONAL_REASONS).format(practitioner=name) if personal.reasons else ""),
        _list(personal.reasons),
    ]
    return [_section(Section.PERSONAL, blocks)]


def _for_research(facts: DocumentFacts, element: Element) -> tuple[Element, ...]:
    """An element that words of a treatment carry as well, where it is research."""
    return (element,) if facts.study else ()


def _purpose(facts: DocumentFacts) -> str:
    return str(facts.template.content.get("purpose") or say("this use"))


def _notice(title: str, text: str, *clauses: str) -> Block:
    return {"type": "notice", "title": say(title), "text": text, "clauses": list(clauses)}


def _paragraph(text: str, *clauses: str) -> Block | None:
    return {"type": "paragraph", "text": text, "clauses": list(clauses)} if text.strip() else None


def _list(items: Iterable[str], *clauses: str, title: str = "") -> Block | None:
    kept = [item for item in items if item.strip()]
    return (
        {"type": "list", "title": say(title) if title else "", "items": kept, "clauses": list(clauses)}
        if kept
        else None
    )


def _facts(items: Iterable[Block], *clauses: str) -> Block:
    return {"type": "facts", "items": list(items), "clauses": list(clauses)}


def _fact(label: str, value: str, basis: str, basis_words: str, note: str = "", clause: str = "") -> Block:
    """A line about the product, with how we know it; a note that only repeats the value is left out."""
    return {
        "label": say(label),
        "value": value if value.startswith(("http://", "https://")) else value[:1].upper() + value[1:],
        "basis": basis,
        "basis_words": say(basis_words) if basis_words else "",
        "note": note if note.casefold() != value.casefold() else "",
        "clauses": [clause] if clause else [],
    }


def _plain(label: str, value: str, note: str = "", clause: str = "") -> Block:
    """A line about people, places and law, which carries no evidence mark."""
    return _fact(label, value or say("Not stated"), "", "", note, clause)


BASIS_WORDS = {
    "MEASURED_BATCH": "measured on this batch",
    "MEASURED_REF": "measured on another batch",
    "STATED": "the maker says so",
    "NOT_STATED": "not stated",
    "NOT_APPLICABLE": "does not apply",
    "CONTRADICTED": "two records disagree",
}


def _claim(facts: DocumentFacts, field: str, label: str, unknown: str = "Not stated", clause: str = "") -> Block:
    claim = facts.disclosure["claims"].get(field) or {"basis": NOT_STATED}
    basis = claim["basis"]
    value = claim.get("display") or ""
    if basis == NOT_STATED or not value:
        return _fact(label, say(unknown), NOT_STATED, BASIS_WORDS[NOT_STATED], clause=clause)
    if basis == "NOT_APPLICABLE":
        why = reason_words(claim.get("reason") or "") or say("no reason given")
        return _fact(
            label, say("Does not apply: {reason}").format(reason=why), basis, BASIS_WORDS[basis], clause=clause
        )
    return _fact(label, value, basis, BASIS_WORDS[basis], claim.get("technical") or "", clause)


def _experimental(facts: DocumentFacts) -> dict[str, JSON]:
    purpose = _purpose(facts)
    standing = facts.disclosure["standing"]
    as_of = day_text(date.fromisoformat(standing["rule_set"]["as_of"]))
    who = facts.practitioner
    return _section(
        Section.EXPERIMENTAL,
        [
            _notice(
                "This treatment is experimental",
                f"{say(wording.EXPERIMENTAL).format(purpose=purpose)} {say(wording.NO_REGULATOR).format(as_of=as_of)} {say(wording.LONG_TERM)}",
                Clause.K1,
                Clause.K2,
            ),
            _paragraph(
                say(
                    "{clinic} asks for your decision about {product}, {route}. Read each part in your own time. "
                    "You can ask a question about any of them."
                ).format(
                    clinic=facts.clinic["name"],
                    product=facts.disclosure["product"]["marketed_name"],
                    route=facts.route_words,
                )
            ),
            _facts(
                [
                    _plain("Who would treat you", who.name),
                    _plain(
                        "Their register",
                        say("{body}, number {number}").format(
                            body=who.registration_body, number=who.registration_number
                        )
                        if who.registration_number
                        else "",
                    ),
                    _plain("Where to check it", who.register_url),
                ],
                Clause.K16,
            ),
            _paragraph(say_each(wording.SAY_NO), Clause.K11),
        ],
    )


def _product(facts: DocumentFacts) -> dict[str, JSON]:
    product, batch = facts.disclosure["product"], facts.disclosure["batch"]
    country = say(wording.place(product["manufacturer_country"])) if product.get("manufacturer_country") else ""
    maker = ", ".join(part for part in (product.get("manufacturer"), country) if part)
    purpose = _purpose(facts)
    blocks: list[Block | None] = [
        _notice(
            "This treatment is experimental",
            f"{say(wording.EXPERIMENTAL).format(purpose=purpose)} {say(wording.LONG_TERM)}",
            Clause.K1,
            Clause.K2,
        ),
        _facts([_plain("Product", product["marketed_name"]), _plain("Made by", maker)]),
        _paragraph(
            (f"{say_each(wording.MARKETED_AS)} " if _is_marketed_as_exosome(facts) else "")
            + say("Each line below says how we know.")
        ),
        _facts(
            [
                _claim(facts, "origin", "Made from", "The source is not disclosed", Clause.K5),
                _claim(facts, "cell_or_tissue", "Which cells or part", "Not disclosed"),
                _claim(facts, "species", "Species", "Not disclosed"),
                _claim(facts, "donor_relation", "Donor", "Not disclosed"),
                _claim(facts, "isolation_methods", "How it was separated", "The method is not disclosed", Clause.K6),
                _claim(facts, "size", "Particle size", "Size not stated", Clause.K7),
                _batch_fact(batch),
                _claim(facts, "sterility", "Tested for germs"),
                _claim(facts, "endotoxin", "Tested for poisons from germs"),
                _claim(facts, "formulation", "How it is supplied"),
            ]
        ),
        _distribution(facts),
    ]
    return _section(Section.PRODUCT, blocks)


def _is_marketed_as_exosome(facts: DocumentFacts) -> bool:
    term = facts.disclosure["claims"].get("ev_term_on_label") or {}
    return term.get("value") == "EXOSOME_CLAIMED"


def _batch_fact(batch: Mapping[str, JSON] | None) -> Block:
    if batch is None:
        return _fact(
            "Batch and expiry",
            say("The batch is chosen on the day, from this product. You will be told before you are treated."),
            NOT_STATED,
            "not chosen yet",
            clause=Clause.K8,
        )
    expiry = day_text(date.fromisoformat(batch["expiration_date"])) if batch.get("expiration_date") else ""
    return _fact(
        "Batch and expiry",
        say("Batch {lot}, use by {day}").format(lot=batch["lot_number"], day=expiry)
        if expiry
        else say("Batch {lot}, expiry not stated").format(lot=batch["lot_number"]),
        "MEASURED_BATCH" if expiry else NOT_STATED,
        "read from the label",
        clause=Clause.K8,
    )


def _distribution(facts: DocumentFacts) -> Block | None:
    points = facts.disclosure.get("size_distribution")
    size = (facts.disclosure["claims"].get("size") or {}).get("value") or {}
    if not points or not isinstance(size, Mapping):
        return None
    return {
        "type": "distribution",
        "caption": say("How big the particles in batch {lot} are").format(lot=points["lot_number"]),
        "diameter_nm": points["diameter_nm"],
        "density": points["density"],
        "d10_nm": size.get("d10_nm"),
        "d50_nm": size.get("d50_nm"),
        "d90_nm": size.get("d90_nm"),
        "method": size.get("method") if size.get("method") != SizeMethod.UNKNOWN else "",
        "lot_number": points["lot_number"],
        "clauses": [],
    }


EVIDENCE_WORDS = {
    "REGISTER_CHECKED": "we looked it up in the public register",
    "DOCUMENT_SEEN": "we have seen a document",
    "SUPPLIER_STATED": "the supplier says so; we have seen no document",
    "NONE": "we have no evidence",
}


def _status(facts: DocumentFacts) -> dict[str, JSON]:
    standing = facts.disclosure["standing"]
    record = standing.get("clinic_record")
    as_of = day_text(date.fromisoformat(standing["rule_set"]["as_of"]))
    sentences = [say_each(rule["patient_sentence"]) for rule in standing["rules"] if rule.get("patient_sentence")]
    checked = (
        say(", checked on {day}").format(day=day_text(date.fromisoformat(record["checked_on"])))
        if record and record.get("checked_on")
        else ""
    )
    known = (
        _plain(
            "How sure we are", say(EVIDENCE_WORDS[record["evidence_level"]]) + checked, record.get("reference") or ""
        )
        if record
        else _plain("How sure we are", say("We have no record of its status here"))
    )
    reviewed = standing["rule_set"].get("reviewed_by")
    lifted = standing.get("lifted")
    return _section(
        Section.STATUS,
        [
            _facts(
                [
                    _plain("Where", facts.jurisdiction_words),
                    _plain("Classed as", facts.status_words[:1].upper() + facts.status_words[1:]),
                    known,
                    _plain("Medicine licence number", _licence(record)),
                ],
                Clause.K4,
            ),
            _list(sentences, Clause.K4),
            _paragraph(
                say(
                    "A rule would forbid this use. It was lifted on {day} by {first} and {second}. Their reason: {reason}"
                ).format(
                    day=day_text(date.fromisoformat(lifted["confirmed_on"])),
                    first=lifted["proposed_by"],
                    second=lifted["confirmed_by"],
                    reason=lifted["reason"],
                ),
                Clause.K4,
            )
            if lifted
            else None,
            _paragraph(say(wording.NO_REGULATOR).format(as_of=as_of), Clause.K4),
            _paragraph(
                say("These rules were written down on {day} (version {version}; rules {rules}).").format(
                    day=as_of,
                    version=standing["rule_set"]["version"],
                    rules=", ".join(rule["id"] for rule in standing["rules"]) or say("none"),
                )
                + " "
                + (
                    say("Reviewed by {name}.").format(name=reviewed)
                    if reviewed
                    else say("No lawyer or regulator has reviewed them yet.")
                )
                + " "
                + say("Ask us, or the health authority where you live."),
                Clause.K4,
            ),
        ],
    )


def _licence(record: Mapping[str, JSON] | None) -> str:
    """A licence is named only where the clinic has seen evidence of an authorised medicine."""
    is_seen = (
        record
        and record["status"] == "AUTHORISED"
        and record["evidence_level"] in ("REGISTER_CHECKED", "DOCUMENT_SEEN")
    )
    return (
        str(record["reference"])
        if record and is_seen and record.get("reference")
        else say("None. It is not an authorised medicine.")
    )


def _not_known(facts: DocumentFacts) -> dict[str, JSON]:
    missing = [item["label"] for item in facts.disclosure["not_stated"]]
    return _section(
        Section.NOT_KNOWN,
        [
            _notice("Nobody knows what it does in the long run", say(wording.LONG_TERM), Clause.K2),
            _list(map(say, wording.ALWAYS_UNKNOWN), Clause.K14, title="Nobody knows"),
            _list(missing, Clause.K14, title="For this product, we have no test or statement of")
            if missing
            else _paragraph(
                say("The maker gave an answer to every question we ask. That does not make the product safe."),
                Clause.K14,
            ),
            *_own(facts, TextKind.NOT_KNOWN),
        ],
    )


def _treatment(facts: DocumentFacts) -> dict[str, JSON]:
    return _section(
        Section.TREATMENT,
        [
            *_own(facts, TextKind.WHAT, *(() if facts.study else (TextKind.WHY,)), TextKind.HAPPENS),
            _notice("It may not work", say_each(wording.NO_PROOF)),
            _paragraph(say_each(wording.RESEARCH_BENEFITS), Element.E3) if facts.study else None,
            *_own(facts, TextKind.BENEFITS, TextKind.AFTERCARE),
            _time_to_think(facts.days_to_think),
        ],
    )


def _time_to_think(days: int) -> Block | None:
    """How long the patient has before the treatment, at the least (GMC cosmetic interventions 2016: time for reflection)."""
    if not days:
        return None
    words = wording.TIME_TO_THINK_ONE if days == 1 else wording.TIME_TO_THINK
    return _paragraph(say_each(words).format(days=days))


def _risks(facts: DocumentFacts) -> dict[str, JSON]:
    items = [
        {"code": risk.code, "title": say(risk.title), "text": say_each(risk.text), "evidence": say(risk.evidence)}
        for risk in wording.risks_for(facts.route_group, facts.origin)
    ]
    return _section(
        Section.RISKS,
        [
            _paragraph(
                say(
                    "These are the risks we know of for this way of using it, and for what it is made from. "
                    "There may be others."
                )
            ),
            {"type": "risks", "items": items, "clauses": [Clause.K3, *_for_research(facts, Element.E2)]},
            *_own(facts, TextKind.HARMS),
            _notice("Long-term risks", say(wording.LONG_TERM), Clause.K2),
        ],
    )


def _alternatives(facts: DocumentFacts) -> dict[str, JSON]:
    return _section(
        Section.ALTERNATIVES,
        [
            _list(map(say_each, wording.ALTERNATIVES), Clause.K9, *_for_research(facts, Element.E4)),
            _paragraph(say(wording.RESEARCH_ALTERNATIVES), Element.E4) if facts.study else None,
            *_own(facts, TextKind.ALTERNATIVES),
            _paragraph(say_each(wording.NOT_A_SUBSTITUTE), Clause.K12),
        ],
    )


def _cost(facts: DocumentFacts) -> dict[str, JSON]:
    cost = facts.cost
    rows = [
        [say("In total"), cost.total],
        [say("Each session"), cost.per_session or say("Not stated")],
        [say("Number of sessions"), cost.sessions or say("Not stated")],
        [say("Extras"), cost.extras or say("None")],
        [say("If you change your mind"), cost.refund_terms],
    ]
    return _section(
        Section.COST,
        [
            {
                "type": "table",
                "caption": say("What you would pay"),
                "head": [say("What"), say("How much")],
                "rows": rows,
                "clauses": [Clause.K10],
            },
            *_own(facts, TextKind.COST),
            _paragraph(f"{say(wording.PRICE_IS_NO_SIGN)} {say(wording.NO_PRESSURE)}"),
        ],
    )


def _rights(facts: DocumentFacts) -> dict[str, JSON]:
    clinic = facts.clinic
    phone = clinic.get("emergency_phone") or clinic.get("contact_phone") or say("the number on this record")
    links = []
    if clinic.get("privacy_notice_url"):
        links.append({"text": say("The clinic’s privacy notice"), "url": clinic["privacy_notice_url"]})
    if route := wording.REPORTING_ROUTES.get(facts.jurisdiction.split("-")[0]):
        links.append({"text": say(route[0]), "url": route[1]})
    return _section(
        Section.RIGHTS,
        [
            _paragraph(say_each(wording.SAY_NO), Clause.K11),
            _paragraph(say_each(wording.TAKE_BACK), Clause.K11),
            _notice(
                "If something feels wrong afterwards",
                say_each(wording.URGENT).format(phone=isolated(phone)),
                Clause.K13,
            ),
            _paragraph(say_each(wording.REPORT), Clause.K13),
            _paragraph(f"{say_each(wording.DATA_USE)} {_retention(facts)}{say(wording.DATA_RIGHTS)}", Clause.K15),
            *_own(facts, TextKind.CHOICES, TextKind.QUESTIONS),
            {"type": "links", "items": links, "clauses": []} if links else None,
        ],
    )


def _retention(facts: DocumentFacts) -> str:
    said = str(facts.template.content.get("retention") or "").strip()
    return f"{said} " if said else ""
