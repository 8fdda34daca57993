"""What no template can drop: K1 to K16 stand in the Document, in the reading view and in the PDF, and are easy to read."""

from __future__ import annotations

import copy
import functools
import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.template.loader import render_to_string

from consent import document, markdown, rendering, wording
from consent.errors import ClauseMissingError
from consent.readability import grade, sentences
from consent.records import Cost, DocumentFacts, Person, TextInForce, sha256_of
from consent.views.blocks import parts_of
from consent.vocabulary import Clause, Section, TextKind
from tests.cast import NOW
from tests.consent import paper

AS_OF = "23 November 2026"
CLAIMS = {
    "ev_term_on_label": {"basis": "STATED", "value": "EXOSOME_CLAIMED", "display": "sold as exosomes", "technical": ""},
    "origin": {"basis": "STATED", "value": "PLANT", "display": "from a plant", "technical": "Plant"},
    "isolation_methods": {
        "basis": "STATED",
        "value": {},
        "display": "spun at very high speed",
        "technical": "Ultracentrifugation",
    },
    "size": {"basis": "NOT_STATED", "value": None, "display": "not stated", "technical": "not stated"},
}
DISCLOSURE: dict[str, Any] = {
    "product": {
        "id": "p",
        "marketed_name": "Rosaline Callus",
        "gtin": "",
        "manufacturer": "Placeholder Botanicals",
        "manufacturer_country": "FR",
    },
    "batch": {
        "id": "b",
        "lot_number": "RSE2601",
        "expiration_date": "2028-01-19",
        "production_date": None,
        "serial_numbers": [],
    },
    "claims": CLAIMS,
    "size_distribution": None,
    "not_stated": [{"field": "endotoxin", "label": "poisons from bacteria"}],
    "standing": {
        "jurisdiction": "GB",
        "route": "TOPICAL_INTACT",
        "severity": "WARN",
        "status": "COSMETIC_NOTIFIED",
        "lifted": None,
        "clinic_record": None,
        "rules": [{"id": "GB-05", "patient_sentence": "It is sold as a cosmetic.", "severity": "WARN"}],
        "rule_set": {"version": "1", "as_of": "2026-11-23", "reviewed_by": None},
    },
}
FACTS = DocumentFacts(
    reference="HC-7F3K-2Q9M",
    issued_at=NOW,
    language="en-GB",
    time_zone="Europe/London",
    clinic={
        "name": "Harbour Clinic",
        "address": ["1 Quay Street", "Falmouth"],
        "emergency_phone": "01632 960 999",
        "contact_phone": "01632 960 001",
        "contact_email": "",
        "privacy_notice_url": "https://example.org/privacy",
        "location": "",
    },
    practitioner=Person("Dr Nia Penrose", "General Medical Council", "1234567", "https://www.gmc-uk.org/"),
    given_name="Mara",
    family_name="Ilves",
    birth_date=date(1984, 3, 14),
    route="TOPICAL_MN",
    route_words="put on skin pricked with fine needles",
    route_group="G_BREACHED",
    jurisdiction="GB",
    jurisdiction_words="Great Britain",
    status_words="registered as a cosmetic",
    template=TextInForce("t", "Standard", 1, "en-GB", "0" * 64, wording.DEFAULT_TEMPLATE, {}),
    disclosure=DISCLOSURE,
    origin="PLANT",
    cost=Cost("£430", "£215", "2", "", "You get all of it back up to the day before."),
)
# What each clause says for these facts: not a label, but the words that a patient must be able to find.
SAID: dict[str, tuple[str, ...]] = {
    Clause.K1: ("This treatment is experimental", "It has not been proven to work for"),
    Clause.K2: (wording.LONG_TERM,),
    Clause.K3: tuple(risk.title for risk in wording.risks_for("G_BREACHED", "PLANT")),
    Clause.K4: ("Registered as a cosmetic", "It is sold as a cosmetic.", "GB-05", AS_OF, "Great Britain"),
    Clause.K5: ("Made from", "From a plant"),
    Clause.K6: ("How it was separated", "Spun at very high speed"),
    Clause.K7: ("Particle size", "Size not stated"),
    Clause.K8: ("Batch RSE2601, use by 19 January 2028",),
    Clause.K9: wording.ALTERNATIVES,
    Clause.K10: ("£430", "You get all of it back up to the day before."),
    Clause.K11: (wording.SAY_NO, wording.TAKE_BACK),
    Clause.K12: (wording.NOT_A_SUBSTITUTE,),
    Clause.K13: ("01632 960 999", wording.REPORT),
    Clause.K14: ("poisons from bacteria", *wording.ALWAYS_UNKNOWN),
    Clause.K15: (wording.DATA_USE, wording.DATA_RIGHTS),
    Clause.K16: ("Dr Nia Penrose", "General Medical Council, number 1234567"),
}
MARKUP = (
    "<!-- everything</p></section><script>document.body.remove()</script>",
    "</section></article><style>.notice{display:none}</style>",
    "1. <div hidden>\n2. {{ nothing }}\n3. {% comment %}",
    "</div></div><template>",
    "<!--",
    "<textarea><plaintext>",
)
HOSTILE: dict[str, dict[str, Any]] = {
    "empty": {},
    "blank": {**dict.fromkeys(wording.DEFAULT_TEMPLATE, ""), "sections": [{"kind": kind} for kind in TextKind.values]},
    "nothing": dict.fromkeys(wording.DEFAULT_TEMPLATE),
    "overriding": {
        "sections": [
            {"kind": kind, "title": kind, "text": "", "clauses": list(Clause), "blocks": []} for kind in Section
        ],
        "clauses": [],
        "blocks": [],
        "meaning": "",
        "document": {},
        "schema": "x",
        "risks": [],
        "alternatives": [],
        **{clause.value: "" for clause in Clause},
        **{section.value: [] for section in Section},
    },
    "markup": {
        "purpose": MARKUP[0],
        "retention": MARKUP[5],
        "sections": [
            {"kind": kind, "title": MARKUP[number % 6], "text": MARKUP[(number + 1) % 6]}
            for number, kind in enumerate(TextKind.values)
        ],
    },
}


