"""verify_log finds every change that was made behind the application's back, and names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from audit import services
from audit.models import Checkpoint, LogEntry
from audit.records import Agent
from audit.verification import Finding, verify
from tests.audit.notebook import Page, tamper

Write = Callable[..., LogEntry]
pytestmark = pytest.mark.django_db


@dataclass
class World:
    """Two pages, one of them corrected once, in a log of five entries under two checkpoints."""

    write: Write
    at: datetime
    kept: Page
    corrected: Page
    origin: str = field(init=False)

    def __post_init__(self) -> None:
        self.write("page.written", self.kept)
        self.write("page.written", self.corrected)
        self.origin = self.write("clinic.opened").log.origin
        self.publish()
        self.corrected.words = "Lot B2"
        self.corrected.save()
        self.write("page.corrected", self.corrected)
        self.write("clinic.closed")
        self.publish()

    def publish(self) -> Checkpoint | None:
        return services.publish_checkpoint(services.log_of(self.write.agent.organization_id), at=self.at)  # type: ignore[attr-defined]

    def findings(self) -> list[Finding]:
        return list(verify(services.log_public_key().public_bytes_raw(), [Page]))

    def first(self) -> Finding:
        return self.findings()[0]


@pytest.fixture
def world(write: Write, at: datetime, pages: type[Page]) -> World:
    return World(write, at, pages.objects.create(words="Lot A1"), pages.objects.create(words="Lot B1"))


def key_of(page: Page) -> str:
    return str(page.pk) if connection.vendor == "postgresql" else page.pk.hex


class TestAnUntouchedRecord:
    def test_there_is_nothing_to_say(self, world: World) -> None:
        assert world.findings() == []

    def test_entries_past_the_newest_checkpoint_are_no_fault(self, world: World) -> None:
        world.write()
        assert world.findings() == []

    def test_a_row_deleted_by_a_logged_act_is_no_fault(self, world: World) -> None:
        page = Page(pk=world.kept.pk, words="Lot A1")
        world.kept.delete()
        world.write("page.deleted", page)
        assert world.findings() == []

    def test_a_lease_is_no_fault(self, world: World) -> None:
        Page.objects.update(leased_until=world.at)
        assert world.findings() == []

    def test_an_erasure_that_is_logged_is_no_fault(self, world: World, agent: Agent) -> None:
        services.erase_details([LogEntry.objects.get(leaf_index=2)], agent=agent, at=world.at)
        assert world.findings() == []

    def test_an_erased_detail_takes_its_rows_digest_along(self, world: World, agent: Agent) -> None:
        services.erase_details([LogEntry.objects.get(leaf_index=0)], agent=agent, at=world.at)
        assert world.findings() == []


class TestRows:
    def test_a_row_changed_by_raw_sql(self, world: World) -> None:
        tamper("UPDATE audit_page SET words = 'Lot A9' WHERE id = %s", key_of(world.kept))
        found = world.findings()
        assert [(one.code, one.model, one.pk) for one in found] == [
            ("record.changed", "audit.page", str(world.kept.pk))
        ]
        assert "entry 0" in found[0].message
        assert "words" in found[0].message

    def test_a_row_put_back_to_an_earlier_state(self, world: World) -> None:
        tamper("UPDATE audit_page SET words = 'Lot B1' WHERE id = %s", key_of(world.corrected))
        assert (world.first().code, world.first().pk) == ("record.changed", str(world.corrected.pk))

    def test_a_deleted_row(self, world: World) -> None:
        tamper("DELETE FROM audit_page WHERE id = %s", key_of(world.kept))
        assert (world.first().code, world.first().pk) == ("record.missing", str(world.kept.pk))

    def test_a_row_that_no_entry_names(self, world: World) -> None:
        forged = Page.objects.create(words="Lot Z")
        assert (world.first().code, world.first().pk) == ("record.no_entry", str(forged.pk))


def forget_details(where: str) -> None:
    for table in ("audit_logdetail", "audit_logrecord"):
        tamper(f"DELETE FROM {table} WHERE entry_id IN (SELECT id FROM audit_logentry WHERE {where})")


def forge_root(world: World) -> None:
    tamper("UPDATE audit_checkpoint SET root_hash = %s WHERE tree_size = 3", bytes(32))


def cut_tail(world: World) -> None:
    forget_details("leaf_index >= 3")
    tamper("DELETE FROM audit_logentry WHERE leaf_index >= 3")


def cut_tail_and_count(world: World) -> None:
    cut_tail(world)
    tamper("UPDATE audit_log SET size = 3")


def cut_tail_count_and_checkpoint(world: World) -> None:
    cut_tail_and_count(world)
    tamper("DELETE FROM audit_checkpoint WHERE tree_size > 3")


def cut_middle(world: World) -> None:
    forget_details("leaf_index = 1")
    tamper("DELETE FROM audit_logentry WHERE leaf_index = 1")


def edit_leaf(world: World) -> None:
    tamper("UPDATE audit_logentry SET leaf = REPLACE(leaf, 'opened', 'ruined') WHERE leaf_index = 2")


def edit_leaf_and_hash(world: World) -> None:
    edit_leaf(world)
    leaf = LogEntry.objects.get(leaf_index=2).leaf.encode()
    tamper("UPDATE audit_logentry SET leaf_hash = %s WHERE leaf_index = 2", sha256(b"\x00" + leaf).digest())


def edit_detail(world: World) -> None:
    tamper("UPDATE audit_logdetail SET canonical_body = REPLACE(canonical_body, 'Okoro', 'Other')")


def drop_detail(world: World) -> None:
    tamper("DELETE FROM audit_logdetail WHERE entry_id IN (SELECT id FROM audit_logentry WHERE leaf_index = 2)")


def reindex(world: World) -> None:
    tamper("UPDATE audit_logrecord SET record_pk = 'somebody else'")


def forge_node(world: World) -> None:
    tamper('UPDATE audit_treenode SET hash = %s WHERE level = 1 AND "index" = 0', bytes(32))


def drop_node(world: World) -> None:
    tamper("DELETE FROM audit_treenode WHERE level = 2")


def forge_note(world: World) -> None:
    tamper("UPDATE audit_checkpoint SET note = REPLACE(note, %s, %s)", "\n3\n", "\n2\n")


def turn_clock(world: World) -> None:
    tamper("UPDATE audit_logentry SET recorded_at = %s WHERE leaf_index = 3", datetime(2020, 1, 1))


def rename_log(world: World) -> None:
    tamper("UPDATE audit_log SET origin = 'elsewhere.example/candour/1'")


class TestTheLog:
    @pytest.mark.parametrize(
        ("change", "code", "index"),
        [
            (cut_tail, "entry.missing", 3),
            (cut_tail_and_count, "checkpoint", 4),
            (cut_middle, "entry.missing", 1),
            (edit_leaf, "entry.hash", 2),
            (edit_leaf_and_hash, "checkpoint", 2),
            (edit_detail, "detail.changed", 0),
            (drop_detail, "detail.missing", 2),
            (reindex, "entry.records", 0),
            (forge_node, "node", 0),
            (drop_node, "node", None),
            (forge_root, "checkpoint", 2),
            (forge_note, "checkpoint", 2),
            (turn_clock, "entry.time", 3),
            (rename_log, "entry.leaf", 0),
        ],
        ids=lambda value: getattr(value, "__name__", None),
    )
    def test_a_change_is_named_where_it_is(
        self, world: World, change: Callable[[World], None], code: str, index: int | None
    ) -> None:
        change(world)
        assert (world.first().code, world.first().leaf_index) == (code, index)

    def test_a_tail_cut_with_its_checkpoint_shows_in_the_rows(self, world: World) -> None:
        cut_tail_count_and_checkpoint(world)
        assert [one.code for one in world.findings()] == ["node", "record.changed"]

    def test_one_change_gives_one_finding(self, world: World) -> None:
        drop_detail(world)
        assert [one.code for one in world.findings()] == ["detail.missing"]

    def test_another_log_is_judged_by_itself(self, world: World, other_agent: Agent) -> None:
        with transaction.atomic():
            services.append("page.written", agent=other_agent, occurred_at=world.at)
        edit_leaf(world)
        assert {one.origin for one in world.findings()} == {world.origin}


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_log", *arguments, stdout=out)
    except SystemExit as stop:
        return int(str(stop.code)), out.getvalue()
    return 0, out.getvalue()


class TestTheCommand:
    def test_it_says_that_all_agrees(self, write: Write) -> None:
        write(count=2)
        code, words = run()
        assert code == 0
        assert "2 entries in 1 logs" in words
        assert "all are as they were written" in words

    def test_it_names_the_first_that_disagrees(self, write: Write) -> None:
        origin = write(count=3).log.origin
        tamper("UPDATE audit_logentry SET leaf = REPLACE(leaf, 'written', 'ruined') WHERE leaf_index = 1")
        code, words = run()
        assert code == 1
        assert words.startswith(f"entry.hash: entry 1 of {origin} has a leaf that does not match its hash\n")

    def test_its_json_is_one_object(self, write: Write) -> None:
        write()
        tamper("DELETE FROM audit_logdetail")
        code, words = run("--json")
        report = json.loads(words)
        assert (code, report["agrees"], report["findings"][0]["code"]) == (1, False, "detail.missing")

    def test_a_lost_key_is_a_finding(self, write: Write, log_key: Path) -> None:
        write()
        log_key.unlink()
        code, words = run()
        assert code == 1
        assert words.startswith("log.key:")
