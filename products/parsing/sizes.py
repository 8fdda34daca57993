"""In the child: one size measurement out of an instrument's export."""

from __future__ import annotations

import _strptime  # type: ignore[import-not-found]  # the part of the standard library that strptime loads

from products.sizing import read_export

# Loaded at its first use by the standard library, and then no file can be opened any more.
LOADED = (_strptime,)


def read(content: bytes, *, name: str) -> dict[str, object]:
    """The measurement as JSON values. Raises `SizeFileError`."""
    return read_export(content, name).as_json()
