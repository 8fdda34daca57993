"""Signing what the log holds, and proving what is in it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from audit import services, tlog
from audit.errors import EntryRefusedError, LogDamagedError, LogKeyError, NotCoveredError
from audit.models import Checkpoint, Log, LogEntry, TreeNode
from audit.records import Agent
from audit.tasks import publish_checkpoints
from audit.verification import verify
from tests.audit.notebook import tamper

Write = Callable[..., LogEntry]


def published(log: Log, at: datetime) -> Checkpoint:
    checkpoint = services.publish_checkpoint(log, at=at)
    assert checkpoint is not None
    return checkpoint


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.django_db
class TestACheckpoint:
    def test_it_opens_with_the_logs_public_key(self, write: Write, at: datetime) -> None:
        log = write(count=3).log
        checkpoint = published(log, at)
        head = tlog.open_checkpoint(checkpoint.note, services.verifier_key(log))
        assert (head.origin, head.size, head.root_hash) == (log.origin, 3, checkpoint.root_hash)
        assert checkpoint.published_at == at

    def test_its_root_is_that_of_the_leaves(self, write: Write, at: datetime) -> None:
        for step in (1, 1, 2, 3, 1, 9, 16, 5):
            log = write(count=step).log
            checkpoint = published(log, at)
            hashes = [
                bytes(hashed) for hashed in LogEntry.objects.order_by("leaf_index").values_list("leaf_hash", flat=True)
            ]
            grown = dict(tlog.grow(0, [], hashes)) | {tlog.Node(0, i): hashed for i, hashed in enumerate(hashes)}
            assert checkpoint.root_hash == tlog.root(len(hashes), lambda nodes, known=grown: known)

    def test_nothing_new_means_no_new_one(self, write: Write, at: datetime) -> None:
        log = write().log
        assert published(log, at)
        assert services.publish_checkpoint(log, at=at) is None
        assert Checkpoint.objects.count() == 1

    def test_an_empty_log_has_none(self, at: datetime) -> None:
        assert services.publish_checkpoint(services.log_of(None), at=at) is None

    def test_one_size_has_one_root(self, write: Write, at: datetime) -> None:
        checkpoint = published(write().log, at)
        with pytest.raises(IntegrityError), transaction.atomic():
            Checkpoint.objects.create(
                log=checkpoint.log, tree_size=1, root_hash=bytes(32), note="another", published_at=at
            )

    def test_its_time_never_goes_back(self, write: Write, at: datetime) -> None:
        published(write().log, at)
        assert published(write().log, at - timedelta(days=2)).published_at == at

    def test_adding_to_a_long_log_reads_little(self, write: Write, at: datetime) -> None:
        log = write(count=300).log
        published(log, at)
        write()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            published(log, at)
        assert len(queries) <= 16
        assert TreeNode.objects.count() == 300 - (301).bit_count() + 1

    def test_every_entry_is_proved_under_every_later_checkpoint(self, write: Write, at: datetime) -> None:
        checkpoints = [published(write(count=count).log, at) for count in (1, 4, 2, 6)]
        for entry in LogEntry.objects.select_related("log"):
            for checkpoint in checkpoints:
                if checkpoint.tree_size > entry.leaf_index:
                    text = services.tlog_proof(entry, checkpoint)
                    key = services.verifier_key(entry.log)
                    assert tlog.verify_proof(text, bytes(entry.leaf_hash), key).size == checkpoint.tree_size
                    assert tlog.parse_proof(text).extra == entry.leaf.encode()


@pytest.mark.django_db
class TestCovering:
    def test_an_entry_waits_for_the_next_one(self, write: Write, at: datetime) -> None:
        entry = write()
        assert services.covering_checkpoint(entry) is None
        checkpoint = published(entry.log, at)
        published(write().log, at)
        assert services.covering_checkpoint(entry) == checkpoint

    def test_an_older_one_proves_nothing(self, write: Write, at: datetime) -> None:
        checkpoint = published(write().log, at)
        with pytest.raises(NotCoveredError, match="wait for the next"):
            services.inclusion_proof(write(), checkpoint)

    def test_that_of_another_log_proves_nothing(self, write: Write, other_agent: Agent, at: datetime) -> None:
        entry = write()
        with transaction.atomic():
            theirs = services.append("page.written", agent=other_agent, occurred_at=at)
        with pytest.raises(NotCoveredError):
            services.inclusion_proof(entry, published(theirs.log, at))


@pytest.mark.django_db
class TestALogThatWentBack:
    def test_a_cut_tail_is_not_signed_over(self, write: Write, at: datetime) -> None:
        log = write(count=5).log
        published(log, at)
        for table in ("audit_logdetail", "audit_logrecord"):
            tamper(f"DELETE FROM {table}")
        tamper("DELETE FROM audit_logentry WHERE leaf_index >= 3")
        tamper("UPDATE audit_log SET size = 3")
        with pytest.raises(LogDamagedError, match="went back"):
            services.publish_checkpoint(log, at=at)
        write(count=5)
        with pytest.raises(LogDamagedError):
            services.publish_checkpoint(log, at=at)

    def test_a_hole_in_the_new_part_is_not_signed_over(self, write: Write, at: datetime) -> None:
        log = write(count=5).log
        tamper("DELETE FROM audit_logdetail")
        tamper("DELETE FROM audit_logentry WHERE leaf_index = 2")
        with pytest.raises(LogDamagedError, match="not all of them"):
            services.publish_checkpoint(log, at=at)

    def test_a_changed_tree_is_not_signed_over(self, write: Write, at: datetime) -> None:
        log = write(count=4).log
        published(log, at)
        tamper("UPDATE audit_treenode SET hash = %s WHERE level = 2", bytes(32))
        write()
        with pytest.raises(LogDamagedError, match="no longer begins"):
            services.publish_checkpoint(log, at=at)


@pytest.mark.django_db
class TestTheKey:
    def test_a_missing_key_is_named(self, write: Write, at: datetime, log_key: Path) -> None:
        log = write().log
        log_key.unlink()
        with pytest.raises(LogKeyError, match=r"log_ed25519\.pem, cannot be read"):
            services.publish_checkpoint(log, at=at)

    @pytest.mark.parametrize("content", [b"", b"not a key", pem(ec.generate_private_key(ec.SECP256R1()))])
    def test_a_wrong_key_is_named(self, write: Write, at: datetime, log_key: Path, content: bytes) -> None:
        log = write().log
        log_key.write_bytes(content)
        with pytest.raises(LogKeyError, match="put it back from your backup"):
            services.publish_checkpoint(log, at=at)

    def test_another_key_than_before_is_not_used(self, write: Write, at: datetime, log_key: Path) -> None:
        log = write().log
        published(log, at)
        write()
        log_key.write_bytes(pem(Ed25519PrivateKey.from_private_bytes(bytes(32))))
        with pytest.raises(LogKeyError, match="former key"):
            services.publish_checkpoint(log, at=at)

    def test_entries_are_kept_meanwhile(self, write: Write, at: datetime, log_key: Path) -> None:
        key = log_key.read_bytes()
        log_key.unlink()
        log = write(count=2).log
        publish_checkpoints()
        log_key.write_bytes(key)
        publish_checkpoints()
        assert Checkpoint.objects.get().tree_size == log.entries.count() == 2


@pytest.mark.django_db
class TestTheSweep:
    def test_it_publishes_what_waits_and_nothing_else(self, write: Write, other_agent: Agent, at: datetime) -> None:
        log = write(count=2).log
        services.log_of(None)
        publish_checkpoints()
        with transaction.atomic():
            services.append("page.written", agent=other_agent, occurred_at=at)
        publish_checkpoints()
        publish_checkpoints()
        assert [(row.log == log, row.tree_size) for row in Checkpoint.objects.order_by("-tree_size")] == [
            (True, 2),
            (False, 1),
        ]

    def test_one_damaged_log_stops_no_other(self, write: Write, other_agent: Agent, at: datetime) -> None:
        write(count=2)
        tamper("DELETE FROM audit_logdetail")
        tamper("DELETE FROM audit_logentry WHERE leaf_index = 0")
        with transaction.atomic():
            theirs = services.append("page.written", agent=other_agent, occurred_at=at)
        publish_checkpoints()
        assert [row.log for row in Checkpoint.objects.all()] == [theirs.log]


@pytest.mark.django_db
class TestErasing:
    def test_the_words_go_and_the_proof_stays(self, write: Write, agent: Agent, at: datetime) -> None:
        entry = write(name="Mara Ilves")
        erasure = services.erase_details([entry], agent=agent, at=at)
        entry = LogEntry.objects.get(pk=entry.pk)
        assert not hasattr(entry, "detail")
        assert erasure.detail.body["erased_entries"] == [0]
        text = services.tlog_proof(entry, published(entry.log, at))
        tlog.verify_proof(text, bytes(entry.leaf_hash), services.verifier_key(entry.log))

    def test_another_organizations_entry_is_refused(self, write: Write, other_agent: Agent, at: datetime) -> None:
        with pytest.raises(EntryRefusedError, match="own log"):
            services.erase_details([write()], agent=other_agent, at=at)

    def test_an_erasure_is_not_erased(self, write: Write, agent: Agent, at: datetime) -> None:
        erasure = services.erase_details([write()], agent=agent, at=at)
        with pytest.raises(EntryRefusedError, match="explains"):
            services.erase_details([erasure], agent=agent, at=at)


class TestManyPublishersAtOnce:
    def test_no_size_gets_two_roots_while_others_write(self, committed: None, agent: Agent, at: datetime) -> None:
        if connection.vendor != "postgresql":
            pytest.skip("SQLite lets one writer in at a time; DATABASE_URL names no PostgreSQL")
        log = services.log_of(agent.organization_id)
        failures: list[Exception] = []

        def work(act: Callable[[], object]) -> None:
            try:
                for _ in range(15):
                    with transaction.atomic():
                        act()
            except Exception as failure:  # noqa: BLE001 - whatever a thread meets is the test's result
                failures.append(failure)
            finally:
                connection.close()

        def write() -> object:
            return services.append("page.written", agent=agent, occurred_at=at)

        def publish() -> object:
            return services.publish_checkpoint(log, at=at)

        threads = [threading.Thread(target=work, args=[act]) for act in (write, publish, write, publish, publish)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        services.publish_checkpoint(log, at=at)
        assert failures == []
        assert LogEntry.objects.count() == 30
        assert Checkpoint.objects.filter(tree_size=30).count() == 1
        assert list(verify(services.log_public_key().public_bytes_raw(), [])) == []
