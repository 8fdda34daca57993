"""PDF to sealed PDF: one invisible PAdES signature with DocMDP "no changes allowed". Hides pyHanko.

The key and its certificate are PEM files in `settings.KEY_DIR`. They are read once per process, and again when a
file changes. Every seal is validated before it is handed out: a file that our own check would refuse is never stored.
The time in a seal is a claim by the clinic's clock; what supports it is the log, and a timestamp authority where one
is named. Such an authority is asked while the file is sealed and never decides whether it is: where no token comes in
time, the file is sealed at level B-B, and why is told.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSigningSession, PdfTimeStamper
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from consent import timestamps
from consent.errors import SealingError, SealingKeyError, TimestampError
from consent.pdf_reader import PdfReader

KEY_FILE = "sealing_key.pem"
CERTIFICATE_FILE = "sealing_certificate.pem"
FIELD_NAME = "Seal"
TIMESTAMP_FIELD_NAME = "Timestamp"
# Room for the signature in the file, in hexadecimal digits; a P-256 seal with its certificate needs about 2,500.
_ROOM = 4096
# For all calls to a timestamp authority together, well within the lease of a sealing, and for each of them.
_SECONDS_FOR_TIME, _SECONDS_FOR_A_CALL = 12.0, 5.0
_LEAST_RSA_BITS = 3072
_MAKE_NEW = "restore both files from your backup, or run `manage.py doctor` to see what to do"


@dataclass(frozen=True)
class ReachedTime:
    """The level that a seal reached (B-B, B-T, B-LT, B-LTA), the trusted time in it, and why it is not the highest."""

    level: str
    facts: timestamps.TokenFacts | None = None
    why_not_more: str = ""


@dataclass(frozen=True)
class SealedPdf:
    """A sealed file, its SHA-256, and the SHA-256 of the certificate that sealed it (hex); `time` where one was asked."""

    content: bytes
    sha256: str
    certificate_sha256: str
    time: ReachedTime | None = None


@dataclass(frozen=True)
class SealingCertificate:
    """What is known of the certificate that seals now."""

    sha256: str
    not_before: dt.datetime
    not_after: dt.datetime
    is_own_root: bool = True

    def days_left(self, at: dt.datetime) -> int:
        """Whole days until it expires; negative afterwards."""
        return (self.not_after - at).days


@dataclass(frozen=True)
class _Identity:
    certificate: SealingCertificate
    signer: signers.SimpleSigner
    trust: asn1_x509.Certificate


def certificate() -> SealingCertificate:
    """The certificate in use. Raises SealingKeyError, in words, when key or certificate cannot be used."""
    return _identity().certificate


def check_key(*, at: dt.datetime) -> SealingCertificate:
    """Refuse a key or certificate that cannot seal at this time."""
    found = certificate()
    if at < found.not_before:
        raise SealingKeyError(
            f"the sealing certificate is valid from {found.not_before:%Y-%m-%d %H:%M} UTC; the clock says {at:%Y-%m-%d %H:%M}. "
            "Check the clock of this machine",
            code="sealing.not_yet_valid",
        )
    if at > found.not_after:
        raise SealingKeyError(
            f"the sealing certificate expired on {found.not_after:%Y-%m-%d}. Signing goes on; sealing waits for a new "
            "certificate",
            code="sealing.expired",
        )
    return found


def seal(
    pdf: bytes, *, reason: str, signed_at: dt.datetime, authority: timestamps.Authority | None = None
) -> SealedPdf:
    """Seal a PDF that has no seal yet.

    `signed_at` (aware) is written into the seal, and the certificate must be valid then. `authority` is asked for trusted
    time; whatever goes wrong with that, the file is sealed. Raises SealingKeyError for the key's faults and SealingError
    for the file's.
    """
    check_key(at=signed_at)
    identity = _identity()
    job = _Job(pdf, identity, reason, signed_at)
    if authority is not None:
        content, reached = _with_time(job, authority)
    else:
        content, reached = _plain(job), None
    return SealedPdf(content, hashlib.sha256(content).hexdigest(), identity.certificate.sha256, reached)


@dataclass(frozen=True)
class _Job:
    pdf: bytes
    identity: _Identity
    reason: str
    at: dt.datetime

    def signed(self, stamper: timestamps.CheckingTimeStamper | None = None) -> bytes:
        metadata = signers.PdfSignatureMetadata(
            field_name=FIELD_NAME,
            md_algorithm="sha256",
            reason=self.reason,
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=True,
            docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        )
        try:
            writer = _writer_after(self.pdf)
            if list(writer.prev.embedded_signatures):
                raise SealingError(
                    "the file is sealed already; nothing is ever added to a sealed file", code="sealing.twice"
                )
            signer = _TimedSigner(metadata, self.identity.signer, at=self.at, stamper=stamper)
            room = _ROOM + (2 * timestamps.MOST_TOKEN_BYTES if stamper else 0)
            return bytes(signer.sign_pdf(writer, bytes_reserved=room).getvalue())
        except (PdfError, SigningError, ValueError, KeyError, TypeError) as problem:
            raise SealingError(f"the PDF could not be sealed: {problem}", code="sealing.failed") from problem


def _plain(job: _Job) -> bytes:
    content = job.signed()
    _check_own_seal(content, job.identity, job.at)
    return content


def _with_time(job: _Job, authority: timestamps.Authority) -> tuple[bytes, ReachedTime]:
    """The highest level that can be had now; B-B where there is no token, or the file with it does not validate."""
    budget = timestamps.Budget(_SECONDS_FOR_TIME, each=_SECONDS_FOR_A_CALL)
    stamper = timestamps.CheckingTimeStamper(authority, budget)
    try:
        content, why = _archived(job.signed(stamper), stamper, job.identity, authority, budget)
        found = _check_own_seal(content, job.identity, job.at, authority.roots)
        if found.facts is None or found.problems:
            raise TimestampError(" ".join(found.problems) or "the file holds no token", code="timestamp.own_check")
    except (TimestampError, SealingError) as problem:
        # A fault of the PDF or of the key is met again here, and told as what it is.
        return _plain(job), ReachedTime("B-B", why_not_more=problem.message)
    return content, ReachedTime(found.level, found.facts, why)


def _archived(
    content: bytes,
    stamper: timestamps.CheckingTimeStamper,
    identity: _Identity,
    authority: timestamps.Authority,
    budget: timestamps.Budget,
) -> tuple[bytes, str]:
    """The file with what proves the authority's chain later and a token over all of it, as far as they can be had; why no further."""
    token = stamper.tokens[0]
    if not timestamps.is_own_root(identity.trust):
        return (
            content,
            "the sealing certificate comes from another authority, whose revocation lists Candour does not keep",
        )
    try:
        lists = timestamps.revocation_lists(authority, token, budget)
    except TimestampError as problem:
        if problem.code == "timestamp.revoked":
            raise
        return content, problem.message
    room = 2 * len(token.content.dump()) + _ROOM
    why = ""
    try:
        writer = _with_proofs(content, identity, token, lists)
        stamp = PdfTimeStamper(stamper, TIMESTAMP_FIELD_NAME)
        return bytes(stamp.timestamp_pdf(writer, "sha256", bytes_reserved=room).getvalue()), ""
    except TimestampError as problem:
        why = problem.message
    except (PdfError, SigningError, ValueError, KeyError, TypeError) as problem:
        why = f"the second token could not be put into the file: {problem}"
    made = io.BytesIO()
    _with_proofs(content, identity, token, lists).write(made)  # type: ignore[no-untyped-call]  # pyHanko has no types for it
    return made.getvalue(), why


