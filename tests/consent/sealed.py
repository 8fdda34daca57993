"""Sealed files that many tests look at, made once for a module: real services in a transaction that is rolled back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import transaction
from django.test import override_settings

from consent import sealing
from tests.consent.test_sealing import write_certificate


def sealing_keys(folder: Path) -> Path:
    """The installation's keys, with a sealing certificate that is valid on the desk's Monday."""
    shutil.copytree(settings.KEY_DIR, folder)
    key = load_pem_private_key((folder / sealing.KEY_FILE).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    write_certificate(folder, key)
    return folder


@contextmanager
def made_once(blocker: Any, folders: pytest.TempPathFactory) -> Iterator[None]:
    """A database, a place for files and a valid key for a fixture of a whole module."""
    folder = folders.mktemp("sealed")
    (folder / "files").mkdir()
    with (
        override_settings(FILE_DIR=folder / "files", KEY_DIR=sealing_keys(folder / "keys")),
        blocker.unblock(),
        transaction.atomic(),
    ):
        yield
        transaction.set_rollback(True)
