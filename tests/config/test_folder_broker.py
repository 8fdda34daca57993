"""The folder as broker: a message is there whole, or not at all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from config import folder_broker

MANY = 400
LONG = "x" * 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def connection(folder: Path) -> Iterator[Connection]:
    folder_broker.register()
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
        "polling_interval": 0.01,
    }
    with Connection(f"{folder_broker.SCHEME}://", transport_options=options) as connection:
        yield connection


class TestFolderBroker:
    def test_hands_over_what_was_sent_in_its_order(self, connection: Connection) -> None:
        box = connection.SimpleQueue("celery")
        for number in range(3):
            box.put({"number": number})
        got = [box.get(timeout=5) for _ in range(3)]
        for message in got:
            message.ack()
        assert sorted(message.payload["number"] for message in got) == [0, 1, 2]
        with pytest.raises(queue.Empty):
            box.get(timeout=0.05)

    def test_leaves_a_message_alone_that_is_still_being_written(self, connection: Connection, folder: Path) -> None:
        (folder / "queue" / ".1_a.celery.msg.part").write_bytes(b"")
        with pytest.raises(queue.Empty):
            connection.SimpleQueue("celery").get(timeout=0.05)

    def test_a_reader_in_a_hurry_never_meets_half_a_message(self, connection: Connection, folder: Path) -> None:
        channel = connection.channel()
        assert isinstance(channel, folder_broker.Channel)
        done = threading.Event()
        broken: list[str] = []

        def look() -> None:
            while not done.is_set():
                seen = (folder / "queue").glob("*.msg")
                broken.extend(path.name for path in seen if path.stat().st_size < len(LONG))

        reader = threading.Thread(target=look)
        reader.start()
        for _ in range(MANY):
            channel._put("celery", {"body": LONG})
        done.set()
        reader.join()
        assert broken == []
        assert len(list((folder / "queue").iterdir())) == MANY
