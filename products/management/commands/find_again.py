"""`manage.py find_again`: judge every product and batch anew, and keep what is found."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.models import Organization
from products.services import find_again

REFUSED = 1


class Command(BaseCommand):
    """Exit 0 when all is judged; 1 for a clinic that is not here. No record changes: findings follow from records."""

    help = "Judge every product and batch anew, and keep what is found for lists and pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", default="", help="short code of the one clinic; without it, all clinics")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            clinic = _clinic(options["clinic"])
        except CommandError as error:
            if not options["json"]:
                raise
            self.stdout.write(json.dumps({"error": {"code": "clinic.unknown", "message": str(error)}}))
            sys.exit(REFUSED)
        products, batches = find_again(clinic)
        if options["json"]:
            self.stdout.write(json.dumps({"products": products, "batches": batches}))
        else:
            self.stdout.write(f"{products} products and {batches} batches judged anew.")


def _clinic(short_code: str) -> Organization | None:
    if not short_code:
        return None
    found = Organization.objects.filter(short_code=short_code.strip().upper()).first()
    if found is None:
        raise CommandError(f"there is no clinic {short_code}", returncode=REFUSED)
    return found
