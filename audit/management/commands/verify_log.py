"""`manage.py verify_log`: exit 0 where every entry, checkpoint and row is as it was written, else 1."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand

from audit.errors import LogKeyError
from audit.models import Checkpoint, Log, LogEntry
from audit.services import log_public_key
from audit.verification import Finding, recorded_models, snapshot, verify

MOST_FINDINGS = 100


class Command(BaseCommand):
    """Check the logs and every recorded row; the first finding is where to begin."""

    help = "Check every log, its checkpoints, and every recorded row. Exit code 0: all is as it was written. 1: not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """--json prints one JSON object and nothing else."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings (at most 100), first things first."""
        key, key_findings = _public_key()
        with snapshot():
            findings = key_findings + list(islice(verify(key), MOST_FINDINGS))
            counts = {
                "logs": Log.objects.count(),
                "entries": LogEntry.objects.count(),
                "checkpoints": Checkpoint.objects.count(),
                "records": sum(model._base_manager.count() for model in recorded_models()),
            }
        if options["json"]:
            report = {"agrees": not findings, **counts, "findings": [finding.as_json() for finding in findings]}
            self.stdout.write(json.dumps(report, indent=2))
        else:
            for finding in findings:
                self.stdout.write(f"{finding.code}: {finding.message}")
            self.stdout.write(
                f"{counts['entries']} entries in {counts['logs']} logs, {counts['checkpoints']} checkpoints and "
                f"{counts['records']} recorded rows were checked: "
                + ("all are as they were written." if not findings else f"{len(findings)} do not agree.")
            )
        if findings:
            sys.exit(1)


def _public_key() -> tuple[bytes | None, list[Finding]]:
    """The key to check checkpoints by; without it the rest is checked all the same."""
    try:
        return log_public_key().public_bytes_raw(), []
    except LogKeyError as problem:
        return None, [Finding("log.key", f"signatures of checkpoints cannot be checked: {problem}")]
