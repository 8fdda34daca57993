"""Genuine, altered or unknown: on the command line (0, 1, 2) and on the page, for the whole file and nothing less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from audit.services import entries_for
from clinic.models import User
from consent import services
from consent.models import SealedFile
from tests.audit.notebook import unguarded
from tests.conftest import SignedIn
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, seal

pytestmark = [pytest.mark.django_db, pytest.mark.pdf, pytest.mark.usefixtures("sealing_key", "desk_time")]


@pytest.fixture
def sealed(desk: Desk, signed: Handed) -> SealedFile:
    return seal(desk, signed)


@pytest.fixture
def pdf(sealed: SealedFile) -> bytes:
    return services.read_sealed_file(sealed)


def verdict(path: Path, capsys: Any, *options: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        call_command("verify_document", str(path), *options)
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "shown.pdf"
    path.write_bytes(content)
    return path


def flipped(content: bytes, at: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1
    return bytes(changed)


class TestVerifyDocument:
    def test_the_sealed_file_is_genuine(self, pdf: bytes, tmp_path: Path, capsys: Any) -> None:
        code, said, _ = verdict(written(tmp_path, pdf), capsys)
        assert code == 0
        assert said.startswith("genuine: ")
        assert "log entry" in said

    @pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.97, 0.9999])
    def test_any_changed_byte_makes_it_altered_and_is_named(
        self, pdf: bytes, tmp_path: Path, capsys: Any, share: float
    ) -> None:
        at = int(len(pdf) * share)
        code, said, _ = verdict(written(tmp_path, flipped(pdf, at)), capsys)
        assert code == 1
        assert said.startswith("altered: ")
        assert f"{at:,}" in said

    def test_a_byte_in_the_signature_s_own_gap_makes_it_altered(self, pdf: bytes, tmp_path: Path, capsys: Any) -> None:
        at = pdf.rindex(b"00000000>")
        code, said, _ = verdict(written(tmp_path, flipped(pdf, at)), capsys)
        assert (code, said.split(":")[0]) == (1, "altered")

    @pytest.mark.parametrize("tail", [b"\n", b"%comment", b"\0", b"\0" * 9000], ids=["line", "comment", "nul", "much"])
    def test_an_appended_byte_makes_it_altered(self, pdf: bytes, tmp_path: Path, capsys: Any, tail: bytes) -> None:
        code, said, _ = verdict(written(tmp_path, pdf + tail), capsys)
        assert (code, said.split(":")[0]) == (1, "altered")
        assert "follow" in said

    def test_any_byte_that_breaks_its_structure_makes_it_altered(self, pdf: bytes) -> None:
        tail = len(pdf) - 40
        for at in [*range(12), *range(tail, len(pdf))]:
            assert services.verify_pdf(flipped(pdf, at)).verdict.outcome == "altered", at

    @pytest.mark.parametrize(
        "content",
        [b"<html>not a PDF</html>", b"%PDF-1.7\n", b"%PDF-1.7\n" + b"\xff" * 5000, b"\0"],
        ids=["html", "head", "noise", "nul"],
    )
    def test_what_is_no_record_of_ours_is_unknown(self, db: None, tmp_path: Path, capsys: Any, content: bytes) -> None:
        code, said, _ = verdict(written(tmp_path, content), capsys)
        assert (code, said.split(":")[0]) == (1, "unknown")

    def test_missing_empty_and_too_large_are_2_with_one_line(self, tmp_path: Path, capsys: Any, settings: Any) -> None:
        settings.UPLOAD_MAX_BYTES = 1024 * 1024
        for path, words in (
            (tmp_path / "nowhere.pdf", "No such file"),
            (tmp_path, "directory"),
            (written(tmp_path, b""), "empty"),
        ):
            code, out, err = verdict(path, capsys)
            assert (code, out) == (2, "")
            assert words in err
            assert len(err.splitlines()) == 1
        code, _, err = verdict(written(tmp_path, b"0" * (1024 * 1024 + 1)), capsys)
        assert (code, "larger than 1 MB" in err) == (2, True)

    def test_json_is_one_object_and_nothing_else(
        self, pdf: bytes, sealed: SealedFile, tmp_path: Path, capsys: Any
    ) -> None:
        code, said, _ = verdict(written(tmp_path, flipped(pdf, 3000)), capsys, "--json")
        found = json.loads(said)
        assert (code, found["verdict"], found["first_difference"]) == (1, "altered", 3000)
        assert found["reference"] == sealed.consent.reference

    def test_a_record_changed_behind_the_log_s_back_is_not_genuine(
        self, pdf: bytes, sealed: SealedFile, tmp_path: Path, capsys: Any
    ) -> None:
        entry = entries_for("consent.sealedfile", sealed.pk)[0]
        detail = entry.detail
        detail.canonical_body = detail.canonical_body.replace(sealed.sha256, "0" * 64)
        with unguarded(["audit_logdetail"]):
            detail.save()
        code, said, _ = verdict(written(tmp_path, pdf), capsys)
        assert code == 1
        assert f"log entry {entry.leaf_index}" in said


class TestExportDocument:
    def test_it_writes_the_sealed_file_and_logs_the_access(
        self, pdf: bytes, sealed: SealedFile, tmp_path: Path, capsys: Any
    ) -> None:
        target = tmp_path / "out.pdf"
        call_command("export_document", sealed.consent.reference.lower(), str(target))
        assert target.read_bytes() == pdf
        last = entries_for("consent.sealedfile", sealed.pk)[-1]
        assert (last.kind, last.detail.body["agent"]["kind"]) == ("document.exported", "operator")
        assert sealed.sha256 in capsys.readouterr().out

    def test_each_refusal_is_one_line_and_writes_nothing(self, sealed: SealedFile, tmp_path: Path) -> None:
        there = written(tmp_path, b"mine")
        reference = sealed.consent.reference
        for arguments, words in (
            (("HC-0000-0000", str(tmp_path / "a.pdf")), "no consent with the reference"),
            ((reference, str(there)), "exists already"),
            ((reference, str(tmp_path / "a.pdf"), "--completion"), "still being made"),
            ((reference, str(tmp_path / "no" / "folder.pdf")), "No such file"),
        ):
            with pytest.raises(CommandError, match=words) as refusal:
                call_command("export_document", *arguments)
            assert "\n" not in str(refusal.value)
        assert there.read_bytes() == b"mine"
        assert not (tmp_path / "a.pdf").exists()


class TestThePage:
    def shown(self, client: Client, content: bytes, name: str = "shown.pdf", *, status: int = 200) -> str:
        answer = client.post("/verify/", {"file": SimpleUploadedFile(name, content)})
        assert answer.status_code == status
        return answer.content.decode()

    def test_genuine_says_what_was_sealed_and_when(self, pdf: bytes, sealed: SealedFile, nia: Client) -> None:
        page = self.shown(nia, pdf)
        assert "<h2>Genuine</h2>" in page
        assert sealed.consent.reference in page
        assert "Status now" in page
        assert "Mara Ilves" in page

    def test_an_auditor_sees_the_reference_and_no_patient(
        self, pdf: bytes, sealed: SealedFile, auditor: User, signed_in: SignedIn
    ) -> None:
        page = self.shown(signed_in(auditor), pdf)
        assert sealed.consent.reference in page
        assert "Mara" not in page

    def test_a_stranger_reads_the_verdict_and_nothing_else(
        self, pdf: bytes, stranger: User, signed_in: SignedIn
    ) -> None:
        page = self.shown(signed_in(stranger), pdf)
        assert "<h2>Genuine</h2>" in page
        assert "belongs to another clinic" in page
        assert "Mara" not in page
        assert "Rosaline" not in page

    def test_a_withdrawal_since_then_is_said(self, desk: Desk, pdf: bytes, sealed: SealedFile, nia: Client) -> None:
        services.withdraw_consent(sealed.consent_id, "", received_by="", agent=desk.agent, at=LATER)
        assert "Taken back" in self.shown(nia, pdf)

    def test_altered_names_the_place(self, pdf: bytes, nia: Client) -> None:
        page = self.shown(nia, flipped(pdf, 3000))
        assert "<h2>Altered</h2>" in page
        assert "3,000" in page

    @pytest.mark.parametrize("content", [b"<html></html>", b"%PDF-1.7 " + b"[" * 20000, b"\x00\xff" * 999])
    def test_no_bytes_make_it_fall_over(self, nia: Client, content: bytes) -> None:
        assert "<h2>Unknown</h2>" in self.shown(nia, content)

    def test_an_empty_and_a_too_large_file_are_refused_at_the_field(self, nia: Client, settings: Any) -> None:
        assert "The file is empty" in self.shown(nia, b"", status=422)
        settings.UPLOAD_MAX_BYTES = 1000
        assert "at most" in self.shown(nia, b"0" * 2000, status=422)

    def test_a_name_with_markup_stays_text(self, nia: Client) -> None:
        assert "<b>x</b>" not in self.shown(nia, b"%PDF-", "<b>x</b>.pdf")
