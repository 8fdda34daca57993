"""Is this file the one that was sealed? First what the file says of itself, then whether the record agrees.

"Genuine" means: exactly one seal, over the entire file, by a certificate we know, and the SHA-256 of the whole file
is on record and in the log. What may follow the seal is what a timestamp authority's proof needs, put there while the
file was sealed. A valid seal alone is not enough: bytes after a seal and bytes inside its gap go unseen by stock
validators. A time is only as good as an outside witness.

Pure: bytes and frozen facts in, frozen findings out. No input makes it raise.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from consent import timestamps
from consent.errors import TimestampError
from consent.pdf_reader import PdfReader

DOCUMENT_NAME = "document.json"
SIGNING_RECORD_NAME = "signing-record.json"
_REFERENCE = re.compile(rb"/Title \([^()]{0,80}?([A-Z0-9]{1,8}-[A-Z0-9]{4}-[A-Z0-9]{4})\)")

Outcome = Literal["genuine", "altered", "unknown"]


@dataclass(frozen=True)
class KnownSeals:
    """The certificates that have sealed for this installation: SHA-256 (hex) to DER; and the roots (DER) of trusted time."""

    certificates: Mapping[str, bytes]
    time_roots: tuple[bytes, ...] = ()

    @classmethod
    def from_pem(cls, files: Iterable[bytes], *, time_roots: tuple[bytes, ...] = ()) -> KnownSeals:
        """From the contents of PEM files. Raises ValueError for one that is no certificate."""
        ders = [x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER) for pem in files]
        return cls({hashlib.sha256(der).hexdigest(): der for der in ders}, time_roots)

    @classmethod
    def from_folder(cls, folder: Path, *, time_roots: tuple[bytes, ...] = ()) -> KnownSeals:
        """From `sealing_certificate*.pem`: the one in use and those kept after a change of key."""
        paths = sorted(folder.glob("sealing_certificate*.pem"))
        return cls.from_pem((path.read_bytes() for path in paths), time_roots=time_roots)


@dataclass(frozen=True)
class Examination:
    """What a file says of itself. `findings` is empty when nothing speaks against its seal."""

    content: bytes = field(repr=False)
    sha256: str
    findings: tuple[str, ...]
    seals: int = 0
    byte_range: tuple[int, ...] = ()
    certificate_sha256: str = ""
    is_known: bool = False
    is_intact: bool = False
    reference: str = ""
    attachments: Mapping[str, str] = field(default_factory=dict)
    times: timestamps.TimesInFile = field(default_factory=timestamps.TimesInFile)

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.content)

    @property
    def gap(self) -> tuple[int, int] | None:
        """First and one-past-last byte of the signature's place, which no signature covers."""
        if len(self.byte_range) == 4:
            return self.byte_range[1], self.byte_range[2]
        return None


@dataclass(frozen=True)
class RecordedFile:
    """What the record and the log say of the sealed file with this reference.

    `logged_sha256` is the digest in the log entry, None when no entry names the file; `content` is the stored file,
    when it is at hand. `token` is the answer (DER) of a timestamp authority about the file that came after it was sealed,
    None when there is none.
    """

    reference: str
    sha256: str
    logged_sha256: str | None
    leaf_index: int | None = None
    content: bytes | None = None
    token: bytes | None = None


@dataclass(frozen=True)
class Verdict:
    """Genuine, altered or unknown, and why: each sentence names a byte range, a digest or a record."""

    outcome: Outcome
    sentences: tuple[str, ...]
    first_difference: int | None = None


def examine(pdf: bytes, known: KnownSeals) -> Examination:
    """Read a file that anybody may have made. Never raises: what cannot be read is a finding."""
    digest = hashlib.sha256(pdf).hexdigest()
    reference = _printed_reference(pdf)
    try:
        return _examine(pdf, known, digest, reference)
    except Exception as problem:  # noqa: BLE001 - a hostile file makes the parser raise anything
        finding = f"The file cannot be read as a sealed PDF ({type(problem).__name__}: {str(problem)[:160]})."
        return Examination(pdf, digest, (finding,), reference=reference)


