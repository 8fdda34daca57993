"""`manage.py read_size FILE`: what an instrument's export says of the size of particles. Nothing is written."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.errors import Refusal
from products.parsing.asking import read_size
from products.records import SizeMeasurementResult

REFUSED = 1


class Command(BaseCommand):
    """Exit 0 with the measurement; 1 with what was expected and found where the file is refused."""

    help = "Read the size distribution out of an instrument's export, and print it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            found = read_size(path.read_bytes(), path.name)
        except OSError as problem:
            self._refuse("file.unreadable", f"{path} cannot be read: {problem.strerror}.", as_json=options["json"])
        except Refusal as refusal:
            self._refuse(refusal.code, refusal.message, as_json=options["json"])
        else:
            self.stdout.write(json.dumps(said(found), indent=2) if options["json"] else words(found))

    def _refuse(self, code: str, message: str, *, as_json: bool) -> None:
        if not as_json:
            raise CommandError(message, returncode=REFUSED)
        self.stdout.write(json.dumps({"error": {"code": code, "message": message}}, indent=2))
        sys.exit(REFUSED)


def said(found: SizeMeasurementResult) -> dict[str, Any]:
    """The measurement as JSON: diameters in nm, the concentration corrected for dilution; null is not stated."""
    return {
        "instrument": found.instrument or None,
        "d10_nm": float(found.d10_nm),
        "d50_nm": float(found.d50_nm),
        "d90_nm": float(found.d90_nm),
        "mode_nm": float(found.mode_nm),
        "mean_nm": float(found.mean_nm),
        "span": float(found.span),
        "particles_per_ml": found.particles_per_ml,
        "tracks": found.tracks,
        "replicates": found.replicates,
        "replicate_spread_nm": None if found.replicate_spread is None else float(found.replicate_spread),
        "dilution": None if found.dilution is None else float(found.dilution),
        "peak_nm": None if found.peak_nm is None else float(found.peak_nm),
        "size_method": found.size_method,
        "warnings": list(found.warnings),
    }


def words(found: SizeMeasurementResult) -> str:
    """The same, for a person."""
    lines = [
        f"{found.instrument or 'Instrument not stated'}, {found.size_method}",
        f"D10 {found.d10_nm} nm, D50 {found.d50_nm} nm, D90 {found.d90_nm} nm",
        f"mode {found.mode_nm} nm, mean {found.mean_nm} nm, span {found.span}",
        f"particles per mL: {found.particles_per_ml if found.particles_per_ml is not None else 'not stated'}",
        f"particles tracked: {found.tracks if found.tracks is not None else 'not stated'}",
        *(f"Warning: {warning}" for warning in found.warnings),
    ]
    return "\n".join(lines)
