"""The Merkle tree of RFC 9162 section 2.1, over stored hashes of complete subtrees.

A `Node` names a complete subtree; its hash never changes once its leaves are there, so it can be stored.
Everything that makes a root or a proof takes a `Read`, which returns the hashes of the nodes asked for:
about log2(size) of them, whatever the size of the tree. All hashes are 32 bytes of SHA-256.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, TypeAlias

from audit.errors import ProofError

EMPTY_ROOT = sha256(b"").digest()


class Node(NamedTuple):
    """The complete subtree over leaves [position * 2^level, (position + 1) * 2^level); level 0 is a leaf."""

    level: int
    position: int


Read: TypeAlias = Callable[[Sequence[Node]], Mapping[Node, bytes]]
_Range: TypeAlias = tuple[int, int]


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || leaf)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def subtrees(start: int, end: int) -> list[Node]:
    """The complete subtrees that cover leaves [start, end), left to right, where `start` is aligned as in a tree."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def grow(size: int, peaks: Sequence[bytes], leaf_hashes: Iterable[bytes]) -> Iterator[tuple[Node, bytes]]:
    """The inner nodes completed when `leaf_hashes` are added to a tree of `size` leaves.

    `peaks` are the hashes of `subtrees(0, size)`. Yields each node once, children before parents.
    """
    stack = list(peaks)
    for hashed in leaf_hashes:
        stack.append(hashed)
        size += 1
        for level in range(1, (size & -size).bit_length()):
            right = stack.pop()
            stack.append(node_hash(stack.pop(), right))
            yield Node(level, (size >> level) - 1), stack[-1]


def root(size: int, read: Read) -> bytes:
    """The root of the first `size` leaves."""
    return _range_hashes([(0, size)], read)[0] if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: Read) -> list[bytes]:
    """PATH(index, D[size]) of RFC 9162 section 2.1.3.1, from the leaf's sibling upwards."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} entries has no entry {index}")
    start, end = 0, size
    ranges: list[_Range] = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return _range_hashes(ranges[::-1], read)


def consistency_proof(old_size: int, new_size: int, read: Read) -> list[bytes]:
    """PROOF(old_size, D[new_size]) of RFC 9162 section 2.1.4.1; empty where the old tree is empty or the same."""
    if not 0 <= old_size <= new_size:
        raise ProofError(f"a tree of {new_size} entries cannot have grown from one of {old_size}")
    if old_size == 0:
        return []
    start, end = 0, new_size
    ranges: list[_Range] = []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return _range_hashes(ranges[::-1], read)


def verify_inclusion(hashed: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> None:
    """RFC 9162 section 2.1.3.2; `ProofError` unless the leaf with this hash is entry `index` of the tree."""
    if not 0 <= index < size:
        raise ProofError(f"a tree of {size} entries has no entry {index}")
    position, last, computed = index, size - 1, hashed
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is longer than the tree is high")
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        position, last = position >> 1, last >> 1
    if last or computed != root_hash:
        raise ProofError(
            f"the inclusion proof of entry {index} does not lead to the root of the tree of {size} entries"
        )


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """RFC 9162 section 2.1.4.2; `ProofError` unless the new tree begins with all of the old one."""
    if not 0 <= old_size <= new_size:
        raise ProofError(f"a tree of {new_size} entries cannot have grown from one of {old_size}")
    if old_size in (0, new_size):
        expected = new_root if old_size else EMPTY_ROOT
        if proof or old_root != expected:
            raise ProofError(f"the trees of {old_size} and {new_size} entries disagree")
        return
    hashes = list(proof)
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        raise ProofError("the consistency proof is empty")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise ProofError("the consistency proof is longer than the tree is high")
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        position, last = position >> 1, last >> 1
    if last or old != old_root or new != new_root:
        raise ProofError(f"the tree of {new_size} entries does not begin with the tree of {old_size} entries")


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _range_hashes(ranges: Sequence[_Range], read: Read) -> list[bytes]:
    """Hashes of ranges of leaves, each folded from its complete subtrees, with one read for all of them."""
    covers = [subtrees(start, end) for start, end in ranges]
    hashes = read([node for cover in covers for node in cover]) if covers else {}
    result = []
    for cover in covers:
        computed = hashes[cover[-1]]
        for node in reversed(cover[:-1]):
            computed = node_hash(hashes[node], computed)
        result.append(computed)
    return result
