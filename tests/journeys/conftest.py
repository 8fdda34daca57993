"""The running product in a real browser: on PostgreSQL + Redis + a worker, and on the embedded default."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.journeys.running import Candour, copy_of, environment_for, make_template, new_name

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SERVICES_REQUIRED = os.environ.get("CANDOUR_REQUIRE_SERVICES") == "1"


# What takes longest begins first, so that no worker is left with it at the end; the first two need different templates.
LONGEST_FIRST = (
    "TestAWorkerKilledAtWork",
    "TestServe",
    "TestTheMainJob",
    "test_ways.py",
    "TestRedisGone",
    "test_every_page.py",
    "test_seldom.py",
    "test_together.py",
    "TestTheDatabaseConnectionDropped",
    "TestTheDiskFull",
    "test_patient_pages.py",
    "TestTheWebProcessKilled",
    "TestTwentyAtOnce",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a journey."""
    for item in items:
        if "tests/journeys" in str(item.path) and not item.get_closest_marker("faults"):
            item.add_marker(pytest.mark.journey)
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """The place of a journey in the order; all other tests keep theirs, before it."""
    if "tests/journeys" not in str(item.path):
        return -1
    return next((turn for turn, name in enumerate(LONGEST_FIRST) if name in item.nodeid), len(LONGEST_FIRST))


def missing_service(what: str) -> None:
    """A service that does not answer is a failure in CI, and a named skip elsewhere."""
    if SERVICES_REQUIRED:
        pytest.fail(f"{what} is required but does not answer")
    pytest.skip(f"{what} does not answer here; set TEST_DATABASE_URL and TEST_REDIS_URL to run this")


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of this test run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """No other process of the test run is between here and the end."""
    with file.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def bare_template(shared: Path) -> Candour:
    """An installation in which no clinic is open; made by the first process that needs it, and copied by all."""
    folder = shared / "bare"
    with alone(shared / "bare.lock"):
        if not (folder / "made").exists():
            make_template(folder, CANDOUR_DEMO="0")
            (folder / "made").touch()
    return Candour(folder, environment_for(folder, 0), 0)


@pytest.fixture(scope="session")
def embedded_template(shared: Path, bare_template: Candour) -> Candour:
    """The same with the demo clinic."""
    folder = shared / "embedded"
    with alone(shared / "embedded.lock"):
        if not (folder / "made").exists():
            shutil.copytree(bare_template.folder / "var", folder / "var", dirs_exist_ok=True)
            make_template(folder)
            (folder / "made").touch()
    return Candour(folder, environment_for(folder, 0), 0)


@pytest.fixture(scope="session")
def database_url() -> str:
    url = (
        os.environ.get("DATABASE_URL")
        or os.environ.get("TEST_DATABASE_URL")
        or "postgresql://root@127.0.0.1:5432/postgres"
    )
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        missing_service("PostgreSQL")
    return url


@pytest.fixture(scope="session")
def redis_url() -> str:
    """One numbered database of the server for each process of the test run, as tests empty theirs."""
    url = urlsplit(os.environ.get("TEST_REDIS_URL") or "redis://127.0.0.1:6379/9")
    first, place = int(url.path.strip("/") or 0), int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = urlunsplit(url._replace(path=f"/{first + place}"))
    try:
        redis.Redis.from_url(own, socket_timeout=3).ping()
    except redis.RedisError:
        missing_service("Redis")
    return own


class Postgres:
    """Databases of the tests' own on one server: made, copied and dropped here."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[str] = []

    def named(self, name: str) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def create(self, *, template: str | None = None) -> str:
        name = new_name()
        self._run(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        self.made.append(name)
        return name

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.made.remove(name)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def postgres(database_url: str) -> Iterator[Postgres]:
    server = Postgres(database_url)
    yield server
    for name in list(server.made):
        server.drop(name)


@pytest.fixture(scope="session")
def services_template(shared: Path, postgres: Postgres) -> Iterator[tuple[Candour, str]]:
    """Made by the first process that needs it, copied by all, and dropped by the last."""
    folder, lock = shared / "services", shared / "services.lock"
    made = folder / "made"
    with (shared / "services.users").open("a") as users:
        with alone(lock):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                name = postgres.create()
                make_template(folder, DATABASE_URL=postgres.named(name))
                postgres.made.remove(name)
                made.write_text(name)
            name = made.read_text()
            fcntl.flock(users, fcntl.LOCK_SH)
        yield Candour(folder, environment_for(folder, 0), 0), name
        with alone(lock):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another process still uses it, and will drop it
            made.unlink()
            postgres.made.append(name)
            postgres.drop(name)


@pytest.fixture
def embedded(embedded_template: Candour, tmp_path: Path) -> Iterator[Candour]:
    """A served copy of the demo clinic on SQLite and the file broker."""
    candour = copy_of(embedded_template, tmp_path)
    candour.serve()
    yield candour
    candour.stop()


@pytest.fixture
def parts(
    services_template: tuple[Candour, str], postgres: Postgres, redis_url: str, tmp_path: Path
) -> Iterator[Candour]:
    """A copy of the demo clinic on PostgreSQL and Redis; the test starts web and worker itself."""
    template, name = services_template
    redis.Redis.from_url(redis_url).flushdb()
    database = postgres.create(template=name)
    candour = copy_of(template, tmp_path, DATABASE_URL=postgres.named(database), REDIS_URL=redis_url)
    yield candour
    candour.discard()
    postgres.drop(database)


@pytest.fixture
def services(parts: Candour) -> Candour:
    """The same, with web, worker and beat running."""
    parts.start_web()
    parts.start_worker()
    return parts


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing_service("Chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A small old phone."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    """A desk in the clinic."""
    context: BrowserContext = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    yield context.new_page()
    context.close()
