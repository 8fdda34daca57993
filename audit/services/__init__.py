"""What other rooms may do with the log: append to it, publish its checkpoints, prove what is in it."""

from audit.services.append import NamedRows, append, log_of, named_between, one_entry, size_of
from audit.services.checkpoints import (
    log_public_key,
    log_verifier_key,
    logs_to_publish,
    publish_checkpoint,
    verifier_key,
)
from audit.services.erase import erase_details
from audit.services.proofs import covering_checkpoint, entries_for, inclusion_proof, newest_checkpoint, tlog_proof

__all__ = [
    "NamedRows",
    "append",
    "covering_checkpoint",
    "entries_for",
    "erase_details",
    "inclusion_proof",
    "log_of",
    "log_public_key",
    "log_verifier_key",
    "logs_to_publish",
    "named_between",
    "newest_checkpoint",
    "one_entry",
    "publish_checkpoint",
    "size_of",
    "tlog_proof",
    "verifier_key",
]
