"""Publishing checkpoints: what the log holds up to now, signed, so that it cannot be changed unseen later."""

from __future__ import annotations

from datetime import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from audit import tlog
from audit.errors import LogDamagedError, LogKeyError, NoteError, ProofError
from audit.models import Checkpoint, Log, LogEntry, TreeNode
from audit.records import utc_text
from audit.services.append import origin_of
from audit.services.tree import reader

KEY_FILE = "log_ed25519.pem"


def log_public_key() -> Ed25519PublicKey:
    """The public half of the key that signs checkpoints; `LogKeyError` where the key is missing or wrong."""
    return _key().public_key()


def verifier_key(log: Log) -> tlog.VerifierKey:
    """The public key under the log's name; its `str` is "origin+hash+key", as independent verifiers take it."""
    return tlog.VerifierKey(log.origin, log_public_key().public_bytes_raw())


def log_verifier_key(log: Log | None = None) -> str:
    """The verifier key of a log as text, "origin+hash+key"; without one, of the installation's log."""
    return str(verifier_key(log or Log(origin=origin_of(None))))


def logs_to_publish() -> QuerySet[Log]:
    """Logs with entries past their newest checkpoint, or short of it (which publishing will then refuse)."""
    newest = Checkpoint.objects.filter(log=OuterRef("pk")).order_by("-tree_size").values("tree_size")[:1]
    published = Log.objects.annotate(published=Coalesce(Subquery(newest), 0))
    return published.exclude(size=F("published")).order_by("origin")


@transaction.atomic
def publish_checkpoint(log: Log, *, at: datetime) -> Checkpoint | None:
    """Sign the log's present size and root; None where no entry was added since the newest checkpoint.

    The work is proportional to the entries added. Refuses with `LogDamagedError` where the log is shorter
    than what was signed before or does not begin with it, and with `LogKeyError` for a missing or foreign key.
    """
    utc_text(at)
    # The lock keeps writers out for these milliseconds: every entry below `size` is committed and visible.
    log = Log.objects.select_for_update().get(pk=log.pk)
    previous = Checkpoint.objects.filter(log=log).order_by("-tree_size").first()
    old_size = previous.tree_size if previous else 0
    if log.size == old_size:
        return None
    key = _key()
    added = _added_leaves(log, old_size)
    peaks = reader(log)(tlog.subtrees(0, old_size))
    grown = dict(tlog.grow(old_size, [peaks[node] for node in tlog.subtrees(0, old_size)], added.values()))
    read = reader(log, {**peaks, **added, **grown})
    head = tlog.TreeHead(log.origin, log.size, tlog.root(log.size, read))
    if previous:
        _check_grown(log, previous, head, read)
    TreeNode.objects.bulk_create(
        (TreeNode(log=log, level=node.level, index=node.position, hash=hashed) for node, hashed in grown.items()),
        batch_size=1000,
    )
    return Checkpoint.objects.create(
        log=log,
        tree_size=head.size,
        root_hash=head.root_hash,
        note=str(tlog.sign_note(str(head), log.origin, key)),
        published_at=max(at, previous.published_at) if previous else at,
    )


def _added_leaves(log: Log, old_size: int) -> dict[tlog.Node, bytes]:
    """Hashes of the entries that no checkpoint covers yet; refuses a log that is shorter than it says or was."""
    if log.size < old_size or (old_size and not LogEntry.objects.filter(log=log, leaf_index=old_size - 1).exists()):
        raise LogDamagedError(
            f"the log {log.origin} went back: {old_size} entries were signed for, and the last of them are gone. "
            "No checkpoint is signed until they are restored; run verify_log"
        )
    rows = LogEntry.objects.filter(log=log, leaf_index__gte=old_size).order_by("leaf_index")
    added = {
        tlog.Node(0, index): bytes(hashed) for index, hashed in rows.values_list("leaf_index", "leaf_hash").iterator()
    }
    if list(added) != [tlog.Node(0, index) for index in range(old_size, log.size)]:
        raise LogDamagedError(
            f"the log {log.origin} counts {log.size} entries, but not all of them are there; run verify_log"
        )
    return added


def _check_grown(log: Log, previous: Checkpoint, head: tlog.TreeHead, read: tlog.Read) -> None:
    """Refuse to sign a tree that does not begin with the one signed before, or with another key than before."""
    try:
        signed = tlog.open_checkpoint(previous.note, verifier_key(log))
    except NoteError as problem:
        raise LogKeyError(
            f"the newest checkpoint of the log {log.origin} was not signed by the key that is in {KEY_FILE} now. "
            "Put the former key back from your backup"
        ) from problem
    proof = tlog.consistency_proof(signed.size, head.size, read)
    try:
        tlog.verify_consistency(signed.size, head.size, proof, signed.root_hash, head.root_hash)
    except ProofError as problem:
        raise LogDamagedError(
            f"the log {log.origin} no longer begins with the {signed.size} entries that were signed for; run verify_log"
        ) from problem


def _key() -> Ed25519PrivateKey:
    path = settings.KEY_DIR / KEY_FILE
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as problem:
        raise LogKeyError(
            f"the key of the log, {path}, cannot be read ({problem.strerror}). Put it back from your backup; "
            "entries are kept and are signed for once it is there"
        ) from problem
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise LogKeyError(f"{path} is not a private key without password; put it back from your backup") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise LogKeyError(f"{path} must hold an Ed25519 key, but holds another kind; put it back from your backup")
    return key
