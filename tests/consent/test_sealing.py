"""PDF to sealed PDF: one invisible seal that stock tools accept, made only with a key that may seal."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from config import keys
from consent import sealing
from consent.errors import SealingError, SealingKeyError
from tests.consent import paper

pytestmark = pytest.mark.pdf

AT = paper.SIGNED_AT


def write_key(folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / sealing.KEY_FILE).write_bytes(private)


def write_certificate(
    folder: Path,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    *,
    before: dt.datetime = AT - dt.timedelta(days=30),
    after: dt.datetime = AT + dt.timedelta(days=30),
    name: str = "Candour document seal",
) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        (
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(before)
        .not_valid_after(after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / sealing.CERTIFICATE_FILE).write_bytes(made.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def key_dir(settings, tmp_path: Path) -> Path:
    """A key folder with a P-256 key and a certificate that is valid around the time of signing."""
    folder = tmp_path / "keys"
    folder.mkdir()
    settings.KEY_DIR = folder
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(folder, key)
    write_certificate(folder, key)
    return folder


@pytest.fixture
def sealed(key_dir: Path) -> sealing.SealedPdf:
    return sealing.seal(paper.sample_pdf(), reason="Consent record", signed_at=AT)


class TestSealing:
    def test_the_pages_are_the_first_bytes_and_nothing_is_changed_in_them(self, sealed: sealing.SealedPdf) -> None:
        assert sealed.content.startswith(paper.sample_pdf())
        assert sealed.sha256 == hashlib.sha256(sealed.content).hexdigest()
        assert paper.pages(sealed.content) == paper.pages(paper.sample_pdf())

    def test_pdfsig_accepts_it(self, sealed: sealing.SealedPdf, tmp_path: Path) -> None:
        program = shutil.which("pdfsig")
        if program is None:
            pytest.skip("pdfsig (poppler-utils) is not installed")
        path = tmp_path / "sealed.pdf"
        path.write_bytes(sealed.content)
        said = subprocess.run([program, "-nocert", str(path)], capture_output=True, text=True, check=True).stdout
        for words in ("Signature is Valid", "Total document signed", "ETSI.CAdES.detached", "SHA-256"):
            assert words in said
        assert said.count("Signature #") == 1

    def test_pyhanko_accepts_it_with_our_certificate_as_root(self, sealed: sealing.SealedPdf, key_dir: Path) -> None:
        root = load_cert_from_pemder(str(key_dir / sealing.CERTIFICATE_FILE))
        (found,) = PdfFileReader(io.BytesIO(sealed.content)).embedded_signatures
        status = validate_pdf_signature(found, ValidationContext(trust_roots=[root], moment=AT))
        assert status.bottom_line
        assert status.signer_reported_dt == AT
        assert found.docmdp_level is not None
        assert found.docmdp_level.value == 1

    def test_the_only_form_field_is_the_seal_and_it_is_invisible(self, sealed: sealing.SealedPdf) -> None:
        with pikepdf.open(io.BytesIO(sealed.content)) as pdf:
            (seal,) = pdf.Root.AcroForm.Fields
            assert str(seal.T) == sealing.FIELD_NAME
            assert [float(edge) for edge in seal.Rect] == [0, 0, 0, 0]

    def test_nothing_is_added_to_a_sealed_file(self, sealed: sealing.SealedPdf) -> None:
        with pytest.raises(SealingError, match="sealed already"):
            sealing.seal(sealed.content, reason="again", signed_at=AT)

    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"<html>"], ids=["empty", "head", "html"])
    def test_what_is_no_pdf_is_refused(self, key_dir: Path, content: bytes) -> None:
        with pytest.raises(SealingError, match="could not be sealed"):
            sealing.seal(content, reason="x", signed_at=AT)

    def test_a_pdf_that_is_cut_off_is_refused(self, key_dir: Path) -> None:
        with pytest.raises(SealingError, match="could not be sealed"):
            sealing.seal(paper.sample_pdf()[:5000], reason="x", signed_at=AT)


class TestTheKey:
    def test_the_keys_that_the_installation_makes_can_seal(self, settings, tmp_path: Path) -> None:
        settings.KEY_DIR = tmp_path / "made"
        keys.create_missing(settings.KEY_DIR)
        found = sealing.certificate()
        assert found.days_left(found.not_before) > 3600
        sealed = sealing.seal(paper.sample_pdf(), reason="x", signed_at=found.not_before + dt.timedelta(hours=1))
        assert sealed.certificate_sha256 == found.sha256

    @pytest.mark.parametrize("name", [sealing.KEY_FILE, sealing.CERTIFICATE_FILE])
    def test_a_missing_file_is_named(self, key_dir: Path, name: str) -> None:
        (key_dir / name).unlink()
        with pytest.raises(SealingKeyError, match=name) as refused:
            sealing.seal(paper.sample_pdf(), reason="x", signed_at=AT)
        assert refused.value.code == "sealing.key"

    @pytest.mark.parametrize("name", [sealing.KEY_FILE, sealing.CERTIFICATE_FILE])
    @pytest.mark.parametrize(
        "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
    )
    def test_an_unreadable_file_is_said_in_words(self, key_dir: Path, name: str, content: bytes) -> None:
        (key_dir / name).write_bytes(content)
        with pytest.raises(SealingKeyError, match="PEM"):
            sealing.certificate()

    def test_a_key_of_another_certificate_is_refused(self, key_dir: Path) -> None:
        write_key(key_dir, ec.generate_private_key(ec.SECP256R1()))
        with pytest.raises(SealingKeyError, match="does not belong"):
            sealing.certificate()

    def test_an_expired_certificate_seals_nothing(self, key_dir: Path) -> None:
        with pytest.raises(SealingKeyError, match="expired on 2026-12-24"):
            sealing.seal(paper.sample_pdf(), reason="x", signed_at=AT + dt.timedelta(days=31))

    def test_a_certificate_of_tomorrow_seals_nothing(self, key_dir: Path) -> None:
        with pytest.raises(SealingKeyError, match="valid from"):
            sealing.check_key(at=AT - dt.timedelta(days=31))

    @pytest.mark.parametrize(
        "key", [ec.generate_private_key(ec.SECP192R1()), rsa.generate_private_key(65537, 2048)], ids=["p192", "rsa2048"]
    )
    def test_a_weak_key_is_refused(self, key_dir: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        write_key(key_dir, key)
        write_certificate(key_dir, key)
        with pytest.raises(SealingKeyError, match="P-256"):
            sealing.certificate()

    def test_a_new_key_is_taken_without_a_restart(self, key_dir: Path) -> None:
        first = sealing.certificate().sha256
        key = ec.generate_private_key(ec.SECP256R1())
        write_key(key_dir, key)
        write_certificate(key_dir, key)
        assert sealing.certificate().sha256 != first
