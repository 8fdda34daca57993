"""The stored tree of one log, as `audit.tlog` reads it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Q

from audit.errors import LogDamagedError
from audit.models import Log, LogEntry, TreeNode
from audit.tlog import Node, Read


def reader(log: Log, known: Mapping[Node, bytes] | None = None) -> Read:
    """A `Read` over the log's rows, after the nodes `known` already; two queries at most for one call.

    The `Read` raises `LogDamagedError` where a node is missing.
    """

    def read(nodes: Sequence[Node]) -> Mapping[Node, bytes]:
        hashes = {node: known[node] for node in nodes if node in known} if known else {}
        hashes |= _stored(log, [node for node in nodes if node not in hashes])
        if missing := [node for node in nodes if node not in hashes]:
            node = missing[0]
            raise LogDamagedError(
                f"the log {log.origin} has lost a part of its tree: the hash over entries "
                f"{node.position << node.level} to {((node.position + 1) << node.level) - 1} is missing; run verify_log"
            )
        return hashes

    return read


def _stored(log: Log, nodes: Sequence[Node]) -> dict[Node, bytes]:
    hashes: dict[Node, bytes] = {}
    places: defaultdict[int, list[int]] = defaultdict(list)
    for node in nodes:
        places[node.level].append(node.position)
    if leaves := places.pop(0, []):
        rows = LogEntry.objects.filter(log=log, leaf_index__in=leaves).values_list("leaf_index", "leaf_hash")
        hashes |= {Node(0, index): bytes(hashed) for index, hashed in rows}
    if places:
        wanted = Q()
        for level, indexes in places.items():
            wanted |= Q(level=level, index__in=indexes)
        for level, index, hashed in TreeNode.objects.filter(wanted, log=log).values_list("level", "index", "hash"):
            hashes[Node(level, index)] = bytes(hashed)
    return hashes
