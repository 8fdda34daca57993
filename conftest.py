"""Before Django reads its settings: every test run has a data folder and keys of its own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="candour-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ["CANDOUR_DATA_DIR"] = str(FOLDER)
# Named here and not in pyproject.toml: pytest-django would read the settings before this file is imported.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
for name in ("BASE_URL", "EMAIL_URL", "REDIS_URL", "HOST", "PORT"):
    os.environ.pop(name, None)

from config import keys  # noqa: E402

keys.create_missing(FOLDER / "keys")

import django  # noqa: E402

django.setup()
