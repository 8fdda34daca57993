"""What is secure without anybody setting it: hashing, cookies, headers, and a database that keeps its word."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from config import settings as shipped

ROOT = Path(__file__).resolve().parents[2]


def ask(folder: Path, code: str, **environment: str) -> Any:
    """Run code in an installation of its own; it prints JSON."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", f"import json\n{code}"],
        cwd=ROOT,
        env={**kept, "CANDOUR_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


class TestWhatIsShipped:
    def test_passwords_are_hashed_by_argon2(self) -> None:
        assert shipped.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"

    def test_errors_show_no_trace(self) -> None:
        assert shipped.DEBUG is False

    def test_cookies_are_secure_and_bound_to_the_host_away_from_this_machine(self, tmp_path: Path) -> None:
        names = [
            "SESSION_COOKIE_SECURE",
            "CSRF_COOKIE_SECURE",
            "SESSION_COOKIE_HTTPONLY",
            "SESSION_COOKIE_NAME",
            "CSRF_COOKIE_NAME",
        ]
        code = f"from django.conf import settings\nprint(json.dumps([getattr(settings, n) for n in {names}]))"
        assert ask(tmp_path, code, BASE_URL="https://consent.example.org") == [
            True,
            True,
            True,
            "__Host-session",
            "__Host-csrf",
        ]

    def test_sqlite_writes_ahead_waits_for_the_disk_and_begins_as_a_writer(self, tmp_path: Path) -> None:
        code = (
            "from django.db import connection\nc = connection.cursor()\n"
            "mode = c.execute('PRAGMA journal_mode').fetchone()[0]\n"
            "full = c.execute('PRAGMA synchronous').fetchone()[0]\n"
            "print(json.dumps([mode, full, connection.transaction_mode]))"
        )
        assert ask(tmp_path, code) == ["wal", 2, "IMMEDIATE"]


@pytest.mark.django_db
class TestHeaders:
    def test_a_page_allows_nothing_from_elsewhere_and_nothing_inline(self, client: Client) -> None:
        policy = client.get("/accounts/login/")["Content-Security-Policy"]
        for rule in (
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ):
            assert rule in policy
        assert "unsafe" not in policy

    def test_no_cache_keeps_a_page(self, client: Client) -> None:
        assert "no-store" in client.get("/accounts/login/")["Cache-Control"]
        assert "no-store" in client.get("/p/unknown/")["Cache-Control"]