def judge(examination: Examination, record: RecordedFile | None, *, time_roots: tuple[bytes, ...] = ()) -> Verdict:
    """Compare what the file says with what is on record; `time_roots` (DER) are those of `KnownSeals`."""
    if record is None:
        return Verdict("unknown", (_not_on_record(examination), *examination.findings))
    if examination.sha256 != record.sha256:
        return _altered(examination, record)
    name = f"SHA-256 {record.sha256}"
    if record.logged_sha256 is None:
        return Verdict("unknown", (f"No entry of the log names this file ({name}) yet.", *examination.findings))
    if record.logged_sha256 != record.sha256:
        text = (
            f"The record of {record.reference} says {name}, but its log entry{_index(record)} says "
            f"{record.logged_sha256}: the record was changed after it was logged."
        )
        return Verdict("altered", (text, *examination.findings))
    if examination.findings or not (examination.is_intact and examination.is_known and examination.seals == 1):
        text = f"The file is the one on record for {record.reference} ({name}), but its seal does not hold."
        return Verdict("unknown", (text, *examination.findings))
    return Verdict(
        "genuine",
        (
            f"This is the sealed file of {record.reference}, byte for byte ({examination.size:,} bytes, {name}).",
            _seal_words(examination),
            f"The same digest is in the log{_index(record)}.",
            *_time_words(examination.times),
            *_token_words(record, time_roots),
        ),
    )


def _examine(pdf: bytes, known: KnownSeals, digest: str, reference: str) -> Examination:
    if not pdf.startswith(b"%PDF-"):
        return Examination(pdf, digest, ("The file does not begin as a PDF does (bytes 0 to 4).",), reference=reference)
    reader = PdfReader(pdf)
    seals, stamps = list(reader.embedded_regular_signatures), list(reader.embedded_timestamp_signatures)
    attachments = _attachments(reader)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in attachments.items()}
    reference = _attached_reference(attachments) or reference
    if len(seals) != 1 or len(stamps) > 1:
        count = "no seal" if not seals else f"{len(seals)} signatures"
        timed = f" and {len(stamps)} timestamps" if stamps else ""
        return Examination(
            pdf,
            digest,
            (f"The file has {count}{timed}; a sealed record has exactly one seal and at most one timestamp over it.",),
            len(seals),
            reference=reference,
            attachments=digests,
        )
    findings, byte_range, fingerprint, is_intact = _examine_seal(seals[0], stamps, reader, pdf, known)
    return Examination(
        pdf,
        digest,
        tuple(findings),
        1,
        byte_range,
        fingerprint,
        fingerprint in known.certificates,
        is_intact,
        reference,
        digests,
        timestamps.times_in(reader, pdf, seals[0], known.time_roots),
    )


def _examine_seal(
    seal: EmbeddedPdfSignature, stamps: list[EmbeddedPdfSignature], reader: PdfFileReader, pdf: bytes, known: KnownSeals
) -> tuple[list[str], tuple[int, ...], str, bool]:
    findings = []
    byte_range = tuple(int(number) for number in seal.byte_range)
    fingerprint = hashlib.sha256(seal.signer_cert.dump()).hexdigest()
    has_proofs = bool(stamps) or "/DSS" in reader.root
    if problem := _gap_problem(byte_range, pdf, may_end_before=has_proofs):
        findings.append(problem)
    if fingerprint not in known.certificates:
        findings.append(f"The seal was made with the certificate {fingerprint}, which is none of ours.")
    trust = [asn1_x509.Certificate.load(der) for der in known.certificates.values()]
    # The certificate's validity at the time the seal claims; the log, not the seal, is evidence of time.
    context = ValidationContext(trust_roots=trust, moment=seal.self_reported_timestamp, allow_fetching=False)
    status = validate_pdf_signature(seal, context, timestamps.time_context(known.time_roots))
    is_intact = bool(status.intact and status.valid)
    if not is_intact:
        findings.append(f"The seal does not fit the bytes it covers ({_ranges(byte_range)}).")
    if has_proofs:
        findings += _what_follows(status, stamps, pdf)
    elif status.coverage != SignatureCoverageLevel.ENTIRE_FILE:
        findings.append(f"The seal covers {_ranges(byte_range)} of {len(pdf):,} bytes, not the entire file.")
    if is_intact and fingerprint in known.certificates and not status.trusted:
        findings.append(f"The certificate {fingerprint} was not valid at the time the seal claims.")
    return findings, byte_range, fingerprint, is_intact


