"""What `manage.py doctor` looks at: each check says in words what is right, or what is wrong and what to do."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from audit import triggers
from audit.models import AppendOnlyModel
from audit.services import log_verifier_key
from clinic.records import font_files
from config import keys
from consent import rendering, sealing
from consent.errors import ConsentError, TimestampError
from consent.services import ask_for_test_token, lists_of_test_token, waiting, waiting_for_time

MOST_SECONDS_APART = 120
LEAST_FREE_BYTES = 200 * 1024 * 1024
WARN_DAYS = 60


@dataclass(frozen=True)
class Finding:
    """One check's answer. `is_right` is False only for what needs a person."""

    name: str
    is_right: bool
    words: str


def run() -> Iterator[Finding]:
    """Every check in turn; a later one may rest on an earlier one and says so."""
    for name, check in CHECKS.items():
        try:
            yield Finding(name, True, check())
        except CheckFailedError as problem:
            yield Finding(name, False, str(problem))


class CheckFailedError(Exception):
    """A check found something that a person must put right; the text says what and how."""


def _data_folder() -> str:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < LEAST_FREE_BYTES:
        raise CheckFailedError(f"only {free // 2**20} MB are free in {settings.DATA_DIR}; make room before it fills up")
    return f"{settings.DATA_DIR}, {free // 2**30} GB free"


def _keys() -> str:
    if missing := keys.missing(settings.KEY_DIR):
        raise CheckFailedError(
            f"missing in {settings.KEY_DIR}: {', '.join(missing)}. Restore them from your backup; on a new installation "
            "`manage.py serve` makes them."
        )
    for name in keys.ALL:
        mode = stat.S_IMODE((settings.KEY_DIR / name).stat().st_mode)
        if mode & 0o077:
            raise CheckFailedError(
                f"{name} can be read by others (mode {mode:o}); run: chmod 600 {settings.KEY_DIR / name}"
            )
        if not os.access(settings.KEY_DIR / name, os.R_OK):
            raise CheckFailedError(f"{name} cannot be read by this user")
    try:
        pem = (settings.KEY_DIR / keys.LOG).read_bytes()
        serialization.load_pem_private_key(pem, password=None)
        field_key = bytes.fromhex((settings.KEY_DIR / keys.FIELD).read_text(encoding="ascii").strip())
    except ValueError as problem:
        raise CheckFailedError(f"a key file is damaged: {problem}. Restore it from your backup") from problem
    if len(field_key) != 32:
        raise CheckFailedError(f"{keys.FIELD} must hold 32 bytes as 64 hexadecimal digits; restore it from your backup")
    return f"all {len(keys.ALL)} key files are there and private; log key {log_verifier_key()}"


def _certificate() -> str:
    try:
        certificate = x509.load_pem_x509_certificate((settings.KEY_DIR / keys.SEALING_CERTIFICATE).read_bytes())
    except (OSError, ValueError) as problem:
        raise CheckFailedError(f"the sealing certificate cannot be read: {problem}") from problem
    days = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    if days < WARN_DAYS:
        raise CheckFailedError(
            f"the sealing certificate ends in {days} days; signing goes on after that, sealing does not"
        )
    return f"valid for {days} more days, fingerprint {certificate.fingerprint(hashes.SHA256()).hex()}"


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        pending = MigrationExecutor(connection).migration_plan(MigrationExecutor(connection).loader.graph.leaf_nodes())
    except DatabaseError as problem:
        raise CheckFailedError(f"the database does not answer: {str(problem).strip().splitlines()[0]}") from problem
    if pending:
        raise CheckFailedError(f"{len(pending)} migrations are waiting; run: manage.py migrate")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check")
            answer = cursor.fetchone()[0]
        if answer != "ok":
            raise CheckFailedError(f"the database file is damaged: {answer}. Restore it from your backup")
    return f"{connection.vendor}, all migrations are in"


def _triggers() -> str:
    tables = [
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, AppendOnlyModel) and not model._meta.abstract
    ]
    if unguarded := triggers.missing(connection, tables):
        raise CheckFailedError(
            f"these tables of evidence can be changed by anybody with SQL: {', '.join(unguarded)}; run: manage.py migrate"
        )
    return f"{len(tables)} tables of evidence refuse changes"


