"""Before Django reads its settings: every test run has a data folder and keys of its own."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

FOLDER = Path(tempfile.mkdtemp(prefix="candour-tests-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
# WhiteNoise warns of a missing folder, and a warning fails a test.
(FOLDER / "static").mkdir()
os.environ["CANDOUR_DATA_DIR"] = str(FOLDER)
# Named here and not in pyproject.toml: pytest-django would read the settings before this file is imported.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
for name in ("BASE_URL", "EMAIL_URL", "REDIS_URL", "HOST", "PORT"):
    os.environ.pop(name, None)

from config import keys  # noqa: E402

keys.create_missing(FOLDER / "keys")

import django  # noqa: E402

django.setup()

import hypothesis  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import teardown_databases  # noqa: E402
from pytest_django import DjangoDbBlocker  # noqa: E402

from tests import databases  # noqa: E402

# A busy machine is no fault of the code under test.
hypothesis.settings.register_profile("candour", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("candour")

REAL_DATABASE = connection.settings_dict["NAME"]
if connection.vendor == "postgresql":
    connection.settings_dict["TEST"]["NAME"] = databases.name_of_its_own("test")


@pytest.fixture(scope="session")
def django_db_setup(
    pytestconfig: pytest.Config,
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """A database of the tests' own, also when no test of this run is marked: a sweep must never meet the real one."""
    with django_db_blocker.unblock():
        made = databases.set_up(pytestconfig.cache.mkdir("databases"))
    assert connection.settings_dict["NAME"] != REAL_DATABASE
    yield
    with django_db_blocker.unblock():
        teardown_databases(made, 0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a database, so that a run can choose it, or leave it out."""
    for item in items:
        asks = {"db", "transactional_db", "django_db_setup"} & set(getattr(item, "fixturenames", ()))
        if asks or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not walk through it again during the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
