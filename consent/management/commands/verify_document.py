"""manage.py verify_document FILE.pdf: genuine (0), altered or unknown (1), missing, empty or too large (2)."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from consent import services

GENUINE, NOT_GENUINE, UNREADABLE = 0, 1, 2


class Command(BaseCommand):
    """Compare a PDF with the record and the log."""

    help = "Say whether a PDF is the one that was sealed, byte for byte, and if not, what disagrees."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """FILE.pdf, --json."""
        parser.add_argument("file", metavar="FILE.pdf", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the verdict and its reasons, and leaves with the exit code."""
        path = Path(options["file"])
        problem, pdf = _read(path)
        if problem:
            self._say(options["json"], "unreadable", [problem], path)
            sys.exit(UNREADABLE)
        check = services.verify_pdf(pdf)
        extra = {
            "sha256": check.examination.sha256,
            "reference": check.file.consent.reference if check.file else check.examination.reference,
            "first_difference": check.verdict.first_difference,
        }
        self._say(options["json"], check.verdict.outcome, list(check.verdict.sentences), path, **extra)
        sys.exit(GENUINE if check.verdict.outcome == "genuine" else NOT_GENUINE)

    def _say(self, as_json: bool, outcome: str, sentences: list[str], path: Path, **extra: Any) -> None:  # noqa: FBT001
        if as_json:
            self.stdout.write(
                json.dumps({"file": str(path), "verdict": outcome, "reasons": sentences, **extra}, ensure_ascii=False)
            )
            return
        write = self.stderr.write if outcome == "unreadable" else self.stdout.write
        if outcome == "unreadable":
            write(sentences[0])
            return
        write(f"{outcome}: {path}")
        for sentence in sentences:
            write(f"  {sentence}")


def _read(path: Path) -> tuple[str, bytes]:
    """What is wrong with the file, or its bytes. Never reads more than the limit."""
    most = settings.UPLOAD_MAX_BYTES
    try:
        with path.open("rb") as file:
            pdf = file.read(most + 1)
    except OSError as problem:
        return f"cannot read {path}: {problem.strerror or problem}", b""
    if not pdf:
        return f"{path} is empty (0 bytes)", b""
    if len(pdf) > most:
        return f"{path} is larger than {most // 1024 // 1024} MB; a sealed record is much smaller", b""
    return "", pdf