def _writer_after(content: bytes) -> IncrementalPdfFileWriter:
    """What is written follows these bytes."""
    return IncrementalPdfFileWriter.from_reader(PdfReader(content))


def _with_proofs(
    content: bytes, identity: _Identity, token: timestamps.Token, lists: list[asn1_crl.CertificateList]
) -> IncrementalPdfFileWriter:
    writer = _writer_after(content)
    DocumentSecurityStore.supply_dss_in_writer(writer, None, certs=[identity.trust, *token.chain], crls=lists)
    return writer


class _TimedSigner(signers.PdfSigner):
    """A signer that takes the time from its caller instead of the clock."""

    def __init__(
        self,
        metadata: signers.PdfSignatureMetadata,
        signer: signers.SimpleSigner,
        *,
        at: dt.datetime,
        stamper: timestamps.CheckingTimeStamper | None,
    ) -> None:
        super().__init__(metadata, signer, timestamper=stamper)
        self._at = at

    def init_signing_session(
        self,
        pdf_out: BasePdfFileWriter,
        existing_fields_only: bool = False,  # noqa: FBT001, FBT002 - as in pyHanko
    ) -> PdfSigningSession:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self._at
        return session


def _check_own_seal(
    content: bytes, identity: _Identity, at: dt.datetime, roots: tuple[bytes, ...] = ()
) -> timestamps.TimesInFile:
    """Refuse a file that our own check would refuse later; the trusted time in it. Without roots nothing may follow the seal."""
    try:
        reader = PdfReader(content)
        found = list(reader.embedded_regular_signatures)
        context = ValidationContext(trust_roots=[identity.trust], moment=at, allow_fetching=False)
        # Tokens are judged by `timestamps`, each at its own moment; here only the seal and what follows it.
        status = validate_pdf_signature(found[0], context, timestamps.time_context(roots))
        times = timestamps.times_in(reader, content, found[0], roots)
    except (PdfError, SignatureValidationError, IndexError, ValueError) as problem:
        raise SealingError(f"the new seal does not validate: {problem}", code="sealing.own_check") from problem
    least = SignatureCoverageLevel.ENTIRE_REVISION if roots else SignatureCoverageLevel.ENTIRE_FILE
    holds = status.intact and status.valid and status.trusted and status.docmdp_ok
    if len(found) != 1 or not holds or status.coverage < least:
        raise SealingError(f"the new seal does not validate: {status.summary()}", code="sealing.own_check")
    return times


