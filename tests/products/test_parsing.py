"""Uploaded files are taken apart in a child process: what it reads, what it refuses, and that nothing else suffers."""

from __future__ import annotations

import io
import json
import os
import resource
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from audit.errors import Refusal
from products.errors import FileTooComplexError, ParsingBusyError, TableRefusedError, TableTooLargeError
from products.parsing import limits, process
from products.parsing.asking import media_type_of, read_size, read_table
from products.parsing.cells import Table
from products.uploads import DOCUMENTS, PNG, TABLES, Upload
from tests.products.conftest import png

MB = 1024 * 1024
ROOT = Path(__file__).parents[2]
HEAD = "gtin,lot,expiry\n"


def table(content: bytes | str, most_rows: int = 100) -> Table:
    return read_table(content.encode() if isinstance(content, str) else content, "table.csv", most_rows=most_rows)


def refusal(content: bytes | str, most_rows: int = 100) -> Refusal:
    with pytest.raises(Refusal) as caught:
        table(content, most_rows)
    return caught.value


def xlsx(*rows: list[object], **cells: object) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for place, value in cells.items():
        sheet[place] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same archive with one part put in its place."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            new.writestr(item.filename, part if item.filename == name else old.read(item))
        if name not in old.namelist():
            new.writestr(name, part)
    return stream.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of some kilobytes that unpacks to `width` times `height` bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer = zlib.compressobj(9)
    row = bytes(width + 1)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


class TestCsv:
    @pytest.mark.parametrize("mark", [",", ";", "\t"])
    def test_the_separator_is_that_of_the_first_line(self, mark: str) -> None:
        found = table(f"gtin{mark}lot\n1{mark}A\n")
        assert (found.head, found.rows[0].cells) == (("gtin", "lot"), ("1", "A"))

    def test_the_first_line_of_a_spreadsheet_may_name_the_separator(self) -> None:
        assert table("sep=;\nlot;note\nA;1,2,3\n").rows[0].cells == ("A", "1,2,3")

    def test_a_byte_order_mark_is_not_part_of_the_first_name(self) -> None:
        assert table("\ufefflot\nA\n").head == ("lot",)

    def test_utf_16_with_its_mark_is_read(self) -> None:
        assert table("lot\tname\nA\tRosé\n".encode("utf-16")).rows[0].cells == ("A", "Rosé")

    def test_a_line_break_in_quotation_marks_stays_in_its_cell_and_rows_keep_their_lines(self) -> None:
        found = table('lot,note\nA,"one\ntwo"\nB,three\n')
        assert [(row.number, row.cells) for row in found.rows] == [(2, ("A", "one\ntwo")), (4, ("B", "three"))]

    def test_empty_rows_and_empty_columns_at_the_end_are_left_out(self) -> None:
        found = table("lot,note,,\nA,1,,\n,,,\n\n")
        assert (found.head, [row.cells for row in found.rows]) == (("lot", "note"), [("A", "1")])

    @pytest.mark.parametrize(
        ("content", "code", "words"),
        [
            (b"", "csv.empty", "empty"),
            (b",,\n,,\n", "csv.empty", "empty cells"),
            ("lot\nA\n".encode("utf-16-le"), "csv.encoding", "CSV UTF-8"),
            (HEAD.encode() + b"1,\x93A\x94,2\n", "csv.encoding", "Line 2: byte 19"),
            ("name\nJosé\n".encode("latin-1"), "csv.encoding", "Line 2"),
            (b"gtin|lot\n1|A\n", "csv.delimiter", "“|”"),
            (b'gtin,lot\n1,"A\n2,B\n3,C\n', "csv.quote", "Line 2"),
            (b'gtin,lot\n1,"A"x\n', "csv.quote", "Line 2"),
            (b"gtin,lot,expiry\n1,A\n", "csv.row_length", "Line 2: this row has 2 cells"),
            (b"gtin,lot\n1,A,B\n", "csv.row_length", "has 3 cells"),
            (b",".join(b"c%d" % i for i in range(65)) + b"\n", "csv.columns", "65 columns"),
            (b"gtin,lot\n\t=1,A\n", "csv.control", "Line 2, column 1"),
            (b"lot\nA\x07\n", "csv.control", "Line 2, column 1"),
            (b"lot\n" + b"x" * 4001 + b"\n", "csv.cell_too_long", "4,001"),
            (b"\x1f\x8b\x08\x00abc\xff", "upload.type", "gzip"),
            (b"<html><body>lot</body></html>", "upload.type", "web page"),
            (b"%PDF-1.7\nlot", "pdf.damaged", "PDF"),
        ],
    )
    def test_each_fault_is_refused_by_name_and_place(self, content: bytes, code: str, words: str) -> None:
        refused = refusal(content)
        assert refused.code == code
        assert words in refused.message

    def test_rows_beyond_the_limit_are_refused(self) -> None:
        refused = refusal("lot\n" + "A\n" * 101)
        assert isinstance(refused, TableTooLargeError)
        assert "100 rows" in refused.message

    def test_one_row_of_nine_million_cells_is_refused(self) -> None:
        assert refusal(b"lot\n" + b"," * 9 * MB + b"x").code in {"csv.row_length", "upload.too_complex"}

    def test_one_row_of_nine_million_empty_cells_is_an_empty_row(self) -> None:
        assert table(b"lot\n" + b"," * 9 * MB + b"\nA").rows[0].cells == ("A",)

    def test_one_cell_of_ten_megabytes_is_refused(self) -> None:
        assert refusal(b"lot\n" + b"x" * 10 * MB).code in {"csv.quote", "csv.cell_too_long"}


