"""Nothing is lost and nothing happens twice: real processes killed, stopped and starved at the worst moments.

Each test kills only processes that it started itself, by their id, and ends with the whole record checked.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from tests.journeys.acts import PatientBrowser, ready_to_sign, state_of
from tests.journeys.running import Candour, free_port, wait_for

pytestmark = pytest.mark.faults

SEALED_ONCE = {"signatures": 1, "signed_entries": 1, "files": 1, "sealed_entries": 1}


def check_record(candour: Candour) -> None:
    """The invariants: the log whole, every row with its entry, every entry with its row."""
    done = candour.manage("verify_log", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def sealed_once(candour: Candour, consent: str, *, seconds: float) -> None:
    wait_for(lambda: state_of(candour, consent)["files"] == 1, seconds=seconds, what="sealed")
    state = state_of(candour, consent)
    assert {name: state[name] for name in SEALED_ONCE} == SEALED_ONCE
    check_record(candour)


def marked_process(marker: Path, *, seconds: float = 40) -> int:
    wait_for(lambda: marker.exists() and marker.read_text(), seconds=seconds, what=f"a process paused at {marker.name}")
    return int(marker.read_text())


@pytest.fixture
def own_redis(parts: Candour, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Redis of the test's own, which it may stop, pause and empty."""
    port = free_port()
    parts.environment["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(tmp_path),
            ],
            stdout=subprocess.DEVNULL,
        )
        wait_for(lambda: answers(parts), seconds=10, what="Redis up")
        return process

    parts.start_redis = start  # type: ignore[attr-defined]
    process = start()
    yield process
    for each in (process, getattr(parts, "later_redis", None)):
        if each is not None and each.poll() is None:
            each.send_signal(signal.SIGCONT)
            each.kill()
            each.wait()


def answers(candour: Candour) -> bool:
    try:
        return bool(redis.Redis.from_url(candour.environment["REDIS_URL"], socket_timeout=1).ping())
    except redis.RedisError:
        return False


class TestAWorkerKilledAtWork:
    @pytest.mark.parametrize("point", ["rendering", "sealing", "storing", "recording"])
    def test_the_child_dies_and_the_record_is_sealed_once_within_a_minute(
        self, parts: Candour, tmp_path: Path, point: str
    ) -> None:
        marker = tmp_path / point
        parts.start_web()
        start_paused_worker(parts, point, marker)
        [(issued, patient)] = ready_to_sign(parts)
        assert patient.sign().status == 200
        os.kill(marked_process(marker), signal.SIGKILL)
        assert state_of(parts, issued["consent"])["signatures"] == 1
        sealed_once(parts, issued["consent"], seconds=60)

    def test_the_whole_worker_dies_and_its_successor_seals(self, parts: Candour, tmp_path: Path) -> None:
        marker = tmp_path / "sealing"
        parts.start_web()
        start_paused_worker(parts, "sealing", marker)
        [(issued, patient)] = ready_to_sign(parts)
        patient.sign()
        marked_process(marker)
        parts.signal("worker", signal.SIGKILL)
        parts.signal("beat", signal.SIGKILL)
        parts.start_worker()
        sealed_once(parts, issued["consent"], seconds=60)

    def test_negative_control_without_the_sweep_and_with_the_queue_s_defaults_the_work_is_lost(
        self, parts: Candour, tmp_path: Path
    ) -> None:
        marker = tmp_path / "sealing"
        parts.start_web()
        start_paused_worker(parts, "sealing", marker, beat=False, CELERY_DEFAULTS="1")
        [(issued, patient)] = ready_to_sign(parts)
        patient.sign()
        parts.shell(
            "from django.utils import timezone\nfrom audit.models import Log\nfrom audit.services import publish_checkpoint\n"
            "from config.celery import app\napp.set_default()\nfrom consent.tasks import seal_one\n"
            "for log in Log.objects.all(): publish_checkpoint(log, at=timezone.now())\n"
            f"seal_one.delay('{issued['consent']}', 'signed-record')\nanswer = 1"
        )
        os.kill(marked_process(marker), signal.SIGKILL)
        time.sleep(8)
        assert state_of(parts, issued["consent"])["files"] == 0
        start_beat(parts)
        sealed_once(parts, issued["consent"], seconds=60)


