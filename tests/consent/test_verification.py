"""Genuine means the sealed file itself, byte for byte: nothing else passes, and nothing makes the check fall over."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
from pathlib import Path

import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import override_settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from consent import sealing, verification
from consent.verification import Examination, KnownSeals, RecordedFile, Verdict
from tests.consent import paper, sample, test_sealing

pytestmark = pytest.mark.pdf


@dataclasses.dataclass(frozen=True)
class Case:
    content: bytes
    known: KnownSeals
    record: RecordedFile
    folder: Path

    def verdict(self, presented: bytes) -> Verdict:
        """Against the record with the stored file at hand."""
        return verification.judge(verification.examine(presented, self.known), self.record)

    def examine(self, presented: bytes) -> Examination:
        return verification.examine(presented, self.known)

    @property
    def gap(self) -> tuple[int, int]:
        found = self.examine(self.content).gap
        assert found
        return found


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("keys")
    key = ec.generate_private_key(ec.SECP256R1())
    test_sealing.write_key(folder, key)
    test_sealing.write_certificate(folder, key)
    with override_settings(KEY_DIR=folder):
        sealed = sealing.seal(paper.sample_pdf(), reason="Consent record", signed_at=paper.SIGNED_AT)
    record = RecordedFile(sample.REFERENCE, sealed.sha256, sealed.sha256, 4127, sealed.content)
    return Case(sealed.content, KnownSeals.from_folder(folder), record, folder)


def flipped(content: bytes, at: int, mask: int = 0x01) -> bytes:
    return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


class TestGenuine:
    def test_the_sealed_file_is_genuine_and_says_why(self, case: Case) -> None:
        verdict = case.verdict(case.content)
        assert verdict.outcome == "genuine"
        assert case.record.sha256 in verdict.sentences[0]
        assert "log entry 4127" in verdict.sentences[2]

    def test_what_the_file_says_of_itself(self, case: Case) -> None:
        found = case.examine(case.content)
        assert found.findings == ()
        assert (found.seals, found.is_intact, found.is_known, found.reference) == (1, True, True, sample.REFERENCE)
        assert found.byte_range[2] + found.byte_range[3] == found.size == len(case.content)
        document, record = sample.document(), sample.signing_record()
        assert found.attachments == {
            "document.json": sample.sha256(document),
            "signing-record.json": sample.sha256(record),
        }

    def test_a_seal_outlives_its_certificate(self, case: Case) -> None:
        """Checked at the time that the seal claims, not at the reader's."""
        assert case.examine(case.content).is_intact


class TestAnyChangedByte:
    def test_none_of_hundreds_of_positions_passes(self, case: Case) -> None:
        gap, resume = case.gap
        spread = range(0, len(case.content), len(case.content) // 150)
        inside = range(gap, resume, max(1, (resume - gap) // 150))
        around = [gap - 1, gap, gap + 1, resume - 2, resume - 1, resume, 0, len(case.content) - 1]
        positions = sorted({*spread, *inside, *around})
        assert len(positions) >= 300
        passed = []
        for number, at in enumerate(positions):
            verdict = case.verdict(flipped(case.content, at, (0x01, 0x20, 0x80)[number % 3]))
            if verdict.outcome != "altered" or verdict.first_difference != at:
                passed.append((at, verdict))
        assert passed == []

    def test_a_change_in_the_gap_is_said_to_be_there(self, case: Case) -> None:
        gap, _ = case.gap
        verdict = case.verdict(flipped(case.content, gap + 40))
        assert any(f"Byte {gap + 40:,} differs, inside the signature itself" in line for line in verdict.sentences)
        assert any(
            "in the part that the seal covers" in line for line in case.verdict(flipped(case.content, 3000)).sentences
        )

    def test_hex_digits_in_the_other_case_are_another_file(self, case: Case) -> None:
        """The seal still verifies; only the digest on record sees it."""
        gap, resume = case.gap
        swapped = case.content[:gap] + case.content[gap:resume].swapcase() + case.content[resume:]
        assert swapped != case.content
        found = case.examine(swapped)
        assert found.findings == ()
        assert found.is_intact
        verdict = verification.judge(found, case.record)
        assert verdict.outcome == "altered"
        assert any("no seal looks" in line for line in verdict.sentences)

    def test_padding_in_the_gap_is_another_file(self, case: Case) -> None:
        _, resume = case.gap
        assert case.content[resume - 3 : resume - 1] == b"00"
        changed = case.content[: resume - 2] + b"1" + case.content[resume - 1 :]
        assert case.verdict(changed).outcome == "altered"

    def test_without_the_stored_file_it_is_altered_all_the_same(self, case: Case) -> None:
        record = dataclasses.replace(case.record, content=None)
        verdict = verification.judge(case.examine(flipped(case.content, 5000)), record)
        assert verdict.outcome == "altered"
        assert verdict.first_difference is None


class TestAppended:
    @pytest.mark.parametrize("tail", [b"\n", b"\0", b"% a comment\n", b"%%EOF\n", b"A" * 5000])
    def test_bytes_after_the_end_are_an_alteration(self, case: Case, tail: bytes) -> None:
        verdict = case.verdict(case.content + tail)
        assert verdict.outcome == "altered"
        assert verdict.first_difference == len(case.content)
        assert any(f"{len(tail):,} byte(s) follow the end" in line for line in verdict.sentences)

    @pytest.mark.parametrize("missing", [1, 7, 500, 40_000])
    def test_a_cut_file_is_an_alteration(self, case: Case, missing: int) -> None:
        verdict = case.verdict(case.content[:-missing])
        assert verdict.outcome == "altered"
        assert any("missing" in line for line in verdict.sentences)

    def test_an_incremental_update_with_a_note(self, case: Case) -> None:
        writer = IncrementalPdfFileWriter(io.BytesIO(case.content))
        page = writer.root["/Pages"]["/Kids"][0]
        from pyhanko.pdf_utils import generic

        note = generic.DictionaryObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
                generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (50, 50, 300, 90))),
                generic.pdf_name("/Contents"): generic.pdf_string("I never signed this"),
            }
        )
        page.get("/Annots", generic.ArrayObject()).append(writer.add_object(note))
        writer.update_container(page)
        out = io.BytesIO()
        writer.write(out)
        changed = out.getvalue()
        assert changed.startswith(case.content)
        assert case.verdict(changed).outcome == "altered"
        assert any("entire file" in line for line in case.examine(changed).findings)


