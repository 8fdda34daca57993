"""Signed notes, checkpoints and proofs as text: the published example, and one form only."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit import tlog
from audit.errors import NoteError, ProofError

VECTOR = json.loads((Path(__file__).parent.parent / "vectors" / "signed_note.json").read_text(encoding="utf-8"))
ORIGIN = "harbour.example/candour/6f1c"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = tlog.VerifierKey(ORIGIN, KEY.public_key().public_bytes_raw())
LEAF = tlog.leaf_hash(b"one")
HEAD = tlog.TreeHead(ORIGIN, 1, LEAF)


def checkpoint(head: tlog.TreeHead = HEAD) -> str:
    return str(tlog.sign_note(str(head), ORIGIN, KEY))


class TestThePublishedExample:
    def test_its_note_opens_with_its_key(self) -> None:
        opened = tlog.open_note(VECTOR["note"], [tlog.parse_verifier_key(VECTOR["verifier_key"])])
        assert opened.text == VECTOR["text"]

    def test_signing_its_text_gives_its_note(self) -> None:
        seed = base64.b64decode(VECTOR["signer_key"].split("+", 4)[4])[1:]
        signed = tlog.sign_note(VECTOR["text"], "PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed))
        assert str(signed) == VECTOR["note"]

    def test_its_key_is_written_as_it_was_read(self) -> None:
        assert str(tlog.parse_verifier_key(VECTOR["verifier_key"])) == VECTOR["verifier_key"]


class TestNotes:
    def test_any_changed_character_is_noticed(self) -> None:
        note = checkpoint()
        for place in range(len(note)):
            changed = note[:place] + chr(ord(note[place]) ^ 1) + note[place + 1 :]
            with pytest.raises(NoteError):
                tlog.open_checkpoint(changed, VERIFIER)

    @given(tail=st.text(min_size=1, max_size=5))
    def test_nothing_may_follow(self, tail: str) -> None:
        with pytest.raises(NoteError):
            tlog.open_checkpoint(checkpoint() + tail, VERIFIER)

    def test_a_signature_by_somebody_else_does_not_hurt(self) -> None:
        other = tlog.sign_note(str(HEAD), "witness.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))
        note = checkpoint() + str(other).rpartition("\n\n")[2]
        assert tlog.open_checkpoint(note, VERIFIER) == HEAD

    def test_a_note_signed_only_by_somebody_else_is_refused(self) -> None:
        stranger = tlog.VerifierKey(ORIGIN, bytes(32))
        with pytest.raises(NoteError, match="not signed by a key that is known"):
            tlog.open_note(checkpoint(), [stranger])

    def test_two_signatures_of_one_key_are_refused(self) -> None:
        note = checkpoint()
        with pytest.raises(NoteError, match="signed twice"):
            tlog.open_note(note + note.rpartition("\n\n")[2], [VERIFIER])

    @pytest.mark.parametrize(
        "note",
        [
            "",
            "\n",
            "text\n",
            "text\n\n",
            "text\n— name AAAAAAA=\n",
            "text\n\n— name AAAAAAA=",
            "text\n\n— name AAAA\n",
            "text\n\n- name AAAAAAA=\n",
            "text\n\n— na+me AAAAAAA=\n",
            "text\n\n— na\u00a0me AAAAAAA=\n",
            "text\n\n— name AAAAAAB=\n",
            "text\n\n— name AAAAAAA\n",
            "te\txt\n\n— name AAAAAAA=\n",
            "text\r\n\n— name AAAAAAA=\n",
            "text\n\n" + "— name AAAAAAA=\n" * 101,
        ],
    )
    def test_other_forms_are_refused(self, note: str) -> None:
        with pytest.raises(NoteError):
            tlog.parse_note(note)

    @pytest.mark.parametrize("text", ["", "no newline at the end", "a\x00b\n"])
    def test_other_texts_are_not_signed(self, text: str) -> None:
        with pytest.raises(NoteError):
            tlog.sign_note(text, ORIGIN, KEY)


class TestVerifierKeys:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "name",
            "name+00000000",
            "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ],
    )
    def test_a_damaged_key_is_refused(self, text: str) -> None:
        with pytest.raises(NoteError):
            tlog.parse_verifier_key(text)

    @pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b"])
    def test_a_name_that_breaks_the_line_is_refused(self, name: str) -> None:
        with pytest.raises(NoteError):
            tlog.VerifierKey(name, bytes(32))


class TestCheckpoints:
    def test_what_was_signed_comes_back(self) -> None:
        head = tlog.TreeHead(ORIGIN, 20_852_163, bytes(range(32)), ("an extension",))
        assert tlog.open_checkpoint(checkpoint(head), VERIFIER) == head

    def test_the_origin_is_the_name_of_the_key(self) -> None:
        with pytest.raises(NoteError, match=r"inland\.example"):
            tlog.open_checkpoint(checkpoint(tlog.TreeHead("inland.example/log", 1, LEAF)), VERIFIER)

    @pytest.mark.parametrize("size", ["01", "-1", "+1", "1 ", "one", "1e3", "", "\u0661", "1_0", "9" * 20])
    def test_a_size_is_a_plain_decimal(self, size: str) -> None:
        root = base64.b64encode(LEAF).decode()
        with pytest.raises(NoteError):
            tlog.parse_tree_head(f"{ORIGIN}\n{size}\n{root}\n")

    @pytest.mark.parametrize("text", ["", "\n", f"{ORIGIN}\n1\n", f"{ORIGIN}\n1\nAAAA\n", f"\n1\n{'A' * 43}=\n"])
    def test_a_missing_or_short_line_is_refused(self, text: str) -> None:
        with pytest.raises(NoteError):
            tlog.parse_tree_head(text)

    def test_an_empty_extension_line_is_refused(self) -> None:
        with pytest.raises(NoteError):
            tlog.parse_tree_head(str(HEAD) + "\n")


class TestProofs:
    def test_a_proof_verifies_alone(self) -> None:
        text = str(tlog.InclusionProof(0, (), checkpoint()))
        assert tlog.verify_proof(text, LEAF, VERIFIER) == HEAD

    def test_its_form_is_the_standard_one(self) -> None:
        text = str(tlog.InclusionProof(5, (bytes(32),), "log\n", b"more"))
        assert text == f"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 5\n{'A' * 43}=\n\nlog\n"
        assert str(tlog.parse_proof(text)) == text

    def test_another_leaf_is_refused(self) -> None:
        with pytest.raises(ProofError):
            tlog.verify_proof(str(tlog.InclusionProof(0, (), checkpoint())), tlog.leaf_hash(b"two"), VERIFIER)

    def test_any_changed_character_is_noticed(self) -> None:
        left = tlog.leaf_hash(b"left")
        head = tlog.TreeHead(ORIGIN, 2, tlog.root(2, lambda _: {tlog.Node(1, 0): LEAF}))
        text = str(tlog.InclusionProof(1, (left,), checkpoint(head)))
        for place in range(len(text)):
            changed = text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :]
            with pytest.raises((NoteError, ProofError)):
                tlog.verify_proof(changed, LEAF, VERIFIER)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "c2sp.org/tlog-proof@v2\nindex 0\n\nlog\n",
            "c2sp.org/tlog-proof@v1\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nindex 00\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nindex -1\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nlog\n",
            "c2sp.org/tlog-proof@v1\nindex 0\n" + f"{'A' * 43}=\n" * 64 + "\nlog\n",
        ],
    )
    def test_other_forms_are_refused(self, text: str) -> None:
        with pytest.raises(NoteError):
            tlog.parse_proof(text)
