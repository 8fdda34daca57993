"""The embedded broker: kombu's folder of messages, but each message appears whole.

Kombu makes a message's file first and fills it afterwards. A worker that looks in between reads an empty message and
ends with an error, and with it the whole of Candour. Here the file gets its name only when it is complete.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

SCHEME = "folder"


class Channel(filesystem.Channel):
    """As kombu's, with an atomic write."""

    # Kombu's own two classes do not agree on the names of these arguments.
    def _put(self, queue: str, payload: dict[str, Any], **kwargs: Any) -> None:  # type: ignore[override]
        """Write beside, then rename: a name that ends in `.msg` always holds a whole message."""
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        folder = Path(self.data_folder_out)
        partial = folder / f".{name}.part"
        try:
            partial.write_bytes(dumps(payload).encode())
            partial.replace(folder / name)
        except OSError as problem:
            partial.unlink(missing_ok=True)
            raise ChannelError(f"cannot add {name} to {folder}: {problem.strerror}") from problem


class Transport(filesystem.Transport):
    """Kombu's folder transport over our channel; as `folder://` once `register` was called."""

    Channel = Channel


def register() -> None:
    """Make `folder://` known to kombu."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"