class TestForgery:
    def _reseal(self, case: Case, content: bytes, folder: Path) -> bytes:
        key = ec.generate_private_key(ec.SECP256R1())
        test_sealing.write_key(folder, key)
        test_sealing.write_certificate(folder, key)
        with override_settings(KEY_DIR=folder):
            return sealing.seal(content, reason="Consent record", signed_at=paper.SIGNED_AT).content

    def test_a_look_alike_certificate_is_none_of_ours(self, case: Case, tmp_path: Path) -> None:
        forged = self._reseal(case, paper.sample_pdf(), tmp_path)
        found = case.examine(forged)
        assert found.is_intact
        assert not found.is_known
        assert any("none of ours" in line for line in found.findings)
        assert verification.judge(found, case.record).outcome == "altered"
        assert verification.judge(found, None).outcome == "unknown"

    def test_a_look_alike_on_record_is_still_not_genuine(self, case: Case, tmp_path: Path) -> None:
        forged = self._reseal(case, paper.sample_pdf(), tmp_path)
        digest = hashlib.sha256(forged).hexdigest()
        record = RecordedFile(sample.REFERENCE, digest, digest, 1, forged)
        assert verification.judge(case.examine(forged), record).outcome == "unknown"

    def test_our_own_key_outside_the_log_is_unknown(self, case: Case) -> None:
        """The stolen key: a valid seal by a known certificate, and no record of the file."""
        with override_settings(KEY_DIR=case.folder):
            other = sealing.seal(paper.sample_pdf(), reason="Consent record", signed_at=paper.SIGNED_AT).content
        assert case.examine(other).findings == ()
        assert verification.judge(case.examine(other), None).outcome == "unknown"
        unlogged = RecordedFile(sample.REFERENCE, hashlib.sha256(other).hexdigest(), None, None, other)
        verdict = verification.judge(case.examine(other), unlogged)
        assert verdict.outcome == "unknown"
        assert "No entry of the log" in verdict.sentences[0]

    def test_a_record_that_disagrees_with_the_log_is_altered(self, case: Case) -> None:
        verdict = verification.judge(
            case.examine(case.content), dataclasses.replace(case.record, logged_sha256="0" * 64)
        )
        assert verdict.outcome == "altered"
        assert "log entry 4127" in verdict.sentences[0]

    def test_a_second_signature(self, case: Case, tmp_path: Path) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        test_sealing.write_key(tmp_path, key)
        test_sealing.write_certificate(tmp_path, key)
        signer = signers.SimpleSigner.load(str(tmp_path / sealing.KEY_FILE), str(tmp_path / sealing.CERTIFICATE_FILE))
        # pyHanko keeps to "no changes allowed"; a forger's tool does not.
        first = signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(paper.sample_pdf())),
            signers.PdfSignatureMetadata(field_name="A", subfilter=fields.SigSeedSubFilter.PADES),
            signer=signer,
        ).getvalue()
        twice = signers.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(first)), signers.PdfSignatureMetadata(field_name="B"), signer=signer
        ).getvalue()
        found = case.examine(twice)
        assert found.seals == 2
        assert any("2 signatures" in line for line in found.findings)
        assert verification.judge(found, case.record).outcome == "altered"

    @pytest.mark.parametrize(
        "replacement",
        [
            b"null",
            b"[]",
            b"[0 0 0 0]",
            b"[-1 10 20 30]",
            b"[0 -10 20 30]",
            b"[0 99999999 20 30]",
            b"[0 1 2]",
            b"(x)",
            b"[0 1.5 2 3]",
            b"[/A /B /C /D]",
        ],
    )
    def test_a_byte_range_that_says_something_else(self, case: Case, replacement: bytes) -> None:
        match = re.search(rb"/ByteRange (\[[0-9 ]+\] *)", case.content)
        assert match
        value = replacement.ljust(len(match[1]))
        changed = case.content[: match.start(1)] + value + case.content[match.end(1) :]
        assert case.examine(changed).findings
        assert case.verdict(changed).outcome == "altered"

    def test_no_byte_range_and_no_contents(self, case: Case) -> None:
        for name in (b"/ByteRange", b"/Contents <30", b"/AcroForm", b"/V 1", b"/Filter /Adobe"):
            assert name in case.content
            start = case.content.rindex(name)
            changed = case.content[: start + 1] + b"Xx" + case.content[start + 3 :]
            assert case.examine(changed).findings
            assert case.verdict(changed).outcome == "altered"

    @pytest.mark.parametrize("filling", [b"0", b"f", b" ", b"Z", b">", b"("])
    def test_an_empty_or_senseless_signature(self, case: Case, filling: bytes) -> None:
        gap, resume = case.gap
        changed = case.content[: gap + 1] + filling * (resume - gap - 2) + case.content[resume - 1 :]
        assert case.examine(changed).findings
        assert case.verdict(changed).outcome == "altered"

    def test_a_stripped_seal(self, case: Case) -> None:
        found = case.examine(paper.sample_pdf())
        assert any("no seal" in line for line in found.findings)
        assert found.reference == sample.REFERENCE
        assert verification.judge(found, case.record).outcome == "altered"

    def test_the_file_of_another_patient(self, case: Case) -> None:
        other = sample.document(reference="HC-ZZZZ-9999")
        with override_settings(KEY_DIR=case.folder):
            theirs = sealing.seal(paper.signed(other), reason="x", signed_at=paper.SIGNED_AT).content
        found = case.examine(theirs)
        assert found.reference == "HC-ZZZZ-9999"
        assert verification.judge(found, case.record).outcome == "altered"