def _what_follows(status: PdfSignatureStatus, stamps: list[EmbeddedPdfSignature], pdf: bytes) -> list[str]:
    """What speaks against the bytes after the seal: they may hold the proofs of a trusted time and nothing else."""
    findings = []
    if status.coverage < SignatureCoverageLevel.ENTIRE_REVISION or not status.docmdp_ok:
        findings.append("What follows the seal is more than the proofs of a trusted time.")
    for stamp in stamps:
        byte_range = tuple(int(number) for number in stamp.byte_range)
        if problem := _gap_problem(byte_range, pdf, what="timestamp"):
            findings.append(problem)
    return findings


def _gap_problem(byte_range: tuple[int, ...], pdf: bytes, *, may_end_before: bool = False, what: str = "seal") -> str:
    """Empty when the ranges leave out nothing but one string of hexadecimal digits, and end with the file."""
    if len(byte_range) != 4 or byte_range[0] != 0 or min(byte_range) < 0:
        return f"The {what}'s ByteRange {list(byte_range)} does not start at byte 0 with two ranges."
    _, gap, resume, rest = byte_range
    end = resume + rest
    if not 0 < gap < resume or end > len(pdf) or (end != len(pdf) and not may_end_before):
        return f"The {what}'s ByteRange {list(byte_range)} does not end at the last byte of the file ({len(pdf):,})."
    if not re.fullmatch(rb"<[0-9A-Fa-f]+>", pdf[gap:resume]):
        return f"Bytes {gap:,} to {resume - 1:,}, which the {what} leaves out, hold more than the signature."
    return ""


def _seal_words(examination: Examination) -> str:
    end = sum(examination.byte_range[2:])
    if end == examination.size:
        covers = "covers the entire file"
    else:
        covers = f"covers its first {end:,} bytes, the proofs of its trusted time follow,"
    return f"Its one seal {covers} and was made with the known certificate {examination.certificate_sha256}."


def _time_words(times: timestamps.TimesInFile) -> list[str]:
    """The trusted time in the file, and what does not hold of it; nothing for a file without."""
    words = []
    if times.facts is not None:
        words.append(f"Trusted time: sealed before {times.facts.words}. Level PAdES {times.level}.")
    if times.archived is not None:
        words.append(f"A timestamp over the whole file: {times.archived.words}.")
    return words + list(times.problems)


def _token_words(record: RecordedFile, roots: tuple[bytes, ...]) -> list[str]:
    if record.token is None:
        return []
    try:
        token = timestamps.read_response(record.token, bytes.fromhex(record.sha256), roots)
    except TimestampError as problem:
        return [f"The timestamp that came after the file was sealed does not count: {problem.message}."]
    return [f"Trusted time: the whole file existed before {token.facts.words}. The token is a file of its own (.tsr)."]