class TestXlsx:
    def test_cells_come_as_a_person_would_type_them(self) -> None:
        found = table(xlsx(["gtin", "lot", "expiry"], [9506000134352, "A1", date(2027, 1, 31)], ["007", 2.5, None]))
        assert [row.cells for row in found.rows] == [("9506000134352", "A1", "2027-01-31"), ("007", "2.5", "")]
        assert found.form == "Excel (XLSX)"

    def test_only_the_first_sheet_is_read_and_that_is_said(self) -> None:
        book = openpyxl.load_workbook(io.BytesIO(xlsx(["lot"], ["A"])))
        book.create_sheet("Other").append(["lot"])
        stream = io.BytesIO()
        book.save(stream)
        assert table(stream.getvalue()).notes == ("Only the first sheet, “Sheet”, was read.",)

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (xlsx(["lot"], ["A"], A2="=1+1"), "xlsx.formula"),
            (xlsx(["lot"], ["A"], A2="#REF!"), "xlsx.error_cell"),
            (xlsx(["lot"], ["A"])[:-200], "xlsx.damaged"),
            (xlsx(["lot"], ["A"], A130000="B"), "csv.too_many_rows"),
            (xlsx(["lot"], ["A"], ZZ2="B"), "csv.row_length"),
            (with_part(xlsx(["lot"]), "xl/worksheets/sheet1.xml", b"<worksheet"), "xlsx.damaged"),
        ],
    )
    def test_each_fault_is_refused_by_name(self, content: bytes, code: str) -> None:
        assert refusal(content).code == code

    def test_a_zip_archive_is_no_table(self) -> None:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("coa.pdf", b"%PDF-1.4")
        assert refusal(stream.getvalue()).code == "upload.type"


