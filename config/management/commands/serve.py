"""`manage.py serve`: prepare the data folder, then run web, worker and beat as one; what `make run` calls."""

from __future__ import annotations

import os
import signal
import socket
import sys
from argparse import ArgumentParser
from contextlib import closing
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from honcho.manager import Manager

from audit.models import LogEntry
from clinic.models import Organization
from clinic.services import start_code
from config import demo, keys, static_files
from config.environment import SettingError, switch

# The families in which a name like localhost may be listened on.
FAMILIES = (socket.AF_INET, socket.AF_INET6)
# A worker that somebody kills (exit status above 128) is started again; one that cannot start stops the whole.
RESTART = "while :; do {command}; status=$?; [ $status -gt 128 ] || exit $status; sleep 1; done"


class Command(BaseCommand):
    """Start Candour. Stops on Ctrl-C and on SIGTERM and takes its processes with it."""

    help = "Prepare the data folder and run web, worker and beat together."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check-only", action="store_true", help="prepare and check, but start nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_port()
        self._prepare(with_demo=_wants_demo())
        first_lines = self._introduce()
        if options["check_only"]:
            return
        self.stdout.write(first_lines)
        self.stdout.flush()
        sys.exit(self._run())

    def _check_port(self) -> None:
        """Refuse a taken port, or a HOST that is none of this machine's, before anything else is done."""
        try:
            found = socket.getaddrinfo(settings.HOST, settings.PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as problem:
            raise CommandError(
                f"HOST is {settings.HOST!r}, which is no address of this machine. Use 127.0.0.1 (this machine only) or 0.0.0.0"
            ) from problem
        for family, kind, protocol, _, address in found:
            if family not in FAMILIES:
                continue
            with closing(socket.socket(family, kind, protocol)) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(address)
                except OSError as problem:
                    raise CommandError(
                        f"port {settings.PORT} on {settings.HOST} cannot be used ({problem.strerror}). "
                        f"Stop what uses it, or choose another: PORT={settings.PORT + 1} make run"
                    ) from problem

    def _prepare(self, *, with_demo: bool) -> None:
        try:
            if _is_behind():
                call_command("migrate", verbosity=0, interactive=False)
            call_command("createcachetable", verbosity=0)
            missing = keys.missing(settings.KEY_DIR)
            if missing and LogEntry.objects.exists():
                raise CommandError(
                    f"key files are missing from {settings.KEY_DIR}: {', '.join(missing)}. Records rest on them, so no new ones "
                    "are made. Restore them from your backup; `manage.py doctor` tells more."
                )
            keys.create_missing(settings.KEY_DIR)
        except DatabaseError as problem:
            raise CommandError(f"the database cannot be used: {str(problem).strip().splitlines()[0]}") from problem
        static_files.collect()
        if with_demo and not Organization.objects.exists():
            self.stdout.write("Loading the demo clinic (once; CANDOUR_DEMO=0 starts empty) ...")
            self.stdout.flush()
            demo.load(report=lambda _line: None)

    def _introduce(self) -> str:
        lines = ["", f"  Candour is at  {settings.BASE_URL}", ""]
        if demo.is_loaded():
            lines += ["  Demo sign-ins (fictitious people, fictitious products):"]
            lines += [f"    {person.email:28} {demo.password()}   {person.role}" for person in demo.PEOPLE]
        elif not Organization.objects.exists():
            lines += [
                f"  Nobody is registered yet. Open {settings.BASE_URL}/start/ and give this start code:",
                f"    {start_code()}",
            ]
        lines += ["", "  Ctrl-C stops it.", ""]
        return "\n".join(lines)

    def _run(self) -> int:
        """Run the three processes under one manager; return its exit code."""
        manager = Manager()
        python = sys.executable
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        bind = f"[{settings.HOST}]:{settings.PORT}" if ":" in settings.HOST else f"{settings.HOST}:{settings.PORT}"
        celery = f"{python} -m celery -A config.celery --quiet"
        concurrency = 2 if settings.REDIS_URL else 1
        quiet = "--without-gossip --without-mingle --without-heartbeat"
        folder = settings.DATA_DIR
        (folder / "beat-schedule").unlink(missing_ok=True)
        manager.add_process(
            "web",
            f"{python} -m gunicorn config.wsgi:application --bind {bind} --worker-class config.punctual.PunctualWorker "
            "--workers 2 --threads 4 --graceful-timeout 5 "
            "--timeout 60 --limit-request-line 4094 --log-level warning --no-control-socket",
            env=environment,
            cwd=str(settings.ROOT),
        )
        for name, command in (
            ("worker", f"{celery} worker --loglevel warning --concurrency {concurrency} {quiet} -O fair"),
            ("beat", f"{celery} beat --loglevel warning --pidfile="),
        ):
            manager.add_process(name, RESTART.format(command=command), env=environment, cwd=str(settings.ROOT))
        # A shell's background job starts with SIGINT ignored; Ctrl-C's signal must stop us all the same.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        manager.loop()
        return 0 if manager.returncode in (None, 0, 130, 143, -signal.SIGINT, -signal.SIGTERM) else 1


def _is_behind() -> bool:
    """Whether a migration is still to be applied; to ask is quicker than to apply none."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _wants_demo() -> bool:
    try:
        return switch("CANDOUR_DEMO", default=True)
    except SettingError as refusal:
        raise CommandError(str(refusal)) from refusal
