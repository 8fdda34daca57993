"""`manage.py read_scan RAW`: what a scanned or typed code says, or why it is refused. Nothing is written."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from products import gs1

REFUSED = 1


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"a date is written 2026-11-23, not {text}") from error


class Command(BaseCommand):
    """Exit 0 with what the code says; 1 with what was expected and found where it is refused."""

    help = "Read one scanned or typed code, and print what it says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("raw", metavar="RAW", help="the code as a scanner sends it, or typed with brackets")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--on", type=_day, help="the day that decides the century of two-digit years")

    def handle(self, *args: Any, **options: Any) -> None:
        said, refusal = read(options["raw"], today=options["on"] or timezone.localdate())
        if options["json"]:
            self.stdout.write(json.dumps(said, indent=2, ensure_ascii=False))
            if refusal:
                sys.exit(REFUSED)
        elif refusal:
            raise CommandError(refusal.message, returncode=REFUSED)
        else:
            self.stdout.write(_words(said))


def read(raw: str, *, today: date) -> tuple[dict[str, Any], Refusal | None]:
    """What a code says as JSON values, and the refusal where it is none. What it does not say is null."""
    said: dict[str, Any] = {
        "ok": False,
        "gtin": None,
        "lot_number": None,
        "expiration_date": None,
        "production_date": None,
        "serial_number": None,
        "error": None,
    }
    if unit := gs1.parse_internal_code(raw):
        return {**said, "ok": True, "internal_label": str(unit)}, None
    try:
        found = gs1.parse_element_string(raw, today=today)
    except Refusal as refusal:
        return {**said, "error": {"code": refusal.code, "message": refusal.message}}, refusal
    read_out = found.as_json()
    return {**said, **{name: read_out[name] or None for name in said if name in read_out}, "ok": True}, None


def _words(said: dict[str, Any]) -> str:
    names = {
        "gtin": "GTIN",
        "lot_number": "Lot",
        "expiration_date": "Use by",
        "production_date": "Made on",
        "serial_number": "Serial number",
        "internal_label": "Vial with a label of our own",
    }
    return "\n".join(f"{words}: {said[name]}" for name, words in names.items() if said.get(name))
