"""Every way the audit room can refuse, and `Refusal`, the base of every refusal in every room.

A message says in plain words what was expected, what was found and what to do next.
`code` is stable and machine-readable; `field` names the form field it belongs to, or is empty.
"""

from __future__ import annotations

from typing import ClassVar


class Refusal(Exception):
    """Something was asked for that Candour will not do; the text is for the person who asked."""

    default_code: ClassVar[str] = "refused"
    code: str
    field: str
    message: str

    def __init__(self, message: str, *, field: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or self.default_code


class NotInTransactionError(Refusal):
    """An entry was about to be written outside the transaction of the act that it describes."""

    default_code = "audit.not_in_transaction"


class AppendOnlyError(Refusal):
    """Somebody tried to change or delete evidence through the application."""

    default_code = "audit.append_only"


class EntryRefusedError(Refusal):
    """An entry cannot be written as asked: a time without zone, a wrong kind, a value JSON cannot hold."""

    default_code = "audit.entry"


class LogKeyError(Refusal):
    """The key that signs checkpoints is missing or is not an Ed25519 key."""

    default_code = "audit.log_key"


class LogDamagedError(Refusal):
    """The log disagrees with a checkpoint that was signed earlier, so no new one may be signed."""

    default_code = "audit.log_damaged"


class NotCoveredError(Refusal):
    """A proof was asked for an entry that the checkpoint does not cover yet."""

    default_code = "audit.not_covered"


class NoteError(Refusal):
    """A signed note, checkpoint or proof text is not in the one form its standard allows, or does not verify."""

    default_code = "audit.note"


class ProofError(Refusal):
    """A Merkle proof does not lead to the root it was checked against."""

    default_code = "audit.proof"
