"""The sealed record, item by item: what docs say that it holds is there with its recorded value, and in that order."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pypdfium2
import pytest
from django.conf import settings as django_settings

from audit.services import entries_for
from consent import sealing, services
from consent.models import SealedFile
from consent.rendering import RENDERER
from consent.vocabulary import SealKind
from tests.cast import make_clinic
from tests.consent import desk as desks
from tests.consent import paper, rich
from tests.consent.paper import squeezed
from tests.consent.sealed import made_once

pytestmark = pytest.mark.pdf


@dataclass(frozen=True)
class Made:
    """One consent with everything in it: its Document, what was signed, what the log holds, and its three sealed files."""

    document: dict[str, Any]
    record: dict[str, Any]
    signature: dict[str, str]
    log: dict[str, Any]
    pdf: dict[SealKind, bytes]
    pages: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All pages of the signed record without white space, so that a line break hides nothing."""
        return squeezed(" ".join(self.pages))

    def bookmarks(self) -> list[tuple[int, str, int]]:
        """Level, words and page (from 0) of each bookmark of the signed record."""
        with pypdfium2.PdfDocument(self.pdf[SealKind.SIGNED]) as document:
            return [(mark.level, mark.get_title(), mark.get_dest().get_index()) for mark in document.get_toc()]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once for all tests of this module, and rolled back."""
    with made_once(django_db_blocker, tmp_path_factory):
        desk = desks.open_desk(make_clinic())
        handed = rich.decided(desk)
        consent = rich.completed(desk, handed)
        pdf = {
            SealKind(file.kind): services.read_sealed_file(file) for file in SealedFile.objects.filter(consent=consent)
        }
        entry = entries_for("consent.signature", consent.signature.pk)[0]
        return Made(
            document=consent.signature.document.content,
            record=consent.signature.signing_record,
            signature={
                "document": consent.signature.document_sha256,
                "record": consent.signature.signing_record_sha256,
            },
            log={
                "origin": entry.log.origin,
                "leaf_index": entry.leaf_index,
                "leaf_hash": bytes(entry.leaf_hash).hex(),
                "certificate": sealing.certificate().sha256,
                "url": f"{django_settings.BASE_URL}/verify/",
            },
            pdf=pdf,
            pages=paper.pages(pdf[SealKind.SIGNED]),
        )


def in_order(text: str, items: list[tuple[str, list[str]]]) -> list[str]:
    """What is missing or stands before the item that should come first; each item begins where the one before it began."""
    found, wrong = 0, []
    for name, values in items:
        places = [text.find(squeezed(value), found) for value in values]
        if -1 in places:
            lost = [value for value, place in zip(values, places, strict=True) if place < 0]
            wrong.append(
                f"{name}: {lost} {'is before its turn' if all(squeezed(v) in text for v in lost) else 'is missing'}"
            )
        else:
            found = places[0]
    return wrong


def shown(document: dict[str, Any], key: str) -> list[str]:
    """The title and every sentence of one section."""
    (section,) = [one for one in document["sections"] if one["key"] == key]
    words = [section["title"]]
    for block in section["blocks"]:
        words += [block[name] for name in ("title", "text", "caption") if block.get(name)]
        words += ["".join(run["text"] for run in block.get("runs", []))]
        words += [cell for row in block.get("rows", []) for cell in row]
        for item in block.get("items", []):
            if isinstance(item, str):
                words.append(item)
            elif "runs" in item:
                words.append("".join(run["text"] for run in item["runs"]))
            else:
                words += [item[name] for name in ("label", "value", "note", "title", "text", "url") if item.get(name)]
    return [word for word in words if word]


def test_every_item_is_there_with_its_value_and_in_order(made: Made) -> None:
    steps = {told["step"]: told for told in made.record["steps"]}
    (question,) = made.record["questions"]
    supporter, interpreter = made.record["people"]
    items = [
        ("clinic", ["Clinic Harbour Clinic, Harbour Clinic, main building", "1 Quay Street", "01632 960 999"]),
        ("practitioner and register", ["Dr Nia Penrose General Medical Council, number 1234567", "registrants/1234567"]),
        ("patient", ["Patient Mara Ilves Born 14 March 1984"]),
        ("product", [desks.ROSALINE.marketed_name, "Made by Placeholder Botanicals SAS", desks.ROSALINE.gtin]),
        ("batch", ["Batch RSE2601, use by 19 January 2028"]),
        ("status in law, date, source", [
            "What the law says here Registered as a cosmetic, for the outside of the body",
            "Source: our rules of 23 November 2026", made.document["rule_set"]["version"],
        ]),
        ("experimental statement in a box", shown(made.document, "experimental")),
        ("what matters to this patient", [*shown(made.document, "personal"), rich.GOAL, rich.RISK]),
        ("product, every fact with its basis", shown(made.document, "product")),
        ("law as shown", shown(made.document, "status")),
        ("unknowns", shown(made.document, "not-known")),
        ("purpose and benefits", shown(made.document, "treatment")),
        ("harms", shown(made.document, "risks")),
        ("alternatives", shown(made.document, "alternatives")),
        ("cost", shown(made.document, "cost")),
        ("rights", shown(made.document, "rights")),
        ("patient's own words", ["What the patient decided", "Fewer lines", "Lumps", "Particles from a rose on my skin",
                                 "Redness", "What it does in years"]),
        ("health, with the reasoned decision", [steps["health"]["title"], "May go on. " + rich.WARNED,
                                                "Decided by Dr Nia Penrose, Monday 23 November 2026, 10:32:00"]),
        ("questions and answers", ["Questions and answers", "About: What could go wrong", question["text"], question["answer"],
                                   "Asked Monday 23 November 2026, 10:14:00. Answered by Dr Nia Penrose"]),
        ("understanding check", [steps["check"]["title"], "No, it is not proven (after it was explained again)",
                                 "2 tries, done Monday 23 November 2026, 10:26:00"]),
        ("time to think and its override", ["Time to think Days at the least 1",
                                            "Text first opened Monday 23 November 2026, 10:13:00", "Signed after 29 min",
                                            "23 November 2026: " + rich.TRAVEL, "The patient agreed.",
                                            "Not treated before 23 November 2026",
                                            "The whole time to think lasts until 24 November 2026."]),
        ("choices, taken and refused", [
            steps["choices"]["title"],
            *(f"{one['text']} {one['answer'] or 'Nothing chosen: counts as no'}" for one in steps["choices"]["answers"]),
        ]),
        ("sections confirmed", ["Sections confirmed one by one", "2026-11-23 10:18:00 UTC"]),
        ("who signed", ["Who signed, and how sure that is", "Private link, shown as a QR code at the clinic",
                        "Date of birth compared with the record"]),
        ("signature", ["Signature " + made.document["meaning"], "Printed name Mara Ilves",
                       "Monday 23 November 2026, 10:42:00 (UTC+00:00, Europe/London) 2026-11-23 10:42:00 UTC",
                       "Drawn by hand on a screen"]),
        ("supporter", ["Supporter: Tõnu Ilves", supporter["mark"]["declaration"], "Her brother", "2026-11-23 10:37:00 UTC"]),
        ("interpreter", ["Interpreter", interpreter["mark"]["declaration"], "Registered with NRPSI", "Arabic",
                         "2026-11-23 10:38:00 UTC"]),
        ("wording", ["The wording", f"{made.document['template']['name']}, version 1", made.document["template"]["sha256"],
                     "English (en-GB)", f"reading age of {made.document['template']['readability']['reading_age']} years",
                     f"Longest sentence: {made.document['template']['readability']['longest_sentence']} words"]),
        ("certificate", ["Certificate of this record", made.log["url"]]),
        ("events", ["What happened", "Text issued", "Signed by Mara Ilves 23 Nov 2026, 10:42:00"]),
        ("hashes", [made.signature["document"], made.signature["record"], made.log["leaf_hash"], made.log["certificate"]]),
        ("place in the log", [made.log["origin"], f"number {made.log['leaf_index']}", RENDERER]),
    ]  # fmt: skip
    assert in_order(made.text, items) == []


def test_the_order_is_really_looked_at() -> None:
    assert in_order("ab", [("first", ["a"]), ("second", ["b"])]) == []
    assert in_order("ab", [("first", ["b"]), ("second", ["a"])]) == ["second: ['a'] is before its turn"]
    assert in_order("ab", [("third", ["c"])]) == ["third: ['c'] is missing"]


class TestTheFile:
    def test_the_experimental_statement_is_the_first_box_too(self, made: Made) -> None:
        first = made.pages[0]
        assert first.index("It has not been proven to work") < first.index("Harbour Clinic, main building")

    def test_every_page_carries_its_number_and_the_reference(self, made: Made) -> None:
        for number, page in enumerate(made.pages, start=1):
            assert f"Page {number} of {len(made.pages)}" in page
            assert made.document["reference"] in page

    def test_every_part_and_section_has_a_bookmark_to_its_page(self, made: Made) -> None:
        marks = made.bookmarks()
        sections = [f"{number}. {one['title']}" for number, one in enumerate(made.document["sections"], start=1)]
        parts = [
            "Consent record",
            "What the patient was told",
            "What the patient decided",
            "Certificate of this record",
        ]
        own = [told["title"] for told in made.record["steps"]]
        rest = [
            "Questions and answers",
            "Time to think",
            "Signature",
            "Supporter: Tõnu Ilves",
            "The wording",
            "What happened",
        ]
        assert [words for level, words, _ in marks if level == 0] == parts
        assert [words for _, words, _ in marks if words in sections] == sections
        assert set(own + rest) <= {words for _, words, _ in marks}
        # Arabic letters come out of a PDF in their drawn forms.
        for words, page in [(words, page) for _, words, page in marks if words.isascii()]:
            assert squeezed(words) in squeezed(made.pages[page]), words

    def test_it_names_its_language_and_itself(self, made: Made) -> None:
        for kind, title in ((SealKind.SIGNED, "Consent record"), (SealKind.COMPLETED, "Completion record")):
            with pikepdf.open(io.BytesIO(made.pdf[kind])) as pdf:
                assert str(pdf.Root.Lang) == "en-GB"
                assert pdf.docinfo["/Title"] == f"{title} {made.document['reference']}"
                assert pdf.Root.ViewerPreferences.DisplayDocTitle

    def test_the_certificate_has_pages_of_its_own_with_a_code_that_reads_as_the_address(self, made: Made) -> None:
        (begins,) = [page for _, words, page in made.bookmarks() if words == "Certificate of this record"]
        own = " ".join(made.pages[begins:])
        assert made.pages[begins].startswith("Certificate of this record")
        assert not [page for page in made.pages[:begins] if "SHA-256, 64 digits" in page]
        for words in ("The wording", "Signature I", made.document["meaning"]):
            assert words not in own
        assert made.log["url"] in paper.codes_on(made.pdf[SealKind.SIGNED], begins)

    def test_the_completion_record_and_that_of_the_day_go_on_from_it(self, made: Made) -> None:
        completion, day = (squeezed(paper.text(made.pdf[kind])) for kind in (SealKind.COMPLETED, SealKind.DAY_OF))
        for words in (rich.WARNED, desks.TALK.needs, "Not treated before 23 November 2026", "Dr Nia Penrose"):
            assert squeezed(words) in completion, words
        for words in ("Batch RSE2601", "The patient still wants it.", "Nothing has changed.", rich.TRAVEL):
            assert squeezed(words) in day, words
