"""Frozen facts to PDF: everything said is on the page, in one conforming file, and in nobody else's."""

from __future__ import annotations

import copy
import io
import logging
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from consent import rendering
from consent.errors import RenderingError
from consent.languages import LANGUAGES
from consent.rendering import drawing, fonts, fragments, pages, typesetting
from tests.consent import paper, sample
from tests.pdf_conformance import conformance

pytestmark = pytest.mark.pdf


def _texts(value: Any) -> list[str]:
    """Every sentence that the blocks of a Document show."""
    shown = []
    for section in value["sections"]:
        shown.append(section["title"])
        for block in section["blocks"]:
            shown += [block[key] for key in ("title", "text", "caption") if block.get(key)]
            for item in block.get("items", []):
                if "runs" in item:
                    shown.append("".join(run["text"] for run in item["runs"]))
                elif isinstance(item, str):
                    shown.append(item)
                else:
                    shown += [v for k, v in item.items() if k not in ("basis", "clauses") and v]
            shown += ["".join(run["text"] for run in block.get("runs", []))]
            shown += block.get("head", []) + [cell for row in block.get("rows", []) for cell in row]
    return shown


class TestWhatIsOnThePages:
    def test_every_clause_of_the_document_is_there_word_for_word(self) -> None:
        found = paper.squeezed(paper.text(paper.sample_pdf()))
        clauses = {clause for section in sample.document()["sections"] for clause in section["clauses"]}
        assert clauses == {f"K{number}" for number in range(1, 17)}
        missing = [words for words in _texts(sample.document()) if paper.squeezed(words) not in found]
        assert missing == []

    def test_who_what_and_where_stand_on_the_first_page(self) -> None:
        first = paper.pages(paper.sample_pdf())[0]
        for words in (
            "Mara Ilves",
            "Born 12 April 1987",
            "Dr Anneke Tern",
            "General Medical Council",
            "Harbour Clinic",
            "RSE2601",
            "use by 19 January 2028",
            "09521104000055",
            "Great Britain",
            sample.REFERENCE,
        ):
            assert words in first

    def test_the_first_box_says_that_the_treatment_is_experimental(self) -> None:
        first = paper.pages(paper.sample_pdf())[0]
        notice = "This treatment is experimental It has not been proven to work for this use."
        assert notice in first
        assert first.index(notice) < first.index("Mara Ilves")

    def test_the_signature_its_meaning_name_and_time_share_one_page(self) -> None:
        (page,) = [text for text in paper.pages(paper.sample_pdf()) if "Signature I, Mara Ilves" in text]
        for words in (sample.document()["meaning"], "Printed name Mara Ilves", "19:31:05", "2026-11-24 19:31:05 UTC"):
            assert words in page

    def test_a_long_conversation_does_not_split_the_signature(self) -> None:
        record = sample.signing_record()
        for count in range(1, 5):
            record["questions"] = sample.signing_record()["questions"] * count
            whole = paper.pages(paper.signed(record=record))
            (page,) = [text for text in whole if "Signature I, Mara Ilves" in text]
            assert "Printed name Mara Ilves" in page

    def test_questions_answers_and_confirmed_sections_carry_their_times(self) -> None:
        found = paper.text(paper.sample_pdf())
        question = sample.signing_record()["questions"][0]
        assert question["text"] in found
        assert question["answer"] in found
        assert "Monday 23 November 2026, 18:26:40" in found
        assert "2026-11-23 18:20:07 UTC" in found

    def test_the_certificate_page_holds_digests_log_and_address(self) -> None:
        last = paper.pages(paper.sample_pdf())[-1]
        document, record = sample.document(), sample.signing_record()
        facts = sample.certificate(document, record)
        names = [name for name in facts if name.endswith(("sha256", "hash"))]
        assert len(names) == 6
        for name in names:
            assert facts[name] in paper.squeezed(last)
        for words in (
            facts["log_origin"],
            "number 4127",
            facts["verify_url"],
            facts["renderer"],
            "UTC+00:00, Europe/London",
        ):
            assert paper.squeezed(words) in paper.squeezed(last)

    def test_local_time_shows_the_offset_in_summer_and_across_midnight(self) -> None:
        record = sample.signing_record(signed_at="2026-07-31T23:30:00Z")
        found = paper.text(paper.signed(record=record, signed_at_utc="2026-07-31T23:30:00Z"))
        assert "Saturday 1 August 2026, 00:30:00 (UTC+01:00, Europe/" in found
        assert "2026-07-31 23:30:00 UTC" in found

    def test_every_page_carries_reference_clinic_and_number(self) -> None:
        every = paper.pages(paper.sample_pdf())
        assert len(every) >= 4
        for number, page in enumerate(every, start=1):
            assert f"Page {number} of {len(every)}" in page
            assert page.count("Page ") == 1
            assert sample.REFERENCE in page
            assert "Harbour Clinic" in page

    def test_a_typed_name_is_shown_as_typed(self) -> None:
        found = paper.text(paper.signed(record=sample.typed_signature()))
        assert "How Typed" in found

    def test_the_drawn_signature_has_ink(self) -> None:
        svg = drawing.signature(sample.strokes(), "Mara Ilves")
        assert svg.count("Q") > 200
        assert "<title>Signature drawn by Mara Ilves</title>" in svg

    def test_a_batch_to_be_chosen_on_the_day_is_said_so(self) -> None:
        document = sample.document()
        document["disclosure"]["batch"] = None
        assert "Chosen on the day, from this product" in paper.text(paper.signed(document))

    def test_nothing_of_the_machinery_shows(self) -> None:
        found = paper.text(paper.sample_pdf())
        for words in ("{{", "}}", "{%", "None", "undefined", "@@", "gap:", "<span", "&amp;"):
            assert words not in found

    def test_the_unsigned_copy_says_so_on_every_page(self) -> None:
        every = paper.pages(rendering.render_unsigned_copy(sample.document()))
        assert all("NOT SIGNED" in page for page in every)
        assert not any("NOT SIGNED" in page for page in paper.pages(paper.sample_pdf()))

    def test_the_marks_are_explained_once(self) -> None:
        unsigned = rendering.render_unsigned_copy(sample.document())
        assert [paper.text(pdf).count(paper.LEGEND) for pdf in (paper.sample_pdf(), unsigned)] == [1, 1]

    @pytest.mark.parametrize("tag", LANGUAGES)
    def test_no_page_of_the_unsigned_copy_before_the_last_is_nearly_empty(self, tag: str) -> None:
        *before, _last = paper.filled(rendering.render_unsigned_copy(sample.document(language=tag)))
        assert min(before) > 0.7, before

    def test_the_completion_record_is_one_page_that_names_the_first_file(self) -> None:
        declaration = sample.declaration()
        (page,) = paper.pages(rendering.render_completion_record(sample.document(), declaration))
        assert declaration["signed_record_sha256"] in paper.squeezed(page)
        assert declaration["meaning"] in page
        assert "Wednesday 25 November 2026, 09:05:44" in page


