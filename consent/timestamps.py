"""Trusted time: RFC 3161 tokens asked for, checked and found again in sealed files. Hides pyHanko's side of them.

A token counts only when its signature holds, its authority's chain ends in one of the named roots, and it is about the
bytes in question. The levels are those of PAdES (ETSI EN 319 142-1): B-T has a token over the seal, B-LT also what is
needed to check the authority's certificates later (its chain and revocation lists), B-LTA a second token over all of it.
The clinic's own certificate is its own root: there is no revocation list for it to keep. Where another authority issued it,
its lists would be needed too; Candour does not keep them, and such a file is B-T.

Nothing here opens a connection: who asks gives two functions, and each says in words why nothing came.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, crl, pem, tsp
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError, SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathBuildingError, PathValidationError, RevokedError, ValidationError

from consent.errors import TimestampError

# A token with its chain is 3 to 8 kB; a larger one finds no room in the file.
MOST_TOKEN_BYTES = 12 * 1024
DIGEST = "sha256"

Called = tuple[bytes, str]  # what came; or nothing, and why in words


@dataclass(frozen=True)
class Authority:
    """A timestamp authority: the roots (DER) it is trusted by, and how it and its revocation lists are asked.

    `ask` takes a TimeStampReq (DER), `fetch` an address; both take the seconds they have and never raise.
    """

    roots: tuple[bytes, ...]
    ask: Callable[[bytes, float], Called]
    fetch: Callable[[str, float], Called]
    policy: str = ""


class Budget:
    """The seconds that all calls for one file have together, and the most that one of them may take."""

    def __init__(self, seconds: float, *, each: float) -> None:
        self._ends = time.monotonic() + seconds
        self._each = each

    def next_call(self) -> float:
        """How long the next call may take; 0 or less when nothing is left."""
        return min(self._each, self._ends - time.monotonic())


@dataclass(frozen=True)
class TokenFacts:
    """What a token says: the moment, by whom, under which policy, its serial number, and the digest (hex) it is about."""

    at: datetime
    authority: str
    policy: str
    serial: str
    imprint: str

    @property
    def words(self) -> str:
        """The moment and who says so."""
        return (
            f"{self.at:%Y-%m-%d %H:%M:%S} UTC by {self.authority} (policy {self.policy}, serial number {self.serial})"
        )


@dataclass(frozen=True)
class Token:
    """A checked token: its CMS object, its facts, and the chain of its authority from the root down."""

    content: cms.ContentInfo
    facts: TokenFacts
    chain: tuple[asn1_x509.Certificate, ...]
    response: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class TimesInFile:
    """The trusted time of a sealed file. `level` is B-B where it has none; `problems` says what does not hold."""

    level: str = "B-B"
    facts: TokenFacts | None = None
    archived: TokenFacts | None = None
    problems: tuple[str, ...] = ()


def obtain(authority: Authority, digest: bytes, budget: Budget) -> Token:
    """A checked token over a SHA-256 (32 bytes). Raises TimestampError with the reason in words."""
    return asyncio.run(_obtain(authority, digest, budget))


def read_response(response: bytes, digest: bytes, roots: Sequence[bytes]) -> Token:
    """A stored answer of an authority (TimeStampResp, DER), checked again. Raises TimestampError."""
    return asyncio.run(_checked_response(response, lambda _: digest, roots))


def revocation_lists(authority: Authority, token: Token, budget: Budget) -> list[crl.CertificateList]:
    """The lists that show that no certificate of the authority's chain is revoked; checked against the chain.

    Raises TimestampError in words where a certificate names none, none came, or it is revoked.
    """
    found: list[crl.CertificateList] = []
    for certificate in token.chain[1:]:
        addresses = _list_addresses(certificate)
        if not addresses:
            raise TimestampError(
                f"the certificate of {_name(certificate)} names no revocation list that can be fetched by http",
                code="timestamp.no_list",
            )
        found.append(_fetched(authority, addresses, budget))
    asyncio.run(_check_chain(token, authority.roots, found))
    return found


def times_in(reader: PdfFileReader, pdf: bytes, seal: EmbeddedPdfSignature, roots: Sequence[bytes]) -> TimesInFile:
    """Which trusted time a sealed file carries, measured in the file itself."""
    return asyncio.run(_times_in(reader, pdf, seal, roots))


def is_own_root(certificate: asn1_x509.Certificate) -> bool:
    """Whether a sealing certificate needs no chain and no revocation list: the one that an installation makes for itself."""
    return bool(certificate.self_issued)


def time_context(roots: Sequence[bytes]) -> ValidationContext:
    """For pyHanko's own look at the tokens of a file, so that it asks nobody and does not use the machine's roots."""
    return ValidationContext(trust_roots=[asn1_x509.Certificate.load(der) for der in roots], allow_fetching=False)


class CheckingTimeStamper(TimeStamper):
    """pyHanko's client of an authority, which takes only a token that was checked; `tokens` are those it took."""

    def __init__(self, authority: Authority, budget: Budget) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # pyHanko has no types for it
        self._authority, self._budget = authority, budget
        self.tokens: list[Token] = []

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """As pyHanko asks for it."""
        if md_algorithm != DIGEST:
            raise TimestampError(f"a token is asked for over SHA-256, not {md_algorithm}", code="timestamp.digest")
        token = await _obtain(self._authority, message_digest, self._budget)
        self.tokens.append(token)
        return token.content


