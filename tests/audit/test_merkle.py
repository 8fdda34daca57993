"""The tree: known answers, every tree up to 70 leaves, and what must never verify."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import tlog
from audit.errors import ProofError

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "rfc6962_tree.json").read_text(encoding="utf-8"))
LARGEST = 70


class Tree:
    """Leaves with their stored nodes, grown one leaf at a time."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.hashes = [tlog.leaf_hash(leaf) for leaf in leaves]
        self.nodes = {tlog.Node(0, index): hashed for index, hashed in enumerate(self.hashes)}
        for size, hashed in enumerate(self.hashes):
            peaks = [self.nodes[node] for node in tlog.subtrees(0, size)]
            self.nodes.update(tlog.grow(size, peaks, [hashed]))

    def read(self, nodes: Sequence[tlog.Node]) -> Mapping[tlog.Node, bytes]:
        return {node: self.nodes[node] for node in nodes}

    def root(self, size: int) -> bytes:
        return tlog.root(size, self.read)


def defined_root(hashes: Sequence[bytes]) -> bytes:
    """MTH as RFC 9162 section 2.1.1 writes it, over leaf hashes: slow and plain."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return sha256(b"\x01" + defined_root(hashes[:half]) + defined_root(hashes[half:])).digest()


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree([f"leaf {index}".encode() for index in range(LARGEST)])


@pytest.fixture(scope="module")
def known() -> Tree:
    return Tree([bytes.fromhex(leaf) for leaf in VECTORS["leaves"]])


class TestKnownAnswers:
    @pytest.mark.parametrize("size", range(9))
    def test_root(self, known: Tree, size: int) -> None:
        assert known.root(size).hex() == VECTORS["roots"][size]

    @pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: f"{case['index']} of {case['size']}")
    def test_inclusion(self, known: Tree, case: dict[str, object]) -> None:
        proof = tlog.inclusion_proof(int(str(case["index"])), int(str(case["size"])), known.read)
        assert [hashed.hex() for hashed in proof] == case["proof"]

    @pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: f"{case['old']} to {case['new']}")
    def test_consistency(self, known: Tree, case: dict[str, object]) -> None:
        proof = tlog.consistency_proof(int(str(case["old"])), int(str(case["new"])), known.read)
        assert [hashed.hex() for hashed in proof] == case["proof"]


class TestEveryTree:
    def test_the_root_is_the_one_the_standard_defines(self, tree: Tree) -> None:
        assert [tree.root(size) for size in range(LARGEST + 1)] == [
            defined_root(tree.hashes[:size]) for size in range(LARGEST + 1)
        ]

    def test_growing_by_any_step_gives_the_same_nodes(self, tree: Tree) -> None:
        for size in range(LARGEST):
            peaks = [tree.nodes[node] for node in tlog.subtrees(0, size)]
            grown = dict(tlog.grow(size, peaks, tree.hashes[size:]))
            assert grown.items() <= tree.nodes.items()
            assert all(node.position << node.level < LARGEST for node in grown)
            assert len(grown) == sum(
                1 for node in tree.nodes if node.level and size < (node.position + 1) << node.level <= LARGEST
            )

    def test_every_entry_is_provable_and_no_other_is(self, tree: Tree) -> None:
        stranger = tlog.leaf_hash(b"never written")
        for size in range(1, LARGEST + 1):
            root = tree.root(size)
            for index in range(size):
                proof = tlog.inclusion_proof(index, size, tree.read)
                tlog.verify_inclusion(tree.hashes[index], index, size, proof, root)
                for wrong in (stranger, tree.hashes[(index + 1) % LARGEST]):
                    with pytest.raises(ProofError):
                        tlog.verify_inclusion(wrong, index, size, proof, root)

    def test_a_proof_holds_for_its_own_index_only(self, tree: Tree) -> None:
        size = 33
        for index in range(size):
            proof = tlog.inclusion_proof(index, size, tree.read)
            for other in set(range(size + 1)) - {index}:
                with pytest.raises(ProofError):
                    tlog.verify_inclusion(tree.hashes[index], other, size, proof, tree.root(size))

    def test_all_sizes_are_consistent_with_all_later_ones(self, tree: Tree) -> None:
        for new in range(LARGEST + 1):
            for old in range(new + 1):
                proof = tlog.consistency_proof(old, new, tree.read)
                tlog.verify_consistency(old, new, proof, tree.root(old), tree.root(new))

    def test_a_changed_past_is_consistent_with_nothing(self, tree: Tree) -> None:
        forged = Tree([b"forged" if index == 3 else f"leaf {index}".encode() for index in range(40)])
        for new in range(5, 41):
            for old in range(4, new):
                for proof in (
                    tlog.consistency_proof(old, new, tree.read),
                    tlog.consistency_proof(old, new, forged.read),
                ):
                    with pytest.raises(ProofError):
                        tlog.verify_consistency(old, new, proof, tree.root(old), forged.root(new))

    def test_a_proof_reads_no_more_nodes_than_twice_the_height(self, tree: Tree) -> None:
        asked: list[tlog.Node] = []

        def read(nodes: Sequence[tlog.Node]) -> Mapping[tlog.Node, bytes]:
            asked.extend(nodes)
            return tree.read(nodes)

        tlog.inclusion_proof(17, LARGEST, read)
        assert len(asked) <= 2 * LARGEST.bit_length()


class TestRefusals:
    @pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
    def test_an_entry_outside_the_tree_has_no_proof(self, tree: Tree, index: int, size: int) -> None:
        with pytest.raises(ProofError):
            tlog.inclusion_proof(index, size, tree.read)
        with pytest.raises(ProofError):
            tlog.verify_inclusion(tree.hashes[0], index, size, [], tree.root(size))

    @pytest.mark.parametrize(("old", "new"), [(5, 4), (-1, 4)])
    def test_a_tree_does_not_shrink(self, tree: Tree, old: int, new: int) -> None:
        with pytest.raises(ProofError):
            tlog.consistency_proof(old, new, tree.read)
        with pytest.raises(ProofError):
            tlog.verify_consistency(old, new, [], tree.root(4), tree.root(4))

    def test_two_roots_for_one_size_are_refused(self, tree: Tree) -> None:
        with pytest.raises(ProofError):
            tlog.verify_consistency(5, 5, [], tree.root(5), tree.root(6))

    def test_a_tree_that_claims_to_start_from_nothing_needs_the_empty_root(self, tree: Tree) -> None:
        with pytest.raises(ProofError):
            tlog.verify_consistency(0, 5, [], tree.root(1), tree.root(5))


class TestAnyTree:
    @given(data=st.data())
    def test_any_change_to_a_proof_breaks_it(self, data: st.DataObject) -> None:
        leaves = data.draw(st.lists(st.binary(max_size=8), min_size=1, max_size=200))
        tree, size = Tree(leaves), len(leaves)
        index = data.draw(st.integers(0, size - 1))
        proof = tlog.inclusion_proof(index, size, tree.read)
        root = defined_root(tree.hashes)
        tlog.verify_inclusion(tree.hashes[index], index, size, proof, root)
        mutations = [[*proof, bytes(32)], [bytes(32), *proof]]
        if proof:
            place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
            flipped = bytearray(proof[place])
            flipped[bit // 8] ^= 1 << bit % 8
            mutations += [proof[:-1], proof[1:], [*proof[:place], bytes(flipped), *proof[place + 1 :]]]
        for mutated in mutations:
            with pytest.raises(ProofError):
                tlog.verify_inclusion(tree.hashes[index], index, size, mutated, root)

    @given(data=st.data())
    def test_any_change_to_a_consistency_proof_breaks_it(self, data: st.DataObject) -> None:
        leaves = data.draw(st.lists(st.binary(max_size=8), min_size=2, max_size=200))
        tree, new = Tree(leaves), len(leaves)
        old = data.draw(st.integers(1, new - 1))
        proof = tlog.consistency_proof(old, new, tree.read)
        roots = tree.root(old), tree.root(new)
        tlog.verify_consistency(old, new, proof, *roots)
        for mutated in (proof[:-1], proof[1:], [*proof, bytes(32)], [bytes(32), *proof], proof[::-1]):
            if mutated != proof:
                with pytest.raises(ProofError):
                    tlog.verify_consistency(old, new, mutated, *roots)
