"""The copy of a migrated database that the tests start from is never that of other code."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from audit.models import AppendOnlyModel
from audit.triggers import missing
from tests import databases
from tests.databases import digest


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_initial.py").write_text("first = 1\n")
    (tmp_path / "models.py").write_text("")
    return tmp_path


class TestTheDigest:
    def test_of_the_same_code_is_the_same(self, room: Path) -> None:
        assert digest([room]) == digest([room])

    def test_changes_with_a_changed_migration(self, room: Path) -> None:
        before = digest([room])
        (room / "migrations" / "0001_initial.py").write_text("first = 2\n")
        assert digest([room]) != before

    def test_changes_with_a_new_migration_and_one_that_is_gone(self, room: Path) -> None:
        before = digest([room])
        (room / "migrations" / "0002_more.py").write_text("")
        after = digest([room])
        (room / "migrations" / "0001_initial.py").unlink()
        assert len({before, after, digest([room])}) == 3

    def test_changes_with_what_a_migration_imports(self, room: Path) -> None:
        before = digest([room])
        (room / "models.py").write_text("more = 1\n")
        assert digest([room]) != before

    def test_changes_with_django(self, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = digest([room])
        monkeypatch.setattr("django.__version__", "0")
        assert digest([room]) != before


class TestItsNameOnAServer:
    def test_is_the_same_for_the_next_run_of_a_checkout(self) -> None:
        assert databases.name_of_its_own("template") == databases.name_of_its_own("template")

    def test_differs_between_the_copy_and_what_is_copied(self) -> None:
        assert databases.name_of_its_own("template") != databases.name_of_its_own("test")

    def test_differs_with_the_checkout(self, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        before = databases.name_of_its_own("test")
        monkeypatch.setattr(databases, "CHECKOUT", room)
        assert databases.name_of_its_own("test") != before

    def test_differs_with_the_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        before = databases.name_of_its_own("test")
        monkeypatch.setattr("socket.gethostname", lambda: "another")
        assert databases.name_of_its_own("test") != before

    @pytest.mark.parametrize("part", ["USER", "NAME"])
    def test_differs_with_the_address(self, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
        before = databases.name_of_its_own("test")
        monkeypatch.setitem(connection.settings_dict, part, "another")
        assert databases.name_of_its_own("test") != before

    def test_leaves_room_for_the_number_of_a_process(self) -> None:
        # PostgreSQL cuts names off after 63 bytes.
        assert len(databases.name_of_its_own("template") + "_gw99") < 63


@pytest.mark.django_db
class TestTheDatabase:
    def test_has_every_migration_and_lacks_none(self) -> None:
        assert MigrationRecorder(connection).applied_migrations()
        call_command("migrate", check_unapplied=True, verbosity=0)

    def test_holds_no_row_that_belongs_to_one_run(self) -> None:
        # Each run has keys and a data folder of its own; a row of a migration could be bound to those of another.
        full = {model._meta.db_table for model in apps.get_models() if model._base_manager.exists()}
        assert full == {"django_content_type", "auth_permission"}

    def test_guards_every_table_that_is_append_only(self) -> None:
        guarded = [model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)]
        assert len(guarded) > 10
        assert missing(connection, guarded) == []