async def _obtain(authority: Authority, digest: bytes, budget: Budget) -> Token:
    nonce = secrets.randbits(63)
    request: dict[str, Any] = {
        "version": 1,
        "message_imprint": tsp.MessageImprint(
            {"hash_algorithm": algos.DigestAlgorithm({"algorithm": DIGEST}), "hashed_message": digest}
        ),
        "cert_req": True,
        "nonce": nonce,
    }
    if authority.policy:
        request["req_policy"] = authority.policy
    response, why = authority.ask(tsp.TimeStampReq(request).dump(), budget.next_call())
    if not response:
        raise TimestampError(f"the timestamp authority was asked and gave no token: {why}", code="timestamp.none")
    token = await _checked_response(response, lambda _: digest, authority.roots)
    info = _info(token.content)
    if info["nonce"].native != nonce:
        raise TimestampError("the token answers another question (its nonce differs)", code="timestamp.nonce")
    if authority.policy and token.facts.policy != authority.policy:
        raise TimestampError(
            f"the token is under the policy {token.facts.policy}, not {authority.policy} (TIMESTAMP_POLICY)",
            code="timestamp.policy",
        )
    if len(token.content.dump()) > MOST_TOKEN_BYTES:
        raise TimestampError(
            f"the token is larger than {MOST_TOKEN_BYTES:,} bytes and finds no room in the file", code="timestamp.large"
        )
    return token


async def _checked_response(response: bytes, imprint: Callable[[str], bytes], roots: Sequence[bytes]) -> Token:
    try:
        # A refusal has no token, which asn1crypto's own TimeStampResp does not allow for.
        parts = core.SequenceOf.load(response, spec=core.Any, strict=True)
        status = parts[0].parse(tsp.PKIStatusInfo)
        if status["status"].native not in ("granted", "granted_with_mods"):
            said = [*(status["status_string"].native or ()), *sorted(status["fail_info"].native or ())]
            words = "; ".join(said) or status["status"].native
            raise TimestampError(f"the timestamp authority refused: {words}", code="timestamp.refused")
        content = parts[1].parse(cms.ContentInfo)
        token = await _checked(content, imprint, roots)
    except TimestampError:
        raise
    except Exception as problem:  # the answer may be anything, and the parser raises anything
        raise TimestampError(
            f"the answer of the timestamp authority cannot be read ({type(problem).__name__})", code="timestamp.garbage"
        ) from problem
    return Token(content, token.facts, token.chain, response)


