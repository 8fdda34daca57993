"""How a body is read: JSON that has one meaning only, within limits; a file as it came. All else is refused in words."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import IO, Any, cast

from django.conf import settings
from rest_framework.parsers import BaseParser, DataAndFiles, MultiPartParser

from clinic.errors import JsonRefusedError, MediaTypeError, QueryRefusedError, RequestTooLargeError, TextRefusedError

JSON_MAX_BYTES = 256 * 1024
DEEPEST = 20
LONGEST_NUMBER = 19
# A form around a file: its boundary lines and few short fields.
FORM_OVERHEAD = 64 * 1024


class StrictJSONParser(BaseParser):
    """UTF-8 JSON: one object, no key twice, no NaN, no lone surrogate, at most 256 KiB and 20 levels."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value; each refusal says what was expected."""
        check_envelope(parser_context, media_type, most_bytes=JSON_MAX_BYTES)
        body = stream.read(JSON_MAX_BYTES + 1)
        if len(body) > JSON_MAX_BYTES:
            raise too_large(JSON_MAX_BYTES)
        return read_json(body)


class StrictMultiPartParser(MultiPartParser):
    """A form with files, of at most the limit for uploads."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> DataAndFiles[Any, Any]:
        """The fields and files of the form."""
        check_envelope(parser_context, None, most_bytes=settings.UPLOAD_MAX_BYTES + FORM_OVERHEAD)
        return cast("DataAndFiles[Any, Any]", super().parse(stream, media_type, parser_context))


def check_envelope(context: Mapping[str, Any] | None, media_type: str | None, *, most_bytes: int) -> None:
    """Refuse a packed body, a character set other than UTF-8, and a body that says that it is too large."""
    meta = context["request"].META if context else {}
    if meta.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise MediaTypeError("Send the body unpacked: Content-Encoding is not taken.", code="encoding")
    charset = _charset(media_type) if media_type else ""
    if charset not in ("", "utf-8", "utf8"):
        raise MediaTypeError(f"Send JSON in UTF-8; the request says {charset[:20]!r}.")
    length = str(meta.get("CONTENT_LENGTH") or "0")
    if not length.isdecimal() or int(length) > most_bytes:
        raise too_large(most_bytes)


def too_large(most_bytes: int) -> RequestTooLargeError:
    """The refusal of a body above a limit."""
    limit = f"{most_bytes // 1024 // 1024} MB" if most_bytes > 1024 * 1024 else f"{most_bytes // 1024} KiB"
    return RequestTooLargeError(f"The body is larger than {limit}, the limit of this address. Nothing was changed.")


def read_json(body: bytes) -> Any:
    """The one value that these bytes mean."""
    if not body.strip():
        raise JsonRefusedError(
            "The body is empty. Send a JSON object, {} where there is nothing to say.", code="json.empty"
        )
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise JsonRefusedError(
            f"The body is not UTF-8: byte {problem.start + 1} cannot be read.", code="json.encoding"
        ) from None
    if text.startswith("\ufeff") or "\x00" in text:
        raise JsonRefusedError("Send JSON in UTF-8 without a byte order mark.", code="json.encoding")
    try:
        value = json.loads(
            text, object_pairs_hook=_once, parse_constant=_no_constant, parse_int=_whole, parse_float=_real
        )
    except json.JSONDecodeError as problem:
        raise JsonRefusedError(
            f"This is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    for place, one, depth in walk(value):
        if depth > DEEPEST:
            raise _too_deep()
        if isinstance(one, str):
            _check_text(place, one)
    return value


def walk(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, Any, int]]:
    """Every value within, with the field at the top that it belongs to, and its depth. Keys count as values."""
    waiting = [(place, value, depth)]
    while waiting:
        place, one, depth = waiting.pop()
        yield place, one, depth
        if isinstance(one, dict):
            for key, inner in one.items():
                waiting += [(place or key, key, depth + 1), (place or key, inner, depth + 1)]
        elif isinstance(one, list):
            waiting += [(place, inner, depth + 1) for inner in one]


def whole_number(text: str, *, name: str, least: int, most: int) -> int:
    """A number in the address. Raises `QueryRefusedError`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and least <= int(text) <= most):
        raise QueryRefusedError(f"“{name}” is a whole number from {least} to {most}.", field=name, code="query.range")
    return int(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise JsonRefusedError(f"The key “{_shown(twice)}” is there twice. Keep one.", code="json.duplicate_key")
    return found


def _no_constant(word: str) -> Any:
    raise JsonRefusedError(f"{word} is not a number in JSON. Leave the field out, or send null.", code="json.number")


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise JsonRefusedError("A number in the body has more digits than any quantity.", code="number.range")
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number) or len(digits) > 40:
        raise JsonRefusedError("A number in the body is out of range.", code="number.range")
    return number


def _too_deep() -> JsonRefusedError:
    return JsonRefusedError(f"The body is nested more than {DEEPEST} levels deep.", code="json.depth")


def _check_text(place: str, text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise TextRefusedError(
            "A text holds half of a character (a lone surrogate) and cannot be kept. Send the text again.",
            field=_shown(place),
            code="text.surrogate",
        )
    if "\x00" in text:
        raise TextRefusedError("A text holds a null character.", field=_shown(place), code="text.control")


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:60])


def _charset(media_type: str) -> str:
    message = Message()
    message["content-type"] = media_type
    return str(message.get_param("charset") or "").strip().lower()
