"""From a signature to a sealed file: once, in spite of failures, told when it fails; the signature never depends on it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client

from audit import services as audit
from audit.services import entries_for
from consent import sealing, services
from consent.errors import FileDamagedError, SealingError, SealingKeyError
from consent.models import Notice, SealedFile, SealingTask, Signature
from consent.services import seal as seal_service
from consent.vocabulary import SealKind
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, SIGNED_AT, declare, fresh, publish, seal

pytestmark = pytest.mark.usefixtures("sealing_key")


def broken(message: str = "the sealing key is gone"):
    def refuse(*_args: object, **_options: object) -> None:
        raise SealingKeyError(message, code="seal.key")

    return refuse


def stored() -> list[Path]:
    return sorted(path for path in seal_service._folder().rglob("*") if path.is_file())


@pytest.mark.django_db
class TestSealing:
    def test_it_happens_once_and_is_logged_once(self, desk: Desk, signed: Handed) -> None:
        first = seal(desk, signed)
        again = services.seal_document(signed.consent.pk, SealKind.SIGNED, at=LATER + timedelta(minutes=1))
        assert again == first
        assert SealedFile.objects.count() == 1
        assert [entry.kind for entry in entries_for("consent.sealedfile", first.pk)] == ["document.sealed"]
        assert services.read_sealed_file(first).startswith(b"%PDF-")
        assert services.waiting() == []

    def test_it_waits_for_the_checkpoint_that_covers_the_signature(self, desk: Desk, signed: Handed) -> None:
        assert services.seal_document(signed.consent.pk, SealKind.SIGNED, at=LATER) is None
        assert services.waiting() == [(signed.consent.pk, SealKind.SIGNED)]

    def test_the_completion_record_is_its_own_file_and_comes_second(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        assert services.waiting() == [(signed.consent.pk, SealKind.SIGNED)]
        first = seal(desk, signed)
        assert services.waiting() == [(signed.consent.pk, SealKind.COMPLETED)]
        second = seal(desk, signed, SealKind.COMPLETED)
        assert first.sha256 != second.sha256
        assert services.waiting() == []

    def test_another_worker_that_finishes_first_wins(
        self, desk: Desk, signed: Handed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish(desk, LATER)
        really, winners = sealing.seal, []

        def overtaken(*args: object, **options: object) -> sealing.SealedPdf:
            monkeypatch.setattr(sealing, "seal", really)
            winners.append(services.seal_document(signed.consent.pk, SealKind.SIGNED, at=LATER))
            return really(*args, **{**options, "signed_at": LATER + timedelta(seconds=9)})  # type: ignore[arg-type]

        monkeypatch.setattr(sealing, "seal", overtaken)
        loser = services.seal_document(signed.consent.pk, SealKind.SIGNED, at=LATER)
        assert [loser] == winners
        assert SealedFile.objects.count() == 1
        assert len(entries_for("consent.sealedfile", loser.pk)) == 1

    def test_the_loser_s_file_is_a_stray_that_is_removed_after_an_hour(self, desk: Desk, signed: Handed) -> None:
        kept = seal(desk, signed)
        stray = stored()[0].with_name(f"{'0' * 64}.sealed")
        stray.write_bytes(b"left behind")
        written = stray.stat().st_mtime
        now = LATER.fromtimestamp(written, tz=LATER.tzinfo)
        assert services.remove_strays(at=now + timedelta(minutes=59)) == 0
        assert services.remove_strays(at=now + timedelta(minutes=61)) == 1
        assert services.read_sealed_file(kept)

    def test_two_sweeps_at_once_share_the_work(self, signed: Handed) -> None:
        assert services.claim_waiting(at=LATER) == [(signed.consent.pk, SealKind.SIGNED)]
        assert services.claim_waiting(at=LATER) == []
        assert services.claim_waiting(at=LATER + seal_service.LEASE) == [(signed.consent.pk, SealKind.SIGNED)]


def test_four_workers_at_once_make_one_file_and_one_entry(committed: None, sealing_key: Path) -> None:
    handed = desks.signed(desks.open_desk())
    audit.publish_checkpoint(audit.log_of(handed.consent.organization_id), at=LATER)

    def work(number: int) -> str:
        try:
            file = services.seal_document(handed.consent.pk, SealKind.SIGNED, at=LATER + timedelta(seconds=number))
            return file.sha256 if file else ""
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as workers:
        digests = set(workers.map(work, range(4)))
    file = SealedFile.objects.select_related("consent__patient").get()
    assert digests == {file.sha256}
    assert len(entries_for("consent.sealedfile", file.pk)) == 1
    assert services.read_sealed_file(file)


@pytest.mark.django_db
class TestAFailure:
    def fail(self, handed: Handed, at=LATER) -> SealingTask:
        with pytest.raises(SealingError):
            services.seal_document(handed.consent.pk, SealKind.SIGNED, at=at)
        return SealingTask.objects.get()

    @pytest.fixture
    def keyless(self, desk: Desk, signed: Handed, monkeypatch: pytest.MonkeyPatch) -> Handed:
        publish(desk, LATER)
        monkeypatch.setattr(sealing, "seal", broken())
        return signed

    def test_it_is_on_record_with_its_words(self, keyless: Handed) -> None:
        task = self.fail(keyless)
        assert (task.attempts, task.last_error, task.leased_until) == (1, "the sealing key is gone", None)

    def test_each_pause_is_longer_up_to_fifteen_minutes(self, keyless: Handed) -> None:
        pauses = []
        for attempt in range(10):
            at = LATER + timedelta(hours=attempt)
            pauses.append((self.fail(keyless, at).next_attempt_at - at).total_seconds())
        assert pauses[:4] == [5, 10, 20, 40]
        assert pauses == sorted(pauses)
        assert pauses[-1] == 15 * 60

    def test_during_the_pause_nobody_tries(self, keyless: Handed) -> None:
        self.fail(keyless)
        assert services.claim_waiting(at=LATER + timedelta(seconds=4)) == []
        assert services.claim_waiting(at=LATER + timedelta(seconds=5)) == [(keyless.consent.pk, SealKind.SIGNED)]

    def test_a_person_is_told_after_two_and_only_once(self, keyless: Handed) -> None:
        self.fail(keyless)
        assert not Notice.objects.exists()
        for attempt in range(1, 4):
            self.fail(keyless, LATER + timedelta(hours=attempt))
        notice = Notice.objects.get()
        assert keyless.consent.reference in notice.subject
        assert "the sealing key is gone" in notice.text
        assert "Mara" not in notice.text + notice.subject

    def test_the_signature_is_untouched(self, keyless: Handed) -> None:
        before = Signature.objects.values().get()
        self.fail(keyless)
        assert Signature.objects.values().get() == before
        assert fresh(keyless.consent).status == "draft"

    def test_once_it_works_again_nothing_is_left_of_the_failure(
        self, keyless: Handed, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(keyless)
        monkeypatch.undo()
        assert services.seal_document(keyless.consent.pk, SealKind.SIGNED, at=LATER + timedelta(seconds=5))
        task = SealingTask.objects.get()
        assert (task.last_error, task.next_attempt_at) == ("", None)

    def test_no_half_written_file_is_left(self, desk: Desk, signed: Handed, monkeypatch: pytest.MonkeyPatch) -> None:
        publish(desk, LATER)

        def pull_the_plug(_descriptor: int) -> None:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", pull_the_plug)
        assert "Input/output error" in self.fail(signed).last_error
        assert stored() == []


@pytest.fixture
def full_disk(tmp_path: Path, settings) -> Iterator[Path]:
    """A real file system of 256 KiB without any room left."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system to fill; run as root to see a full disk")
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this machine does not let us mount a small file system: {mounted.stderr.strip()}")
    try:
        with (place / "ballast").open("wb", buffering=0) as ballast:
            for _ in range(256 // 4):
                ballast.write(b"0" * 4096)
        settings.FILE_DIR = place
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.django_db
class TestAFullDisk:
    def test_nothing_is_lost_and_it_is_sealed_once_there_is_room(
        self, desk: Desk, signed: Handed, full_disk: Path
    ) -> None:
        publish(desk, LATER)
        with pytest.raises(SealingError, match="No space left"):
            services.seal_document(signed.consent.pk, SealKind.SIGNED, at=LATER)
        assert "No space left" in SealingTask.objects.get().last_error
        assert not SealedFile.objects.exists()
        assert [path for path in stored() if path.name != "ballast"] == []
        assert Signature.objects.get().signed_at == SIGNED_AT
        (full_disk / "ballast").unlink()
        file = services.seal_document(signed.consent.pk, SealKind.SIGNED, at=LATER + timedelta(seconds=5))
        assert file is not None
        assert len(services.read_sealed_file(file)) == file.size


@pytest.mark.django_db
class TestADamagedFile:
    def test_one_changed_bit_is_never_served(self, desk: Desk, signed: Handed, nia: Client) -> None:
        file = seal(desk, signed)
        path = seal_service.path_of(file.sha256)
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(FileDamagedError, match="changed in storage"):
            services.read_sealed_file(file)
        answer = nia.get(f"/consents/{signed.consent.pk}/files/signed-record.pdf")
        assert (answer.status_code, answer["Content-Type"]) == (503, "text/html; charset=utf-8")

    def test_a_missing_file_is_said_to_be_missing(self, desk: Desk, signed: Handed) -> None:
        file = seal(desk, signed)
        seal_service.path_of(file.sha256).unlink()
        with pytest.raises(FileDamagedError, match="missing from storage"):
            services.read_sealed_file(file)

    def test_a_good_file_is_served_and_the_access_is_logged(self, desk: Desk, signed: Handed, nia: Client) -> None:
        file = seal(desk, signed)
        answer = nia.get(f"/consents/{signed.consent.pk}/files/signed-record.pdf")
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content == services.read_sealed_file(file)
        last = entries_for("consent.sealedfile", file.pk)[-1]
        assert last.kind == "document.exported"
        assert last.detail.body["agent"]["name"] == "Dr Nia Penrose"

    def test_on_disk_it_is_not_readable(self, desk: Desk, signed: Handed) -> None:
        seal(desk, signed)
        assert b"%PDF" not in stored()[0].read_bytes()