async def _checked(content: cms.ContentInfo, imprint: Callable[[str], bytes], roots: Sequence[bytes]) -> Token:
    """A token's facts and chain. Raises TimestampError for one that is not signed, not trusted or about something else."""
    signed = content["content"]
    info = _info(content)
    certificates = [one.chosen for one in signed["certificates"]]
    context = _context(roots, certificates, info["gen_time"].native)
    try:
        status = await validate_tst_signed_data(signed, context, imprint)
    except SignatureValidationError as problem:
        raise TimestampError(
            f"the token's signature cannot be checked: {problem}", code="timestamp.signature"
        ) from problem
    algorithm = info["message_imprint"]["hash_algorithm"]["algorithm"].native
    if info["message_imprint"]["hashed_message"].native != imprint(algorithm):
        raise TimestampError(
            "the token is about other bytes than these (its imprint differs)", code="timestamp.imprint"
        )
    if not (status["intact"] and status["valid"]):
        raise TimestampError("the token's signature does not hold", code="timestamp.signature")
    signer = extract_certificate_info(signed).signer_cert
    purposes = signer.extended_key_usage_value
    if (
        purposes is None
        or purposes.native != ["time_stamping"]
        or "extended_key_usage" not in signer.critical_extensions
    ):
        # RFC 3161, 2.3: a key for timestamps alone, said in a critical extension.
        raise TimestampError(
            f"the certificate of {_name(signer)} is not one for timestamps alone", code="timestamp.purpose"
        )
    chain = await _chain_of(signer, context)
    policy = info["policy"]
    facts = TokenFacts(
        at=info["gen_time"].native,
        authority=_name(signer),
        policy=str(policy.dotted),
        serial=f"{info['serial_number'].native:x}",
        imprint=info["message_imprint"]["hashed_message"].native.hex(),
    )
    return Token(content, facts, chain)


async def _chain_of(signer: asn1_x509.Certificate, context: ValidationContext) -> tuple[asn1_x509.Certificate, ...]:
    """From the root down to the signer. Raises TimestampError where it does not end in a named root."""
    validator = CertificateValidator(signer, validation_context=context)
    try:
        path = await validator.async_validate_usage(set(), {"time_stamping"})  # type: ignore[no-untyped-call]
    except RevokedError as problem:
        raise TimestampError(
            f"a certificate of the authority was revoked: {problem}", code="timestamp.revoked"
        ) from problem
    except (PathBuildingError, PathValidationError, ValidationError) as problem:
        raise TimestampError(
            f"the authority {_name(signer)} is not one of those that are trusted here (TIMESTAMP_CA): {problem}",
            code="timestamp.untrusted",
        ) from problem
    return tuple(path)


async def _check_chain(token: Token, roots: Sequence[bytes], lists: Sequence[crl.CertificateList]) -> None:
    context = _context(roots, token.chain, token.facts.at, lists)
    validator = CertificateValidator(token.chain[-1], validation_context=context)
    try:
        await validator.async_validate_usage(set(), {"time_stamping"})  # type: ignore[no-untyped-call]
    except RevokedError as problem:
        raise TimestampError(
            f"a certificate of the authority was revoked: {problem}", code="timestamp.revoked"
        ) from problem
    except (PathBuildingError, PathValidationError, ValidationError) as problem:
        raise TimestampError(
            f"the revocation lists do not answer for the chain: {problem}", code="timestamp.list"
        ) from problem


def _context(
    roots: Sequence[bytes],
    others: Iterable[asn1_x509.Certificate],
    moment: datetime,
    lists: Sequence[crl.CertificateList] | None = None,
) -> ValidationContext:
    """With `lists`, every certificate below the root must be shown not to be revoked; a list made later counts too."""
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(der) for der in roots],
        other_certs=list(others),
        moment=moment,
        allow_fetching=False,
        crls=list(lists or ()),
        revocation_mode="soft-fail" if lists is None else "require",
        retroactive_revinfo=True,
    )


