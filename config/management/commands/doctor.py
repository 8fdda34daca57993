"""`manage.py doctor`: look at everything that Candour needs and say in words what is wrong."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from config import checkup


class Command(BaseCommand):
    """Exit 0 when all is well, 1 when something needs a person."""

    help = "Check keys, database, triggers, broker, worker, fonts and sealing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in checkup.run():
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(f"{'ok    ' if finding.is_right else 'WRONG '} {finding.name}: {finding.words}")
        wrong = sum(not finding.is_right for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": wrong == 0, "checks": [asdict(finding) for finding in findings]}))
        elif wrong:
            self.stdout.write(f"{wrong} of {len(findings)} checks need a person.")
        else:
            self.stdout.write("All is well.")
        sys.exit(1 if wrong else 0)
