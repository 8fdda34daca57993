"""The keys of one installation: files of mode 0600 in the key folder, made once and never replaced.

| file | what | used by |
|---|---|---|
| `django_secret` | 64 random characters | sessions, CSRF |
| `field_encryption.key` | 32 random bytes, hex | wraps each patient's data key |
| `log_ed25519.pem` | Ed25519 private key | signs checkpoints of the log |
| `sealing_key.pem`, `sealing_certificate.pem` | ECDSA P-256 key and its self-signed certificate | seals PDFs |

A lost key is never made anew in silence once something rests on it:
`manage.py doctor` says so, and what needs the key waits.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from config.environment import SettingError

SECRET = "django_secret"  # noqa: S105 - the name of a file
FIELD = "field_encryption.key"
LOG = "log_ed25519.pem"
SEALING_KEY = "sealing_key.pem"
SEALING_CERTIFICATE = "sealing_certificate.pem"
ALL = (SECRET, FIELD, LOG, SEALING_KEY, SEALING_CERTIFICATE)


def missing(folder: Path) -> list[str]:
    """Names of key files that are not there."""
    return [name for name in ALL if not (folder / name).is_file()]


def create_missing(folder: Path) -> list[str]:
    """Make what is missing; return the names of what was made."""
    makers: dict[str, Callable[[], bytes]] = {
        SECRET: lambda: secrets.token_urlsafe(48).encode(),
        FIELD: lambda: secrets.token_hex(32).encode(),
        LOG: lambda: _pem(ed25519.Ed25519PrivateKey.generate()),
    }
    made = []
    for name, make in makers.items():
        if not (folder / name).exists():
            _write(folder / name, make())
            made.append(name)
    if not (folder / SEALING_KEY).exists() and not (folder / SEALING_CERTIFICATE).exists():
        key = ec.generate_private_key(ec.SECP256R1())
        _write(folder / SEALING_KEY, _pem(key))
        _write(folder / SEALING_CERTIFICATE, _self_signed(key))
        made += [SEALING_KEY, SEALING_CERTIFICATE]
    return made


def secret(folder: Path) -> str:
    """Django's secret key; made at the first start."""
    path = folder / SECRET
    if not path.exists():
        _write(path, secrets.token_urlsafe(48).encode())
    try:
        value = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingError(f"the key file {path} cannot be read: {problem}") from problem
    if len(value) < 32:
        raise SettingError(f"the key file {path} holds fewer than 32 characters; restore it from your backup")
    return value


def _pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _self_signed(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate for sealing: it identifies the installation by its fingerprint, nobody by name."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Candour document seal")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=3652))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=True,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=False,
                crl_sign=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; an existing one is never touched."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    except OSError as problem:
        raise SettingError(f"the key file {path} cannot be made: {problem.strerror}") from problem
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
