"""The evidence pack of one treatment: all that bears on one consent, in one ZIP that is checked without Candour."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from audit.records import Agent
from clinic.services import patient_group
from consent.models import Consent, DisposalCertificate
from consent.records import utc_text
from consent.services.history import HistoryLine, history_of
from consent.services.register import MANIFEST, enclosed, manifest_of
from products.errors import EvidenceDamagedError
from products.models import Evidence
from products.services import read_evidence

# Bytes of filed papers in one pack; what is beyond stays in the register and is named in the manifest.
MOST_PAPERS = 50 * 1024 * 1024
READ_ME = """What this is
============
Everything that Candour holds about consent {reference}, taken out on {at}.
It names a patient and holds health data: keep it as you keep the record itself.

What is in it
-------------
manifest.csv          every file with its SHA-256, and what is missing and why
*.pdf                 the sealed files; the signed text and the signing record are attached to the signed record
*.tlog-proof, *.tsr   the proof that a file is in the log, and a trusted time that came after it was sealed
texts/                every text that was written for the patient, word for word; the SHA-256 of a file is the one that was signed
history.json          every entry of the log about this consent, and the rows that are not as the log says
disposal.txt          in place of the texts, where the record was disposed of: what was destroyed, by whom and why
papers/               the papers that the record of the product and its batches rests on, by their SHA-256
product.json          the product and the batch as they are on record now

How to check it without Candour
-------------------------------
sha256sum             compare with manifest.csv
pdfsig FILE.pdf       the seal of a file
openssl ts -verify    a .tsr, with the certificate of the authority
The log's checkpoints are signed notes, and the proofs are tiles of a transparency log (C2SP): other tools read both.
"""


@transaction.atomic
def export_pack(consent: Consent, *, agent: Agent, at: datetime) -> IO[bytes]:
    """A ZIP of what bears on one consent; who took it stands in the log.

    A file that is missing or damaged is named in the manifest and left out. Of a record that was disposed of it holds what is
    left: the digests, the proofs, the history, and the certificate of the disposal.
    """
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        lines = [line for file in consent.sealed_files.order_by("sealed_at", "pk") for line in [enclosed(packed, file)]]
        for name, content in _written(consent, at):
            packed.writestr(name, content)
            lines.append(_line(consent, "record", name, content))
        if consent.patient.is_erased:
            gone = consent.documents.order_by("number").values_list("sha256", flat=True)
            lines += [_line(consent, "record", "", b"", state="disposed of", sha256=sha256) for sha256 in gone]
        lines += _papers(packed, consent)
        manifest = manifest_of(lines)
        packed.writestr(MANIFEST, manifest)
    audit.append(
        "consent.pack_exported",
        agent=agent,
        occurred_at=at,
        records=[consent],
        body={
            "reference": consent.reference,
            "files": len(lines),
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
        },
    )
    target.seek(0)
    return target


def _written(consent: Consent, at: datetime) -> Iterator[tuple[str, bytes]]:
    yield "READ-ME.txt", READ_ME.format(reference=consent.reference, at=utc_text(at)).encode()
    if consent.patient.is_erased:
        for certificate in DisposalCertificate.objects.filter(proposal__patient__in=patient_group(consent.patient)):
            yield "disposal.txt", certificate.text.encode()
    else:
        for document in consent.documents.order_by("number"):
            yield f"texts/{document.number}.json", document.canonical
    history = history_of(consent)
    told = {
        "entries": [_told(line) for line in history.lines],
        "changed_rows": list(history.changed),
        "rows_without_an_entry": list(history.unlogged),
    }
    yield "history.json", _json(told)
    yield "product.json", _json(_product(consent))


def _told(line: HistoryLine) -> dict[str, Any]:
    return {
        "log_index": line.leaf_index,
        "leaf_sha256": line.leaf_hash,
        "kind": line.kind,
        "what": line.words,
        "occurred_at": utc_text(line.occurred_at),
        "recorded_at": utc_text(line.recorded_at),
        "who": line.agent,
        "facts": dict(line.facts),
        "rows": [{"model": row.model, "id": row.pk, "sha256": row.sha256, "agrees": row.agrees} for row in line.rows],
    }


def _product(consent: Consent) -> dict[str, Any]:
    batch = consent.batch
    return {
        "product": {"id": str(consent.product_id), "record": consent.product.snapshot},
        "batch": batch
        and {"id": str(batch.pk), "lot": batch.lot_number, "status": batch.status, "record": batch.snapshot},
    }


def _papers(packed: zipfile.ZipFile, consent: Consent) -> Iterator[list[str]]:
    """The papers on which something said of this product or its batches rests, the latest first."""
    rests_on_it = Q(claims__product=consent.product) | Q(claims__batch__product=consent.product)
    left = MOST_PAPERS
    for paper in Evidence.objects.filter(rests_on_it).distinct().order_by("-filed_at", "id"):
        name = f"papers/{paper.sha256}.{paper.media_type.rpartition('/')[2].rpartition('.')[2]}"
        if paper.size_bytes > left:
            yield _line(consent, "paper", "", b"", state="left out: too large", sha256=paper.sha256)
            continue
        try:
            content = read_evidence(paper)
        except EvidenceDamagedError as problem:
            yield _line(consent, "paper", "", b"", state=f"missing: {problem.code}", sha256=paper.sha256)
            continue
        left -= len(content)
        packed.writestr(name, content)
        yield _line(consent, "paper", name, content)


def _line(
    consent: Consent, kind: str, name: str, content: bytes, *, state: str = "enclosed", sha256: str = ""
) -> list[str]:
    digest = sha256 or hashlib.sha256(content).hexdigest()
    return [consent.reference, kind, state, name, digest, str(len(content)) if name else "", "", "", ""]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str).encode()