def with_text(content: Mapping[str, Any]) -> DocumentFacts:
    return DocumentFacts(**{**vars(FACTS), "template": replace(FACTS.template, content=content)})


def composed(name: str) -> dict[str, Any]:
    return document.compose(with_text(HOSTILE[name]))


@functools.cache
def reading_view(name: str) -> str:
    """The text of the reading view, as a browser would show it: tags taken out, references resolved."""
    page = render_to_string("consent/_document.html", {"parts": parts_of(composed(name)), "content": composed(name)})
    assert not re.search(r"<(script|style|template|textarea|plaintext)|<!--", page), "markup of a template came through"
    return paper.squeezed(html.unescape(re.sub(r"<[^>]*>", " ", page)))


@functools.cache
def pdf_text(name: str) -> str:
    return paper.squeezed(paper.text(rendering.render_unsigned_copy(composed(name))))


def words_of(found: dict[str, Any]) -> str:
    def texts(value: Any) -> list[str]:
        if isinstance(value, str):
            return [value]
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [text for item in inner for text in texts(item)]

    return paper.squeezed(" ".join(texts(found["sections"])))


def test_every_clause_has_its_words_here() -> None:
    assert list(SAID) == list(Clause)


@pytest.mark.parametrize("template", HOSTILE)
@pytest.mark.parametrize("clause", list(Clause))
class TestNoTemplateCanDropAClause:
    def test_in_the_document(self, template: str, clause: Clause) -> None:
        found = words_of(composed(template))
        assert [said for said in SAID[clause] if paper.squeezed(said) not in found] == []

    def test_in_the_reading_view(self, template: str, clause: Clause) -> None:
        assert [said for said in SAID[clause] if paper.squeezed(said) not in reading_view(template)] == []

    @pytest.mark.pdf
    def test_in_the_pdf(self, template: str, clause: Clause) -> None:
        assert [said for said in SAID[clause] if paper.squeezed(said) not in pdf_text(template)] == []


class TestTheCheckOfClauses:
    @pytest.mark.parametrize("clause", list(Clause))
    def test_it_refuses_a_document_whose_clause_was_emptied(self, clause: Clause) -> None:
        found = copy.deepcopy(document.compose(FACTS))
        for part in found["sections"]:
            for block in part["blocks"]:
                _empty(block, clause)
        with pytest.raises(ClauseMissingError, match=f"{clause.value} {clause.label}"):
            document.check_clauses(found)

    @pytest.mark.parametrize("clause", list(Clause))
    def test_it_refuses_a_document_whose_clause_was_taken_out(self, clause: Clause) -> None:
        found = copy.deepcopy(document.compose(FACTS))
        for part in found["sections"]:
            part["blocks"] = [block for block in part["blocks"] if clause not in _clauses(block)]
        with pytest.raises(ClauseMissingError) as refusal:
            document.check_clauses(found)
        assert refusal.value.code == "document.clause_missing"

    def test_a_whole_document_passes(self) -> None:
        document.check_clauses(document.compose(FACTS))


