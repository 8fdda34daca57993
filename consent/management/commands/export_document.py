"""manage.py export_document REFERENCE FILE: write a sealed PDF to a file; the access is written into the log."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from audit.records import Agent
from consent import services
from consent.models import Consent
from consent.vocabulary import SealKind


class Command(BaseCommand):
    """Write the signed record of a consent, or another of its sealed files, to a file."""

    help = "Write the sealed PDF of a consent to a file. The access is recorded in the clinic's log."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """REFERENCE, FILE, --completion, --kind."""
        parser.add_argument("reference", metavar="REFERENCE", help="such as HC-7F3K-2Q9M")
        parser.add_argument(
            "file", metavar="FILE", type=Path, help="where to write the PDF; an existing file is not replaced"
        )
        kinds = parser.add_mutually_exclusive_group()
        kinds.add_argument("--completion", action="store_true", help="the practitioner's completion record instead")
        kinds.add_argument("--kind", choices=SealKind.values, help="another of its sealed files instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses with one line for an unknown reference, a file not sealed yet, a damaged file, a path that cannot be written."""
        reference, target = str(options["reference"]).strip().upper(), Path(options["file"])
        consent = Consent.objects.filter(reference=reference).first()
        if consent is None:
            raise CommandError(f"there is no consent with the reference {reference}")
        if target.exists():
            raise CommandError(f"{target} exists already; name a file that does not")
        kind = SealKind.COMPLETED if options["completion"] else SealKind(options["kind"] or SealKind.SIGNED)
        agent = Agent("operator", "command-line", consent.organization_id, name="Operator")
        try:
            file, content = services.export_document(consent, kind, agent=agent, at=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        try:
            target.write_bytes(content)
        except OSError as problem:
            raise CommandError(f"cannot write {target}: {problem.strerror}") from problem
        self.stdout.write(
            f"{target}: {kind.label.lower()} of {reference}, {len(content):,} bytes, SHA-256 {file.sha256}"
        )
