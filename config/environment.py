"""Settings come from the environment, or from a file named by `NAME_FILE`; a wrong one stops the start.

Every setting that a person may give is read through one of these functions and
listed in docs/reference/settings.md, which a test compares with the calls.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingError(Exception):
    """A setting has a value that Candour cannot use; the text is one line for a person."""


def text(name: str, default: str = "") -> str:
    """The value of `name`, or the content of the file that `NAME_FILE` points to, or the default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise SettingError(f"{name}_FILE names {path}, which cannot be read: {problem}") from problem
    return os.environ.get(name, default).strip() or default


def whole_number(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number between `least` and `most`, both allowed."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit()) or not least <= int(value) <= most:
        raise SettingError(f"{name} must be a whole number from {least} to {most}, but is {value!r}")
    return int(value)


def switch(name: str, *, default: bool) -> bool:
    """`1`, `true`, `yes`, `on` or `0`, `false`, `no`, `off`."""
    value = text(name, "1" if default else "0").lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    raise SettingError(f"{name} must be 1 or 0, but is {value!r}")


def folder(name: str, default: Path) -> Path:
    """A folder that is made where it is missing; it must be writable."""
    path = Path(text(name, str(default))).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise SettingError(f"{name} is {path}, which cannot be made: {problem.strerror}") from problem
    if not os.access(path, os.W_OK | os.X_OK):
        raise SettingError(f"{name} is {path}, which this user may not write to")
    return path


def web_address(name: str, default: str) -> str:
    """`https://name[:port]`; plain http only for this machine itself."""
    value = text(name, default).rstrip("/")
    try:
        parts = urlsplit(value)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_right = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or not port_is_right:
        raise SettingError(f"{name} must look like https://consent.example.org, but is {value!r}")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingError(
            f"{name} is {value!r}: away from this machine itself, patients' pages need https (http is for localhost)"
        )
    return value


def database(name: str, default_file: Path) -> dict[str, Any]:
    """Django's description of the database: SQLite in the data folder, or `postgresql://user:password@host:port/name`."""
    url = text(name)
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(default_file),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingError(f"{name} must look like postgresql://user:password@host:5432/candour") from None
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise SettingError(f"{name} must look like postgresql://user:password@host:5432/candour")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Compiling a page's question takes seconds and saves milliseconds; on today's disks an index is cheaper than a whole table.
        "OPTIONS": {
            "connect_timeout": 5,
            "options": "-c jit=off -c random_page_cost=1.1",
            **dict(parse_qsl(parts.query)),
        },
    }


def redis_address(name: str) -> str:
    """`redis://host:6379/0`, or nothing: then the broker is a folder."""
    url = text(name)
    if url and urlsplit(url).scheme not in ("redis", "rediss"):
        raise SettingError(f"{name} must look like redis://host:6379/0, but is {url!r}")
    return url


def sms_fields(url: str, fields: str, body: str) -> dict[str, str]:
    """What is posted to the gateway for text messages: a query string with `{to}` and `{text}` in its values."""
    values = dict(parse_qsl(fields, keep_blank_values=True))
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise SettingError("SMS_URL must look like https://sms.example.org/send")
    if not all(any(sign in value for value in values.values()) for sign in ("{to}", "{text}")):
        raise SettingError(f"SMS_FIELDS must look like to={{to}}&text={{text}}, but is {fields!r}")
    if body not in ("json", "form"):
        raise SettingError(f"SMS_FORMAT is json or form, but is {body!r}")
    return values


def timestamp_roots(url: str, roots: str, authorization: str, policy: str) -> tuple[bytes, ...]:
    """The certificates (DER) that a timestamp authority's chain must end in: `roots` is PEM text or names a PEM file."""
    if not url:
        return ()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingError("TIMESTAMP_URL must look like https://tsa.example.org/tsr")
    if authorization and parts.scheme == "http":
        raise SettingError("TIMESTAMP_AUTHORIZATION is a secret, so TIMESTAMP_URL must begin with https://")
    if policy and not re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", policy):
        raise SettingError(f"TIMESTAMP_POLICY must look like 1.2.3.4, but is {policy!r}")
    if not roots:
        raise SettingError(
            "TIMESTAMP_URL needs TIMESTAMP_CA: the PEM file of the roots that the authority is trusted by"
        )
    try:
        pem = roots.encode() if roots.startswith("-----BEGIN") else Path(roots).read_bytes()
        found = x509.load_pem_x509_certificates(pem)
    except (OSError, ValueError) as problem:
        raise SettingError(f"TIMESTAMP_CA must be a PEM file with certificates: {problem}") from problem
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in found)


def mail(name: str) -> dict[str, Any]:
    """Django's mail settings from `smtp://user:password@host:587` (`smtps://` for TLS from the start), or no mail at all."""
    url = text(name)
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend", "EMAIL_HOST": ""}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SettingError(f"{name} must look like smtp://user:password@mail.example.org:587") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise SettingError(f"{name} must look like smtp://user:password@mail.example.org:587")
    options = dict(parse_qsl(parts.query))
    starttls = parts.scheme == "smtp" and options.get("starttls", "1" if parts.username else "0") == "1"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if parts.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": starttls,
        "EMAIL_TIMEOUT": 10,
    }
