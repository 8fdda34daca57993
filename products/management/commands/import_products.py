"""manage.py import_products FILE.json: bring products in, and print what is found in their papers."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone

from audit.errors import Refusal
from audit.records import Agent
from clinic.models import Organization
from products.services import ImportedFile, import_products

REFUSED = 1
LARGEST_FILE_BYTES = 10 * 1024 * 1024


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"a date is written 2026-11-23, not {text}") from error


class Command(BaseCommand):
    """Exit 0 with what is found; 1 where the file is refused, and then nothing is written."""

    help = "Bring the products of a JSON file into a clinic's register, all or nothing, and print what is found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE.json, --json, --dry-run, --on, --clinic."""
        parser.add_argument("file", metavar="FILE.json", type=Path, help="in the shape of sample_products.json")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--dry-run", action="store_true", help="judge the file by itself and write nothing")
        parser.add_argument("--on", type=_day, help="the day for expiry and standing; today where it is left out")
        parser.add_argument("--clinic", default="", help="short code, where there are several clinics")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses with one line, as JSON where that was asked for."""
        try:
            organization = _clinic(options["clinic"], is_needed=not options["dry_run"])
            now = timezone.now()
            found = import_products(
                organization,
                _content(options["file"]),
                name=options["file"].name,
                on=options["on"] or (organization.local_date(now) if organization else timezone.localdate(now)),
                agent=Agent("operator", "command-line", organization.pk if organization else None, name="Operator"),
                at=now,
                is_dry_run=options["dry_run"],
            )
        except (Refusal, CommandError) as refusal:
            self._refuse(refusal, as_json=options["json"])
            return
        for warning in found.warnings:
            self.stderr.write(f"note: {warning}")
        if options["json"]:
            self.stdout.write(json.dumps(as_json(found), indent=2, ensure_ascii=False))
        else:
            self._tell(found, is_dry_run=options["dry_run"])

    def _refuse(self, refusal: Refusal | CommandError, *, as_json: bool) -> None:
        message = refusal.message if isinstance(refusal, Refusal) else str(refusal)
        if not as_json:
            raise CommandError(message, returncode=REFUSED)
        code = refusal.code if isinstance(refusal, Refusal) else "products_file.unreadable"
        self.stdout.write(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))
        sys.exit(REFUSED)

    def _tell(self, found: ImportedFile, *, is_dry_run: bool) -> None:
        for product in found.products:
            rules = ", ".join(f"{rule} {severity}" for rule, severity, _ in product.regulatory)
            self.stdout.write(f"{product.id}: {rules or 'no planned use'}")
            for finding in product.findings:
                self.stdout.write(f"  {finding.code} {finding.severity}: {finding.found}")
            for batch in product.batches:
                self.stdout.write(f"  lot {batch.lot_number}: {batch.provenance_state}")
                for finding in batch.findings:
                    self.stdout.write(f"    {finding.code} {finding.severity}: {finding.found}")
        done = "Nothing was written." if is_dry_run else "All of it is on record."
        self.stdout.write(f"{len(found.products)} products. {done}")


def as_json(found: ImportedFile) -> dict[str, Any]:
    """What is found, by codes."""
    return {
        "products": [
            {
                "id": product.id,
                "findings": [finding.code for finding in product.findings],
                "regulatory": [
                    {"rule": rule, "severity": severity, "status": status}
                    for rule, severity, status in product.regulatory
                ],
                "batches": [
                    {
                        "lot": batch.lot_number,
                        "findings": [finding.code for finding in batch.findings],
                        "provenance_state": batch.provenance_state,
                    }
                    for batch in product.batches
                ],
            }
            for product in found.products
        ]
    }


def _clinic(short_code: str, *, is_needed: bool) -> Organization | None:
    """The clinic that was named, or the only one; a dry run may do without."""
    try:
        clinics = list(Organization.objects.order_by("short_code"))
    except DatabaseError as problem:
        raise CommandError(f"the database cannot be read; run manage.py migrate, then doctor ({problem})") from problem
    if short_code:
        clinics = [one for one in clinics if one.short_code == short_code.strip().upper()]
    if not short_code and not is_needed and len(clinics) != 1:
        return None
    if not clinics:
        raise CommandError(
            f"there is no clinic{f' {short_code}' if short_code else '; open one with init_clinic or demo'}"
        )
    if len(clinics) > 1:
        raise CommandError(f"choose with --clinic: {', '.join(one.short_code for one in clinics)}")
    return clinics[0]


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE_BYTES + 1)
    except OSError as problem:
        raise CommandError(f"cannot read {path}: {problem.strerror or problem}") from problem
