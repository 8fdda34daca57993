"""A timestamp authority on this machine: `openssl ts` behind a small web server, with a root, a signer and a revocation list."""

from __future__ import annotations

import datetime as dt
import subprocess
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

POLICY = "1.3.6.1.4.1.99999.1"
CONFIG = f"""
[tsa]
default_tsa = here
[here]
serial = {{folder}}/serial
crypto_device = builtin
signer_digest = sha256
default_policy = {POLICY}
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""

CORE = ("version", "message_imprint", "cert_req", "nonce")
# Keys that may not sign timestamps: for what they are, and whether that is said in a critical extension.
UNFIT: dict[str, tuple[x509.ExtendedKeyUsage | None, bool]] = {
    "no purpose": (None, False),
    "another purpose": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), True),
    "two purposes": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.SERVER_AUTH]), True),
    "not critical": (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), False),
}


class Authority:
    """Answers one request after the other as `answers` says (one word each; "ok" when there is none left)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers: list[str] = []
        self.asked: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.list_answers: list[str] = []
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked.append(("POST", self.path))
                authority.headers.append(dict(self.headers.items()))
                authority.reply(self, body)

            def do_GET(self) -> None:
                authority.asked.append(("GET", self.path))
                authority.headers.append(dict(self.headers.items()))
                word = authority.list_answers.pop(0) if authority.list_answers else "ok"
                self.send_response(404 if word == "none" else 200)
                self.end_headers()
                self.wfile.write(authority.list(word))

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.url = f"{self.base}/tsr"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self._make()

    def path(self, name: str) -> Path:
        """One of its files."""
        return self.folder / name

    @property
    def root(self) -> bytes:
        """Its root, as DER."""
        found = x509.load_pem_x509_certificate(self.path("root.pem").read_bytes())
        return found.public_bytes(serialization.Encoding.DER)

    @property
    def tokens_given(self) -> int:
        """How often it was asked for a token."""
        return sum(method == "POST" for method, _ in self.asked)

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()

    def verify(self, *arguments: str) -> str:
        """What `openssl ts -verify` says."""
        done = subprocess.run(
            ["openssl", "ts", "-verify", *arguments, "-CAfile", str(self.path("root.pem"))],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    def reply(self, handler: BaseHTTPRequestHandler, query: bytes) -> None:
        word = self.answers.pop(0) if self.answers else "ok"
        if word == "refuse":
            query = b"no question at all"
        if word in ("slow", "drip"):
            self._slowly(handler, drips=word == "drip")
            return
        if word == "500":
            handler.send_error(500)
            return
        if word == "redirect":
            handler.send_response(302)
            handler.send_header("Location", f"{self.base}/elsewhere")
            handler.end_headers()
            return
        if word in UNFIT:
            usage, critical = UNFIT[word]
            self._answer(handler, self.unfit(query, usage, critical=critical))
            return
        content = {"garbage": b"<html>hello</html>", "large": b"\0" * 200_000, "empty": b""}.get(word)
        if content is None:
            content = self.stamp(self._changed(query, word) if word in ("other", "replay", "own policy") else query)
        self._answer(handler, content)

    def _answer(self, handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/timestamp-reply")
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def stamp(self, query: bytes) -> bytes:
        """A reply of `openssl ts`."""
        name = f"{threading.get_ident()}-{time.monotonic_ns()}"
        asked, answered = self.path(f"{name}.tsq"), self.path(f"{name}.tsr")
        asked.write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", str(self.path("tsa.cnf")), "-queryfile", str(asked)]
        command += ["-signer", str(self.path("tsa.pem")), "-inkey", str(self.path("tsa.key")), "-out", str(answered)]
        subprocess.run(command, capture_output=True, check=True)
        return answered.read_bytes()

    def list(self, word: str) -> bytes:
        """The list as it is, or one that says nothing: none, garbage, old (its week is over), forged (by another key)."""
        now = dt.datetime.now(dt.UTC)
        match word:
            case "ok":
                return self.path("list.crl").read_bytes()
            case "old":
                return self._list([], now - dt.timedelta(days=30), self._root_key)
            case "forged":
                return self._list([], now, ec.generate_private_key(ec.SECP256R1()))
        return b"no list at all"

    def revoke(self) -> None:
        """Put its own signer on the list."""
        self._write_list([x509.load_pem_x509_certificate(self.path("tsa.pem").read_bytes()).serial_number])

    def certify(self, name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
        """A certificate (PEM) of the root for somebody's signing key."""
        usage = _usage("digital_signature", "content_commitment")
        made = self._builder(_name(name), key).add_extension(usage, critical=True)
        return made.sign(self._root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def revoke_nothing(self) -> None:
        """An empty list again."""
        self._write_list([])

    def unfit(self, query: bytes, usage: x509.ExtendedKeyUsage | None, *, critical: bool) -> bytes:
        """A token by a key of the same root that is not, or not only, for timestamps; `openssl ts` would not make it."""
        key = rsa.generate_private_key(65537, 2048)
        builder = self._builder(_name("Test Web Server"), key)
        if usage is not None:
            builder = builder.add_extension(usage, critical=critical)
        signer = builder.sign(self._root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
        private = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        maker = DummyTimeStamper(asn1_x509.Certificate.load(signer), asn1_keys.PrivateKeyInfo.load(private))
        return bytes(maker.request_tsa_response(tsp.TimeStampReq.load(query)).dump())

    def _changed(self, query: bytes, word: str) -> bytes:
        """The same question about other bytes ("other"), with another nonce ("replay"), without a policy ("own policy")."""
        asked = tsp.TimeStampReq.load(query)
        if word == "own policy":
            return bytes(tsp.TimeStampReq({name: asked[name] for name in CORE}).dump())
        if word == "other":
            asked["message_imprint"]["hashed_message"] = b"\x11" * 32
        else:
            asked["nonce"] = 4711
        return bytes(asked.dump(force=True))

    def _slowly(self, handler: BaseHTTPRequestHandler, *, drips: bool) -> None:
        if drips:
            handler.send_response(200)
            handler.end_headers()
        for _ in range(100):
            time.sleep(0.1)
            if drips:
                try:
                    handler.wfile.write(b"\0")
                    handler.wfile.flush()
                except OSError:
                    return

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path("tsa.cnf").write_text(CONFIG.format(folder=self.folder), encoding="ascii")
        self.path("serial").write_text("1000\n", encoding="ascii")
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        self._root_name = _name("Test Time Root")
        now = dt.datetime.now(dt.UTC)
        self._validity = (now - dt.timedelta(days=400), now + dt.timedelta(days=400))
        key_id = x509.SubjectKeyIdentifier.from_public_key(self._root_key.public_key())
        root = (
            self._builder(self._root_name, self._root_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(key_id, critical=False)
            .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
            .sign(self._root_key, hashes.SHA256())
        )
        key = ec.generate_private_key(ec.SECP256R1())
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.base}/list.crl")], None, None, None)
        signer = (
            self._builder(_name("Test Time Authority"), key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage("digital_signature"), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._root_key.public_key()), critical=False
            )
            .add_extension(x509.CRLDistributionPoints([point]), critical=False)
            .sign(self._root_key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.path("tsa.key").write_bytes(private)
        self.path("tsa.pem").write_bytes(signer.public_bytes(serialization.Encoding.PEM))
        self.path("root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        self._write_list([])

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._root_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._validity[0])
            .not_valid_after(self._validity[1])
        )

    def _write_list(self, revoked: Sequence[int]) -> None:
        now = dt.datetime.now(dt.UTC)
        self.path("list.crl").write_bytes(self._list(revoked, now, self._root_key))

    def _list(self, revoked: Sequence[int], now: dt.datetime, key: ec.EllipticCurvePrivateKey) -> bytes:
        """A list made an hour before `now`, good for a week, signed by `key` in the root's name."""
        made = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._root_name)
            .last_update(now - dt.timedelta(hours=1))
            .next_update(now + dt.timedelta(days=7))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        )
        for serial in revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - dt.timedelta(days=1))
            made = made.add_revoked_certificate(one.build())
        return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _usage(*names: str) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in names for name in every})