def _altered(examination: Examination, record: RecordedFile) -> Verdict:
    text = (
        f"The file has SHA-256 {examination.sha256}; the sealed file of {record.reference} has {record.sha256}"
        f"{_index(record)}."
    )
    differences, first = _differences(examination.content, record)
    sentences = [text, *differences, *examination.findings]
    if not examination.findings:
        gap = examination.gap or (0, 0)
        sentences.append(
            f"The seal itself still validates: the change lies where no seal looks, for instance within bytes {gap[0]:,} to {gap[1] - 1:,}."
        )
    return Verdict("altered", tuple(sentences), first)


def _differences(presented: bytes, record: RecordedFile) -> tuple[list[str], int | None]:
    """Sentences on where a file differs from the stored one, and the first differing byte; nothing without it."""
    if record.content is None:
        return [], None
    if hashlib.sha256(record.content).hexdigest() != record.sha256:
        return [
            f"The stored file of {record.reference} no longer has its own SHA-256 {record.sha256}: it is damaged too."
        ], None
    first, end, count = _compare(presented, record.content)
    longer = len(presented) - len(record.content)
    sentences = []
    if count:
        where = _place(first, end, record.content)
        if count == 1:
            sentences.append(f"Byte {first:,} differs, {where}.")
        else:
            sentences.append(f"{count:,} bytes differ within bytes {first:,} to {end - 1:,}, {where}.")
    if longer > 0:
        sentences.append(f"{longer:,} byte(s) follow the end of the sealed file, from byte {len(record.content):,}.")
    elif longer < 0:
        sentences.append(f"The last {-longer:,} byte(s) of the sealed file are missing, from byte {len(presented):,}.")
    return sentences, first if count else min(len(presented), len(record.content))


def _compare(presented: bytes, sealed: bytes) -> tuple[int, int, int]:
    """First differing byte, one past the last, and how many differ within the common length; (-1, -1, 0) for none."""
    common = min(len(presented), len(sealed))
    if presented[:common] == sealed[:common]:
        return -1, -1, 0
    differing = [at for at in range(common) if presented[at] != sealed[at]]
    return differing[0], differing[-1] + 1, len(differing)


def _not_on_record(examination: Examination) -> str:
    name = f"No sealed file with SHA-256 {examination.sha256} is on record"
    if examination.reference:
        return f"{name}, and none for the reference {examination.reference} that it prints."
    return f"{name}, and the file prints no reference."


def _index(record: RecordedFile) -> str:
    return "" if record.leaf_index is None else f" (log entry {record.leaf_index})"


def _place(first: int, end: int, sealed: bytes) -> str:
    """In which part of the sealed file a range lies."""
    match = re.search(rb"/ByteRange \[0 (\d+) (\d+) (\d+)\]", sealed)
    if match:
        gap, resume = int(match[1]), int(match[2])
        if gap <= first and end <= resume:
            return f"inside the signature itself (bytes {gap:,} to {resume - 1:,})"
        if first >= resume + int(match[3]):
            return "in the proofs of trusted time that follow the seal"
    return "in the part that the seal covers"


def _ranges(byte_range: tuple[int, ...]) -> str:
    if len(byte_range) != 4:
        return "no clear range"
    a, b, c, d = byte_range
    return f"bytes {a:,} to {a + b - 1:,} and {c:,} to {c + d - 1:,}"


def _attachments(reader: PdfFileReader) -> dict[str, bytes]:
    """The associated files, by name."""
    found = {}
    for specification in reader.root.get("/AF", generic.ArrayObject()):
        entry = specification.get_object()
        found[str(entry["/UF"])] = bytes(entry["/EF"]["/F"].data)
    return found


def _attached_reference(attachments: Mapping[str, bytes]) -> str:
    if DOCUMENT_NAME not in attachments:
        return ""
    try:
        reference = json.loads(attachments[DOCUMENT_NAME])["reference"]
    except (ValueError, KeyError, TypeError):
        return ""
    return str(reference)[:40]


def _printed_reference(pdf: bytes) -> str:
    """The reference in the title: readable even when the file's structure is not."""
    match = _REFERENCE.search(pdf)
    return match[1].decode("ascii") if match else ""
