"""What staff do with a consent, by the real services: release the batch, declare, publish a checkpoint, seal."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.test import Client

from audit import services as audit
from clinic.models import User
from consent import services
from consent.models import Consent, SealedFile
from consent.vocabulary import SealKind
from products.models import Batch
from tests.cast import NOW, PASSWORD, operator_for, record
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed

SIGNED_AT = NOW + timedelta(minutes=10)
DECLARED_AT = NOW + timedelta(minutes=20)
LATER = NOW + timedelta(hours=1)
AFTER_THINKING = NOW + timedelta(days=2)


def fresh(consent: Consent) -> Consent:
    """The consent as a page finds it."""
    return Consent.objects.with_standing().get(pk=consent.pk)


def release(desk: Desk) -> Batch:
    """The batch in use, as if a lead had released it long ago."""
    desk.batch.status, desk.batch.released_by, desk.batch.released_at = "RELEASED", "lead", NOW
    record(desk.clinic, desk.batch)
    return desk.batch


def hold(desk: Desk, reason: str = "warm transport") -> Batch:
    """The batch on hold."""
    desk.batch.status, desk.batch.status_reason = "ON_HOLD", reason
    record(desk.clinic, desk.batch)
    return desk.batch


def publish(desk: Desk, at: datetime = NOW) -> None:
    """A checkpoint over everything so far."""
    audit.publish_checkpoint(audit.log_of(desk.clinic.pk), at=at)


def declare(desk: Desk, handed: Handed, at: datetime = DECLARED_AT) -> Consent:
    """The practitioner's declaration; the consent is active."""
    services.declare(
        handed.consent.pk,
        desk.practitioner,
        read=desks.shown_answers(handed),
        talk=desks.TALK,
        agent=desk.agent,
        at=at,
    )
    return fresh(handed.consent)


def seal(desk: Desk, handed: Handed, kind: SealKind = SealKind.SIGNED, at: datetime = LATER) -> SealedFile:
    """The sealed file, really laid out and sealed."""
    publish(desk, at)
    file = services.seal_document(handed.consent.pk, kind, at=at)
    assert file is not None
    return file


def seal_on_paper(desk: Desk, handed: Handed, kind: SealKind = SealKind.SIGNED, at: datetime = LATER) -> SealedFile:
    """A row that says "sealed" without any PDF: for tests of what follows from it."""
    file = SealedFile(
        consent=handed.consent,
        kind=kind,
        sha256=f"{handed.consent.pk.hex}{kind.value.encode().hex()}"[:64].ljust(64, "0"),
        size=1,
        certificate_sha256="0" * 64,
        sealed_at=at,
    )
    with transaction.atomic():
        file.save()
        audit.append("document.sealed", agent=operator_for(desk.clinic), occurred_at=at, records=[file])
    return file


def recently_confirmed(client: Client) -> Client:
    """The same browser, after its person has typed the password again."""
    answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def user_of(desk: Desk) -> User:
    """The practitioner's account."""
    return User.objects.get(pk=desk.practitioner.user_id)
