"""The log as the clinic's people read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.test import Client

from audit import services, tlog
from audit.models import LogDetail, LogEntry
from audit.records import Agent
from audit.vocabulary import kind_words
from clinic.models import Organization, User

SignedIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db
AT = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def entry(harbour: Organization) -> LogEntry:
    """The newest entry of Harbour's log."""
    agent = Agent("user", "5a1f", harbour.pk, "Dr Tamsin Okoro")
    with transaction.atomic():
        return services.append(
            "consent.signed", agent=agent, occurred_at=AT, records=[harbour], body={"name": "Mara Ilves"}
        )


@pytest.fixture
def page(auditor: User, signed_in: SignedIn) -> Client:
    return signed_in(auditor)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("consent.signed", "Consent signed"),
        ("products.product_registered", "Product registered"),
        ("clinic.opened", "Clinic opened"),
        ("consent.cleared_for_treatment", "Consent cleared for treatment"),
        ("consent.section_acknowledged", "Section acknowledged"),
    ],
)
def test_a_kind_names_its_thing_once(kind: str, words: str) -> None:
    assert kind_words(kind) == words


class TestTheList:
    def test_it_says_what_when_and_who_in_words(self, page: Client, entry: LogEntry) -> None:
        text = page.get("/log/").content.decode()
        assert "Consent signed" in text
        assert "Wed 1 Jul 2026, 10:30" in text
        assert "09:30:00 UTC" in text
        assert "Dr Tamsin Okoro" in text
        assert f'href="/log/{entry.leaf_index}/"' in text

    def test_an_entry_that_no_checkpoint_covers_is_marked(self, page: Client, entry: LogEntry) -> None:
        assert "Not yet signed for" in page.get("/log/").content.decode()
        services.publish_checkpoint(entry.log, at=AT)
        text = page.get("/log/").content.decode()
        assert "Not yet signed for" not in text
        assert str(services.verifier_key(entry.log)) in text

    def test_it_is_read_page_by_page(self, page: Client, entry: LogEntry, harbour: Organization) -> None:
        agent = Agent("system", "worker", harbour.pk)
        with transaction.atomic():
            for _ in range(60):
                services.append("page.written", agent=agent, occurred_at=AT)
        newest, older = page.get("/log/").content.decode(), page.get("/log/?page=2").content.decode()
        assert f"/log/{entry.leaf_index}/" not in newest
        assert f"/log/{entry.leaf_index}/" in older

    def test_asking_costs_the_same_for_many_entries(
        self, page: Client, entry: LogEntry, harbour: Organization, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        agent = Agent("system", "worker", harbour.pk)
        with transaction.atomic():
            for _ in range(30):
                services.append("page.written", agent=agent, occurred_at=AT)
        with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
            page.get("/log/")

    def test_nothing_can_be_sent_to_it(self, page: Client, entry: LogEntry) -> None:
        assert page.post("/log/").status_code in (403, 405)
        assert page.post(f"/log/{entry.leaf_index}/").status_code in (403, 405)

    def test_it_needs_a_sign_in(self, entry: LogEntry) -> None:
        for path in ("/log/", f"/log/{entry.leaf_index}/", "/log/checkpoint"):
            assert Client().get(path).status_code == 302

    def test_it_is_shown_without_the_key_too(self, page: Client, entry: LogEntry, log_key: object) -> None:
        log_key.unlink()  # type: ignore[attr-defined]
        response = page.get("/log/")
        assert response.status_code == 200
        assert "key of the log cannot be read" in response.content.decode()


class TestOneEntry:
    def test_it_shows_leaf_hash_and_commitment(self, page: Client, entry: LogEntry) -> None:
        text = page.get(f"/log/{entry.leaf_index}/").content.decode().replace("&quot;", '"')
        assert entry.leaf in text
        assert bytes(entry.leaf_hash).hex() in text
        assert entry.leaf_json["commitment"] in text
        assert "Mara Ilves" in text
        assert "No checkpoint covers this entry yet" in text

    def test_its_proof_can_be_taken_away_and_checked_elsewhere(self, page: Client, entry: LogEntry) -> None:
        checkpoint = services.publish_checkpoint(entry.log, at=AT)
        assert checkpoint is not None
        assert checkpoint.note.splitlines()[0] in page.get(f"/log/{entry.leaf_index}/").content.decode()
        response = page.get(f"/log/{entry.leaf_index}.tlog-proof")
        assert response["Content-Disposition"] == f'attachment; filename="entry-{entry.leaf_index}.tlog-proof"'
        leaf = tlog.parse_proof(response.content.decode()).extra
        key = services.verifier_key(entry.log)
        assert tlog.verify_proof(response.content.decode(), tlog.leaf_hash(leaf), key).size == checkpoint.tree_size

    def test_there_is_no_proof_before_a_checkpoint(self, page: Client, entry: LogEntry) -> None:
        assert page.get(f"/log/{entry.leaf_index}.tlog-proof").status_code == 404

    def test_an_erased_detail_is_called_erased(self, page: Client, entry: LogEntry) -> None:
        LogDetail.objects.filter(entry=entry).delete()
        text = page.get(f"/log/{entry.leaf_index}/").content.decode()
        assert "Erased. The entry stays provable" in text
        assert "Mara Ilves" not in text
        assert page.get("/log/").status_code == 200

    def test_an_entry_that_is_not_there_is_not_found(self, page: Client, entry: LogEntry) -> None:
        assert page.get(f"/log/{entry.leaf_index + 1}/").status_code == 404
        assert page.get("/log/99999999999999999999/").status_code == 404


class TestTheCheckpoint:
    def test_it_is_the_signed_note(self, page: Client, entry: LogEntry) -> None:
        assert page.get("/log/checkpoint").status_code == 404
        checkpoint = services.publish_checkpoint(entry.log, at=AT)
        assert checkpoint is not None
        response = page.get("/log/checkpoint")
        assert response.content.decode() == checkpoint.note
        assert response["Content-Type"] == "text/plain; charset=utf-8"


class TestTheStranger:
    def test_inland_sees_only_its_own_log(self, stranger: User, signed_in: SignedIn, entry: LogEntry) -> None:
        inland = signed_in(stranger)
        text = inland.get("/log/").content.decode()
        assert "Dr Tamsin Okoro" not in text
        assert entry.log.origin not in text
        last = LogEntry.objects.filter(log=entry.log).count()
        for path in (f"/log/{last + 5}/", f"/log/{last + 5}.tlog-proof", "/log/checkpoint"):
            assert inland.get(path).status_code == 404


class TestAnEntryThatNamesVeryMany:
    @pytest.fixture
    def long_entry(self, harbour: Organization, monkeypatch: pytest.MonkeyPatch) -> LogEntry:
        from audit import views
        from tests.cast import make_member

        monkeypatch.setattr(views, "MOST_NAMED", 6)
        monkeypatch.setattr(views, "LONGEST_SHOWN", 100)
        people = [make_member(harbour, f"Person {number}").memberships.get() for number in range(9)]
        agent = Agent("user", "5a1f", harbour.pk, "Dr Tamsin Okoro")
        with transaction.atomic():
            return services.append("products.batches_imported", agent=agent, occurred_at=AT, records=people)

    def test_shows_the_first_and_gives_all_of_them_to_take_away(self, page: Client, long_entry: LogEntry) -> None:
        assert "and 5 more" in page.get("/log/").content.decode()
        text = page.get(f"/log/{long_entry.leaf_index}/").content.decode()
        assert "These are the first 6 of 9" in text
        taken = page.get(f"/log/{long_entry.leaf_index}.json")
        assert taken.content.decode() == long_entry.detail.canonical_body
        assert taken["Content-Disposition"].startswith("attachment")

    def test_a_stranger_finds_nothing(self, signed_in: SignedIn, stranger: User, long_entry: LogEntry) -> None:
        assert signed_in(stranger).get(f"/log/{long_entry.leaf_index}.json").status_code == 404