def _fetched(authority: Authority, addresses: Sequence[str], budget: Budget) -> crl.CertificateList:
    why = ""
    for address in addresses:
        content, why = authority.fetch(address, budget.next_call())
        if not content:
            continue
        try:
            der = pem.unarmor(content)[2] if pem.detect(content) else content
            found = crl.CertificateList.load(der, strict=True)
            found["tbs_cert_list"]["this_update"].native  # noqa: B018 - parsed when first looked at
        except (ValueError, TypeError) as problem:
            why = f"what came from {address} is no revocation list ({problem})"
            continue
        return found
    raise TimestampError(f"the authority's revocation list could not be fetched: {why}", code="timestamp.no_list")


def _list_addresses(certificate: asn1_x509.Certificate) -> list[str]:
    found = []
    for point in certificate.crl_distribution_points_value or ():
        names = point["distribution_point"]
        if names.name != "full_name":
            continue
        found += [name.native for name in names.chosen if name.name == "uniform_resource_identifier"]
    return [address for address in found if str(address).lower().startswith(("http://", "https://"))]


async def _times_in(
    reader: PdfFileReader, pdf: bytes, seal: EmbeddedPdfSignature, roots: Sequence[bytes]
) -> TimesInFile:
    problems: list[str] = []
    signed = _token_of_seal(seal)
    first = None
    if signed is not None:
        signature = seal.signer_info["signature"].native
        first = await _judged(signed, signature, roots, "The timestamp of the seal", problems)
    last = None
    for stamp in reader.embedded_timestamp_signatures:
        covered = _covered(stamp, pdf)
        last = await _judged(stamp.signed_data, covered, roots, "The timestamp of the whole file", problems)
    if first is None:
        return TimesInFile(archived=last.facts if last else None, problems=tuple(problems))
    level = "B-T"
    if is_own_root(seal.signer_cert) and await _is_kept(reader, first, roots):
        level = "B-LTA" if last is not None else "B-LT"
    return TimesInFile(level, first.facts, last.facts if last else None, tuple(problems))


async def _judged(
    signed: cms.SignedData, content: bytes, roots: Sequence[bytes], what: str, problems: list[str]
) -> Token | None:
    try:
        wrapped = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        return await _checked(wrapped, lambda name: hashlib.new(name, content).digest(), roots)
    except TimestampError as problem:
        problems.append(f"{what} does not count: {problem.message}.")
    except Exception as problem:  # noqa: BLE001 - a hostile file makes the parser raise anything
        problems.append(f"{what} cannot be read ({type(problem).__name__}).")
    return None


async def _is_kept(reader: PdfFileReader, token: Token, roots: Sequence[bytes]) -> bool:
    """Whether the file itself holds the chain and the lists that show that nothing of it was revoked."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return False
    kept = store.as_validation_context({"trust_roots": [], "allow_fetching": False})
    held = {one.dump() for one in store.load_certs()}
    try:
        await _check_chain(token, roots, list(kept.crls))
    except TimestampError:
        return False
    return all(one.dump() in held for one in token.chain)


def _token_of_seal(seal: EmbeddedPdfSignature) -> cms.SignedData | None:
    for attribute in seal.signer_info["unsigned_attrs"] or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]["content"]
    return None


def _covered(stamp: EmbeddedPdfSignature, pdf: bytes) -> bytes:
    first, length, second, rest = (int(number) for number in stamp.byte_range)
    whole = io.BytesIO()
    whole.write(pdf[first : first + length])
    whole.write(pdf[second : second + rest])
    return whole.getvalue()


def _info(content: cms.ContentInfo) -> tsp.TSTInfo:
    return content["content"]["encap_content_info"]["content"].parsed


def _name(certificate: asn1_x509.Certificate) -> str:
    """The common name and the organization, such as "Example TSA 2026, Example Ltd"."""
    parts = certificate.subject.native
    found = [parts[key] for key in ("common_name", "organization_name") if isinstance(parts.get(key), str)]
    return (", ".join(found) or str(certificate.subject.human_friendly))[:300]