class TestAnythingElse:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0" * 4096,
            b"%PDF-1.7",
            b"<html>\n%PDF-1.7",
            b"%PDF-1.7\nstartxref\n-1\n%%EOF",
            b"PK\x03\x04",
            b"\xff" * 999,
            b"%PDF-1.7\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
            b"%PDF-1.7\n" + b"[" * 20_000 + b"\nstartxref\n9\n%%EOF",
        ],
        ids=["empty", "zeros", "head", "html", "negative", "zip", "noise", "loop", "deep"],
    )
    def test_what_is_no_sealed_pdf_is_unknown_and_never_an_exception(self, case: Case, content: bytes) -> None:
        found = case.examine(content)
        assert found.findings
        assert verification.judge(found, None).outcome == "unknown"

    def test_a_foreign_pdf(self, case: Case) -> None:
        out = io.BytesIO()
        pdf = pikepdf.new()
        pdf.add_blank_page()
        pdf.save(out)
        verdict = verification.judge(case.examine(out.getvalue()), None)
        assert verdict.outcome == "unknown"
        assert "prints no reference" in verdict.sentences[0]

    def test_a_file_with_a_painted_tick_is_unknown(self, case: Case) -> None:
        document = sample.document(reference="HC-FAKE-0001")
        document["sections"][0]["blocks"].append({"type": "paragraph", "text": "Seal valid. Genuine."})
        verdict = verification.judge(case.examine(paper.signed(document)), None)
        assert verdict.outcome == "unknown"
        assert "HC-FAKE-0001" in verdict.sentences[0]

    def test_a_damaged_store_is_said_so(self, case: Case) -> None:
        record = dataclasses.replace(case.record, content=case.content[:-1])
        verdict = verification.judge(case.examine(flipped(case.content, 5000)), record)
        assert any("damaged too" in line for line in verdict.sentences)

    def test_known_seals_refuse_what_is_no_certificate(self) -> None:
        with pytest.raises(ValueError, match=r"PEM|certificate|Unable"):
            KnownSeals.from_pem([b"nothing"])