class TestTheDatabaseConnectionDropped:
    def test_between_signature_and_seal(self, parts: Candour, tmp_path: Path) -> None:
        marker = tmp_path / "recording"
        parts.start_web()
        start_paused_worker(parts, "recording", marker)
        [(issued, patient)] = ready_to_sign(parts)
        patient.sign()
        marked_process(marker)
        with psycopg.connect(parts.environment["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        sealed_once(parts, issued["consent"], seconds=90)


class TestTheWebProcessKilled:
    @pytest.mark.parametrize(("point", "on_record"), [("before-commit", 0), ("after-commit", 1)])
    def test_around_the_commit_and_the_patient_tries_again(
        self, parts: Candour, tmp_path: Path, point: str, on_record: int
    ) -> None:
        marker = tmp_path / point
        parts.start(
            "web",
            "-m",
            "tests.journeys.paused",
            point,
            str(marker),
            "gunicorn",
            "config.wsgi:application",
            "--bind",
            f"127.0.0.1:{parts.port}",
            "--workers",
            "2",
            "--threads",
            "2",
            "--log-level",
            "warning",
            "--no-control-socket",
        )
        parts.wait_until_ready("web")
        [(issued, patient)] = ready_to_sign(parts)
        values = {**patient.hidden_fields("sign/"), **patient.signature()}
        failures: list[Exception] = []

        def first_try() -> None:
            try:
                patient.send("sign/", values)
            except OSError as problem:
                failures.append(problem)
            except Exception as problem:  # noqa: BLE001 - whatever a cut connection raises
                failures.append(problem)

        request = threading.Thread(target=first_try)
        request.start()
        os.kill(marked_process(marker), signal.SIGKILL)
        request.join(timeout=60)
        assert failures, "the first answer was to be lost"
        assert state_of(parts, issued["consent"])["signatures"] == on_record
        again = patient.send("sign/", values)
        assert again.status == 200
        assert issued["reference"] in again.text
        state = state_of(parts, issued["consent"])
        assert (state["signatures"], state["signed_entries"]) == (1, 1)
        check_record(parts)


class TestTwentyAtOnce:
    def test_one_signature_and_everybody_gets_the_receipt(self, services: Candour) -> None:
        [(issued, patient)] = ready_to_sign(services)
        values = {**patient.hidden_fields("sign/"), **patient.signature()}
        with ThreadPoolExecutor(20) as pool:
            answers_ = list(pool.map(lambda _: copy_of(patient).send("sign/", values), range(20)))
        assert {answer.status for answer in answers_} <= {200, 409}
        assert sum(answer.status == 200 and issued["reference"] in answer.text for answer in answers_) >= 1
        state = state_of(services, issued["consent"])
        assert (state["signatures"], state["signed_entries"]) == (1, 1)
        sealed_once(services, issued["consent"], seconds=60)


def copy_of(patient: PatientBrowser) -> PatientBrowser:
    """The same visit in another tab: the same cookies."""
    return PatientBrowser(patient.base, patient.token, patient.jar)


class TestRedisGone:
    def test_paused_signing_is_as_fast_and_the_seal_follows_within_half_a_minute(
        self, parts: Candour, own_redis: subprocess.Popen[bytes]
    ) -> None:
        parts.start_web()
        parts.start_worker()
        ready = ready_to_sign(parts, 12)
        before = [seconds_to_sign(patient) for _, patient in ready[:6]]
        own_redis.send_signal(signal.SIGSTOP)
        try:
            during = [seconds_to_sign(patient) for _, patient in ready[6:]]
        finally:
            own_redis.send_signal(signal.SIGCONT)
        # A web request that asked the stopped broker would hang for seconds, not for a part of one.
        assert statistics.median(during) < max(2 * statistics.median(before), 0.5)
        for issued, _ in ready[6:]:
            sealed = issued["consent"]
            wait_for(
                lambda sealed=sealed: state_of(parts, sealed)["files"] == 1,
                seconds=40,
                what="sealed after Redis came back",
            )
        check_record(parts)

    def test_emptied_and_killed_again_and_again_nothing_is_lost(
        self, parts: Candour, own_redis: subprocess.Popen[bytes]
    ) -> None:
        parts.start_web()
        parts.start_worker()
        process: subprocess.Popen[bytes] = own_redis
        issued_all = []
        for issued, patient in ready_to_sign(parts, 4):
            assert patient.sign().status == 200
            redis.Redis.from_url(parts.environment["REDIS_URL"]).flushall()
            process.kill()
            process.wait()
            time.sleep(0.5)
            process = parts.start_redis()  # type: ignore[attr-defined]
            parts.later_redis = process  # type: ignore[attr-defined]
            issued_all.append(issued)
        for issued in issued_all:
            wait_for(lambda issued=issued: state_of(parts, issued["consent"])["files"] == 1, seconds=120, what="sealed")
            state = state_of(parts, issued["consent"])
            assert {name: state[name] for name in SEALED_ONCE} == SEALED_ONCE
        check_record(parts)


class TestTheDiskFull:
    @pytest.fixture
    def small_disk(self, parts: Candour) -> Iterator[Path]:
        """The folder of sealed files on a file system of one megabyte."""
        folder = parts.folder / "var" / "files" / "sealed"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if mounted.returncode:
            pytest.skip("only root may mount a small file system to fill it")
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)

    def test_the_signature_stands_somebody_is_told_and_the_seal_follows_when_there_is_room(
        self, parts: Candour, small_disk: Path
    ) -> None:
        (small_disk / "filling").write_bytes(b"x" * 60_000)
        parts.start_web()
        parts.start_worker()
        [(issued, patient)] = ready_to_sign(parts)
        assert patient.sign().status == 200
        told: Any = wait_for(
            lambda: (
                parts.shell(
                    "from consent.models import Notice, SealingTask\n"
                    f"answer = [Notice.objects.filter(consent_id='{issued['consent']}').count(), "
                    f"list(SealingTask.objects.filter(consent_id='{issued['consent']}').values_list('last_error', flat=True))]"
                )[0]
                and True
            ),
            seconds=60,
            what="a person told",
        )
        assert told
        assert not list(small_disk.rglob("*.part"))
        assert state_of(parts, issued["consent"])["files"] == 0
        subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
        sealed_once(parts, issued["consent"], seconds=90)


def seconds_to_sign(patient: PatientBrowser) -> float:
    values = {**patient.hidden_fields("sign/"), **patient.signature()}
    started = time.monotonic()
    assert patient.send("sign/", values).status == 200
    return time.monotonic() - started


def start_paused_worker(candour: Candour, point: str, marker: Path, *, beat: bool = True, **extra: str) -> None:
    candour.start(
        "worker",
        "-m",
        "tests.journeys.paused",
        point,
        str(marker),
        "celery",
        "-A",
        "config.celery",
        "--quiet",
        "worker",
        "--loglevel",
        "warning",
        "--concurrency",
        "1",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        extra=extra,
    )
    if beat:
        start_beat(candour)


def start_beat(candour: Candour) -> None:
    candour.start(
        "beat", "-m", "celery", "-A", "config.celery", "--quiet", "beat", "--loglevel", "warning", "--pidfile="
    )
