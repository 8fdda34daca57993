"""Lists, search and comparison: what is found, in which order, at what cost, and for whom."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from products.models import Batch, Product
from products.services import (
    BatchDraft,
    ClaimDraft,
    PartyDraft,
    ProductDraft,
    Upload,
    attach_size_measurement,
    correct_claim,
    hold_batch,
    receive_batch,
    register_product,
)
from products.views.pages import PER_PAGE
from tests.cast import NOW
from tests.products.conftest import ROSALINE, TODAY
from tests.products.test_sizing import zetaview

pytestmark = pytest.mark.django_db
EXPIRY = date(2028, 1, 19)


@pytest.fixture
def desk(signed_in, practitioner):
    return signed_in(practitioner)


def named(organization, name, nia, gtin="", maker=None):
    draft = ProductDraft(name, PartyDraft(maker) if maker else None, gtin, ROSALINE.claims)
    return register_product(organization, draft, agent=nia, at=NOW)


def received(product, lot, nia, serial="", day=TODAY):
    return receive_batch(product, BatchDraft(lot, EXPIRY, None, serial), today=day, agent=nia, at=NOW).batch


def names(desk, **asked):
    return [row.product.marketed_name for row in desk.get(reverse("products"), asked).context["rows"]]


def lots(desk, **asked):
    return [batch.lot_number for batch, *_ in desk.get(reverse("batches"), asked).context["rows"]]


class TestSearchOfProducts:
    @pytest.fixture(autouse=True)
    def register(self, harbour, nia):
        rose = named(harbour, "Rosé Callus", nia, "09521104000051", "Söderberg Biotech")
        received(rose, "RSE2601", nia, "VIAL77")
        named(harbour, "Lumi Serum", nia)

    @pytest.mark.parametrize(
        "query",
        [
            "ros",
            "rose callus",
            "ROSÉ",
            "callus soderberg",
            "9521104000051",
            "09521104000051",
            "RSE26",
            "rse2601",
            "vial77",
        ],
    )
    def test_finds_by_name_gtin_lot_serial_and_maker_without_regard_to_case_and_accents(self, query, desk):
        assert names(desk, q=query) == ["Rosé Callus"]

    @pytest.mark.parametrize("query", ["601", "rose serum", "RS", "ial77", "%", "_"])
    def test_every_word_must_be_held_and_numbers_are_found_by_how_they_begin(self, query, desk):
        assert names(desk, q=query) == []

    def test_a_corrected_name_is_found_and_the_old_one_is_not(self, desk, nia):
        product = Product.objects.get(marketed_name="Lumi Serum")
        draft = ClaimDraft("marketed_name", "Aurora", "STATED")
        correct_claim(product, draft, correction_reason="label changed", agent=nia, at=NOW)
        assert (names(desk, q="aurora"), names(desk, q="lumi")) == (["Aurora"], [])

    def test_a_word_of_a_product_elsewhere_finds_nothing(self, desk, inland, stranger):
        from tests.cast import agent_for

        named(inland, "Zeta Gel", agent_for(stranger, inland))
        assert names(desk, q="zeta") == []


class TestSearchOfBatches:
    @pytest.fixture(autouse=True)
    def register(self, harbour, nia):
        rose = named(harbour, "Rosé Callus", nia, "09521104000051", "Söderberg Biotech")
        received(rose, "RSE2601", nia, "VIAL77")
        received(named(harbour, "Lumi Serum", nia), "LUM1", nia)

    @pytest.mark.parametrize("query", ["rse", "RSE2601", "vial77", "rose", "9521104", "soderberg rse26"])
    def test_finds_by_lot_serial_and_product(self, query, desk):
        assert lots(desk, q=query) == ["RSE2601"]

    def test_a_word_that_finds_very_many_is_answered_too(self, desk, monkeypatch):
        monkeypatch.setattr("products.models.batch.FEW", 1)
        assert lots(desk, q="rose rse vial77") == ["RSE2601"]
        assert lots(desk, q="lumi") == ["LUM1"]

    def test_what_nobody_has_is_said(self, desk):
        assert "No batch is like that" in desk.get(reverse("batches"), {"q": "xyz"}).content.decode()


class TestFilters:
    @pytest.fixture(autouse=True)
    def register(self, harbour, nia):
        held = received(named(harbour, "Held", nia), "H1", nia)
        hold_batch(held, reason="too warm", today=TODAY, agent=nia, at=NOW)
        named(harbour, "Empty", nia)

    def test_products_that_wait_or_have_no_batch(self, desk):
        assert names(desk, show="waiting") == ["Held"]
        assert names(desk, show="none") == ["Empty"]
        assert names(desk, show="nonsense") == ["Empty", "Held"]

    def test_batches_by_their_state(self, desk, rosaline, nia):
        received(rosaline, "Q1", nia)
        assert lots(desk, state="ON_HOLD") == ["H1"]
        assert lots(desk, state="QUARANTINE") == ["Q1"]

    def test_batches_past_their_date(self, desk, rosaline, nia):
        received(rosaline, "OLD", nia)
        Batch.objects.filter(lot_number="OLD").update(expiration_date=date(2020, 1, 1))
        assert lots(desk, state="EXPIRED") == ["OLD"]

    def test_what_waits_is_said_with_the_lot_where_it_is_the_only_one(self, desk):
        page = desk.get(reverse("products")).content.decode()
        assert "H1 on hold" in page
        assert "No batch received yet" in page


class TestPages:
    def walked(self, desk, address, key):
        found, after, pages = [], "", 0
        while True:
            context = desk.get(reverse(address), {"after": after} if after else {}).context
            found += [key(row) for row in context["rows"]]
            pages += 1
            after = context["page"].after
            if not after:
                return found, pages

    def test_products_come_by_name_each_once_on_as_many_pages_as_it_takes(self, harbour, nia, desk):
        wanted = [f"Same {number % 7}" for number in range(PER_PAGE + 5)]
        rows = [Product(organization=harbour, marketed_name=name, registered_at=NOW) for name in wanted]
        Product.objects.bulk_create(rows)
        found, pages = self.walked(desk, "products", lambda row: (row.product.marketed_name, str(row.product.pk)))
        assert [name for name, _ in found] == sorted(wanted)
        assert len(set(found)) == len(wanted)
        assert pages == 2

    def test_batches_come_newest_first_each_once(self, rosaline, nia, desk):
        for number in range(PER_PAGE + 3):
            received(rosaline, f"B{number:03}", nia, day=TODAY - timedelta(days=number // 10))
        found, pages = self.walked(desk, "batches", lambda row: (row[0].received_on, row[0].lot_number))
        assert found == sorted(found, key=lambda row: (-row[0].toordinal(), row[1]))
        assert (len(set(found)), pages) == (PER_PAGE + 3, 2)

    @pytest.mark.parametrize("after", ["x", "W10", "WyJhIiwgImIiXQ", "é", "WyIyMDI2LTAxLTAxIiwgIkEiLCAieCJd"])
    def test_a_mark_that_nobody_gave_leads_to_the_first_page(self, after, desk, lot):
        assert lots(desk, after=after) == ["RSE2601"]
        assert names(desk, after=after) == ["Rosaline Callus"]


class TestQuestions:
    """A page asks the database as often for three rows as for three hundred."""

    def asked(self, desk, address, **options):
        with CaptureQueriesContext(connection) as questions:
            assert desk.get(address, options).status_code == 200
        return len(questions)

    def test_lists_and_searches_ask_a_fixed_number_and_no_more_than_these(self, harbour, nia, desk):
        few = named(harbour, "Rosa A", nia)
        received(few, "LOT001", nia, "SER001")
        asked = {
            "list": (reverse("products"), {}, 10),
            "search": (reverse("products"), {"q": "rosa"}, 10),
            "by lot": (reverse("products"), {"q": "LOT0"}, 10),
            "batches": (reverse("batches"), {}, 8),
            "batches by lot": (reverse("batches"), {"q": "LOT0"}, 10),
            "product": (reverse("product", args=[few.pk]), {}, 17),
        }
        before = {name: self.asked(desk, address, **options) for name, (address, options, _) in asked.items()}
        for number in range(2, 30):
            more = named(harbour, f"Rosa {number}", nia) if number % 7 == 0 else few
            batch = received(more, f"LOT{number:03}", nia, f"SER{number:03}")
            if number % 10 == 0:
                attach_size_measurement(batch, Upload(zetaview().encode(), "run.txt"), agent=nia, at=NOW)
        after = {name: self.asked(desk, address, **options) for name, (address, options, _) in asked.items()}
        assert before == after
        assert all(after[name] <= most for name, (_, _, most) in asked.items()), after

    def test_a_product_with_very_many_batches_shows_the_newest_and_leads_to_all(self, rosaline, nia, desk):
        for number in range(22):
            received(rosaline, f"M{number:02}", nia, day=TODAY - timedelta(days=number))
        page = desk.get(reverse("product", args=[rosaline.pk])).content.decode()
        assert "M00" in page
        assert "M21" not in page
        assert f"{reverse('batches')}?q={rosaline.gtin}" in page


class TestComparison:
    @pytest.fixture
    def pair(self, rosaline, nia):
        batches = [received(rosaline, lot, nia) for lot in ("AAA1", "BBB2")]
        for batch, rows in zip(batches, ([(97.5, 100), (102.5, 300)], [(117.5, 200), (122.5, 300)]), strict=True):
            attach_size_measurement(batch, Upload(zetaview(rows).encode(), "run.txt"), agent=nia, at=NOW)
        return batches

    def shown(self, browser, batches):
        return browser.get(reverse("batch_compare"), {"batch": [str(batch.pk) for batch in batches]})

    def test_each_fact_stands_beside_the_others_with_its_mark(self, desk, pair):
        answer = self.shown(desk, pair)
        lines = {line.label: line for _, group in answer.context["groups"] for line in group}
        assert [cell.lot for cell in lines["D50"].cells] == ["AAA1", "BBB2"]
        assert [cell.value for cell in lines["D50"].cells] == ["99.2 nm", "118.3 nm"]
        assert lines["Sterility"].cells[0].basis == "NOT_STATED"
        assert lines["Particle size"].differs
        assert not lines["Product"].differs

    def test_what_the_checks_found_stands_beside_the_others(self, desk, pair):
        answer = self.shown(desk, pair)
        found = dict(answer.context["groups"])["What the checks found"]
        assert found[0].label == "State of the papers"
        codes = {code["code"] for batch in Batch.objects.all() for code in batch.findings}
        assert codes
        assert {line.label for line in found[1:]} == codes

    def test_the_sizes_are_drawn_over_one_another_with_their_tables(self, desk, pair):
        page = self.shown(desk, pair).content.decode()
        assert page.count("Show the numbers") == 1
        assert page.count("<caption>AAA1</caption>") == page.count("<caption>BBB2</caption>") == 1

    def test_batches_come_in_the_order_in_which_they_were_named(self, desk, pair):
        assert [one.lot_number for one in self.shown(desk, pair[::-1]).context["batches"]] == ["BBB2", "AAA1"]

    @pytest.mark.parametrize("count", [0, 1, 5])
    def test_too_few_and_too_many_are_said(self, count, desk, rosaline, nia):
        batches = [received(rosaline, f"C{number}", nia) for number in range(count)]
        answer = self.shown(desk, batches)
        assert answer.status_code == 422
        assert "Choose 2 to 4 batches." in answer.content.decode()

    def test_a_stranger_finds_nothing(self, signed_in, stranger, pair):
        assert self.shown(signed_in(stranger), pair).status_code == 404

    def test_nor_does_anybody_find_what_is_no_batch(self, desk, pair):
        assert desk.get(reverse("batch_compare"), {"batch": [str(pair[0].pk), "x"]}).status_code == 404

    def test_an_auditor_reads_it(self, signed_in, auditor, pair):
        assert self.shown(signed_in(auditor), pair).status_code == 200


class TestSizeOnTheBatchPage:
    def test_every_figure_of_the_measurement_is_shown(self, desk, lot, nia):
        attach_size_measurement(lot, Upload(zetaview(drift="too high").encode(), "run.txt"), agent=nia, at=NOW)
        page = desk.get(reverse("batch", args=[lot.pk])).content.decode()
        for words in ("<dt>Mean</dt>", "<dt>Span</dt>", "100-fold, made good above", "1.00 × 10⁹", "too high"):
            assert words in page, words
