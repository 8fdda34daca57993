"""Trusted time: PAdES up to B-LTA from a real authority on this machine; without it every file is sealed all the same."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.test import Client
from pyhanko.pdf_utils.generic import StreamObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from audit.services import entries_for
from clinic.services import ask_timestamp_authority, fetch_revocation_list
from config import checkup, environment
from config.environment import SettingError
from consent import sealing, services, timestamps, verification
from consent.errors import SealingKeyError, TimestampError
from consent.models import FileTime, SealedFile, StampingTask
from consent.services import stamping
from consent.vocabulary import SealKind
from tests.consent import paper
from tests.consent.authority import POLICY, UNFIT, Authority
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import LATER, declare, fresh, seal
from tests.consent.test_sealing import AT
from tests.pdf_conformance import conformance

pytestmark = [pytest.mark.pdf, pytest.mark.usefixtures("sealing_key")]

# What a timestamp authority can do wrong, and a word of what is told about it.
FAULTS = {
    "slow": "No answer within",
    "drip": "No answer within",
    "garbage": "cannot be read",
    "empty": "answered with nothing",
    "large": "more than 65,536 bytes",
    "redirect": "302 (go elsewhere)",
    "other": "about other bytes",
    "replay": "its nonce differs",
    "500": "It answered 500",
    "refuse": "refused",
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    made = Authority(tmp_path_factory.mktemp("tsa"))
    yield made
    made.close()


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """Another authority, with a root that nobody named."""
    made = Authority(tmp_path_factory.mktemp("stranger"))
    yield made
    made.close()


@pytest.fixture
def tsa(server: Authority, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The authority as the installation's own, and calls that are given up after a second."""
    use(server, settings)
    monkeypatch.setattr(sealing, "_SECONDS_FOR_A_CALL", 1.0)
    monkeypatch.setattr(stamping, "SECONDS_FOR_A_CALL", 1.0)
    server.asked.clear()
    server.headers.clear()
    yield server
    server.answers.clear()
    server.list_answers.clear()
    server.revoke_nothing()


def use(authority: Authority, settings, roots: tuple[bytes, ...] | None = None) -> None:
    settings.TIMESTAMP_URL = authority.url
    settings.TIMESTAMP_ROOTS = (authority.root,) if roots is None else roots
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})


def sealed_now() -> sealing.SealedPdf:
    return sealing.seal(paper.sample_pdf(), reason="Test", signed_at=AT, authority=stamping.authority())


def known(settings) -> verification.KnownSeals:
    return verification.KnownSeals.from_folder(settings.KEY_DIR, time_roots=settings.TIMESTAMP_ROOTS)


def judged(pdf: bytes, settings) -> verification.Verdict:
    """The verdict where exactly this file is on record."""
    examination = verification.examine(pdf, known(settings))
    record = verification.RecordedFile("HC-TEST-0001", examination.sha256, examination.sha256, 7, pdf)
    return verification.judge(examination, record, time_roots=settings.TIMESTAMP_ROOTS)