class TestKeptPages:
    def test_one_changed_word_in_any_block_shows_and_the_old_word_is_gone(self) -> None:
        first = sample.document()
        before = rendering.render_unsigned_copy(first)
        shown = paper.squeezed(paper.text(before))
        for s, section in enumerate(first["sections"]):
            for b, block in enumerate(section["blocks"]):
                second = sample.document()
                old, new = _change_one_word(second["sections"][s]["blocks"][b], f"Zebra{s}x{b}")
                found = paper.squeezed(paper.text(rendering.render_unsigned_copy(second)))
                assert new in found, (section["key"], block["type"])
                assert found.count(old) < shown.count(old)
        assert rendering.render_unsigned_copy(first) == before

    def test_no_page_of_one_patient_holds_a_word_of_another(self) -> None:
        mine = sample.document()
        other = sample.document(
            reference="HC-ZZZZ-9999",
            patient={"given_name": "Quentin", "family_name": "Oxborough", "birth_date": "1961-01-02"},
            meaning="I, Quentin Oxborough, choose to have it.",
        )
        record = sample.signing_record(other, questions=[])
        paper.signed(mine)
        theirs = paper.text(paper.signed(other, record))
        mine_again = paper.text(paper.signed(mine))
        for words in ("Mara", "Ilves", sample.REFERENCE, "12 April 1987", "mole taken off"):
            assert words in mine_again
            assert words not in theirs
        for words in ("Quentin", "Oxborough", "HC-ZZZZ-9999", "2 January 1961"):
            assert words in theirs
            assert words not in mine_again

    def test_what_is_kept_holds_no_patient_and_no_reference(self) -> None:
        assert pages.information(sample.document(), signed=True, legend=False).shared
        html = pages.information(sample.document(), signed=True, legend=False).html
        for words in ("Mara", "Ilves", sample.REFERENCE, "1987"):
            assert words not in html
        for fragment in (
            pages.opening(sample.document(), signed=True),
            pages.decision(sample.document(), sample.signing_record()),
        ):
            assert not fragment.shared

    def test_the_same_section_about_one_patient_is_not_mixed_up(self) -> None:
        names = ["Aroha", "Birgit", "Chidi"]
        for name in names * 2:
            document = sample.document()
            document["sections"][4]["blocks"].append({"type": "paragraph", "text": f"For {name}: mind the scar."})
            found = paper.text(paper.signed(document))
            assert [other for other in names if f"For {other}:" in found] == [name]

    def test_same_facts_same_bytes_fresh_or_kept_and_in_another_process(self) -> None:
        again = paper.signed()
        assert again == paper.sample_pdf()
        program = (
            "import os, hashlib; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; import django; django.setup()\n"
            "from tests.consent import paper; print(hashlib.sha256(paper.sample_pdf()).hexdigest())"
        )
        printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        import hashlib

        assert printed.split()[-1] == hashlib.sha256(again).hexdigest()

    def test_another_script_in_between_leaves_the_bytes_alone(self) -> None:
        before = paper.signed()
        paper.signed(sample.document(patient={"given_name": "محمد", "family_name": "王", "birth_date": "1987-04-12"}))
        assert paper.signed() == before

    def test_the_store_of_layouts_is_bounded(self) -> None:
        machine = typesetting.press()
        with machine.lock:
            for number in range(typesetting.KEPT_LAYOUTS + 3):
                machine.kept_layout(fragments.whole([f"<p>{number}</p>"]))
        assert len(machine.kept) == typesetting.KEPT_LAYOUTS


