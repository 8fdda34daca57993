"""A file of products taken apart: each value of the kind that it must be, or a refusal that names its place in the file.

What a paper says is kept as it is printed, also where it cannot be true: that is for the checks to find. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from products.errors import ProductsFileError
from products.vocabulary import PlainChoices

LARGEST_FILE_BYTES = 10 * 1024 * 1024
MOST_ROWS = 5_000
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NONE: Mapping[str, Any] = {}
_AS_PLACES = {"UK": "GB", "NI": "GB-NIR"}


@dataclass(frozen=True)
class Place:
    """A JSON object of the file, and where it stands in it: “products[0].batches[1]”."""

    value: Mapping[str, Any]
    path: str

    def text(self, key: str, *, most: int = 200, needed: bool = False) -> str:
        """A text, or "" where it is missing or null."""
        found = self.value.get(key)
        if found is None or found == "":
            if needed:
                raise self._wrong(key, "is missing")
            return ""
        if isinstance(found, bool) or not isinstance(found, str | int | float):
            raise self._wrong(key, f"must be a text, and is {_shown(found)}")
        said = str(found).strip()
        if len(said) > most:
            raise self._wrong(key, f"has {len(said)} characters; at most {most} can be kept")
        return said

    def number(self, key: str) -> int | float | None:
        """A finite number, or None."""
        found = self.value.get(key)
        if found is None:
            return None
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise self._wrong(key, f"must be a number, and is {_shown(found)}")
        # JSON reads 1e999 as infinite.
        if abs(found) > 10**18:
            raise self._wrong(key, f"is larger than any such number: {_shown(found)}")
        return int(found) if float(found).is_integer() else found

    def day(self, key: str) -> date | None:
        """An ISO 8601 date, or None."""
        found = self.value.get(key)
        if found is None or found == "":
            return None
        if not isinstance(found, str) or not _ISO_DAY.fullmatch(found):
            raise self._wrong(key, f"must be a date such as 2026-11-23, and is {_shown(found)}")
        try:
            return date.fromisoformat(found)
        except ValueError as error:
            raise self._wrong(key, f"is no real date: {found}") from error

    def code(self, key: str, vocabulary: type[PlainChoices]) -> str:
        """A code of a vocabulary, or "" where it is missing."""
        found = self.text(key, most=40)
        if found and found not in vocabulary.values:
            raise self._wrong(key, f"is {_shown(found)}, which is none of: {', '.join(vocabulary.values)}")
        return found

    def place(self, key: str) -> str:
        """A place as ISO 3166 has it, or "" where it is missing. Such files call Northern Ireland NI, as the rules do."""
        said = self.text(key, most=6).upper()
        return _AS_PLACES.get(said, said)

    def yes(self, key: str) -> bool | None:
        """True, false, or None where it is missing."""
        found = self.value.get(key)
        if found is not None and not isinstance(found, bool):
            raise self._wrong(key, f"must be true or false, and is {_shown(found)}")
        return found

    def texts(self, key: str, *, most: int = 500) -> list[str]:
        """A list of texts; empty where it is missing."""
        return [Place({"": one}, f"{self.at(key)}[{n}]").text("", most=most) for n, one in enumerate(self._list(key))]

    def codes(self, key: str, vocabulary: type[PlainChoices]) -> list[str]:
        """A list of codes of a vocabulary; empty where it is missing."""
        return [Place({"": one}, f"{self.at(key)}[{n}]").code("", vocabulary) for n, one in enumerate(self._list(key))]

    def child(self, key: str) -> Place:
        """An object within this one; empty where it is missing or null."""
        found = self.value.get(key)
        if found is None:
            return Place(_NONE, self.at(key))
        if not isinstance(found, dict):
            raise self._wrong(key, f"must be an object, and is {_shown(found)}")
        return Place(found, self.at(key))

    def children(self, key: str) -> list[Place]:
        """The objects of a list; empty where it is missing or null."""
        rows = []
        for number, one in enumerate(self._list(key)):
            if not isinstance(one, dict):
                raise ProductsFileError(f"{self.at(key)}[{number}] must be an object, and is {_shown(one)}.")
            rows.append(Place(one, f"{self.at(key)}[{number}]"))
        return rows

    def names(self) -> list[str]:
        """The names under which the object says something."""
        return list(self.value)

    def at(self, key: str) -> str:
        """Where a value of this object stands in the file."""
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def has(self, key: str) -> bool:
        """Whether the object says anything under this name."""
        return self.value.get(key) is not None

    def _list(self, key: str) -> list[Any]:
        found = self.value.get(key)
        if found is None:
            return []
        if not isinstance(found, list):
            raise self._wrong(key, f"must be a list, and is {_shown(found)}")
        return found

    def _wrong(self, key: str, what: str) -> ProductsFileError:
        return ProductsFileError(f"{self.at(key)} {what}.", code="products_file.value")


def read_file(content: bytes) -> Place:
    """The file as one object with its list of products. Raises `ProductsFileError`."""
    if len(content) > LARGEST_FILE_BYTES:
        raise ProductsFileError(
            f"The file has {len(content):,} bytes; at most {LARGEST_FILE_BYTES:,} are taken.", code="products_file.size"
        )
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant, object_pairs_hook=_once)
    except UnicodeDecodeError as error:
        raise ProductsFileError("The file is not UTF-8 text.", code="products_file.json") from error
    except RecursionError as error:
        raise ProductsFileError("The file nests deeper than any such file.", code="products_file.json") from error
    except ValueError as error:
        raise ProductsFileError(f"The file is not JSON: {error}.", code="products_file.json") from error
    if not isinstance(found, dict) or not isinstance(found.get("products"), list):
        raise ProductsFileError(
            "The file must be an object with a list “products”, in the shape of sample_products.json.",
            code="products_file.shape",
        )
    whole = Place(found, "")
    rows = whole.children("products")
    count = sum(1 + len(row.children("batches")) for row in rows)
    if count > MOST_ROWS:
        raise ProductsFileError(
            f"The file has {count:,} products and batches; at most {MOST_ROWS:,} come in by one file. Split it.",
            code="products_file.size",
        )
    return whole


def plain_number(value: Any) -> str:
    """A number as a person writes it, without an exponent; a text as it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{Decimal(str(value)):f}"
    return str(value).strip()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"“{twice}” stands twice in one object")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _shown(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False, default=str)
    return said if len(said) <= 60 else f"{said[:60]}…"
