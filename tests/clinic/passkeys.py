"""A passkey in software: what a browser sends of it, right or wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from clinic.models import User

HOST = "testserver"
ORIGIN = f"https://{HOST}"
PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


@dataclass(frozen=True)
class Passkey:
    """One key of one person; `key_id` is what the account knows it by."""

    owner: User
    key_id: bytes = b"a key of this person"
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def add(self) -> None:
        """Put it on file for its owner."""
        known = AttestedCredentialData.create(
            b"\0" * 16, self.key_id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT
        said = AuthenticatorData.create(sha256(HOST.encode()).digest(), flags, 0, known)
        client = CollectedClientData.create("webauthn.create", b"once", ORIGIN)
        made = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", said, {})),
        }
        WebAuthn.add(self.owner, "Key", {**self._named(), "response": made})

    def answer(self, challenge: str, *, is_wrong: bool = False) -> str:
        """What the browser sends to answer this challenge; a wrong one signs something else."""
        client = CollectedClientData.create("webauthn.get", challenge, ORIGIN)
        said = AuthenticatorData.create(sha256(HOST.encode()).digest(), PRESENT_AND_VERIFIED, 1)
        signed = b"something else" if is_wrong else said + client.hash
        made = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(said),
            "signature": websafe_encode(self.key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": websafe_encode(user_pk_to_url_str(self.owner).encode()),
        }
        return json.dumps({**self._named(), "response": made})

    def _named(self) -> dict[str, Any]:
        named = websafe_encode(self.key_id)
        return {"id": named, "rawId": named, "type": "public-key"}


def challenge_of(browser: Client) -> str:
    """The one that this browser was asked last."""
    return str(browser.session["mfa.webauthn.state"]["challenge"])