class TestTheLevels:
    def test_with_everything_at_hand_it_is_b_lta(self, tsa: Authority, settings) -> None:
        sealed = sealed_now()
        assert sealed.time is not None
        assert (sealed.time.level, sealed.time.why_not_more) == ("B-LTA", "")
        facts = sealed.time.facts
        assert facts is not None
        assert facts.authority == "Test Time Authority"
        assert facts.policy == POLICY
        assert abs((datetime.now(UTC) - facts.at).total_seconds()) < 60
        assert tsa.tokens_given == 2

    def test_openssl_verifies_both_tokens_over_the_very_bytes(self, tsa: Authority, tmp_path: Path) -> None:
        reader = PdfFileReader(io.BytesIO(sealed_now().content))
        (own,), (stamp,) = reader.embedded_regular_signatures, reader.embedded_timestamp_signatures
        token = next(a for a in own.signer_info["unsigned_attrs"] if a["type"].native == "signature_time_stamp_token")
        a, b, c, d = stamp.byte_range
        whole = sealed_bytes(reader)
        for name, der, content in (
            ("seal", token["values"][0].dump(), own.signer_info["signature"].native),
            ("file", stamp.pkcs7_content, whole[a : a + b] + whole[c : c + d]),
        ):
            (tmp_path / f"{name}.der").write_bytes(der)
            (tmp_path / f"{name}.bytes").write_bytes(content)
            arguments = ("-in", str(tmp_path / f"{name}.der"), "-token_in", "-data", str(tmp_path / f"{name}.bytes"))
            assert "Verification: OK" in tsa.verify(*arguments)
            (tmp_path / f"{name}.bytes").write_bytes(content + b" ")
            assert "Verification: FAILED" in tsa.verify(*arguments)

    def test_the_file_stays_pdf_a_3_and_pdf_ua(self, tsa: Authority, tmp_path: Path) -> None:
        path = tmp_path / "sealed.pdf"
        path.write_bytes(sealed_now().content)
        assert conformance(path)[str(path)] == {"3a": [], "ua1": []}

    def test_pdfsig_still_says_that_the_seal_is_valid(self, tsa: Authority, tmp_path: Path) -> None:
        program = shutil.which("pdfsig")
        if program is None:
            pytest.skip("pdfsig (poppler-utils) is not installed")
        path = tmp_path / "sealed.pdf"
        path.write_bytes(sealed_now().content)
        said = subprocess.run([program, "-nocert", str(path)], capture_output=True, text=True, check=True).stdout
        assert "Signature is Valid" in said.split("Signature #2")[0]

    def test_without_a_revocation_list_it_is_b_t_and_says_why(self, tsa: Authority) -> None:
        tsa.list_answers = ["none"]
        reached = sealed_now().time
        assert reached is not None
        assert reached.level == "B-T"
        assert reached.facts is not None
        assert "revocation list could not be fetched: It answered 404" in reached.why_not_more

    def test_a_list_that_is_none_gives_b_t(self, tsa: Authority) -> None:
        tsa.list_answers = ["garbage"]
        reached = sealed_now().time
        assert reached is not None
        assert (reached.level, "is no revocation list" in reached.why_not_more) == ("B-T", True)

    @pytest.mark.parametrize("word", ["old", "forged"])
    def test_a_list_that_does_not_answer_for_the_authority_gives_b_t(self, tsa: Authority, word: str) -> None:
        tsa.list_answers = [word]
        reached = sealed_now().time
        assert reached is not None
        assert (reached.level, "do not answer for the chain" in reached.why_not_more) == ("B-T", True)

    def test_the_level_is_measured_in_the_file_and_not_believed(
        self, tsa: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(timestamps, "revocation_lists", lambda *_: [])
        sealed = sealed_now()
        assert len(PdfFileReader(io.BytesIO(sealed.content)).embedded_timestamp_signatures) == 1
        assert sealed.time is not None
        assert sealed.time.level == "B-T"

    def test_without_the_second_token_it_is_b_lt_and_says_why(self, tsa: Authority, settings) -> None:
        tsa.answers = ["ok", "500"]
        sealed = sealed_now()
        assert sealed.time is not None
        assert (sealed.time.level, "It answered 500" in sealed.time.why_not_more) == ("B-LT", True)
        assert judged(sealed.content, settings).outcome == "genuine"

    def test_a_list_on_a_host_that_nobody_named_is_not_fetched(self, tsa: Authority, settings) -> None:
        assert fetch_revocation_list("http://elsewhere.example.org/list.crl", 1.0) == (
            b"",
            "The host elsewhere.example.org is not named in TIMESTAMP_CRL_HOSTS.",
        )

    def test_a_sealing_certificate_of_another_authority_gives_b_t_and_says_why(
        self, tsa: Authority, sealing_key: Path
    ) -> None:
        issue_sealing_certificate(tsa, sealing_key)
        reached = sealed_now().time
        assert reached is not None
        assert (reached.level, "comes from another authority" in reached.why_not_more) == ("B-T", True)

    def test_a_revoked_authority_gives_no_trusted_time(self, tsa: Authority) -> None:
        tsa.revoke()
        reached = sealed_now().time
        assert reached is not None
        assert (reached.level, reached.facts) == ("B-B", None)
        assert "revoked" in reached.why_not_more

    def test_where_no_authority_is_named_nothing_is_asked_and_nothing_said(self, settings, server: Authority) -> None:
        server.asked.clear()
        assert stamping.authority() is None
        assert sealed_now().time is None
        assert server.asked == []


def issue_sealing_certificate(tsa: Authority, folder: Path) -> None:
    """The clinic's key with a certificate that the authority's root issued."""
    key = load_pem_private_key((folder / sealing.KEY_FILE).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    (folder / sealing.CERTIFICATE_FILE).write_bytes(tsa.certify("Harbour Clinic", key))


def sealed_bytes(reader: PdfFileReader) -> bytes:
    reader.stream.seek(0)
    return bytes(reader.stream.read())


class TestWhatAnAuthorityDoesWrong:
    @pytest.mark.parametrize("fault", FAULTS)
    def test_the_file_is_sealed_at_b_b_and_the_reason_is_told(self, tsa: Authority, settings, fault: str) -> None:
        tsa.answers = [fault]
        began = time.monotonic()
        sealed = sealed_now()
        assert time.monotonic() - began < 6
        assert sealed.time is not None
        assert (sealed.time.level, sealed.time.facts) == ("B-B", None)
        assert FAULTS[fault] in sealed.time.why_not_more
        assert judged(sealed.content, settings).outcome == "genuine"
        assert ("GET", "/elsewhere") not in tsa.asked

    def test_one_that_is_not_there(self, tsa: Authority, settings) -> None:
        settings.TIMESTAMP_URL = "http://127.0.0.1:9/tsr"
        sealed = sealed_now()
        assert sealed.time is not None
        assert "The connection failed" in sealed.time.why_not_more

    def test_one_whose_root_nobody_named(self, tsa: Authority, stranger: Authority, settings) -> None:
        use(stranger, settings, roots=(tsa.root,))
        sealed = sealed_now()
        assert sealed.time is not None
        assert sealed.time.level == "B-B"
        assert "not one of those that are trusted here" in sealed.time.why_not_more

    def test_one_under_another_policy(self, tsa: Authority, settings) -> None:
        settings.TIMESTAMP_POLICY = "1.2.3.4"
        tsa.answers = ["own policy"]
        sealed = sealed_now()
        assert sealed.time is not None
        assert sealed.time.level == "B-B"
        assert f"under the policy {POLICY}, not 1.2.3.4" in sealed.time.why_not_more

    def test_one_that_refuses_the_policy(self, tsa: Authority, settings) -> None:
        settings.TIMESTAMP_POLICY = "1.2.3.4"
        sealed = sealed_now()
        assert sealed.time is not None
        assert "refused" in sealed.time.why_not_more

    def test_the_policy_that_is_asked_for_is_given(self, tsa: Authority, settings) -> None:
        settings.TIMESTAMP_POLICY = POLICY
        sealed = sealed_now()
        assert sealed.time is not None
        assert sealed.time.level == "B-LTA"

    def test_one_in_the_own_network_that_is_not_named(self, tsa: Authority, settings) -> None:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset()
        tsa.asked.clear()
        sealed = sealed_now()
        assert sealed.time is not None
        assert "on this machine" in sealed.time.why_not_more
        assert tsa.asked == []

    @pytest.mark.parametrize("word", UNFIT)
    def test_a_key_that_is_not_for_timestamps_alone(self, tsa: Authority, word: str) -> None:
        tsa.answers = [word]
        sealed = sealed_now()
        assert sealed.time is not None
        assert sealed.time.level == "B-B"
        assert "not one for timestamps alone" in sealed.time.why_not_more

    def test_a_fault_of_the_key_is_still_told_as_one(self, tsa: Authority, settings) -> None:
        (settings.KEY_DIR / sealing.KEY_FILE).unlink()
        with pytest.raises(SealingKeyError):
            sealed_now()


class TestChecking:
    def test_the_time_the_authority_and_the_level_are_named(self, tsa: Authority, settings) -> None:
        said = " ".join(judged(sealed_now().content, settings).sentences)
        assert "Level PAdES B-LTA" in said
        assert "by Test Time Authority (policy 1.3.6.1.4.1.99999.1, serial number" in said
        assert "A timestamp over the whole file" in said

    def test_a_root_that_nobody_trusts_any_more_is_said(self, tsa: Authority, stranger: Authority, settings) -> None:
        content = sealed_now().content
        settings.TIMESTAMP_ROOTS = (stranger.root,)
        verdict = judged(content, settings)
        assert verdict.outcome == "genuine"
        assert any("does not count" in sentence for sentence in verdict.sentences)
        assert not any(sentence.startswith("Trusted time:") for sentence in verdict.sentences)

    def test_any_changed_byte_after_the_seal_is_found(self, tsa: Authority, settings) -> None:
        content = sealed_now().content
        examination = verification.examine(content, known(settings))
        record = verification.RecordedFile("HC-TEST-0001", examination.sha256, examination.sha256, 7, content)
        end = sum(examination.byte_range[2:])
        assert end < len(content)
        for at in range(end, len(content), (len(content) - end) // 23):
            changed = bytearray(content)
            changed[at] ^= 1
            verdict = verification.judge(verification.examine(bytes(changed), known(settings)), record)
            assert verdict.outcome == "altered", at
            assert verdict.first_difference == at

    def test_a_token_moved_from_another_file_is_about_other_bytes(self, tsa: Authority, settings) -> None:
        first = stamping.authority()
        assert first is not None
        token = timestamps.obtain(first, b"\x01" * 32, timestamps.Budget(5, each=5))
        with pytest.raises(TimestampError, match="about other bytes"):
            timestamps.read_response(token.response, b"\x02" * 32, settings.TIMESTAMP_ROOTS)

    def test_a_file_whose_proofs_were_cut_off_is_altered(self, tsa: Authority, settings) -> None:
        content = sealed_now().content
        examination = verification.examine(content, known(settings))
        record = verification.RecordedFile("HC-TEST-0001", examination.sha256, examination.sha256, 7, content)
        cut = verification.examine(content[: sum(examination.byte_range[2:])], known(settings))
        assert cut.findings == ()
        verdict = verification.judge(cut, record)
        assert verdict.outcome == "altered"
        assert any("of the sealed file are missing" in sentence for sentence in verdict.sentences)

    def test_a_page_put_over_the_sealed_one_is_no_proof_of_time(self, tsa: Authority, settings) -> None:
        writer = IncrementalPdfFileWriter(io.BytesIO(sealed_now().content))
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        page["/Contents"] = writer.add_object(StreamObject(stream_data=b"0 0 600 800 re f"))
        writer.update_container(page)
        forged = io.BytesIO()
        writer.write(forged)
        examination = verification.examine(forged.getvalue(), known(settings))
        assert "What follows the seal is more than the proofs of a trusted time." in examination.findings
        assert judged(forged.getvalue(), settings).outcome == "unknown"

    def test_something_added_after_the_timestamp_is_no_proof(self, tsa: Authority, settings) -> None:
        added = sealed_now().content + b"\n% more\n"
        assert verification.examine(added, known(settings)).findings
        assert judged(added, settings).outcome != "genuine"


@pytest.mark.django_db
class TestOnRecord:
    def test_a_sealed_record_has_its_time_in_the_log_on_the_page_and_in_the_api(
        self, tsa: Authority, desk: Desk, signed: Handed, nia: Client, desk_time: None
    ) -> None:
        file = seal(desk, signed)
        row = FileTime.objects.get()
        assert (row.way, row.level, row.authority, row.reason) == ("inside", "B-LTA", "Test Time Authority", "")
        (entry,) = entries_for("consent.filetime", row.pk)
        assert entry.kind == "document.sealed"
        assert entry.detail.body["seal_level"] == "B-LTA"
        assert not StampingTask.objects.exists()
        page = nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        assert "level PAdES B-LTA" in page
        assert "Test Time Authority" in page
        check = services.verify_pdf(services.read_sealed_file(file))
        assert check.verdict.outcome == "genuine"
        assert any("Level PAdES B-LTA" in sentence for sentence in check.verdict.sentences)
        assert services.history_of(fresh(signed.consent)).changed == ()
        assert services.history_of(fresh(signed.consent)).unlogged == ()

    def test_when_it_is_down_the_file_is_sealed_and_the_token_comes_later(
        self, tsa: Authority, desk: Desk, signed: Handed, nia: Client, desk_time: None, tmp_path: Path
    ) -> None:
        tsa.answers = ["500"]
        file = seal(desk, signed)
        before = services.read_sealed_file(file)
        row = FileTime.objects.get()
        assert (row.way, row.level) == ("none", "B-B")
        assert "It answered 500" in row.reason
        page = nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        assert "No trusted time" in page
        assert "It answered 500" in page
        assert nia.get(f"/consents/{signed.consent.pk}/files/signed-record.tsr").status_code == 404
        assert list(services.waiting_for_time()) == [file]
        assert services.stamp_due(at=LATER + timedelta(seconds=29)) == 0
        assert services.stamp_due(at=LATER + timedelta(seconds=30)) == 1
        assert list(services.waiting_for_time()) == []
        assert services.stamp_due(at=LATER + timedelta(hours=2)) == 0
        assert services.read_sealed_file(file) == before
        later = FileTime.objects.get(way="detached")
        assert later.imprint == file.sha256
        assert [entry.kind for entry in entries_for("consent.filetime", later.pk)] == ["document.timestamped"]
        answer = nia.get(f"/consents/{signed.consent.pk}/files/signed-record.tsr")
        assert answer["Content-Type"] == "application/timestamp-reply"
        (tmp_path / "file.pdf").write_bytes(before)
        (tmp_path / "file.tsr").write_bytes(answer.content)
        arguments = ("-in", str(tmp_path / "file.tsr"), "-data", str(tmp_path / "file.pdf"))
        assert "Verification: OK" in tsa.verify(*arguments)
        (tmp_path / "file.pdf").write_bytes(before + b" ")
        assert "Verification: FAILED" in tsa.verify(*arguments)
        days = (LATER.date(), LATER.date())
        with services.export_period(desk.clinic, *days, agent=desk.agent, at=LATER) as packed:
            name = f"{signed.consent.reference}-signed-record.tsr"
            assert zipfile.ZipFile(packed).read(name) == answer.content
        check = services.verify_pdf(before)
        assert check.verdict.outcome == "genuine"
        assert any("the whole file existed before" in sentence for sentence in check.verdict.sentences)
        page = nia.get(f"/consents/{signed.consent.pk}/").content.decode()
        assert "beside the file" in page
        assert services.history_of(fresh(signed.consent)).unlogged == ()

    def test_each_failure_is_on_record_and_each_pause_longer(self, tsa: Authority, desk: Desk, signed: Handed) -> None:
        tsa.answers = ["500"] + ["garbage"] * 9
        seal(desk, signed)
        pauses = []
        for hour in range(1, 10):
            at = LATER + timedelta(hours=2 * hour)
            assert services.stamp_due(at=at) == 0
            task = StampingTask.objects.get()
            assert "cannot be read" in task.last_error
            pauses.append((task.next_attempt_at - at).total_seconds())
        assert pauses[:3] == [30, 60, 120]
        assert pauses[-1] == 3600
        assert services.stamp_due(at=LATER + timedelta(days=1)) == 1

    def test_a_seal_does_not_wait_for_one_that_has_just_failed(
        self, tsa: Authority, desk: Desk, signed: Handed
    ) -> None:
        tsa.answers = ["slow"]
        seal(desk, signed)
        declare(desk, signed)
        asked = tsa.tokens_given
        second = seal(desk, signed, SealKind.COMPLETED, at=LATER + timedelta(seconds=10))
        assert tsa.tokens_given == asked
        assert "did not wait" in second.times.get().reason

    def test_two_sweeps_at_once_ask_once(self, tsa: Authority, desk: Desk, signed: Handed) -> None:
        tsa.answers = ["500"]
        file = seal(desk, signed)
        at = LATER + timedelta(minutes=1)
        assert stamping._claim(file, at)
        assert services.stamp_due(at=at) == 0
        assert services.stamp_due(at=at + stamping.LEASE) == 1

    def test_a_changed_token_on_record_is_said(self, tsa: Authority, desk: Desk, signed: Handed, settings) -> None:
        tsa.answers = ["500"]
        file = seal(desk, signed)
        services.stamp_due(at=LATER + timedelta(minutes=1))
        record = verification.RecordedFile("X", file.sha256, file.sha256, 1, None, token=_of_another_file(settings))
        examination = verification.examine(services.read_sealed_file(file), known(settings))
        verdict = verification.judge(examination, record, time_roots=settings.TIMESTAMP_ROOTS)
        assert any("does not count: the token is about other bytes" in one for one in verdict.sentences)


def _of_another_file(settings) -> bytes:
    found = stamping.authority()
    assert found is not None
    return timestamps.obtain(found, b"\x07" * 32, timestamps.Budget(5, each=5)).response


class TestTheDoctor:
    def words(self) -> checkup.Finding:
        return next(one for one in _only_time())

    def test_none_named_is_no_fault(self) -> None:
        assert self.words().is_right

    @pytest.mark.django_db
    def test_one_that_works_is_named(self, tsa: Authority) -> None:
        found = self.words()
        assert found.is_right
        assert "Test Time Authority answers" in found.words
        assert "B-LTA" in found.words

    @pytest.mark.parametrize("fault", ["500", "garbage", "other"])
    def test_one_that_does_not_is_said_in_words(self, tsa: Authority, fault: str) -> None:
        tsa.answers = [fault]
        found = self.words()
        assert not found.is_right
        assert FAULTS[fault] in found.words

    def test_the_level_that_a_certificate_of_another_authority_allows_is_said(
        self, tsa: Authority, sealing_key: Path
    ) -> None:
        issue_sealing_certificate(tsa, sealing_key)
        found = self.words()
        assert found.is_right
        assert "files reach PAdES B-T" in found.words

    @pytest.mark.django_db
    def test_it_says_how_many_files_wait(self, tsa: Authority, desk: Desk, signed: Handed) -> None:
        tsa.answers = ["500"]
        seal(desk, signed)
        assert "1 sealed files wait for a timestamp" in self.words().words

    def test_a_missing_list_is_said_with_what_to_do(self, tsa: Authority) -> None:
        tsa.list_answers = ["none"]
        found = self.words()
        assert not found.is_right
        assert "TIMESTAMP_CRL_HOSTS" in found.words


def _only_time() -> Iterator[checkup.Finding]:
    try:
        yield checkup.Finding("trusted time", True, checkup._trusted_time())
    except checkup.CheckFailedError as problem:
        yield checkup.Finding("trusted time", False, str(problem))


class TestTheSettings:
    def test_a_file_and_its_text_are_taken(self, server: Authority) -> None:
        path = server.path("root.pem")
        for value in (str(path), path.read_text()):
            assert environment.timestamp_roots(server.url, value, "", "") == (server.root,)

    @pytest.mark.parametrize(
        ("url", "roots", "authorization", "policy", "words"),
        [
            ("tsa.example.org", "x", "", "", "TIMESTAMP_URL must look like"),
            ("https://tsa.example.org", "", "", "", "needs TIMESTAMP_CA"),
            ("https://tsa.example.org", "/nowhere.pem", "", "", "TIMESTAMP_CA must be"),
            ("http://tsa.example.org", "x", "Bearer abc", "", "must begin with https://"),
            ("https://tsa.example.org", "x", "", "one.two", "TIMESTAMP_POLICY must look like"),
        ],
    )
    def test_a_wrong_one_is_one_line(self, url: str, roots: str, authorization: str, policy: str, words: str) -> None:
        with pytest.raises(SettingError, match=words):
            environment.timestamp_roots(url, roots, authorization, policy)

    def test_the_secret_goes_in_the_header_to_the_authority_and_nowhere_else(self, tsa: Authority, settings) -> None:
        settings.TIMESTAMP_AUTHORIZATION = "Bearer abc"
        assert ask_timestamp_authority(b"0", 5.0)[0]
        assert tsa.headers[-1]["Authorization"] == "Bearer abc"
        assert tsa.headers[-1]["Content-Type"] == "application/timestamp-query"
        assert fetch_revocation_list(f"{tsa.base}/list.crl", 5.0)[0]
        assert "Authorization" not in tsa.headers[-1]


@pytest.mark.django_db
def test_a_file_of_before_has_no_time_and_waits_for_none(desk: Desk, signed: Handed) -> None:
    file = seal(desk, signed)
    assert SealedFile.objects.get(pk=file.pk).time is None
    assert list(services.waiting_for_time()) == []
