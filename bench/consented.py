"""A clinic with very many consents in a database of its own: what the measurements of the consent room stand on.

Made many rows at a time from one consent that the acts themselves wrote; the log names only that one. The consents in
force rest on one product, so that a change of it touches every one of them.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from clinic import encryption
from clinic.models import Patient
from clinic.records import PatientIdentity
from clinic.services import seal_for_patient
from consent.models import (
    Acknowledgement,
    Consent,
    Declaration,
    Decline,
    Document,
    FactCheck,
    Opening,
    PatientLink,
    SealedFile,
    Signature,
    Withdrawal,
)
from consent.vocabulary import ConsentStatus, LinkWay, SealKind, SigningMethod, StatusReason
from tests.consent import desk as desks
from tests.consent.desk import Desk

SEED = 20261126
CHUNK = 2000
FAMILIES = 5000
# Of each hundred: still open, in force, and what came to an end. Of each ten open ones, one has no link yet, four were
# never opened, four are being read, and one is signed; of each ten in force, one is still being thought over.
OPEN, IN_FORCE = 2, 10
ENDED = (
    (ConsentStatus.INACTIVE, StatusReason.LAPSED),
    (ConsentStatus.INACTIVE, StatusReason.WITHDRAWN),
    (ConsentStatus.NOT_DONE, StatusReason.DECLINED),
    (ConsentStatus.INACTIVE, StatusReason.SUPERSEDED),
)


def fill(count: int, *, at: datetime) -> Desk:
    """A desk with so many consents of a fifth as many patients; the same count gives the same clinic."""
    chance = random.Random(SEED)
    desk = desks.open_desk()
    pattern = desks.issue(desk, at=at).consent
    document = pattern.document
    assert document is not None
    content = document.canonical
    patients = list(_patients(desk, max(count // 5, 1), at))
    Patient.objects.bulk_create(patients, batch_size=CHUNK)
    for start in range(0, count, CHUNK):
        consents = [_consent(desk, patients, number, chance, at) for number in range(start, min(start + CHUNK, count))]
        Consent.objects.bulk_create(consents)
        documents = [_document(document, one, content) for one in consents]
        Document.objects.bulk_create(documents)
        Signature.objects.bulk_create(_signature(one) for one in documents if _is_signed(one))
        _sent(documents)
        _declared(desk, [one for one in documents if one.consent.status == ConsentStatus.ACTIVE])
        Withdrawal.objects.bulk_create(
            Withdrawal(consent=one, sealed_reason=b"", withdrawn_at=one.changed_at)
            for one in consents
            if one.status_reason == StatusReason.WITHDRAWN
        )
        Decline.objects.bulk_create(
            Decline(consent=one, sealed_reason=b"", declined_at=one.changed_at)
            for one in consents
            if one.status_reason == StatusReason.DECLINED
        )
        for each in documents:
            each.consent.document = each
        Consent.objects.bulk_update(consents, ["document"])
        FactCheck.objects.bulk_create(
            FactCheck(consent=one, checked_at=at)
            for one in consents
            if one.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)
        )
    return desk


def _patients(desk: Desk, count: int, at: datetime) -> Iterator[Patient]:
    for number in range(count):
        patient = Patient(organization=desk.clinic, number=1000 + number, registered_at=at - timedelta(minutes=number))
        born = date(1940, 1, 1) + timedelta(days=number % 20_000)
        identity = PatientIdentity(f"Given{number}", f"Family{number % FAMILIES}", born, email="", phone="")
        patient.set_identity(identity, encryption.new_data_key())
        yield patient


def _consent(desk: Desk, patients: list[Patient], number: int, chance: random.Random, at: datetime) -> Consent:
    place = number % 100
    status, reason = (
        (ConsentStatus.DRAFT, "")
        if place < OPEN
        else (ConsentStatus.ACTIVE, "")
        if place < OPEN + IN_FORCE
        else chance.choice(ENDED)
    )
    # What is open is of these weeks; what is in force or over is spread over five years.
    days = chance.randrange(21) if status == ConsentStatus.DRAFT else 30 + chance.randrange(1800)
    when = at - timedelta(days=days, minutes=chance.randrange(1440))
    if status == ConsentStatus.ACTIVE:
        is_new = _share(number) == 0
        when = at - timedelta(days=1 + chance.randrange(5) if is_new else 30 + chance.randrange(100))
    return Consent(
        id=uuid.UUID(int=chance.getrandbits(128), version=4),
        organization=desk.clinic,
        reference=f"HC-{number:08}",
        patient=patients[number % len(patients)],
        practitioner=desk.practitioner,
        product=desk.product,
        batch=desk.batch,
        route="TOPICAL_INTACT",
        jurisdiction="GB",
        status=status,
        status_reason=reason,
        created_at=when,
        changed_at=when,
    )


def _share(number: int) -> int:
    """To which tenth a consent belongs, whatever its hundred is."""
    return number // 100 % 10


def _is_signed(document: Document) -> bool:
    status = document.consent.status
    is_waiting = status == ConsentStatus.DRAFT and _share(_number(document)) == 9
    return is_waiting or status in (ConsentStatus.ACTIVE, ConsentStatus.INACTIVE)


def _sent(documents: list[Document]) -> None:
    """Links of what is open and in force, first openings, and three parts that were read."""
    links = [
        PatientLink(
            consent=one.consent,
            document=one,
            way=LinkWay.QR,
            token_sha256=hashlib.sha256(one.pk.bytes).hexdigest(),
            created_at=one.issued_at,
            expires_at=one.issued_at + timedelta(days=30),
        )
        for one in documents
        if one.consent.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE) and _share(_number(one)) != 1
    ]
    PatientLink.objects.bulk_create(links)
    opened = [
        Opening(
            consent=link.consent, document=link.document, link=link, opened_at=link.created_at, assurance="birth-date"
        )
        for link in links
        if link.consent.status == ConsentStatus.ACTIVE or _share(_number(link.document)) > 5
    ]
    Opening.objects.bulk_create(opened)
    Acknowledgement.objects.bulk_create(
        Acknowledgement(consent=one.consent, document=one.document, section=part, acknowledged_at=one.opened_at)
        for one in opened
        for part in ("experimental", "product", "status")
    )


def _declared(desk: Desk, documents: list[Document]) -> None:
    """The declaration on each, and its two sealed files."""
    Declaration.objects.bulk_create(
        Declaration(
            consent=one.consent,
            practitioner=desk.practitioner,
            printed_name=desk.practitioner.printed_name,
            text="",
            declared_at=one.issued_at,
        )
        for one in documents
    )
    SealedFile.objects.bulk_create(
        SealedFile(
            consent=one.consent,
            kind=kind,
            sha256=hashlib.sha256(one.pk.bytes + kind.encode()).hexdigest(),
            size=1,
            certificate_sha256=one.sha256,
            sealed_at=one.issued_at,
        )
        for one in documents
        for kind in (SealKind.SIGNED, SealKind.COMPLETED)
    )


def _number(document: Document) -> int:
    return int(document.consent.reference[3:])


def _document(pattern: Document, consent: Consent, content: bytes) -> Document:
    """The text of the pattern under this patient's key where it will be read again, an empty one elsewhere."""
    made = Document(
        consent=consent,
        number=1,
        template_id=pattern.template_id,
        language=pattern.language,
        sha256=pattern.sha256,
        section_count=pattern.section_count,
        issued_at=consent.created_at,
    )
    kept = content if consent.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE) else b"{}"
    made.sealed_content = seal_for_patient(consent.patient, kept, binding=f"consent.document:{made.pk}")
    return made


def _signature(document: Document) -> Signature:
    made = Signature(
        consent=document.consent,
        document=document,
        method=SigningMethod.TYPED,
        document_sha256=document.sha256,
        signing_record_sha256=document.sha256,
        signed_at=document.issued_at,
    )
    made.sealed_record = seal_for_patient(document.consent.patient, b"{}", binding=f"consent.signature:{made.pk}")
    return made
