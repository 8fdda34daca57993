"""The first minute: `serve` starts, stops with its children, starts again with all data, and refuses in one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.journeys.running import ROOT, Candour, copy_of, environment_for, free_port, wait_for


def children_of(pid: int) -> list[int]:
    """Every process below this one, by the kernel's own lists."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += [int(child), *children_of(int(child))]
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ignore_interrupts() -> None:
    """As a shell starts a background job."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class TestServe:
    def test_it_replaces_a_dead_worker_stops_with_its_children_and_starts_again_with_all_data(
        self, embedded_template: Candour, tmp_path: Path
    ) -> None:
        candour = copy_of(embedded_template, tmp_path)
        count = "from consent.models import Consent\nanswer = Consent.objects.count()"
        before = candour.shell(count)
        try:
            serve, family = self.started(candour, "first")
            first = self.worker_of(serve.pid)
            os.kill(first, signal.SIGKILL)
            wait_for(lambda: self.worker_of(serve.pid) not in (0, first), seconds=20, what="another worker")
            with urllib.request.urlopen(f"{candour.url}/readyz", timeout=5) as answer:
                assert answer.status == 200
            self.stops_with_its_children(serve, {*family, *children_of(serve.pid)}, signal.SIGINT)

            serve, family = self.started(candour, "again")
            assert candour.shell(count) == before > 0
            said = (candour.folder / "again.log").read_text()
            assert "Demo sign-ins" in said
            assert "Traceback" not in said
            self.stops_with_its_children(serve, family, signal.SIGTERM)
        finally:
            candour.stop()

    def started(self, candour: Candour, name: str) -> tuple[subprocess.Popen[bytes], set[int]]:
        """`serve` as a shell starts a background job, once it answers; and all that it started."""
        with (candour.folder / f"{name}.log").open("wb") as log:
            candour.processes[name] = process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"],
                cwd=ROOT,
                env=candour.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=ignore_interrupts,  # noqa: PLW1509 - no threads here yet
            )
        candour.wait_until_ready(name)
        family = wait_for(
            lambda: len(found := children_of(process.pid)) >= 6 and found, seconds=20, what="all processes"
        )
        return process, set(family)

    def worker_of(self, serve: int) -> int:
        for pid in children_of(serve):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") if is_running(pid) else []
            if b"worker" in words and b"-m" in words and words[0].endswith(b"python"):
                return pid
        return 0

    def stops_with_its_children(self, serve: subprocess.Popen[bytes], family: set[int], number: signal.Signals) -> None:
        serve.send_signal(number)
        serve.wait(timeout=30)
        wait_for(lambda: not any(is_running(pid) for pid in family), seconds=10, what="all children gone")

    def test_a_taken_port_is_one_clear_line(self, embedded_template: Candour, tmp_path: Path) -> None:
        candour = copy_of(embedded_template, tmp_path)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", candour.port))
            taken.listen()
            done = candour.manage("serve", check=False)
        assert done.returncode != 0
        assert f"port {candour.port}" in done.stderr
        assert f"PORT={candour.port + 1} make run" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1

    @pytest.mark.parametrize(
        ("name", "value"), [("HOST", "999.1.1.1"), ("HOST", "no such host"), ("CANDOUR_DEMO", "maybe")]
    )
    def test_a_setting_that_is_nonsense_is_one_clear_line(self, tmp_path: Path, name: str, value: str) -> None:
        port = free_port()
        done = Candour(tmp_path, environment_for(tmp_path, port, **{name: value}), port).manage("serve", check=False)
        assert done.returncode != 0
        assert done.stderr.startswith(f"CommandError: {name} ")
        assert len(done.stderr.strip().splitlines()) == 1

    def test_a_database_that_does_not_answer_is_one_clear_line(self, tmp_path: Path) -> None:
        port = free_port()
        candour = Candour(
            tmp_path, environment_for(tmp_path, port, DATABASE_URL="postgresql://nobody:nothing@127.0.0.1:1/none"), port
        )
        done = candour.manage("serve", check=False)
        assert done.returncode != 0
        assert "the database cannot be used" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_lost_key_is_not_made_anew_in_silence(self, embedded_template: Candour, tmp_path: Path) -> None:
        candour = copy_of(embedded_template, tmp_path)
        (tmp_path / "var" / "keys" / "log_ed25519.pem").unlink()
        done = candour.manage("serve", check=False)
        assert done.returncode != 0
        assert "log_ed25519.pem" in done.stderr
        assert not (tmp_path / "var" / "keys" / "log_ed25519.pem").exists()

    def test_without_the_demo_it_prints_a_start_code(self, bare_template: Candour, tmp_path: Path) -> None:
        candour = copy_of(bare_template, tmp_path, CANDOUR_DEMO="0")
        candour.serve()
        try:
            assert f"{candour.url}/start/" in candour.log
            with urllib.request.urlopen(f"{candour.url}/start/", timeout=10) as answer:
                assert answer.status == 200
        finally:
            candour.stop()


class TestDemo:
    def test_twice_changes_nothing_and_prints_a_sealed_reference(
        self, embedded_template: Candour, tmp_path: Path
    ) -> None:
        candour = copy_of(embedded_template, tmp_path)
        count = "from audit.models import LogEntry\nfrom consent.models import Consent\nanswer = [LogEntry.objects.count(), Consent.objects.count()]"
        before = candour.shell(count)
        first, second = candour.manage("demo").stdout, candour.manage("demo").stdout
        assert first == second
        assert candour.shell(count) == before
        candour.stop()
        reference = first.strip().splitlines()[-1].split()[-1]
        assert candour.manage("export_document", reference, str(tmp_path / "x.pdf"), check=False).returncode == 0
        assert candour.manage("verify_document", str(tmp_path / "x.pdf"), check=False).returncode == 0