class TestBombs:
    """Each is small to send and large to read. Real ones: nothing is stubbed."""

    def test_a_table_that_unpacks_to_a_gigabyte_is_refused_before_it_is_unpacked(self) -> None:
        bomb = with_part(xlsx(["lot"]), "xl/sharedStrings.xml", bytes(300 * MB))
        assert len(bomb) < MB
        started = time.monotonic()
        assert refusal(bomb).code == "xlsx.too_large"
        assert time.monotonic() - started < 10

    def test_billion_laughs_are_refused(self) -> None:
        levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
        bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{levels}]><worksheet>&l9;</worksheet>'
        assert refusal(with_part(xlsx(["lot"]), "xl/worksheets/sheet1.xml", bomb.encode())).code in {
            "xlsx.entities",
            "xlsx.damaged",
        }

    def test_a_deep_nest_of_elements_takes_only_the_child_along(self) -> None:
        deep = b"<worksheet>" + b"<a>" * 300_000 + b"</a>" * 300_000 + b"</worksheet>"
        assert isinstance(
            refusal(with_part(xlsx(["lot"]), "xl/worksheets/sheet1.xml", deep)), TableRefusedError | FileTooComplexError
        )

    def test_a_picture_of_hundred_million_points_is_refused_unread(self) -> None:
        bomb = bomb_png(10_000, 10_000)
        assert len(bomb) < 200_000
        with pytest.raises(Refusal) as caught:
            media_type_of(Upload(bomb, "a.png"), allowed=DOCUMENTS, most_bytes=25 * MB)
        assert caught.value.code == "image.too_many_pixels"

    def test_a_picture_that_says_it_is_small_and_unpacks_without_end_is_refused(self) -> None:
        bomb = bytearray(bomb_png(20_000, 15_000))
        bomb[16:24] = struct.pack(">II", 100, 100)
        bomb[29:33] = struct.pack(">I", zlib.crc32(bomb[12:29]))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        outcome = "read"
        try:
            media_type_of(Upload(bytes(bomb), "a.png"), allowed=DOCUMENTS, most_bytes=25 * MB)
        except Refusal as refused:
            outcome = refused.code
        assert outcome in {"read", "image.damaged", "upload.too_complex"}
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024


