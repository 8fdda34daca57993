"""Keys and ciphertext: AES-256-GCM bound to its row, and blind indexes to search by.

A sealed value is `key id (1 byte) || nonce (12 bytes) || ciphertext and tag`. Key id 0 means a patient's own data
key; 1 and up are lines of `field_encryption.key`, one key of 32 bytes in hex per line. The last line is the one that
wraps from now on: keys are rotated by adding a line. `binding` is the associated data (`table:column:uuid`), so that
a value moved to another row or column does not open.

Blind indexes are HMAC-SHA256 under a key derived (HKDF) from the first line for each organization, so that the same
name in two clinics gives two values. What they leak to a reader of the database: which rows of one clinic share a
family name or a birth date, and how often.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from clinic.errors import KeyMissingError, SealBrokenError

KEY_FILE = "field_encryption.key"
KEY_BYTES = 32
NONCE_BYTES = 12
DATA_KEY_ID = 0


def new_data_key() -> bytes:
    """A fresh data key of 32 bytes."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(data_key: bytes, *, binding: str) -> bytes:
    """Seal a data key under the installation's current key."""
    keys = _installation_keys()
    return _seal(keys[-1], len(keys), data_key, binding)


def unwrap(wrapped: bytes, *, binding: str) -> bytes:
    """The data key inside; `KeyMissingError` where the key that wrapped it is not in the key file."""
    keys = _installation_keys()
    key_id = wrapped[0] if wrapped else DATA_KEY_ID
    if not 1 <= key_id <= len(keys):
        raise KeyMissingError(
            f"this record was sealed with key number {key_id}, but the key file holds {len(keys)}; "
            f"restore {KEY_FILE} from your backup"
        )
    return _open(keys[key_id - 1], wrapped, binding)


def wrapping_key_id(wrapped: bytes) -> int:
    """Number of the line of the key file that wrapped this data key."""
    return wrapped[0]


def current_key_id() -> int:
    """Number of the line of the key file that wraps from now on."""
    return len(_installation_keys())


def seal(data_key: bytes, content: bytes, *, binding: str) -> bytes:
    """Encrypt `content` under a data key."""
    return _seal(data_key, DATA_KEY_ID, content, binding)


def open_sealed(data_key: bytes, sealed: bytes, *, binding: str) -> bytes:
    """The content; `SealBrokenError` where a byte was changed or the value belongs elsewhere."""
    return _open(data_key, sealed, binding)


def blind_index(organization_id: UUID, field: str, value: str) -> str:
    """HMAC-SHA256 (hex) of an already normalised value, for exact search inside one organization."""
    key = _index_key(_installation_keys()[0], organization_id)
    return hmac.new(key, f"{field}\x00{value}".encode(), hashlib.sha256).hexdigest()


def _seal(key: bytes, key_id: int, content: bytes, binding: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return bytes([key_id]) + nonce + AESGCM(key).encrypt(nonce, content, _associated(key_id, binding))


def _open(key: bytes, sealed: bytes, binding: str) -> bytes:
    if len(sealed) <= 1 + NONCE_BYTES:
        raise SealBrokenError("a sealed value is too short to be one; restore the row from your backup")
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _associated(sealed[0], binding))
    except InvalidTag:
        raise SealBrokenError(
            f"the sealed value of {binding.rsplit(':', 1)[0]} does not open: it was changed, moved from another row, "
            "or sealed with another key"
        ) from None


def _associated(key_id: int, binding: str) -> bytes:
    return bytes([key_id]) + binding.encode()


def _installation_keys() -> tuple[bytes, ...]:
    path = Path(settings.KEY_DIR) / KEY_FILE
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        raise KeyMissingError(
            f"the key file {KEY_FILE} is not in the key folder; restore it from your backup"
        ) from None
    return _read_keys(path, stamp)


@cache
def _read_keys(path: Path, stamp: int) -> tuple[bytes, ...]:
    # `stamp` is the file's time of change: a key added to the file is used without a restart.
    try:
        keys = tuple(bytes.fromhex(line) for line in path.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        keys = ()
    if not keys or len(keys) > 255 or any(len(key) != KEY_BYTES for key in keys):
        raise KeyMissingError(f"{KEY_FILE} must hold one key of 64 hexadecimal digits per line; restore your backup")
    return keys


@cache
def _index_key(key: bytes, organization_id: UUID) -> bytes:
    info = b"candour/blind-index/v1/" + organization_id.bytes
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)
