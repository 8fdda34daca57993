"""Start and stop the real product as a child of the test: its own folder, database, port and processes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# A first start brings a new database up to date, and other tests may keep the machine busy meanwhile.
SECONDS_TO_START = 180
SECONDS_TO_ANSWER = 300


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(question: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Ask again until the answer is true; fail with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s still not: {what}")
        time.sleep(0.25)


@dataclass
class Candour:
    """One running Candour. Stop kills only the processes that it started itself."""

    folder: Path
    environment: dict[str, str]
    port: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    asked: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """What the processes wrote so far."""
        return "\n".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one manage.py command against this installation."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS_TO_ANSWER,
            check=check,
        )

    def shell(self, code: str) -> Any:
        """Evaluate code that sets `answer`, inside this installation; return it through JSON.

        One process answers all questions: to load the product for each takes longer than most answers.
        """
        if self.asked is None or self.asked.poll() is not None:
            self.asked = subprocess.Popen(
                [sys.executable, "-m", "tests.journeys.asked"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.asked.stdin
        assert self.asked.stdout
        late = Timer(SECONDS_TO_ANSWER, self.asked.kill)
        late.start()
        self.asked.stdin.write(json.dumps(code) + "\n")
        self.asked.stdin.flush()
        told = json.loads(self.asked.stdout.readline() or '{"failed": "no answer"}')
        late.cancel()
        assert "failed" not in told, told["failed"]
        return told["answer"]

    def start(self, name: str, *arguments: str, extra: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one process of our own, in a group of its own; an earlier one of that name is ended first."""
        if name in self.processes:
            self.stop(name)
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self.environment, **(extra or {})},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.processes[name]

    def serve(self) -> None:
        """`manage.py serve`, as `make run` does, and wait until it answers."""
        self.start("serve", "manage.py", "serve")
        self.wait_until_ready("serve")

    def start_web(self, **extra: str) -> None:
        """The web process alone."""
        self.start(
            "web",
            "-m",
            "gunicorn",
            "config.wsgi:application",
            "--bind",
            f"127.0.0.1:{self.port}",
            "--workers",
            "2",
            "--threads",
            "4",
            "--log-level",
            "warning",
            "--no-control-socket",
            extra=extra,
        )
        self.wait_until_ready("web")

    def start_worker(self, *, workers: int = 1, **extra: str) -> None:
        """One process of workers, so many at once, and the beat."""
        celery = ("-m", "celery", "-A", "config.celery", "--quiet")
        self.start(
            "worker",
            *celery,
            "worker",
            "--loglevel",
            "warning",
            "--concurrency",
            str(workers),
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            extra=extra,
        )
        self.start("beat", *celery, "beat", "--loglevel", "warning", "--pidfile=", extra=extra)

    def wait_until_ready(self, name: str) -> None:
        def is_ready() -> bool:
            if self.processes[name].poll() is not None:
                raise AssertionError(f"{name} ended with {self.processes[name].returncode}:\n{self.log[-3000:]}")
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    return bool(answer.status == 200)
            except (urllib.error.URLError, OSError):
                return False

        wait_for(is_ready, seconds=SECONDS_TO_START, what=f"{name} ready at {self.url}")

    def signal(self, name: str, number: int, *, group: bool = True) -> None:
        """Send a signal to a process of ours, or to its whole group."""
        process = self.processes[name]
        if group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)

    def stop(self, name: str | None = None) -> None:
        """End one process, or all of ours together."""
        if name is None and self.asked is not None:
            self.asked.communicate()
            self.asked = None
        ending = [self.processes.pop(each) for each in ([name] if name else list(self.processes))]
        for process in ending:
            if process.poll() is None:
                process.terminate()
        for process in ending:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=15)
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            process.wait(timeout=5)

    def discard(self) -> None:
        """End all at once, wherever they are: nothing of this installation is looked at again."""
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        self.stop()


def environment_for(folder: Path, port: int, **extra: str) -> dict[str, str]:
    """The settings of one installation; nothing of the tests' own environment but the path."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CANDOUR_DATA_DIR": str(folder / "var"),
        "PORT": str(port),
        **extra,
    }


def make_template(folder: Path, **extra: str) -> Candour:
    """An installation, with the demo clinic unless told otherwise, not running: journeys start from copies of it."""
    folder.mkdir(parents=True, exist_ok=True)
    candour = Candour(folder, environment_for(folder, free_port(), **extra), 0)
    candour.manage("serve", "--check-only")
    return candour


def copy_of(template: Candour, folder: Path, **extra: str) -> Candour:
    """A new installation with the template's data folder (and, for SQLite, its database)."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(template.folder / "var", folder / "var")
    port = free_port()
    return Candour(folder, environment_for(folder, port, **extra), port)


def new_name() -> str:
    """A database name that nobody uses."""
    return f"candour_journey_{uuid.uuid4().hex[:10]}"