def _identity() -> _Identity:
    folder = Path(settings.KEY_DIR)
    return _read(*(_stamp(folder / name) for name in (KEY_FILE, CERTIFICATE_FILE)))


def _stamp(path: Path) -> tuple[Path, int, int, int]:
    try:
        state = path.stat()
    except OSError as problem:
        raise SealingKeyError(
            f"{path.name} cannot be read: {problem.strerror}; {_MAKE_NEW}", code="sealing.key"
        ) from problem
    return path, state.st_mtime_ns, state.st_size, state.st_ino


@functools.lru_cache(maxsize=4)
def _read(key_stamp: tuple[Path, int, int, int], certificate_stamp: tuple[Path, int, int, int]) -> _Identity:
    key_path, certificate_path = key_stamp[0], certificate_stamp[0]
    try:
        key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
        found = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise SealingKeyError(
            f"{key_path.name} and {certificate_path.name} must be a private key and a certificate in PEM form: {problem}; "
            f"{_MAKE_NEW}",
            code="sealing.key",
        ) from problem
    _check_strength(key, found)
    if _public(key.public_key()) != _public(found.public_key()):
        raise SealingKeyError(
            f"{key_path.name} does not belong to {certificate_path.name}; {_MAKE_NEW}", code="sealing.mismatch"
        )
    der = found.public_bytes(serialization.Encoding.DER)
    trust = asn1_x509.Certificate.load(der)
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    store = SimpleCertificateStore.from_certs([trust])  # type: ignore[no-untyped-call]  # pyHanko has no types for it
    signer = signers.SimpleSigner(trust, asn1_keys.PrivateKeyInfo.load(private), store)
    known = SealingCertificate(
        hashlib.sha256(der).hexdigest(),
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        timestamps.is_own_root(trust),
    )
    return _Identity(known, signer, trust)


def _check_strength(key: object, found: x509.Certificate) -> None:
    """SHA-256 or better, and P-256 or better or RSA of at least 3072 bits."""
    strong = (isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size >= 256) or (
        isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS
    )
    if not strong:
        raise SealingKeyError(
            f"the sealing key must be ECDSA P-256 or RSA of {_LEAST_RSA_BITS} bits or more; {_MAKE_NEW}",
            code="sealing.weak",
        )
    if isinstance(found.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
        raise SealingKeyError(
            "the sealing certificate is signed with SHA-1 or MD5; SHA-256 is the least", code="sealing.weak"
        )


def _public(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
