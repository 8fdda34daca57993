"""The transparency log as mathematics and text: Merkle tree, signed notes, checkpoints, proofs. No Django here.

| module | standard |
|---|---|
| `merkle` | RFC 9162 section 2.1 (SHA-256; leaf 0x00, node 0x01) |
| `notes` | C2SP signed-note, Ed25519; C2SP tlog-checkpoint |
| `proofs` | C2SP tlog-proof |
"""

from audit.tlog.merkle import (
    EMPTY_ROOT,
    Node,
    Read,
    consistency_proof,
    grow,
    inclusion_proof,
    leaf_hash,
    root,
    subtrees,
    verify_consistency,
    verify_inclusion,
)
from audit.tlog.notes import (
    SignedNote,
    TreeHead,
    VerifierKey,
    open_checkpoint,
    open_note,
    parse_note,
    parse_tree_head,
    parse_verifier_key,
    sign_note,
)
from audit.tlog.proofs import InclusionProof, parse_proof, verify_proof

__all__ = [
    "EMPTY_ROOT",
    "InclusionProof",
    "Node",
    "Read",
    "SignedNote",
    "TreeHead",
    "VerifierKey",
    "consistency_proof",
    "grow",
    "inclusion_proof",
    "leaf_hash",
    "open_checkpoint",
    "open_note",
    "parse_note",
    "parse_proof",
    "parse_tree_head",
    "parse_verifier_key",
    "root",
    "sign_note",
    "subtrees",
    "verify_consistency",
    "verify_inclusion",
    "verify_proof",
]
