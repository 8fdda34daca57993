"""The paper route: wished for, printed, handed over, typed in, scanned back, attested. Same record, same states.

What a screen makes sure of by itself (every part marked as read, right answers, one text) a named member of staff attests
here, and the scan shows it. Packs and scans lie encrypted under the patient's key.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from audit import services as audit
from audit.records import Agent
from clinic.errors import SealBrokenError
from clinic.models import Patient
from clinic.records import clean_text
from clinic.services import check_is_there, open_for_patient, seal_for_patient
from consent import ceremony, rendering, rules
from consent.errors import FileDamagedError, PaperRefusedError, TransitionError
from consent.languages import speaking
from consent.models import (
    Consent,
    Document,
    PaperHandover,
    PaperPack,
    PaperScan,
    PaperWish,
    Question,
    Signature,
    StepAnswers,
)
from consent.records import PaperAttestation, utc_text
from consent.services.decide import write_signature
from consent.services.duties import open_task
from consent.services.people import declaration_for, facts_of, locked, people_of, signer_told, write_mark
from consent.services.read import link_agent
from consent.services.steps import answer_step, latest_answers, undecided, waiting_steps
from consent.services.studies import hold_study
from consent.services.talks import is_paused
from consent.vocabulary import BLOCKS_SIGNING, Attested, PaperWay, PersonRole, SigningMethod, TaskKind
from products.services import ScannedFile, read_scanned

MOST_FILES = 40


@transaction.atomic
def ask_for_paper(consent_id: uuid.UUID, way: PaperWay, *, at: datetime) -> PaperWish:
    """The patient would rather sign on paper or at the clinic: kept, with a task. Asked twice, it is once."""
    consent = locked(consent_id)
    document = _open_document(consent)
    found: PaperWish | None = PaperWish.objects.filter(document=document, way=way).first()
    if found is not None:
        return found
    wish: PaperWish = PaperWish.objects.create(consent=consent, document=document, way=way, asked_at=at)
    task = open_task(consent, TaskKind.PAPER, at=at)
    audit.append(
        "consent.paper_asked",
        agent=link_agent(consent),
        occurred_at=at,
        records=[wish, task],
        body={"way": str(way)},
    )
    return wish


def make_pack(consent_id: uuid.UUID, *, made_by_name: str, agent: Agent, at: datetime) -> PaperPack:
    """Lay out the pack of the text in force and keep it. Raises TransitionError and RenderingError."""
    consent = Consent.objects.with_standing().get(pk=consent_id)
    document = _open_document(consent)
    content, page_count = rendering.render_paper_pack(document.content, _pack_facts(consent, document, at))
    return keep_pack(consent_id, document.pk, content, page_count, made_by_name=made_by_name, agent=agent, at=at)


@transaction.atomic
def keep_pack(
    consent_id: uuid.UUID,
    document_id: uuid.UUID,
    content: bytes,
    page_count: int,
    *,
    made_by_name: str,
    agent: Agent,
    at: datetime,
) -> PaperPack:
    """Store a pack that was laid out of this text, and log it. Raises TransitionError where the text is another one now."""
    consent = locked(consent_id)
    document = _open_document(consent)
    if document.pk != document_id:
        raise TransitionError("The text was written anew meanwhile. Print the pack again.", code="document.changed")
    pack = PaperPack(
        consent=consent,
        document=document,
        page_count=page_count,
        sha256=hashlib.sha256(content).hexdigest(),
        made_by_name=made_by_name,
        made_at=at,
    )
    _store(consent.patient, pack.sha256, content)
    pack.save(force_insert=True)
    audit.append(
        "consent.paper_printed",
        agent=agent,
        occurred_at=at,
        records=[pack],
        body={"document_sha256": document.sha256, "pages": page_count, "file_sha256": pack.sha256},
    )
    return pack


def read_pack(pack: PaperPack) -> bytes:
    """The PDF that was printed. Raises FileDamagedError."""
    return _read(pack.consent.patient, pack.sha256, pack.consent.reference)


@transaction.atomic
def hand_over_pack(pack_id: uuid.UUID, *, by_name: str, agent: Agent, at: datetime) -> PaperHandover:
    """A named person gave the pack to the patient: the time to think begins. A second time answers with the first."""
    consent = locked(PaperPack.objects.values_list("consent_id", flat=True).get(pk=pack_id))
    document = _open_document(consent)
    pack: PaperPack = PaperPack.objects.get(pk=pack_id)
    found: PaperHandover | None = PaperHandover.objects.filter(pack=pack).first()
    if found is not None:
        return found
    if pack.document_id != document.pk:
        raise PaperRefusedError(
            "This pack is of an older text. Print the pack again and hand that one over.", code="paper.other_text"
        )
    hold_study(consent)
    if consent.study is not None and consent.study.is_closed:
        raise PaperRefusedError("The study is closed, so nobody can join it any more.", code="study.closed")
    made: PaperHandover = PaperHandover.objects.create(
        pack=pack, handed_over_by=agent.id, handed_over_by_name=by_name, handed_over_at=at
    )
    task = open_task(consent, TaskKind.PAPER, at=at)
    audit.append(
        "consent.paper_handed_over",
        agent=agent,
        occurred_at=at,
        records=[made, task],
        body={"document_sha256": document.sha256},
    )
    return made


def answer_on_paper(
    consent_id: uuid.UUID, step: str, given: Mapping[str, str], *, shown_sha256: str, agent: Agent, at: datetime
) -> StepAnswers:
    """What the patient answered on the paper, typed in by staff. Raises what `answer_step` raises, and PaperRefusedError."""
    consent = Consent.objects.select_related("document").get(pk=consent_id)
    if pack_in_hand(consent) is None:
        raise PaperRefusedError(
            "No pack of this text was handed over. Print it and hand it over first.", code="paper.no_pack"
        )
    return answer_step(consent_id, step, given, shown_sha256=shown_sha256, agent=agent, at=at)


def file_scan(consent_id: uuid.UUID, uploads: Sequence[Any], *, agent: Agent, at: datetime) -> PaperScan:
    """Look at every page of the scan, compare it with the pack, and keep it. The newest scan counts.

    The files are taken apart in a child process. Raises PaperRefusedError, UploadRefusedError, FileTooComplexError and
    ParsingBusyError; nothing is kept then.
    """
    consent = Consent.objects.select_related("document").get(pk=consent_id)
    pack = pack_in_hand(consent)
    if pack is None or consent.document is None:
        raise PaperRefusedError(
            "No pack of this text was handed over. Print it and hand it over first.", code="paper.no_pack"
        )
    read = _looked_at(uploads)
    ceremony.check_scan(
        [
            ceremony.ScannedPage(place, number, tuple(page.codes), page.is_blank)
            for place, one in enumerate(read, start=1)
            for number, page in enumerate(one.pages, start=1)
        ],
        reference=consent.reference,
        document_sha256=consent.document.sha256,
        page_count=pack.page_count,
    )
    return _keep_scan(consent_id, pack, uploads, read, agent=agent, at=at)


def _looked_at(uploads: Sequence[Any]) -> list[ScannedFile]:
    if not uploads:
        raise PaperRefusedError("Choose the scanned pack.", code="paper.no_file", field="scan")
    if len(uploads) > MOST_FILES:
        raise PaperRefusedError(f"At most {MOST_FILES} files can be taken.", code="paper.files", field="scan")
    total = sum(len(one.content) for one in uploads)
    if total > settings.UPLOAD_MAX_BYTES:
        raise PaperRefusedError(
            f"The files have {total / 1024 / 1024:.0f} MB; the limit is {settings.UPLOAD_MAX_BYTES // 1024 // 1024} MB in all. "
            "Scan in black and white or grey, at 200 dots per inch.",
            code="upload.too_large",
            field="scan",
        )
    return [read_scanned(one, field="scan") for one in uploads]


@transaction.atomic
def _keep_scan(
    consent_id: uuid.UUID,
    pack: PaperPack,
    uploads: Sequence[Any],
    read: Sequence[ScannedFile],
    *,
    agent: Agent,
    at: datetime,
) -> PaperScan:
    consent = locked(consent_id)
    document = _open_document(consent)
    if pack.document_id != document.pk:
        raise TransitionError("The text was written anew meanwhile. Print the pack again.", code="document.changed")
    files = []
    for upload, seen in zip(uploads, read, strict=True):
        sha256 = hashlib.sha256(upload.content).hexdigest()
        _store(consent.patient, sha256, upload.content)
        files.append(
            {"sha256": sha256, "media_type": seen.media_type, "size": len(upload.content), "pages": len(seen.pages)}
        )
    scan: PaperScan = PaperScan.objects.create(
        pack=pack, files=files, filed_by=agent.id, filed_by_name=agent.name or agent.id, filed_at=at
    )
    audit.append(
        "consent.paper_scanned",
        agent=agent,
        occurred_at=at,
        records=[scan],
        body={"files": [str(one["sha256"]) for one in files]},
    )
    return scan


def read_scan(scan: PaperScan, number: int) -> bytes:
    """One file of a scan, as it came. Raises FileDamagedError."""
    consent = scan.pack.consent
    return _read(consent.patient, scan.files[number]["sha256"], consent.reference)


@transaction.atomic
def sign_on_paper(
    consent_id: uuid.UUID, attestation: PaperAttestation, *, by_name: str, agent: Agent, at: datetime
) -> Signature:
    """The signature on the paper counts from this attestation by a named person. A second one answers with the first.

    Raises PaperRefusedError, PersonRefusedError, UnderAgeError and TransitionError.
    """
    consent = locked(consent_id)
    existing: Signature | None = Signature.objects.filter(consent=consent).first()
    if existing is not None:
        return existing
    document = _open_document(consent)
    pack, scan, local = pack_in_hand(consent), scan_in_force(consent), consent.organization.local_date
    latest = latest_answers(document)
    rules.check_adult(consent.patient.identity.birth_date, local(at))
    ceremony.check_can_sign_on_paper(
        ceremony.PaperFacts(
            status=consent.status,
            is_handed_over=pack is not None,
            has_scan=scan is not None,
            waiting_steps=tuple(step["title"] for step in waiting_steps(document.content, latest)),
            needs_talk=undecided(latest, BLOCKS_SIGNING) is not None,
            is_paused=is_paused(consent),
            open_questions=sum(row.is_open for row in Question.objects.filter(consent=consent)),
            handed_over_on=local(pack.handover.handed_over_at) if pack else None,
            signed_on=attestation.signed_on,
            today=local(at),
            is_true=attestation.is_true,
            study_closed_on=local(consent.study.closed_at) if consent.study and consent.study.closed_at else None,
        )
    )
    helpers = [person for person in people_of(consent) if person.role != PersonRole.PROXY]
    marks = [
        write_mark(person, document, SigningMethod.PAPER, "", at)
        for person in helpers
        if person.mark_on(document.pk) is None
    ]
    consent = Consent.objects.with_standing().get(pk=consent.pk)
    ceremony.check_people(facts_of(consent), SigningMethod.PAPER)
    assert pack is not None and scan is not None  # noqa: S101, PT018 - refused above
    return write_signature(
        consent,
        document,
        None,
        {"method": SigningMethod.PAPER, "strokes": None, "typed": None},
        {
            "identity": [{"step": "paper", "at": utc_text(at), "result": "confirmed"}],
            "paper": _paper_told(pack, scan, attestation, by_name, at),
            "device": {"user_agent": "", "address": ""},
        },
        strokes_sha256="",
        agent=agent,
        at=at,
        records=marks,
    )


def pack_in_hand(consent: Consent) -> PaperPack | None:
    """The pack of the text in force that was handed over last."""
    found: PaperPack | None = (
        PaperPack.objects.filter(document=consent.document, handover__isnull=False)
        .select_related("handover", "consent__patient")
        .order_by("handover__handed_over_at")
        .last()
    )
    return found


def scan_in_force(consent: Consent) -> PaperScan | None:
    """The newest scan of the text in force."""
    found: PaperScan | None = (
        PaperScan.objects.filter(pack__document=consent.document).select_related("pack__consent__patient").last()
    )
    return found


def scan_attachments(consent: Consent, record: Mapping[str, Any]) -> list[rendering.Attachment]:
    """The scanned files of a paper signature, as they go into the sealed PDF."""
    paper = record.get("paper")
    if not paper:
        return []
    return [
        rendering.Attachment(
            f"paper-scan-{number}.{ENDINGS[one['media_type']]}",
            one["media_type"],
            _read(consent.patient, one["sha256"], consent.reference),
            "Supplement",
        )
        for number, one in enumerate(paper["scan"]["files"], start=1)
    ]


ENDINGS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}


def _paper_told(
    pack: PaperPack, scan: PaperScan, attestation: PaperAttestation, by_name: str, at: datetime
) -> dict[str, Any]:
    return {
        "pack": {
            "pages": pack.page_count,
            "sha256": pack.sha256,
            "handed_over_at": utc_text(pack.handover.handed_over_at),
            "handed_over_by": pack.handover.handed_over_by_name,
        },
        "scan": {"files": scan.files, "filed_at": utc_text(scan.filed_at), "filed_by": scan.filed_by_name},
        "signed_on": attestation.signed_on.isoformat(),
        "attestation": {
            "how": str(attestation.how),
            "text": str(Attested(attestation.how).label),
            "known_by": clean_text(attestation.known_by, most=200, lines=False, field="known_by"),
            "by": by_name,
            "at": utc_text(at),
        },
    }


def _pack_facts(consent: Consent, document: Document, at: datetime) -> dict[str, Any]:
    """What a pack prints besides the Document: questions so far, who signs, who else takes part."""
    signer = signer_told(consent, document)
    with speaking(document.language):
        helpers = [
            {
                "name": person.facts["name"],
                "role": person.role,
                "declaration": declaration_for(person, document),
            }
            for person in people_of(consent)
            if person.role != PersonRole.PROXY
        ]
    questions = Question.objects.filter(consent=consent)
    return {
        "reference": consent.reference,
        "document_sha256": document.sha256,
        "made_at": utc_text(at),
        "signer": signer,
        "people": helpers,
        "questions": [
            {"section": row.section, "text": row.text, "answer": row.answer, "answered_by": row.answered_by}
            for row in questions
        ],
    }


def _open_document(consent: Consent) -> Document:
    ceremony.check_open(status=consent.status, is_signed=Signature.objects.filter(consent=consent).exists())
    if consent.document is None:
        raise TransitionError("There is no text to sign.", code="document.none")
    return consent.document


def folder() -> Path:
    """Where packs and scans lie."""
    return Path(settings.FILE_DIR) / "paper"


def papers_in_use() -> set[Path]:
    """Where every pack and scan lies, or may lie, whose patient can still be read."""
    papers = _papers(PaperPack.objects.filter(consent__patient__wrapped_key__isnull=False))
    return {path for patient_id, sha256 in papers for path in (_path_of(patient_id, sha256), _old_path_of(sha256))}


def paths_of(patients: Sequence[Patient]) -> list[Path]:
    """Where packs and scans of these patients lie, or lay, without those that another patient has as well."""
    papers = _papers(PaperPack.objects.filter(consent__patient__in=patients))
    own = {_path_of(patient_id, sha256) for patient_id, sha256 in papers}
    old = {_old_path_of(sha256) for _, sha256 in papers}
    still_readable = PaperPack.objects.filter(consent__patient__wrapped_key__isnull=False)
    others = {_old_path_of(sha256) for _, sha256 in _papers(still_readable.exclude(consent__patient__in=patients))}
    return sorted(own | (old - others))


def _papers(packs: QuerySet[PaperPack]) -> set[tuple[uuid.UUID, str]]:
    """The patient and the SHA-256 of each pack and of each scanned file."""
    scans = PaperScan.objects.filter(pack__in=packs).values_list("pack__consent__patient", "files")
    return {
        *packs.values_list("consent__patient", "sha256"),
        *((patient_id, str(one["sha256"])) for patient_id, files in scans for one in files),
    }


def _path_of(patient_id: uuid.UUID, sha256: str) -> Path:
    """One place for each patient: the same bytes of two patients lie under two keys."""
    return folder() / str(patient_id) / f"{sha256}.sealed"


def _old_path_of(sha256: str) -> Path:
    """Where a file lies that was stored before each patient had a place."""
    return folder() / sha256[:2] / f"{sha256}.sealed"


def _store(patient: Patient, sha256: str, content: bytes) -> None:
    """Encrypt, write under a temporary name, flush to disk, rename: the bytes are there before the row that names them."""
    path = _path_of(patient.pk, sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        with partial.open("xb") as file:
            file.write(seal_for_patient(patient, content, binding=f"consent.paper:{sha256}"))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _read(patient: Patient, sha256: str, reference: str) -> bytes:
    problem = FileDamagedError(
        f"A paper file of {reference} is missing or was changed in storage. Restore it from the backup.",
        code="document.damaged",
    )
    check_is_there(patient)
    path = _path_of(patient.pk, sha256)
    try:
        sealed = (path if path.exists() else _old_path_of(sha256)).read_bytes()
        content = open_for_patient(patient, sealed, binding=f"consent.paper:{sha256}")
    except (OSError, SealBrokenError) as cause:
        raise problem from cause
    if hashlib.sha256(content).hexdigest() != sha256:
        raise problem
    return content
