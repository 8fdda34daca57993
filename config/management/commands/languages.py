"""`manage.py languages`: how complete each language is. With --write the catalogues are brought up to date and compiled."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from config.sentences import collected, compiled, read_po, write_po
from consent.languages import LANGUAGES, catalogue_path
from consent.sentences import fixed_sentences


class Command(BaseCommand):
    """Reads the sentences from the code, and keeps every translation whose sentence is still said."""

    help = "Show how complete each language is; --write brings the catalogues up to date and compiles them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One switch."""
        parser.add_argument("--write", action="store_true", help="write locale/*/LC_MESSAGES/django.po and .mo")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each language."""
        wanted = collected(fixed_sentences())
        self.stdout.write(f"English: {len(wanted)} sentences, the source")
        for language in LANGUAGES.values():
            if language.tag == "en-GB":
                continue
            path = catalogue_path(language.tag).with_suffix(".po")
            known = read_po(path.read_text(encoding="utf-8")) if path.exists() else {}
            if options["write"]:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(write_po(language.tag, wanted, known), encoding="utf-8")
                path.with_suffix(".mo").write_bytes(compiled(read_po(path.read_text(encoding="utf-8"))))
            there = sum(bool(known.get(sentence)) for sentence in wanted)
            self.stdout.write(f"{language.english_name}: {there} of {len(wanted)} sentences")