def _change_one_word(block: dict[str, Any], word: str) -> tuple[str, str]:
    """Put a new word into a block; return the squeezed old and new text."""
    kind = block["type"]
    if kind in ("notice", "paragraph"):
        target, key = block, "text"
    elif kind == "list":
        target, key = block["items"], 0
    elif kind in ("facts", "risks", "links"):
        target, key = block["items"][0], {"facts": "value", "risks": "text", "links": "text"}[kind]
    elif kind == "table":
        target, key = block["rows"][0], 1
    else:
        target, key = block, "method"
    old = target[key]
    target[key] = word
    return paper.squeezed(old), word


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
class TestConformance:
    """What tests/consent/test_conformance.py does not make: other ways of signing, all scripts, paper, the test page."""

    @pytest.fixture(scope="class")
    @classmethod
    def verdicts(cls, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
        folder = tmp_path_factory.mktemp("pdf")
        names = sample.document(
            patient={
                "given_name": "Nguyễn Thị Hường, Łucja, Ελένη, Олександра, 王小明",
                "family_name": "محمد عبد الله",
                "birth_date": "1987-04-12",
            }
        )
        files = {
            "typed": paper.signed(record=sample.typed_signature()),
            "scripts": paper.signed(names),
            "people": paper.signed(record=sample.accompanied()),
            "paper": paper.signed_on_paper(),
            "pack": rendering.render_paper_pack(sample.document(), sample.paper_pack())[0],
            "test": rendering.render_test_page(),
            "bad_plain": HTML(string="<p>no title, no language").write_pdf(),
            "bad_glyph": HTML(string="<html lang=en><title>t</title><p>\U0001f9ec\U00010380</p>").write_pdf(
                pdf_variant="pdf/a-3a"
            ),
        }
        for name, content in files.items():
            (folder / f"{name}.pdf").write_bytes(content)
        found = conformance(*(folder / f"{name}.pdf" for name in files))
        return {Path(path).stem: rules for path, rules in found.items()}

    @pytest.mark.parametrize("name", ["typed", "scripts", "people", "paper", "pack", "test"])
    @pytest.mark.parametrize("profile", ["3a", "ua1"])
    def test_one_file_is_pdf_a_and_pdf_ua(
        self, verdicts: dict[str, dict[str, list[str]]], name: str, profile: str
    ) -> None:
        assert verdicts[name][profile] == []

    @pytest.mark.parametrize("name", ["bad_plain", "bad_glyph"])
    def test_the_judge_refuses_what_is_wrong(self, verdicts: dict[str, dict[str, list[str]]], name: str) -> None:
        assert verdicts[name]["3a"] != []
        assert verdicts[name]["ua1"] != []

    def test_no_form_no_script_no_hidden_layer_one_revision(self) -> None:
        content = paper.sample_pdf()
        assert content.count(b"startxref") == 1
        with pikepdf.open(io.BytesIO(content)) as pdf:
            for name in ("/AcroForm", "/OCProperties", "/OpenAction", "/AA", "/Collection"):
                assert name not in pdf.Root
            every = [str(key) for thing in pdf.objects if isinstance(thing, pikepdf.Dictionary) for key in thing.keys()]  # noqa: SIM118
            assert not {"/JS", "/JavaScript", "/RichMedia", "/Launch"} & set(every)
            assert pdf.Root.Lang == "en-GB"
            assert pdf.docinfo["/Title"] == f"Consent record {sample.REFERENCE}"

    def test_both_json_files_travel_inside_byte_for_byte(self) -> None:
        document, record = sample.document(), sample.signing_record()
        with pikepdf.open(io.BytesIO(paper.sample_pdf())) as pdf:
            files = {
                str(spec.UF): (str(spec.AFRelationship), spec.EF.F.read_bytes(), str(spec.EF.F.Subtype))
                for spec in pdf.Root.AF
            }
        expected = {
            file.name: (f"/{file.relationship}", file.content, "/application/json")
            for file in paper.attachments(document, record)
        }
        assert files == expected


class TestScripts:
    @pytest.mark.parametrize(
        "name",
        [
            "محمد عبد الله",
            "王小明",
            "山田 花子",
            "김민지",
            "Ελένη Παπαδοπούλου",
            "Nguyễn Thị Hường",
            "Łukasz Żółć",
            "Олександра",
            "שרה",
            "ศิริพร",
            "अनीता",
            "Ærøskøbing Ðórr",
            "Հասմիկ",
            "ნინო",
        ],
    )
    def test_every_letter_of_a_name_has_a_glyph_in_our_fonts(self, name: str) -> None:
        document = sample.document(patient={"given_name": name, "family_name": "Ilves", "birth_date": "1987-04-12"})
        content = paper.signed(document)
        with pikepdf.open(io.BytesIO(content)) as pdf:
            used = {
                str(thing.FontName).partition("+")[2]
                for thing in pdf.objects
                if isinstance(thing, pikepdf.Dictionary) and thing.get("/Type") == "/FontDescriptor"
            }
        assert all(font.startswith(fonts.FAMILIES) for font in used), used

    def test_each_font_file_keeps_its_own_glyphs(self) -> None:
        """Two files under one family name would be one font to WeasyPrint: Ł drawn with the glyph of another letter."""
        groups = {face.group for face in fonts.faces()}
        names = {face.group: face.rule.partition('font-family: "')[2].partition('"')[0] for face in fonts.faces()}
        assert len(set(names.values())) == len(groups)

    @pytest.mark.parametrize("name", ["Mara \U0001f33a", "\U00010380 Ugarit"])
    def test_a_letter_without_a_glyph_is_refused_and_named(self, name: str) -> None:
        document = sample.document(patient={"given_name": name, "family_name": "Ilves", "birth_date": "1987-04-12"})
        with pytest.raises(RenderingError, match="no font at hand draws U\\+") as refused:
            paper.signed(document)
        assert refused.value.code == "rendering.no_glyph"

    def test_markup_in_a_name_is_text(self) -> None:
        document = sample.document(
            patient={"given_name": "<b>Mara</b> & 'co'", "family_name": "{{ x }}", "birth_date": "1987-04-12"}
        )
        assert "<b>Mara</b> & 'co' {{ x }}" in paper.text(paper.signed(document))


class TestWhatCannotBeDrawn:
    @pytest.mark.parametrize("strokes", [[], [[]], [[[5, 5, 0]]], [[[5, 5, 0], [5, 5, 9]]]])
    def test_a_signature_without_ink_is_refused(self, strokes: list[Any]) -> None:
        record = sample.signing_record()
        record["signature"]["strokes"] = strokes
        with pytest.raises(RenderingError, match=r"ink|dot"):
            paper.signed(record=record)

    def test_an_empty_typed_name_is_refused(self) -> None:
        record = sample.typed_signature()
        record["signature"]["typed"] = "  "
        with pytest.raises(RenderingError, match="empty"):
            paper.signed(record=record)

    @pytest.mark.parametrize("path", ["reference", "patient", "treatment", "meaning_record", "practitioner"])
    def test_a_missing_fact_is_named_and_never_a_gap(self, path: str) -> None:
        document, record = sample.document(), sample.signing_record()
        if path == "meaning_record":
            del record["signature"]["meaning"]
        else:
            del document[path]
        facts = sample.certificate(sample.document(), record)
        with pytest.raises(RenderingError, match=path.partition("_")[0]):
            rendering.render_signed_record(document, record, facts, [])

    def test_a_document_without_the_experimental_statement_is_refused(self) -> None:
        document = sample.document()
        document["sections"][0]["blocks"] = document["sections"][0]["blocks"][1:]
        with pytest.raises(RenderingError, match="experimental"):
            paper.signed(document)

    def test_an_unknown_kind_of_block_is_refused(self) -> None:
        document = sample.document()
        document["sections"][0]["blocks"].append({"type": "video"})
        with pytest.raises(RenderingError, match="video"):
            paper.signed(document)

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x"])
    def test_a_link_that_leads_nowhere_safe_is_refused(self, url: str) -> None:
        document = sample.document()
        document["sections"][0]["blocks"].append({"type": "links", "items": [{"text": "here", "url": url}]})
        with pytest.raises(RenderingError, match="a link must start with"):
            paper.signed(document)

    def test_any_warning_of_the_layout_engine_is_an_error(self) -> None:
        with pytest.raises(RenderingError, match="No such property"), typesetting._no_warnings():
            logging.getLogger("weasyprint").warning("No such property")


class TestWhatMayBeFetched:
    @pytest.mark.parametrize(
        "address",
        [
            "file:///etc/hostname",
            "http://127.0.0.1:9/x",
            "https://example.org/x",
            "ftp://example.org/x",
            "data:text/plain,x",
            "candour-font:../../etc/passwd",
            "candour-font:none.woff2",
            "FILE:///etc/hostname",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://2130706433/",
            "http://rebind.evil.example/",
            "data:image/svg+xml,<svg><image href='file:///etc/hostname'/></svg>",
        ],
    )
    def test_everything_but_a_named_font_is_refused(self, address: str) -> None:
        with pytest.raises(FatalURLFetchingError, match="nothing but our fonts"):
            typesetting.NamedFontsFetcher().fetch(address)

    def test_a_named_font_is_opened(self) -> None:
        face = fonts.faces()[0]
        assert typesetting.NamedFontsFetcher().fetch(face.address).read() == face.path.read_bytes()

    @pytest.mark.parametrize(
        "markup",
        [
            '<img src="{}">',
            '<link rel=stylesheet href="{}">',
            '<link rel=attachment href="{}">',
            '<object data="{}"></object>',
            '<p style="background: url({})">x</p>',
            "<style>@import url({});</style>",
            '<svg><image href="{}" width="9" height="9"/></svg>',
            '<a rel=attachment href="{}">x</a>',
            '<embed src="{}">',
            '<svg><image xlink:href="{}" width="9" height="9"/></svg>',
            "<style>@font-face {{ font-family: x; src: url({}) }} p {{ font-family: x }}</style><p>x</p>",
            '<base href="{}"><img src="other.png">',
        ],
    )
    def test_html_that_asks_for_something_stops_the_rendering(self, markup: str, tmp_path: Path) -> None:
        secret = tmp_path / "secret.txt"
        secret.write_text("CANARY")
        machine = typesetting.press()
        html = f"<html lang=en><title>t</title><body>{markup.format(secret.as_uri())}</body></html>"
        with machine.lock, pytest.raises((FatalURLFetchingError, RenderingError)), typesetting._no_warnings():
            HTML(string=html, url_fetcher=machine.fetcher).write_pdf(font_config=machine.font_config)

    def test_only_one_module_calls_weasyprint_without_addresses_and_hints(self) -> None:
        """Two doors past the fetcher in older versions: style sheets by address, and presentational hints."""
        root = Path(typesetting.__file__).parents[2]
        rooms = [
            path
            for room in ("audit", "clinic", "products", "consent", "config")
            for path in (root / room).rglob("*.py")
        ]
        callers = {path.name: text for path in rooms if "weasyprint" in (text := path.read_text())}
        importing = {
            name for name, text in callers.items() if re.search(r"^(from|import) weasyprint", text, re.MULTILINE)
        }
        assert importing == {"typesetting.py"}
        source = callers["typesetting.py"]
        assert "presentational_hints" not in source
        assert re.findall(r"stylesheets=(.+?)[,)]", source) == ["[self.css]"]
        assert not re.search(r"(HTML|CSS)\((url|filename|file_obj)=", source)

    def test_what_prints_nothing_starts_without_the_layout_engine(self) -> None:
        program = "import sys, django\ndjango.setup()\nimport config.urls, config.celery\n"
        program += "config.celery.app.loader.import_default_modules()\nprint(*sys.modules)\n"
        program += "from celery.signals import worker_init\nworker_init.send(None)\nprint(*sys.modules)"
        run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        started, working = (set(line.split()) for line in run.stdout.splitlines())
        assert "consent.tasks" in started
        assert not {"weasyprint", "openpyxl"} & started
        assert "weasyprint" in working

    def test_the_default_fetcher_would_have_fetched(self, tmp_path: Path) -> None:
        """The negative control: the harness above can see a fetch."""
        secret = tmp_path / "secret.txt"
        secret.write_text("CANARY")
        html = f'<html lang=en><title>t</title><link rel=attachment href="{secret.as_uri()}"><p>x'
        with pikepdf.open(io.BytesIO(HTML(string=html, url_fetcher=URLFetcher()).write_pdf())) as pdf:
            assert [bytes(file.get_file().read_bytes()) for file in pdf.attachments.values()] == [b"CANARY"]

    def test_no_request_leaves_for_a_listening_server(self) -> None:
        asked: list[str] = []

        class Canary(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        with HTTPServer(("127.0.0.1", 0), Canary) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}/x"
            document = copy.deepcopy(sample.document())
            document["clinic"]["name"] = f'<img src="{address}">'
            document["sections"][0]["blocks"].append({"type": "links", "items": [{"text": "x", "url": address}]})
            document["sections"][0]["blocks"].append(
                {"type": "paragraph", "text": f"<style>@import url({address})</style>"}
            )
            paper.signed(document)
            assert asked == []
            URLFetcher().fetch(address).close()
            assert asked == ["/x"]
            server.shutdown()


class TestDrawings:
    def test_each_basis_has_its_own_shape_and_words(self) -> None:
        drawn = {basis: str(drawing.mark(basis)) for basis in drawing.MARKS}
        assert len(set(drawn.values())) == len(drawn) == 6
        assert all("<title>" in svg for svg in drawn.values())
        with pytest.raises(KeyError):
            drawing.mark("GUESSED")

    def test_the_qr_code_reads_as_the_address(self) -> None:
        svg = drawing.qr("https://candour.harbour-clinic.example/verify/")
        runs = re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg)
        import segno

        matrix = [
            list(row)
            for row in segno.make("https://candour.harbour-clinic.example/verify/", error="m", micro=False).matrix_iter(
                border=2
            )
        ]
        drawn = {(int(x) + i, int(y)) for x, y, length in runs for i in range(int(length))}
        assert drawn == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}

    def test_a_distribution_names_its_percentiles_in_words(self) -> None:
        block = next(b for s in sample.document()["sections"] for b in s["blocks"] if b["type"] == "distribution")
        svg = drawing.distribution(block)
        assert "D10 98 nanometres, D50 150 nanometres, D90 220 nanometres" in svg
        assert "diameter in nanometres" in svg
