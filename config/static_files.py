"""Styles, scripts and fonts, collected into the data folder: only where one of them changed, as compressing takes longest of all."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

# Beside the files that it speaks of, so that whoever removes them removes it too.
COLLECTED = "collected.sha256"
# The API answers in JSON only and has no pages that could need these.
LEFT_OUT = ["rest_framework"]


def collect() -> None:
    """Bring the folder of static files up to date."""
    note = Path(settings.STATIC_ROOT) / COLLECTED
    sources = _digest_of_sources()
    if note.is_file() and note.read_text() == sources:
        return
    note.unlink(missing_ok=True)
    # From nothing: by itself the command keeps a file that is younger than its source, whatever it holds.
    call_command("collectstatic", verbosity=0, interactive=False, clear=True, ignore_patterns=LEFT_OUT)
    note.write_text(sources)


def _digest_of_sources() -> str:
    """One SHA-256 over the names and contents of all that is to be collected, and over what collects it."""
    digest = sha256(f"{django.__version__} {version('whitenoise')}".encode())
    found = [(name, storage) for finder in get_finders() for name, storage in finder.list(LEFT_OUT)]
    for name, storage in sorted(found, key=lambda one: one[0]):
        digest.update(f"\n{name}\n".encode())
        with storage.open(name) as file:
            digest.update(sha256(file.read()).digest())
    return digest.hexdigest()
