"""C2SP signed-note with Ed25519, and the C2SP tlog-checkpoint that it carries.

Parsers are strict: what they read is formatted again and must come out the same, byte for byte,
so that no two different texts mean one note.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from audit.errors import NoteError

ED25519 = b"\x01"
MOST_SIGNATURES = 100
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
SIGNATURE_LINE = re.compile(r"— ([^ ]+) ([A-Za-z0-9+/=]+)")


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name it signs under; `str` gives "name+hash+key", as witnesses and verifiers take it."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(letter.isspace() for letter in self.name):
            raise NoteError(f"a key name has no space and no plus sign, but this one is {self.name!r}")
        if len(self.public_key) != 32:
            raise NoteError(f"an Ed25519 public key has 32 bytes, but this one has {len(self.public_key)}")

    @property
    def key_id(self) -> bytes:
        """First four bytes of SHA-256(name || 0x0A || 0x01 || public key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(ED25519 + self.public_key)}"


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: who, the key's id (4 bytes), and the signature."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class SignedNote:
    """A text that ends in a newline, and its signatures; `str` gives the note as it is stored and sent."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(str(signature) for signature in self.signatures)


@dataclass(frozen=True)
class TreeHead:
    """What a checkpoint says: origin, number of entries, root (32 bytes), extension lines; `str` gives its text."""

    origin: str
    size: int
    root_hash: bytes
    extensions: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = (self.origin, str(self.size), _base64(self.root_hash), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> SignedNote:
    """Sign `text`, which ends in a newline, under `name`."""
    _check_text(text)
    verifier = VerifierKey(name, key.public_key().public_bytes_raw())
    return SignedNote(text, (NoteSignature(name, verifier.key_id, key.sign(text.encode())),))


def parse_note(note: str) -> SignedNote:
    """Split a note into text and signatures, without checking any signature; `NoteError` says what is wrong."""
    text, found, lines = note.rpartition("\n\n")
    if not found or not lines.endswith("\n"):
        raise NoteError("a signed note is a text, an empty line and signature lines; these were not found")
    text += "\n"
    _check_text(text)
    signatures = []
    for line in lines[:-1].split("\n"):
        match = SIGNATURE_LINE.fullmatch(line)
        if match is None:
            raise NoteError(f"a signature line looks like “— name base64”, but this one is {line[:80]!r}")
        name, decoded = match[1], decode_base64(match[2])
        if "+" in name or any(letter.isspace() for letter in name) or len(decoded) < 5:
            raise NoteError(f"the signature line of {name!r} is not in the form that the standard allows")
        signatures.append(NoteSignature(name, decoded[:4], decoded[4:]))
    if len(signatures) > MOST_SIGNATURES:
        raise NoteError(f"a note may have {MOST_SIGNATURES} signatures, but this one has {len(signatures)}")
    parsed = SignedNote(text, tuple(signatures))
    if str(parsed) != note:
        raise NoteError("the note is not written in the one form that the standard allows")
    return parsed


def open_note(note: str, keys: Sequence[VerifierKey]) -> SignedNote:
    """Parse a note and check the signatures by `keys`; signatures by other keys are ignored.

    `NoteError` where none of `keys` signed, where one signed twice, or where its signature is wrong.
    """
    parsed = parse_note(note)
    known = {(key.name, key.key_id): key for key in keys}
    seen = set()
    for signature in parsed.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        if key in seen:
            raise NoteError(f"the note is signed twice by {key.name}")
        seen.add(key)
        try:
            Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature.signature, parsed.text.encode())
        except InvalidSignature as problem:
            raise NoteError(f"the signature by {key.name} does not match the text of the note") from problem
    if not seen:
        raise NoteError("the note is not signed by a key that is known here")
    return parsed


def parse_verifier_key(text: str) -> VerifierKey:
    """Read "name+hash+key"; `NoteError` for any other form and where the hash is not that of the key."""
    parts = text.split("+", 2)
    decoded = decode_base64(parts[2]) if len(parts) == 3 else b""
    if decoded[:1] != ED25519:
        raise NoteError("a verifier key looks like name+hash+key, with an Ed25519 key (type 1)")
    key = VerifierKey(parts[0], decoded[1:])
    if str(key) != text:
        raise NoteError(f"the hash in this verifier key is {parts[1]}, but its key has {key.key_id.hex()}")
    return key


def parse_tree_head(text: str) -> TreeHead:
    """Read the text of a checkpoint, strictly; `NoteError` says what is wrong."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise NoteError("a checkpoint has the lines origin, size and root hash, each of them filled")
    origin, size, root_hash, *extensions = lines[:-1]
    if not DECIMAL.fullmatch(size):
        raise NoteError(f"the size in a checkpoint is a whole number without leading zeros, but this one is {size!r}")
    head = TreeHead(origin, int(size), decode_base64(root_hash), tuple(extensions))
    if len(head.root_hash) != 32 or str(head) != text:
        raise NoteError("the root hash in a checkpoint has 32 bytes in base64; this one has not")
    return head


def open_checkpoint(note: str, key: VerifierKey) -> TreeHead:
    """The tree head of a checkpoint that is signed by `key`, whose name is the log's origin."""
    head = parse_tree_head(open_note(note, [key]).text)
    if head.origin != key.name:
        raise NoteError(f"the checkpoint is of the log {head.origin}, but the key is that of {key.name}")
    return head


def decode_base64(text: str) -> bytes:
    """Standard base64 with padding, in its one canonical form only."""
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise NoteError(f"this is not base64: {text[:80]!r}") from problem
    if _base64(decoded) != text:
        raise NoteError(f"this base64 is not in its canonical form: {text[:80]!r}")
    return decoded


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or any(letter < " " and letter != "\n" for letter in text):
        raise NoteError("the text of a note ends in a newline and has no other control characters")
    if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise NoteError("the text of a note is valid UTF-8")
