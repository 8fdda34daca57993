"""`manage.py import_rules FILE.json`: take in a newer rule set for a clinic; a clinic lead approves it on its page."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from audit.records import Agent
from clinic.models import Organization
from products import rules
from products.models import RuleSetVersion, rule_set_for
from products.services import import_rule_set, products_that_change

REFUSED = 1


class Command(BaseCommand):
    """Exit 0 when it was imported (or would be, with --dry-run); 1 with the reason where it is refused."""

    help = "Import a rule set and print what it changes. It counts once a clinic lead has approved it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.json")
        parser.add_argument("--clinic", help="short code of the clinic; not needed where there is one only")
        parser.add_argument("--source", default="", help="where these rules come from")
        parser.add_argument("--dry-run", action="store_true", help="compare, and write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            said = self._imported(options)
        except (Refusal, CommandError, OSError) as error:
            message = error.message if isinstance(error, Refusal) else str(error)
            if options["json"]:
                code = error.code if isinstance(error, Refusal) else "rule_set.refused"
                self.stdout.write(json.dumps({"error": {"code": code, "message": message}}, indent=2))
                sys.exit(REFUSED)
            raise CommandError(message, returncode=REFUSED) from error
        self.stdout.write(json.dumps(said, indent=2, ensure_ascii=False) if options["json"] else _words(said))

    def _imported(self, options: dict[str, Any]) -> dict[str, Any]:
        organization = clinic_named(options["clinic"])
        content = Path(options["file"]).read_bytes()
        new = rules.parse_rule_set(content)
        diff = rules.rule_set_diff(rule_set_for(organization.pk), new)
        version: RuleSetVersion | None = None
        if not options["dry_run"]:
            agent = Agent("operator", "command-line", organization.pk)
            source = options["source"] or Path(options["file"]).name
            version = import_rule_set(organization, content, source=source, agent=agent, at=timezone.now())
        return {
            "version": new.version,
            "id": str(version.pk) if version else None,
            "added": [row["id"] for row in diff.added],
            "removed": [row["id"] for row in diff.removed],
            "changed": {row.id: [one.field for one in row.fields] for row in diff.changed},
            "products": [
                {
                    "product": one.product.marketed_name,
                    "route": one.change.use.route,
                    "severity": one.change.severity_after,
                }
                for one in products_that_change(organization, new)
            ],
        }


def clinic_named(short_code: str | None) -> Organization:
    """The clinic of this short code, or the only one there is. Raises `CommandError`, which names those that exist."""
    found = list(Organization.objects.filter(short_code=short_code) if short_code else Organization.objects.all()[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(Organization.objects.values_list("short_code", flat=True)) or "none yet"
    raise CommandError(f"Name the clinic with --clinic. Known are: {known}.")


def _words(said: dict[str, Any]) -> str:
    lines = [
        f"Rule set {said['version']}"
        + (" imported; a clinic lead approves it." if said["id"] else " (nothing was written)")
    ]
    lines += [f"New row: {key}" for key in said["added"]] + [f"Row gone: {key}" for key in said["removed"]]
    lines += [f"{key}: {', '.join(fields)}" for key, fields in said["changed"].items()]
    lines += [f"{one['product']}, {one['route']}: {one['severity']}" for one in said["products"]]
    return "\n".join(lines)