def _broker() -> str:
    if settings.REDIS_URL:
        try:
            redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3, socket_connect_timeout=3).ping()
        except redis.RedisError as problem:
            raise CheckFailedError(
                f"Redis does not answer: {problem}. Signing works; sealing waits until it is back"
            ) from problem
        return "Redis answers"
    folder = settings.BROKER_DIR / "queue"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CheckFailedError(f"the broker's folder {folder} cannot be made: {problem.strerror}") from problem
    if not os.access(folder, os.W_OK):
        raise CheckFailedError(f"the broker's folder {folder} cannot be written to")
    return f"the folder {settings.BROKER_DIR}"


def _worker() -> str:
    late = waiting()
    deadline = time.monotonic() + 5
    while waiting() and time.monotonic() < deadline:
        time.sleep(0.5)
    still = [work for work in late if work in waiting()]
    if still:
        raise CheckFailedError(
            f"{len(still)} sealed files are not made yet. Is the worker running? `make run` starts it; "
            "the page “Today” shows the last error"
        )
    return f"nothing waits to be sealed ({timezone.now():%H:%M} UTC)"


def _fonts() -> str:
    files = font_files()
    if not files:
        raise CheckFailedError("no font files are in static/fonts; restore them from the release")
    return f"{len(files)} font files"


def _subsetter() -> str:
    name = ctypes.util.find_library("harfbuzz-subset") or "libharfbuzz-subset.so.0"
    try:
        ctypes.CDLL(name)
    except OSError:
        raise CheckFailedError(
            "libharfbuzz-subset is missing: PDFs take three times as long. Install the system package libharfbuzz-subset0"
        ) from None
    return "harfbuzz-subset is there"


def _seal() -> str:
    started = time.monotonic()
    try:
        pdf = rendering.render_test_page()
        sealed = sealing.seal(pdf, reason="Test", signed_at=timezone.now())
    except ConsentError as problem:
        raise CheckFailedError(f"a test page could not be sealed: {problem.message}") from problem
    return f"a test page of {len(sealed.content) // 1024} kB was sealed in {time.monotonic() - started:.1f} s"


def _trusted_time() -> str:
    if not settings.TIMESTAMP_URL:
        return "no timestamp authority is named (TIMESTAMP_URL); times are those of this machine's clock and of the log"
    try:
        token = ask_for_test_token()
    except TimestampError as problem:
        raise CheckFailedError(f"{settings.TIMESTAMP_URL}: {problem.message}. Files are sealed without it") from problem
    apart = abs((datetime.now(UTC) - token.facts.at).total_seconds())
    if apart > MOST_SECONDS_APART:
        raise CheckFailedError(
            f"the timestamp authority says {token.facts.at:%Y-%m-%d %H:%M:%S} UTC, {apart:.0f} seconds from this machine's "
            "clock; set the clock right"
        )
    try:
        lists_of_test_token(token)
    except TimestampError as problem:
        raise CheckFailedError(
            f"the authority answers, and files reach PAdES B-T and no more: {problem.message}. Name the list's host in "
            "TIMESTAMP_CRL_HOSTS"
        ) from problem
    if not sealing.certificate().is_own_root:
        return (
            f"{token.facts.authority} answers; files reach PAdES B-T, as the sealing certificate is another authority's"
        )
    late = waiting_for_time().count()
    waits = f"; {late} sealed files wait for a timestamp" if late else ""
    return f"{token.facts.authority} answers, {apart:.0f} s from this clock, and files can reach PAdES B-LTA{waits}"


CHECKS: dict[str, Callable[[], str]] = {
    "data folder": _data_folder,
    "keys": _keys,
    "sealing certificate": _certificate,
    "database": _database,
    "append-only triggers": _triggers,
    "broker": _broker,
    "worker": _worker,
    "fonts": _fonts,
    "font subsetting": _subsetter,
    "sealing": _seal,
    "trusted time": _trusted_time,
}