class TestTheChild:
    def test_it_gives_an_answer_that_equals_the_readers_own(self) -> None:
        content = b"nm,particles per mL\n90,100\n100,300\n110,100\n"
        from products.sizing import read_export

        assert read_size(content, "x.csv") == read_export(content, "x.csv")

    def test_a_refusal_comes_back_with_its_kind_and_place(self) -> None:
        with pytest.raises(Refusal) as caught:
            read_size(b"nm,n\n90,1\n100,NaN\n110,1\n", "x.csv", field="export")
        assert (type(caught.value).__name__, caught.value.code, caught.value.field) == (
            "SizeFileError",
            "size.bad_value",
            "export",
        )
        assert caught.value.line == 3  # type: ignore[attr-defined]

    def test_it_starts_without_what_only_the_asking_process_needs(self) -> None:
        program = "import sys, products.parsing.child\nprint(*sys.modules)\n"
        done = subprocess.run(
            [sys.executable, "-P", "-s", "-c", program],
            env=process.ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        loaded = set(done.stdout.split())
        assert "products.parsing.limits" in loaded
        assert loaded.isdisjoint({"products.parsing.asking", "products.records", "subprocess", "PIL", "openpyxl"})

    @pytest.mark.parametrize(
        ("act", "what"),
        [
            ("open('/etc/hostname').read()", "a file"),
            ("open('/tmp/candour-child', 'w')", "a new file"),
            ("__import__('socket').socket()", "a connection"),
            ("__import__('os').pipe()", "a pipe"),
            ("bytearray(2 * 1024 ** 3)", "memory"),
        ],
    )
    def test_once_confined_it_gets_nothing_more(self, act: str, what: str) -> None:
        program = (
            "import socket, json\nfrom products.parsing.limits import SHARES, confine\n"
            f"confine(SHARES['kinds'])\ntry:\n    {act}\nexcept (OSError, MemoryError) as e:\n    print('refused')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=process.ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stdout == "refused\n", f"the child was given {what}: {done.stderr}"

    def test_endless_work_is_stopped_by_its_processor_time(self) -> None:
        program = "from products.parsing.limits import Share, confine\nconfine(Share(1, 5))\nwhile True:\n    pass\n"
        done = subprocess.run(
            [sys.executable, "-c", program], env=process.ENVIRONMENT, capture_output=True, timeout=120, check=False
        )
        assert done.returncode < 0

    def test_it_knows_nothing_of_our_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
        assert "DATABASE_URL" not in process.ENVIRONMENT
        assert set(process.ENVIRONMENT) == {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "OPENPYXL_LXML"}

    def test_one_that_hangs_is_killed_and_the_file_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import time; time.sleep(600)"))
        monkeypatch.setitem(limits.SHARES, "kinds", limits.Share(1, 1))
        started = time.monotonic()
        with pytest.raises(FileTooComplexError) as caught:
            media_type_of(Upload(png(), "a.png"), allowed=DOCUMENTS, field="certificate", most_bytes=25 * MB)
        assert caught.value.field == "certificate"
        assert time.monotonic() - started < 20

    def test_one_that_dies_is_a_refusal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
        with pytest.raises(FileTooComplexError):
            media_type_of(Upload(b"x" * 20 * MB, "a.txt"), allowed=TABLES, most_bytes=25 * MB)

    def test_one_that_talks_without_end_is_killed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "while True: print('x' * 100000)"))
        monkeypatch.setattr(limits, "LARGEST_ANSWER", MB)
        with pytest.raises(FileTooComplexError):
            media_type_of(Upload(png(), "a.png"), allowed=DOCUMENTS, most_bytes=25 * MB)

    def test_no_more_than_two_run_at_a_time_and_who_waits_too_long_is_told(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(process, "_places", threading.BoundedSemaphore(1))
        monkeypatch.setitem(limits.SHARES, "kinds", limits.Share(1, 0))
        with process._places, pytest.raises(ParsingBusyError):
            media_type_of(Upload(png(), "a.png"), allowed=DOCUMENTS, most_bytes=25 * MB)

    def test_after_a_death_the_next_file_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as broken:
            broken.setattr(process, "COMMAND", (sys.executable, "-c", "raise SystemExit(1)"))
            with pytest.raises(FileTooComplexError):
                media_type_of(Upload(png(), "a.png"), allowed=DOCUMENTS, most_bytes=25 * MB)
        assert media_type_of(Upload(png(), "a.png"), allowed=DOCUMENTS, most_bytes=25 * MB) == PNG

    def test_what_it_failed_at_is_logged_without_what_the_file_holds(self) -> None:
        trace = 'Traceback:\n  File "tables.py", line 3, in read\nValueError: no number: "Mara Ilves"\n'
        assert process._place(trace) == 'ValueError File "tables.py", line 3, in read'


class TestReadSizeCommand:
    def run(self, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", "read_size", str(path), *options]
        return subprocess.run(
            command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120, check=False
        )

    def test_it_prints_one_json_object_of_numbers(self, tmp_path: Path) -> None:
        path = tmp_path / "size.csv"
        path.write_text("nm,particles per mL\n90,100\n100,300\n110,100\n")
        done = self.run(path, "--json")
        found = json.loads(done.stdout)
        assert done.returncode == 0
        expected = {"d10_nm": 90.0, "d50_nm": 95.0, "d90_nm": 105.0, "mode_nm": 100.0, "mean_nm": 100.0, "span": 0.16}
        assert {name: found[name] for name in expected} == expected
        assert (found["particles_per_ml"], found["tracks"], found["instrument"]) == (500, None, None)
        assert len(found["warnings"]) == 1

    def test_a_refusal_is_one_object_too_and_exits_with_1(self, tmp_path: Path) -> None:
        path = tmp_path / "letter.txt"
        path.write_text("Dear doctor\n")
        done = self.run(path, "--json")
        assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "size.foreign")

    def test_a_missing_file_exits_with_1_and_one_line(self, tmp_path: Path) -> None:
        done = self.run(tmp_path / "none.txt")
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
