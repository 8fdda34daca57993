"""Is this PDF the one that was sealed? Gathers what is on record and asks `consent.verification`."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from audit import services as audit
from audit.errors import Refusal
from audit.models import LogEntry
from consent import verification
from consent.models import SealedFile
from consent.services.seal import read_sealed_file
from consent.services.stamping import timestamp_file_of
from consent.vocabulary import SealKind
from products import disclosure
from products.vocabulary import RegStatus

SEALED_SIZE = re.compile(rb"/ByteRange \[0 [0-9]{1,10} ([0-9]{1,10}) ([0-9]{1,10})\]")
MOST_SEALS = 10
MOST_COMPARED = 50
BLOCK = 1024


@dataclass(frozen=True)
class Check:
    """What a presented file is: the verdict, what the file says of itself, and the sealed file it was compared with."""

    verdict: verification.Verdict
    examination: verification.Examination
    file: SealedFile | None


@dataclass(frozen=True)
class StandingThenAndNow:
    """The status of the product for this use when the Document was written, and as the rules say now."""

    then: str
    then_as_of: str
    now: str
    now_as_of: str

    @property
    def has_changed(self) -> bool:
        """Whether the status in law is another one now."""
        return self.then != self.now

    @property
    def then_words(self) -> str:
        """The earlier status in plain words."""
        return _status_words(self.then)

    @property
    def now_words(self) -> str:
        """The present status in plain words."""
        return _status_words(self.now)


def verify_pdf(pdf: bytes) -> Check:
    """Compare a file that anybody may have made with the record. Never refuses: what cannot be read is a finding."""
    roots = settings.TIMESTAMP_ROOTS
    known = verification.KnownSeals.from_folder(settings.KEY_DIR, time_roots=roots)
    examination = verification.examine(pdf, known)
    file = _file_for(examination)
    verdict = verification.judge(examination, _record_of(file) if file else None, time_roots=roots)
    return Check(verdict, examination, file)


def standing_then_and_now(file: SealedFile, *, on: date) -> StandingThenAndNow | None:
    """None where the Document can no longer be read, because the patient's key was destroyed."""
    consent = file.consent
    signature = getattr(consent, "signature", None)
    shown = signature.document if signature else consent.document
    if shown is None:
        return None
    try:
        then = shown.content["disclosure"]["standing"]
    except Refusal:
        return None
    now = disclosure.standing(consent.product, jurisdiction=consent.jurisdiction, route=consent.route, on=on)
    return StandingThenAndNow(
        then=then["status"], then_as_of=then["rule_set"]["as_of"], now=now.status, now_as_of=now.verdict.rule_set_as_of
    )


def _status_words(status: str) -> str:
    return RegStatus(status).plain.capitalize() if status in RegStatus.values else "Not classed"


def _file_for(examination: verification.Examination) -> SealedFile | None:
    """By digest, which is proof; else by the reference that the file prints, to say what it differs from."""
    files = SealedFile.objects.select_related(
        "consent__patient",
        "consent__organization",
        "consent__product",
        "consent__signature__document",
        "consent__batch",
    )
    found = files.filter(sha256=examination.sha256).first()
    if found is None and examination.reference:
        candidates = list(files.filter(consent__reference=examination.reference))
        found = next(
            (file for file in candidates if _is_likely(file, examination)), candidates[0] if candidates else None
        )
    if found is None:
        same_size = files.filter(size__in=_sizes(examination.content)).order_by("-sealed_at")[:MOST_COMPARED]
        found = next((file for file in same_size if _is_mostly(examination.content, file)), None)
    return found


def _sizes(pdf: bytes) -> set[int]:
    """The file's own size, and the size that a seal in it was made for: a changed byte can make a PDF unreadable."""
    ends = [int(start) + int(length) for start, length in SEALED_SIZE.findall(pdf)[:MOST_SEALS]]
    return {size for size in (len(pdf), *ends) if size <= settings.UPLOAD_MAX_BYTES}


def _is_mostly(pdf: bytes, file: SealedFile) -> bool:
    """Whether at least half of the blocks of the stored file are found in their place."""
    content = _stored(file) or b""
    places = range(0, len(content), BLOCK)
    same = sum(pdf[place : place + BLOCK] == content[place : place + BLOCK] for place in places)
    return bool(content) and same * 2 >= len(places)


def _is_likely(file: SealedFile, examination: verification.Examination) -> bool:
    """The signed record attaches the Document, and so does an end without one; the others do not. Else size tells."""
    if examination.attachments:
        has_document = verification.DOCUMENT_NAME in examination.attachments
        is_end = file.kind not in (SealKind.SIGNED, SealKind.COMPLETED, SealKind.DAY_OF)
        return has_document == (file.kind == SealKind.SIGNED or (is_end and not hasattr(file.consent, "signature")))
    return abs(file.size - examination.size) < 2000


def _record_of(file: SealedFile) -> verification.RecordedFile:
    sealed = [entry for entry in audit.entries_for("consent.sealedfile", file.pk) if entry.kind == "document.sealed"]
    logged = leaf_index = None
    if sealed:
        leaf_index, logged = sealed[0].leaf_index, _digest_in(sealed[0])
    return verification.RecordedFile(
        reference=file.consent.reference,
        sha256=file.sha256,
        logged_sha256=logged,
        leaf_index=leaf_index,
        content=_stored(file),
        token=timestamp_file_of(file),
    )


def _digest_in(entry: LogEntry) -> str | None:
    """The file's digest that an entry commits to; None after erasure, and words where the entry itself was changed."""
    detail = getattr(entry, "detail", None)
    if detail is None:
        return None
    committed = hashlib.sha256(bytes(detail.salt) + detail.canonical_body.encode()).hexdigest()
    leaf_hash = hashlib.sha256(b"\x00" + entry.leaf.encode()).digest()
    if committed != entry.leaf_json["commitment"] or leaf_hash != bytes(entry.leaf_hash):
        return "something that no longer fits its own hash"
    return str(detail.body.get("file_sha256"))


def _stored(file: SealedFile) -> bytes | None:
    try:
        return read_sealed_file(file)
    except Refusal:
        return None
