"""`manage.py take_bounce < mail`: for the mail server's pipe."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from consent import services


class Command(BaseCommand):
    """Take in a mail that came back, from standard input."""

    help = "Read a bounce (RFC 3464) from standard input, and open a task where it is about a message of ours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        content = sys.stdin.buffer.read(services.MOST_BOUNCE_BYTES + 1)
        outcome = services.take_bounce(content, at=timezone.now())
        said = json.dumps({"outcome": outcome.code, "words": outcome.words}) if options["json"] else outcome.words
        self.stdout.write(said)