class TestWhatIsSigned:
    def test_the_same_facts_give_the_same_digest(self) -> None:
        assert sha256_of(document.compose(FACTS)) == sha256_of(document.compose(FACTS))

    @pytest.mark.parametrize(
        "change",
        [
            {"family_name": "Ilvès"},
            {"route_words": "put on unbroken skin"},
            {"cost": Cost("£431", "", "", "", "None")},
            {"birth_date": date(1984, 3, 15)},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_any_other_fact_gives_another(self, change: dict[str, Any]) -> None:
        assert sha256_of(document.compose(DocumentFacts(**{**vars(FACTS), **change}))) != sha256_of(
            document.compose(FACTS)
        )

    def test_the_parts_come_in_their_order_and_all_are_material(self) -> None:
        parts = document.compose(FACTS)["sections"]
        assert [part["key"] for part in parts] == [
            key for key in Section if key not in (Section.NEWS, Section.PERSONAL, Section.RESEARCH, Section.TAKING_PART)
        ]
        assert all(part["material"] for part in parts)

    def test_doing_nothing_is_the_first_alternative(self) -> None:
        part = next(part for part in document.compose(FACTS)["sections"] if part["key"] == Section.ALTERNATIVES)
        assert part["blocks"][0]["items"][0].startswith("Doing nothing")

    @pytest.mark.parametrize(
        ("group", "origin", "named", "silent"),
        [
            ("G_INTACT", "PLANT", "R16", "R02"),
            ("G_BREACHED", "PLANT", "R07", "R04"),
            ("G_INJECT", "HUMAN", "R04", "R11"),
            ("G_SYSTEMIC", "ANIMAL_FISH", "R11", "R01"),
            ("G_INTACT", "UNKNOWN", "R04", "R03"),
        ],
    )
    def test_risks_follow_route_and_source(self, group: str, origin: str, named: str, silent: str) -> None:
        codes = {risk.code for risk in wording.risks_for(group, origin)}
        assert named in codes
        assert silent not in codes


class TestReadingAge:
    """Flesch-Kincaid grade = 0.39 words per sentence + 11.8 syllables per word - 15.59; a reading age of 11 is grade 6."""

    MOST_GRADE = 7.0
    LONGEST_SENTENCE = 25

    def fixed(self) -> dict[str, str]:
        texts = {
            name: value
            for name, value in vars(wording).items()
            if name.isupper() and isinstance(value, str) and name != "DECLARATION"
        }
        texts |= {f"{risk.code} {risk.title}": risk.text for risk in wording.RISKS}
        texts["ALTERNATIVES"] = " ".join(wording.ALTERNATIVES)
        texts["ALWAYS_UNKNOWN"] = " ".join(wording.ALWAYS_UNKNOWN)
        for part in wording.DEFAULT_TEMPLATE["sections"]:
            texts[f"template {part['kind']}"] = markdown.plain(markdown.blocks(part["text"]))
        texts["template retention"] = wording.DEFAULT_TEMPLATE["retention"]
        return texts

    def test_all_fixed_wording_together_is_for_a_reading_age_of_eleven(self) -> None:
        assert grade(" ".join(self.fixed().values())) <= 6.5

    def test_each_text_of_more_than_a_few_words_is_easy(self) -> None:
        hard = {
            name: round(grade(text), 1)
            for name, text in self.fixed().items()
            if len(text.split()) >= 12 and grade(text) > self.MOST_GRADE + 2
        }
        assert hard == {}

    def test_no_sentence_is_long(self) -> None:
        long = [s for text in self.fixed().values() for s in sentences(text) if len(s.split()) > self.LONGEST_SENTENCE]
        assert long == []

    def test_the_measure_can_tell(self) -> None:
        assert grade("The cat sat on the mat. It was warm.") < 2
        assert (
            grade("Extracellular vesicle preparations necessitate comprehensive physicochemical characterisation.") > 15
        )


def _clauses(block: dict[str, Any]) -> set[str]:
    items = block["items"] if block["type"] == "facts" else ()
    return set(block.get("clauses", ())) | {clause for item in items for clause in item["clauses"]}


def _empty(block: dict[str, Any], clause: Clause) -> None:
    """Leave the block and its labels in place, and take out what it says."""
    if clause in block.get("clauses", ()):
        block["text"] = " "
        if block["type"] in ("facts", "risks"):
            block["items"] = [{**item, "value": "", "text": " "} for item in block["items"]]
        elif "items" in block:
            block["items"] = [" " for _ in block["items"]]
        if "rows" in block:
            block["rows"] = [[row[0], *("" for _ in row[1:])] for row in block["rows"]]
    elif block["type"] == "facts":
        block["items"] = [{**item, "value": " "} if clause in item["clauses"] else item for item in block["items"]]
