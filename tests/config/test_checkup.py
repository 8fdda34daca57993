"""`manage.py doctor` and the signs of life: what is wrong is found and said in words."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from config import checkup, keys


def finding(name: str) -> checkup.Finding:
    return next(found for found in checkup.run() if found.name == name)


@pytest.fixture
def own_keys(settings, tmp_path: Path) -> Path:
    """A key folder of the test's own."""
    keys.create_missing(tmp_path / "keys")
    settings.KEY_DIR = tmp_path / "keys"
    return tmp_path / "keys"


@pytest.fixture
def own_broker(settings, tmp_path: Path) -> Path:
    settings.BROKER_DIR = tmp_path / "broker"
    (settings.BROKER_DIR / "queue").mkdir(parents=True)
    return Path(settings.BROKER_DIR)


@pytest.mark.django_db
class TestDoctor:
    def test_all_is_well_on_a_sound_installation(self, own_keys: Path, own_broker: Path) -> None:
        assert [found.words for found in checkup.run() if not found.is_right] == []

    @pytest.mark.parametrize("name", keys.ALL)
    def test_a_missing_key_is_named(self, own_keys: Path, name: str) -> None:
        (own_keys / name).unlink()
        found = finding("keys")
        assert not found.is_right
        assert name in found.words
        assert "backup" in found.words

    def test_a_key_that_others_may_read_is_found(self, own_keys: Path) -> None:
        (own_keys / keys.FIELD).chmod(0o644)
        found = finding("keys")
        assert not found.is_right
        assert "chmod 600" in found.words

    def test_a_damaged_key_is_found(self, own_keys: Path) -> None:
        (own_keys / keys.FIELD).write_text("not hexadecimal")
        assert not finding("keys").is_right

    def test_keys_are_made_with_mode_0600_and_never_replaced(self, own_keys: Path) -> None:
        before = {name: (own_keys / name).read_bytes() for name in keys.ALL}
        assert keys.create_missing(own_keys) == []
        assert {name: (own_keys / name).read_bytes() for name in keys.ALL} == before
        assert {oct((own_keys / name).stat().st_mode & 0o777) for name in keys.ALL} == {"0o600"}

    def test_a_lost_sealing_key_is_said_by_the_test_seal(self, own_keys: Path, own_broker: Path) -> None:
        (own_keys / keys.SEALING_KEY).write_text("nothing that is a key")
        assert not finding("sealing").is_right

    def test_the_migrations_leave_no_table_of_evidence_unguarded(self) -> None:
        found = finding("append-only triggers")
        assert found.is_right, found.words

    def test_an_unguarded_table_of_evidence_is_named(self) -> None:
        drop = "DROP TRIGGER audit_logentry_no_update" + (
            " ON audit_logentry" if connection.vendor == "postgresql" else ""
        )
        with connection.cursor() as cursor:
            cursor.execute(drop)
        found = finding("append-only triggers")
        assert not found.is_right
        assert "audit_logentry" in found.words

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere; run as another user to see this refused")
    def test_a_broker_folder_that_cannot_be_written_is_said(self, own_broker: Path) -> None:
        (own_broker / "queue").chmod(0o500)
        assert not finding("broker").is_right

    def test_a_broker_folder_that_cannot_be_made_is_said(self, settings, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        settings.BROKER_DIR = tmp_path / "file"
        assert not finding("broker").is_right

    def test_redis_that_does_not_answer_is_said(self, settings) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        found = finding("broker")
        assert not found.is_right
        assert "sealing waits" in found.words

    def test_the_command_ends_with_1_and_says_how_many(self, own_keys: Path, own_broker: Path) -> None:
        (own_keys / keys.LOG).unlink()
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("doctor", stdout=out)
        assert ended.value.code == 1
        assert "WRONG  keys" in out.getvalue()

    def test_json_is_one_object(self, own_keys: Path, own_broker: Path) -> None:
        out = io.StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("doctor", "--json", stdout=out)
        assert ended.value.code == 0
        assert json.loads(out.getvalue())["ok"] is True


@pytest.mark.django_db
class TestSignsOfLife:
    def test_alive(self, client: Client) -> None:
        assert client.get("/livez").json() == {"status": "alive"}

    def test_ready_with_database_and_keys(self, client: Client, own_keys: Path) -> None:
        assert client.get("/readyz").status_code == 200

    def test_not_ready_without_a_key(self, client: Client, own_keys: Path) -> None:
        (own_keys / keys.FIELD).unlink()
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert keys.FIELD in str(answer.json()["problems"])
