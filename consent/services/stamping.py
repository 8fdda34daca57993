"""Trusted time of sealed files: asked for while a file is sealed, and asked for again where none came.

A sealed file is never changed. What came in time stands in the file; what came later is a token of its own over the
file's SHA-256 (RFC 3161), kept beside it. Each outcome is a row and stands in the log; how often it failed is on a task.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import services as audit
from audit.records import Agent
from clinic.services import ask_timestamp_authority, fetch_revocation_list, has_timestamp_authority
from consent import timestamps
from consent.errors import TimestampError
from consent.models import FileTime, SealedFile, StampingTask
from consent.sealing import ReachedTime
from consent.vocabulary import TimeWay

LEASE = timedelta(seconds=60)
LEAST_PAUSE = timedelta(seconds=30)
MOST_PAUSE = timedelta(hours=1)
# An authority that gave nothing is left alone for so long by those who seal: a seal waits for nobody.
QUIET = timedelta(seconds=60)
NOT_ASKED = "it gave none within the last minute, so this seal did not wait for it"
MOST_AT_ONCE = 20
SECONDS, SECONDS_FOR_A_CALL = 15.0, 5.0


def authority() -> timestamps.Authority | None:
    """The one that is named in the settings; None where none is."""
    if not has_timestamp_authority():
        return None
    return timestamps.Authority(
        settings.TIMESTAMP_ROOTS, ask_timestamp_authority, fetch_revocation_list, settings.TIMESTAMP_POLICY
    )


def authority_for_sealing(*, at: datetime) -> timestamps.Authority | None:
    """The same; one that gave nothing within the last minute is not asked again, and says so."""
    found = authority()
    if found is None:
        return None
    asked = FileTime.objects.filter(recorded_at__gt=at - QUIET).exclude(reason__endswith=NOT_ASKED)
    newest = asked.order_by("-recorded_at").first()
    if newest is None or newest.way != TimeWay.NONE:
        return found
    return timestamps.Authority(found.roots, lambda _request, _seconds: (b"", NOT_ASKED), found.fetch, found.policy)


def record_time(file: SealedFile, reached: ReachedTime, *, at: datetime) -> FileTime:
    """What the sealing reached. The caller logs it with the file, in the same transaction."""
    facts = reached.facts
    row: FileTime = FileTime.objects.create(
        file=file,
        way=TimeWay.INSIDE if facts else TimeWay.NONE,
        level=reached.level,
        reason=reached.why_not_more[:500],
        recorded_at=at,
        **(_columns(facts) if facts else {}),
    )
    if facts is None:
        StampingTask.objects.get_or_create(file=file, defaults={"next_attempt_at": at + LEAST_PAUSE})
    return row


def waiting_for_time() -> QuerySet[SealedFile]:
    """Files that were sealed without the trusted time that was asked for, and have none since; oldest first."""
    times = FileTime.objects.filter(file=OuterRef("pk"))
    return SealedFile.objects.filter(
        Exists(times.filter(way=TimeWay.NONE)), ~Exists(times.exclude(way=TimeWay.NONE))
    ).order_by("sealed_at")


def stamp_due(*, at: datetime) -> int:
    """Ask for up to twenty tokens whose pause is over; how many came. The first failure ends it: the others wait too."""
    found = authority()
    if found is None:
        return 0
    came = 0
    budget = timestamps.Budget(SECONDS, each=SECONDS_FOR_A_CALL)
    for file in waiting_for_time().select_related("consent")[:MOST_AT_ONCE]:
        if budget.next_call() <= 0:
            break
        if not _claim(file, at):
            continue
        try:
            token = _token_for(found, file, budget)
        except TimestampError as problem:
            _record_failure(file, problem, at)
            break
        came += _record_token(file, token, at)
    return came


def ask_for_test_token() -> timestamps.Token:
    """A token over nothing in particular, to know that the authority answers. Raises TimestampError in words."""
    found = authority()
    if found is None:
        raise TimestampError("no timestamp authority is set (TIMESTAMP_URL)", code="timestamp.none")
    budget = timestamps.Budget(SECONDS, each=SECONDS_FOR_A_CALL)
    return timestamps.obtain(found, hashlib.sha256(b"test").digest(), budget)


def lists_of_test_token(token: timestamps.Token) -> int:
    """How many revocation lists prove the chain of a token. Raises TimestampError in words."""
    found = authority()
    if found is None:
        return 0
    return len(timestamps.revocation_lists(found, token, timestamps.Budget(SECONDS, each=SECONDS_FOR_A_CALL)))


def timestamp_file_of(file: SealedFile) -> bytes | None:
    """The answer of the authority (TimeStampResp, DER) about a file, that came after it was sealed; None where none did."""
    row = FileTime.objects.filter(file=file, way=TimeWay.DETACHED).first()
    return bytes(row.token) if row else None


def _claim(file: SealedFile, at: datetime) -> bool:
    StampingTask.objects.get_or_create(file=file)
    free = Q(leased_until=None) | Q(leased_until__lte=at)
    due = Q(next_attempt_at=None) | Q(next_attempt_at__lte=at)
    return bool(StampingTask.objects.filter(free, due, file=file).update(leased_until=at + LEASE))


def _token_for(found: timestamps.Authority, file: SealedFile, budget: timestamps.Budget) -> timestamps.Token:
    token = timestamps.obtain(found, bytes.fromhex(file.sha256), budget)
    try:
        timestamps.revocation_lists(found, token, budget)
    except TimestampError as problem:
        if problem.code == "timestamp.revoked":
            raise
        # Nothing says that it was revoked; whoever checks the token later asks for the list of that day.
    return token


def _record_token(file: SealedFile, token: timestamps.Token, at: datetime) -> int:
    worker = Agent(kind="system", id="worker", organization_id=file.consent.organization_id, name="Candour")
    facts = token.facts
    try:
        with transaction.atomic():
            row = FileTime.objects.create(
                file=file,
                way=TimeWay.DETACHED,
                level="B-B",
                token=token.response,
                recorded_at=at,
                **_columns(facts),
            )
            StampingTask.objects.filter(file=file).update(leased_until=None, next_attempt_at=None, last_error="")
            audit.append(
                "document.timestamped",
                agent=worker,
                occurred_at=at,
                records=[file, row],
                body={
                    "reference": file.consent.reference,
                    "kind": file.kind,
                    "file_sha256": file.sha256,
                    "token_sha256": hashlib.sha256(token.response).hexdigest(),
                    "trusted_time": facts.words,
                },
            )
    except IntegrityError:
        # Somebody else asked at the same time and was first; one token is enough.
        return 0
    return 1


@transaction.atomic
def _record_failure(file: SealedFile, problem: TimestampError, at: datetime) -> None:
    task = StampingTask.objects.select_for_update().get(file=file)
    task.attempts += 1
    pause = min(LEAST_PAUSE * 2 ** min(task.attempts - 1, 10), MOST_PAUSE)
    task.leased_until, task.next_attempt_at, task.last_error = None, at + pause, problem.message[:500]
    task.save()


def _columns(facts: timestamps.TokenFacts) -> dict[str, object]:
    return {
        "timed_at": facts.at,
        "authority": facts.authority,
        "policy": facts.policy,
        "serial": facts.serial,
        "imprint": facts.imprint,
    }
