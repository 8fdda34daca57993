"""Writing to the log."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import sha256
from uuid import UUID

import pytest
import rfc8785
import time_machine
from django.db import connection, transaction

from audit import services
from audit.errors import EntryRefusedError, NotInTransactionError
from audit.models import Log, LogDetail, LogEntry
from audit.records import Agent
from tests.audit.notebook import Page

Write = Callable[..., LogEntry]


@pytest.mark.django_db
class TestAnEntry:
    def test_its_leaf_has_five_facts_and_is_canonical(self, write: Write) -> None:
        entry = write("consent.signed", name="Mara Ilves")
        leaf = json.loads(entry.leaf)
        assert rfc8785.dumps(leaf) == entry.leaf.encode()
        assert leaf.keys() == {"v", "origin", "kind", "occurred_at", "commitment"}
        assert leaf["kind"] == entry.kind == "consent.signed"
        assert leaf["occurred_at"] == "2026-11-23T10:12:00.000005Z"
        assert leaf["origin"] == "harbour.example/candour/0c5d0d4e-5f6d-4c7e-9b1a-2f1f4d0c0a01"

    def test_no_personal_fact_is_in_the_leaf(self, write: Write, agent: Agent) -> None:
        entry = write(name="Mara Ilves")
        assert "Mara" not in entry.leaf
        assert agent.name not in entry.leaf
        assert agent.id not in entry.leaf

    def test_its_hash_is_that_of_its_leaf(self, write: Write) -> None:
        entry = LogEntry.objects.get(pk=write().pk)
        assert bytes(entry.leaf_hash) == sha256(b"\x00" + entry.leaf.encode()).digest()

    def test_its_detail_opens_the_commitment(self, write: Write) -> None:
        detail = LogDetail.objects.get(entry=write(name="Mara Ilves"))
        opened = sha256(bytes(detail.salt) + detail.canonical_body.encode()).hexdigest()
        assert opened == detail.entry.leaf_json["commitment"]
        assert detail.body["name"] == "Mara Ilves"
        assert detail.body["agent"] == {"id": "5a1f", "kind": "user", "name": "Dr Tamsin Okoro"}

    def test_equal_entries_have_different_commitments(self, write: Write) -> None:
        assert write().leaf_json["commitment"] != write().leaf_json["commitment"]

    def test_it_names_its_records_with_their_digests(self, write: Write, pages: type[Page]) -> None:
        page = pages.objects.create(words="Lot A1", number=Decimal("1.5"))
        entry = write("page.written", page)
        assert entry.detail.body["records"] == [
            {"model": "audit.page", "pk": str(page.pk), "sha256": page.record_sha256()}
        ]
        assert services.entries_for("audit.Page", page.pk) == [entry]

    def test_what_is_returned_is_what_is_stored(self, write: Write) -> None:
        entry = write(count=2)
        stored = LogEntry.objects.get(pk=entry.pk)
        for name in ("log_id", "leaf_index", "leaf", "recorded_at"):
            assert getattr(stored, name) == getattr(entry, name)
        assert bytes(stored.leaf_hash) == bytes(entry.leaf_hash)

    @pytest.mark.parametrize("text", ["Ł🙂", "a\x00b", "\u2028", '"\\'])
    def test_any_text_survives_in_the_body(self, write: Write, text: str) -> None:
        assert LogDetail.objects.get(entry=write(text=text)).body["text"] == text


@pytest.mark.django_db
class TestALog:
    def test_indexes_count_from_nought_without_gaps(self, write: Write) -> None:
        write(count=5)
        assert list(LogEntry.objects.values_list("leaf_index", flat=True).order_by("leaf_index")) == [0, 1, 2, 3, 4]

    def test_an_act_that_fails_leaves_no_gap(self, write: Write, agent: Agent, at: datetime) -> None:
        write()
        with transaction.atomic():
            services.append("page.written", agent=agent, occurred_at=at)
            transaction.set_rollback(True)
        assert write().leaf_index == 1

    def test_each_organization_has_its_own(self, write: Write, other_agent: Agent, at: datetime) -> None:
        write(count=2)
        with transaction.atomic():
            theirs = services.append("page.written", agent=other_agent, occurred_at=at)
            ours = services.append("page.written", agent=Agent("system", "worker", None), occurred_at=at)
        assert (theirs.leaf_index, ours.leaf_index) == (0, 0)
        assert ours.log.origin == "harbour.example/candour/installation"
        assert Log.objects.count() == 3

    def test_its_origin_is_fixed_when_it_is_made(self, write: Write, settings: object) -> None:
        before = write().log.origin
        settings.BASE_HOST = "moved.example"  # type: ignore[attr-defined]
        assert write().leaf_json["origin"] == before

    def test_its_time_never_goes_back(self, write: Write) -> None:
        with time_machine.travel(datetime(2026, 11, 23, 12, tzinfo=UTC), tick=False):
            first = write()
        with time_machine.travel(datetime(2026, 11, 21, 12, tzinfo=UTC), tick=False):
            second = write()
        assert first.recorded_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
        assert second.recorded_at == first.recorded_at


@pytest.mark.django_db
class TestRefusals:
    def test_a_time_without_a_zone(self, write: Write, agent: Agent) -> None:
        with pytest.raises(EntryRefusedError, match="time zone"):
            services.append("page.written", agent=agent, occurred_at=datetime(2026, 11, 23))

    @pytest.mark.parametrize("kind", ["", "written", "Page.written", "page written", "page.", ".written"])
    def test_a_kind_in_another_form(self, write: Write, kind: str) -> None:
        with pytest.raises(EntryRefusedError, match=r"consent\.signed"):
            write(kind)

    @pytest.mark.parametrize("value", [float("nan"), 2**60, b"bytes", "\ud800"])
    def test_a_value_without_canonical_form(self, agent: Agent, at: datetime, value: object) -> None:
        with pytest.raises(EntryRefusedError):
            services.append("page.written", agent=agent, occurred_at=at, body={"value": value})  # type: ignore[dict-item]

    @pytest.mark.parametrize("name", ["agent", "records"])
    def test_a_body_that_hides_who_or_what(self, agent: Agent, at: datetime, name: str) -> None:
        with pytest.raises(EntryRefusedError, match=name):
            services.append("page.written", agent=agent, occurred_at=at, body={name: "somebody else"})


class TestOutsideATransaction:
    def test_nothing_is_written(self, committed: None, agent: Agent, at: datetime) -> None:
        with pytest.raises(NotInTransactionError, match="transaction"):
            services.append("page.written", agent=agent, occurred_at=at)
        assert LogEntry.objects.count() == 0


class TestTheDigestOfARow:
    VALUES = {"words": "Lot", "number": "1.5", "written_at": datetime(2026, 11, 23, tzinfo=UTC), "facts": {"b": (1, 2)}}

    def test_it_is_the_same_before_and_after_the_database(self, pages: type[Page]) -> None:
        page = pages.objects.create(**self.VALUES, picture=b"\x00\x01")
        assert page.record_sha256() == pages.objects.get().record_sha256()

    def test_its_values_are_plain_json(self) -> None:
        page = Page(id=UUID(int=7), picture=b"", **self.VALUES)
        assert page.record_values() == {
            "id": "00000000-0000-0000-0000-000000000007",
            "words": "Lot",
            "number": "1.50",
            "written_at": "2026-11-23T00:00:00.000000Z",
            "facts": {"b": [1, 2]},
            "picture": sha256(b"").hexdigest(),
        }

    def test_a_lease_does_not_change_it(self) -> None:
        page = Page(id=UUID(int=7), **self.VALUES)
        before = page.record_sha256()
        page.leased_until = datetime(2026, 11, 23, tzinfo=UTC)
        assert page.record_sha256() == before

    @pytest.mark.parametrize(
        ("name", "value"),
        [("words", "Lot "), ("number", "1.51"), ("facts", {"b": [2, 1]}), ("picture", b"\x02"), ("number", None)],
    )
    def test_any_other_change_does(self, name: str, value: object) -> None:
        page = Page(id=UUID(int=7), picture=b"", **self.VALUES)
        before = page.record_sha256()
        setattr(page, name, value)
        assert page.record_sha256() != before

    def test_one_moment_in_two_zones_is_one_moment(self) -> None:
        utc = Page(id=UUID(int=7), written_at=datetime(2026, 7, 1, 11, tzinfo=UTC))
        local = Page(id=UUID(int=7), written_at=datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=1))))
        assert utc.record_sha256() == local.record_sha256()


class TestManyAtOnce:
    WRITERS, EACH = 20, 5

    def test_twenty_writers_leave_no_gap_and_no_double(self, committed: None, agent: Agent, at: datetime) -> None:
        if connection.vendor != "postgresql":
            pytest.skip("SQLite lets one writer in at a time; DATABASE_URL names no PostgreSQL")
        failures: list[Exception] = []
        together = threading.Barrier(self.WRITERS)

        def work() -> None:
            try:
                together.wait(timeout=20)
                for _ in range(self.EACH):
                    with transaction.atomic():
                        services.append("page.written", agent=agent, occurred_at=at)
            except Exception as failure:  # noqa: BLE001 - whatever a thread meets is the test's result
                failures.append(failure)
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _ in range(self.WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        indexes = list(LogEntry.objects.order_by("leaf_index").values_list("leaf_index", flat=True))
        times = list(LogEntry.objects.order_by("leaf_index").values_list("recorded_at", flat=True))
        assert failures == []
        assert indexes == list(range(self.WRITERS * self.EACH))
        assert times == sorted(times)
        assert Log.objects.get().size == len(indexes)


@pytest.mark.django_db
class TestOneEntryForManyActs:
    def write_two(self, agent: Agent, pages: type[Page], *, refuse: bool = False) -> None:
        at = datetime(2026, 11, 23, 10, 12, tzinfo=UTC)
        with transaction.atomic(), services.one_entry("book.imported", agent=agent, occurred_at=at, body={"rows": 2}):
            first, second = pages.objects.create(words="one"), pages.objects.create(words="two")
            services.append("page.written", agent=agent, occurred_at=at, records=[first])
            services.append("page.written", agent=agent, occurred_at=at, records=[first, second])
            again = pages.objects.get(pk=first.pk)
            again.words = "one, corrected"
            again.save()
            services.append("page.corrected", agent=agent, occurred_at=at, records=[again])
            if refuse:
                raise EntryRefusedError("no")

    def test_names_every_row_once_as_the_last_act_left_it(self, agent: Agent, pages: type[Page]) -> None:
        self.write_two(agent, pages)
        entry = LogEntry.objects.get()
        assert entry.kind == "book.imported"
        body = LogDetail.objects.get(entry=entry).body
        assert body["rows"] == 2
        digests = {record["pk"]: record["sha256"] for record in body["records"]}
        assert digests == {str(page.pk): page.record_sha256() for page in pages.objects.all()}

    def test_is_not_written_where_an_act_refuses(self, agent: Agent, pages: type[Page]) -> None:
        with pytest.raises(EntryRefusedError):
            self.write_two(agent, pages, refuse=True)
        assert not LogEntry.objects.exists()
        assert not pages.objects.exists()

    def test_and_afterwards_acts_write_their_own_again(self, agent: Agent, pages: type[Page], write: Write) -> None:
        self.write_two(agent, pages)
        write("page.written", pages.objects.create(words="three"))
        assert [entry.kind for entry in LogEntry.objects.order_by("pk")] == ["book.imported", "page.written"]
