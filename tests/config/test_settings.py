"""Settings: each is documented, and a wrong one stops the start with one line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment
from config.environment import SettingError

ROOT = Path(__file__).resolve().parents[2]


def names_in_code() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "config").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        found |= set(
            re.findall(
                r"(?:environment\.)?(?:text|whole_number|switch|folder|web_address|database|redis_address|mail)\(\s*\"([A-Z_]+)\"",
                source,
            )
        )
    return found


class TestTheReference:
    def test_every_setting_in_the_code_stands_in_the_reference_and_the_other_way_round(self) -> None:
        page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
        documented = set(re.findall(r"^\| `([A-Z_]+)` \|", page, flags=re.MULTILINE))
        assert documented == names_in_code()


class TestBehindAProxy:
    def test_the_lock_out_counts_by_the_browser_and_not_by_the_proxy(self) -> None:
        code = "from config import settings; print(settings.ALLAUTH_TRUSTED_PROXY_COUNT)"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "TRUSTED_PROXIES": "2"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == "2"


class TestAWrongValue:
    @pytest.mark.parametrize(
        ("name", "value", "part_of_the_line"),
        [
            ("PORT", "eighty", "PORT must be a whole number from 1 to 65535, but is 'eighty'"),
            ("SMS_URL", "sms.example.org", "SMS_URL must look like https://"),
            ("SMS_FIELDS", "to={to}", "SMS_FIELDS must look like to={to}&text={text}"),
            ("SMS_FORMAT", "xml", "SMS_FORMAT is json or form"),
            ("PORT", "70000", "PORT must be a whole number"),
            ("BASE_URL", "consent.example.org", "BASE_URL must look like https://"),
            ("BASE_URL", "http://consent.example.org", "need https"),
            ("DATABASE_URL", "mysql://x/y", "DATABASE_URL must look like postgresql://"),
            ("REDIS_URL", "amqp://x", "REDIS_URL must look like redis://"),
            ("EMAIL_URL", "mail.example.org", "EMAIL_URL must look like smtp://"),
            ("PATIENT_LINK_DAYS", "0", "PATIENT_LINK_DAYS must be a whole number from 1 to 90"),
            ("CANDOUR_DATA_DIR", "/proc/nowhere", "CANDOUR_DATA_DIR is /proc/nowhere, which cannot be made"),
            ("EMAIL_FROM_FILE", "/nowhere/at/all", "EMAIL_FROM_FILE names /nowhere/at/all, which cannot be read"),
        ],
    )
    def test_it_stops_the_start_with_one_line_and_no_traceback(
        self, name: str, value: str, part_of_the_line: str, tmp_path: Path
    ) -> None:
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        done = subprocess.run(
            [sys.executable, "manage.py", "check"],
            cwd=ROOT,
            env={**kept, "CANDOUR_DATA_DIR": str(tmp_path), name: value},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 78
        assert part_of_the_line in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1

    def test_a_secret_may_come_from_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "secret").write_text("redis://:word@localhost:6379/1\n")
        monkeypatch.setenv("REDIS_URL_FILE", str(tmp_path / "secret"))
        assert environment.redis_address("REDIS_URL") == "redis://:word@localhost:6379/1"

    def test_an_unwritable_folder_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("CANDOUR_DATA_DIR", str(tmp_path / "file"))
        with pytest.raises(SettingError, match="cannot be made"):
            environment.folder("CANDOUR_DATA_DIR", tmp_path)
