"""C2SP tlog-proof: one entry's inclusion proof with the checkpoint it leads to, as a text that needs no network."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from audit.errors import NoteError
from audit.tlog.merkle import verify_inclusion
from audit.tlog.notes import DECIMAL, TreeHead, VerifierKey, decode_base64, open_checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 63


@dataclass(frozen=True)
class InclusionProof:
    """An entry's index, its proof (hashes of 32 bytes, leaf upwards) and the signed checkpoint; `str` gives the text.

    `extra` is opaque and not protected by the proof.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""

    def __str__(self) -> str:
        encode = base64.b64encode
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {encode(self.extra).decode()}")
        lines += [f"index {self.index}", *(encode(hashed).decode() for hashed in self.hashes), "", self.checkpoint]
        return "\n".join(lines)


def parse_proof(text: str) -> InclusionProof:
    """Read a tlog-proof, strictly; the checkpoint in it is not opened. `NoteError` says what is wrong."""
    head, found, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not found or lines.pop(0) != HEADER:
        raise NoteError(f"a proof begins with the line {HEADER} and has an empty line before its checkpoint")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "))
    label, _, index = (lines.pop(0) if lines else "").partition(" ")
    if label != "index" or not DECIMAL.fullmatch(index):
        raise NoteError("a proof names its entry in a line such as “index 5”; it was not found")
    hashes = tuple(decode_base64(line) for line in lines)
    if len(hashes) > MOST_HASHES or any(len(hashed) != 32 for hashed in hashes):
        raise NoteError("the hashes of a proof have 32 bytes each, and there are at most 63")
    proof = InclusionProof(int(index), hashes, checkpoint, extra)
    if str(proof) != text:
        raise NoteError("the proof is not written in the one form that the standard allows")
    return proof


def verify_proof(text: str, leaf_hash: bytes, key: VerifierKey) -> TreeHead:
    """Check that the leaf with this hash is in the log that `key` signs for, and return the tree head it is under.

    `NoteError` for a wrong form or signature, `ProofError` where the proof leads elsewhere.
    """
    proof = parse_proof(text)
    head = open_checkpoint(proof.checkpoint, key)
    verify_inclusion(leaf_hash, proof.index, head.size, proof.hashes, head.root_hash)
    return head
