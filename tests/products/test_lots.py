"""The lot graph: donor codes down to the vial, never in a circle, each statement with its papers, traced both ways."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from audit.services import entries_for
from products import lineage, rules
from products.errors import LotCircleError, LotRefusedError, ScanError
from products.models import LotEdge, LotNode, Party
from products.services import (
    DonorDraft,
    LineageDraft,
    LinkDraft,
    LotDraft,
    LotFacts,
    Upload,
    add_lot,
    correct_lot,
    judging,
    link_lots,
    receive_batch,
    state_lineage,
    withdraw_link,
)
from tests.cast import NOW, make_clinic, operator_for
from tests.consent.desk import at_once
from tests.products.conftest import LOT, TODAY, pdf

CORD = DonorDraft(
    "DONOR-KR-0007",
    LotFacts(
        tissue="umbilical cord",
        species="Homo sapiens",
        consent_reference="ICF-KR-0007",
        screening={"HIV1_2": "negative", "HBV": "negative"},
    ),
)
PAPERS = LineageDraft(donors=(CORD,), working_bank="WCB-UC-03", production_lot="PL-UC-26-011", passage=4)


def node(number: int) -> UUID:
    return UUID(int=number)


def links(*pairs: tuple[int, int]) -> list[rules.Link]:
    return [rules.Link(node(above), node(below)) for above, below in pairs]


class TestTheGraph:
    """1 -> 2 -> 4, 1 -> 3 -> 4 -> 5: split and pooled again."""

    DIAMOND = links((1, 2), (1, 3), (2, 4), (3, 4), (4, 5))

    def test_what_came_out_of_a_place(self):
        assert {place.int for place in rules.descendants(node(2), self.DIAMOND)} == {4, 5}

    def test_what_went_into_a_place_the_nearest_first(self):
        assert [place.int for place in rules.ancestors(node(5), self.DIAMOND)] == [4, 2, 3, 1]

    def test_a_circle_is_refused_with_the_way_round(self):
        names = {node(number): f"L{number}" for number in range(1, 6)}
        with pytest.raises(LotCircleError, match="L1 → L2 → L4 → L5 → L1"):
            rules.check_no_circle(rules.Link(node(5), node(1)), self.DIAMOND, names=names)

    def test_a_place_never_comes_out_of_itself(self):
        with pytest.raises(LotCircleError, match="L1 → L1"):
            rules.check_no_circle(rules.Link(node(1), node(1)), [], names={node(1): "L1"})

    def test_a_second_way_between_two_places_is_no_circle(self):
        rules.check_no_circle(rules.Link(node(1), node(5)), self.DIAMOND, names={})

    @given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=40))
    def test_links_that_pass_the_check_never_make_anything_its_own_ancestor(self, pairs):
        names = {node(number): str(number) for number in range(8)}
        kept: list[rules.Link] = []
        for link in links(*pairs):
            try:
                rules.check_no_circle(link, kept, names=names)
            except LotCircleError:
                # And what it refuses is a circle: the other end is reached already.
                assert link.upstream == link.downstream or link.upstream in rules.descendants(link.downstream, kept)
            else:
                kept.append(link)
        for place in names:
            below = rules.descendants(place, kept)
            assert not any(place in rules.descendants(other, kept) for other in below)

    @pytest.mark.parametrize(
        ("above", "below", "link", "code"),
        [
            ("FILLED_LOT", "DONOR", "DERIVED_FROM", "lots.order"),
            ("WORKING_BANK", "MASTER_BANK", "DERIVED_FROM", "lots.order"),
            ("DONOR", "POOL", "DERIVED_FROM", "lots.link"),
            ("DONOR", "WORKING_BANK", "PACKED_IN", "lots.link"),
            ("BULK_LOT", "BULK_LOT", "USED_IN", "lots.link"),
        ],
    )
    def test_a_link_against_the_order_of_making_is_refused(self, above, below, link, code):
        with pytest.raises(LotRefusedError) as refused:
            rules.check_stages(above, below, link)
        assert refused.value.code == code

    @pytest.mark.parametrize(
        ("above", "below", "link"),
        [
            ("DONOR", "POOL", "POOLED_FROM"),
            ("BULK_LOT", "BULK_LOT", "SPLIT_FROM"),
            ("BULK_LOT", "FILLED_LOT", "PACKED_IN"),
            ("WORKING_BANK", "PRODUCTION_LOT", "USED_IN"),
            ("DONOR", "FILLED_LOT", "DERIVED_FROM"),
        ],
    )
    def test_links_that_factories_make_pass(self, above, below, link):
        rules.check_stages(above, below, link)


@pytest.fixture
def bulk(harbour, nia):
    """Two bulk lots, B-1 and B-2."""
    return [add_lot(harbour, LotDraft("BULK_LOT", f"B-{number}"), agent=nia, at=NOW) for number in (1, 2)]


@pytest.mark.django_db
class TestAddAndCorrectLot:
    def test_a_donor_is_a_code_with_its_facts(self, harbour, nia):
        donor = add_lot(
            harbour, LotDraft("DONOR", "D-1", facts=CORD.facts, upload=Upload(pdf(), "d.pdf")), agent=nia, at=NOW
        )
        assert (donor.code, donor.tissue, donor.basis, donor.evidence.original_name) == (
            "D-1",
            "umbilical cord",
            "STATED",
            "d.pdf",
        )
        assert not {"name", "birth_date"} & {field.name for field in LotNode._meta.fields}
        assert entries_for("products.lotnode", donor.pk)

    def test_a_correction_keeps_what_was_said(self, harbour, nia):
        donor = add_lot(harbour, LotDraft("DONOR", "D-1", facts=CORD.facts), agent=nia, at=NOW)
        correct_lot(donor, replace(CORD.facts, tissue="placenta"), reason="Letter of 3 March", agent=nia, at=NOW)
        assert [(v.number, v.values["tissue"], v.reason) for v in donor.versions.all()] == [
            (1, "umbilical cord", ""),
            (2, "placenta", "Letter of 3 March"),
        ]

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (LotDraft("UNIT", "V1"), "kind"),
            (LotDraft("PERSON", "V1"), "kind"),
            (LotDraft("DONOR", "D-1", facts=LotFacts(country="XX")), "country"),
            (LotDraft("DONOR", "D-1", facts=LotFacts(passage=-1)), "passage"),
            (LotDraft("DONOR", "D-1", facts=LotFacts(screening={"HIV": "negative"})), "screening"),
            (LotDraft("DONOR", "D-1", facts=LotFacts(basis="GUESSED")), "basis"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, draft, field, harbour, nia):
        with pytest.raises(LotRefusedError) as refused:
            add_lot(harbour, draft, agent=nia, at=NOW)
        assert refused.value.field == field
        assert not LotNode.objects.exists()

    def test_one_code_of_one_maker_is_one_place(self, harbour, bulk, nia):
        with pytest.raises(LotRefusedError, match="B-1 is on record already"):
            add_lot(harbour, LotDraft("BULK_LOT", "B-1"), agent=nia, at=NOW)
        maker = Party.objects.create(organization=harbour, name="Another maker")
        assert add_lot(harbour, LotDraft("BULK_LOT", "B-1", maker), agent=nia, at=NOW)

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("=G12341765432170", "G123417654321"),
            ("G1234 17 654321 A", "G123417654321"),
            ("G123498654321H", "G123498654321"),
            ("SEC: PL001499Z549917123456 A00T041600320171231", "PL001499Z549917123456 A00T041600320171231"),
            ("&(A00T0416", "&(A00T0416"),
        ],
    )
    def test_a_donation_keeps_its_isbt_128_or_european_code(self, typed, kept, harbour, nia):
        draft = LotDraft("DONATION", "P-1", facts=LotFacts(donation_code=typed))
        assert add_lot(harbour, draft, agent=nia, at=NOW).donation_code == kept

    @pytest.mark.parametrize(
        ("typed", "code", "words"),
        [
            ("=G12341765432171", "isbt128.check_character", "must be 70, not 71"),
            ("G1234 17 654321 B", "isbt128.check_character", "must be A, not B"),
            ("G1234 17 65432", "isbt128.form", "13 characters"),
            ("PL001499Z549917123456 A00T041600320171331", "sec.date", "20171331"),
            ("Jane Doe", "isbt128.form", "13 characters"),
        ],
    )
    def test_a_wrong_one_is_refused_with_what_was_expected(self, typed, code, words, harbour, nia):
        with pytest.raises(ScanError, match=words) as refused:
            add_lot(harbour, LotDraft("DONATION", "P-1", facts=LotFacts(donation_code=typed)), agent=nia, at=NOW)
        assert (refused.value.code, refused.value.field) == (code, "donation_code")


@pytest.mark.django_db
class TestLinkLots:
    SPLIT = LinkDraft("SPLIT_FROM")

    def test_a_batch_gets_its_place_with_the_first_link(self, lot, bulk, nia):
        edge = link_lots(bulk[0], lot, LinkDraft("PACKED_IN", stated_for=lot), agent=nia, at=NOW)
        assert edge.downstream.batch == lot
        assert (edge.downstream.code, edge.basis) == ("RSE2601", "STATED")
        again = link_lots(bulk[1], lot, LinkDraft("PACKED_IN"), agent=nia, at=NOW)
        assert again.downstream == edge.downstream

    def test_a_circle_is_refused_and_nothing_is_written(self, bulk, nia):
        link_lots(*bulk, self.SPLIT, agent=nia, at=NOW)
        with pytest.raises(LotCircleError, match="B-1 → B-2 → B-1"):
            link_lots(bulk[1], bulk[0], self.SPLIT, agent=nia, at=NOW)
        assert LotEdge.objects.count() == 1

    def test_a_link_is_on_record_once(self, bulk, nia):
        link_lots(*bulk, self.SPLIT, agent=nia, at=NOW)
        with pytest.raises(LotRefusedError, match="on record already"):
            link_lots(*bulk, self.SPLIT, agent=nia, at=NOW)

    def test_a_link_taken_back_is_followed_no_more_and_stays_readable(self, bulk, nia):
        edge = link_lots(*bulk, self.SPLIT, agent=nia, at=NOW)
        withdraw_link(edge, reason="It was B-3", agent=nia, at=NOW)
        assert lineage.trace_of(bulk[0]).below == []
        assert edge.withdrawal.reason == "It was B-3"
        assert link_lots(bulk[1], bulk[0], self.SPLIT, agent=nia, at=NOW)
        with pytest.raises(LotRefusedError, match="taken back already"):
            withdraw_link(edge, reason="again", agent=nia, at=NOW)

    def test_never_to_another_clinics_place(self, bulk, inland, nia):
        theirs = LotNode.objects.create(organization=inland, kind="BULK_LOT", code="T-1")
        with pytest.raises(LotRefusedError):
            link_lots(bulk[0], theirs, self.SPLIT, agent=nia, at=NOW)

    def test_the_database_changes_no_link(self, bulk, nia):
        link_lots(*bulk, self.SPLIT, agent=nia, at=NOW)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM products_lotedge")


class TestTwoPeopleAtOnce:
    """SQLite's test database is one connection, so there they come one after the other."""

    def test_cannot_close_a_circle_between_them(self, committed: None) -> None:
        harbour = make_clinic()
        nia = operator_for(harbour)
        bulk = [add_lot(harbour, LotDraft("BULK_LOT", f"B-{number}"), agent=nia, at=NOW) for number in (1, 2)]

        def link(number: int) -> str:
            above, below = bulk if number % 2 else reversed(bulk)
            try:
                link_lots(above, below, LinkDraft("SPLIT_FROM", note=f"by {number}"), agent=nia, at=NOW)
            except (LotCircleError, LotRefusedError) as refusal:
                return refusal.code
            return "linked"

        answers = at_once(link, 8)
        assert answers.count("linked") == 1
        assert answers.count("lots.circle") == 4
        assert LotEdge.objects.count() == 1


@pytest.mark.django_db
class TestStateLineage:
    def test_papers_become_a_way_from_the_donor_to_the_batch(self, lot, nia):
        state_lineage(lot, PAPERS, agent=nia, at=NOW)
        trace = lineage.trace_of(LotNode.objects.get(batch=lot))
        assert [(place.kind, place.code) for place in trace.above] == [
            ("PRODUCTION_LOT", "PL-UC-26-011"),
            ("WORKING_BANK", "WCB-UC-03"),
            ("DONOR", "DONOR-KR-0007"),
        ]
        found = lineage.lineage_of(lot)
        assert [(one.code, one.tissue, one.species) for one in found.origins] == [
            ("DONOR-KR-0007", "umbilical cord", "Homo sapiens")
        ]
        assert (found.cell_banks, found.production_lots, found.passage) == (("WCB-UC-03",), ("PL-UC-26-011",), 4)

    def test_two_batches_papers_tell_their_own_story_about_one_cell_bank(self, lot, rosaline, nia):
        state_lineage(lot, PAPERS, agent=nia, at=NOW)
        other = receive_batch(
            rosaline, replace(LOT, lot_number="RSE2603", serial_number="R9"), today=TODAY, agent=nia, at=NOW
        ).batch
        fat = DonorDraft("DONOR-KR-0031", LotFacts(tissue="abdominal fat", species="Homo sapiens"))
        state_lineage(
            other, replace(PAPERS, donors=(fat,), production_lot="PL-UC-26-044", passage=5), agent=nia, at=NOW
        )
        assert [one.code for one in lineage.lineage_of(lot).origins] == ["DONOR-KR-0007"]
        assert [one.code for one in lineage.lineage_of(other).origins] == ["DONOR-KR-0031"]
        assert lineage.lineage_of(other).passage == 5
        # A recall casts the wider net: whatever came out of that donor by anybody's papers.
        donor = LotNode.objects.get(code="DONOR-KR-0007")
        assert {batch.lot_number for batch in lineage.batches_below({donor.pk})} == {"RSE2601", "RSE2603"}
        assert {place.code for place in lineage.trace_of(donor).below} >= {"RSE2601", "RSE2603"}

    def test_what_lies_below_many_places_is_asked_for_no_oftener_than_below_one(self, lot, nia):
        state_lineage(lot, PAPERS, agent=nia, at=NOW)
        nodes = list(LotNode.objects.all())
        assert len(nodes) > 3
        counts = []
        for touched in ([node for node in nodes if node.code == "DONOR-KR-0007"], nodes):
            with CaptureQueriesContext(connection) as asked:
                judging.judge_again(touched)
            counts.append(sum('FROM "products_lotedge"' in one["sql"] for one in asked))
        assert 0 < counts[1] <= counts[0]

    def test_a_donor_without_a_code_is_a_place_that_says_so(self, lot, nia):
        state_lineage(lot, LineageDraft(donors=(DonorDraft("", CORD.facts),)), agent=nia, at=NOW)
        donor = LotNode.objects.get(kind="DONOR")
        assert (str(donor), donor.basis, donor.tissue) == ("Donor, code not stated", "NOT_STATED", "umbilical cord")

    def test_a_passage_without_a_production_lot_belongs_to_the_batch(self, lot, nia):
        state_lineage(lot, LineageDraft(working_bank="WCB-1", passage=7), agent=nia, at=NOW)
        assert LotNode.objects.get(batch=lot).passage == 7
        assert LotNode.objects.get(kind="WORKING_BANK").passage is None
        assert lineage.lineage_of(lot).passage == 7

    def test_several_donors_are_pooled(self, lot, nia):
        donors = tuple(DonorDraft(f"D-{number}") for number in range(3))
        state_lineage(lot, LineageDraft(donors=donors, pool="POOL-7"), agent=nia, at=NOW)
        edges = LotEdge.objects.filter(downstream__kind="POOL")
        assert {edge.link for edge in edges} == {"POOLED_FROM"}
        assert edges.count() == 3

    def test_new_facts_are_added_to_a_known_donor_and_others_are_refused(self, lot, rosaline, nia):
        state_lineage(lot, PAPERS, agent=nia, at=NOW)
        other = receive_batch(
            rosaline, replace(LOT, lot_number="RSE2603", serial_number="R9"), today=TODAY, agent=nia, at=NOW
        ).batch
        knows_more = DonorDraft("DONOR-KR-0007", LotFacts(country="KR"))
        says_other = DonorDraft("DONOR-KR-0007", LotFacts(tissue="placenta"))
        with pytest.raises(LotRefusedError, match="“umbilical cord”, these papers say “placenta”"):
            state_lineage(other, LineageDraft(donors=(says_other,)), agent=nia, at=NOW)
        state_lineage(other, LineageDraft(donors=(knows_more,)), agent=nia, at=NOW)
        donor = LotNode.objects.get(code="DONOR-KR-0007")
        assert (donor.country, donor.tissue, donor.versions.count()) == ("KR", "umbilical cord", 2)

    def test_once_per_batch_and_not_empty(self, lot, nia):
        with pytest.raises(LotRefusedError, match="at least one thing"):
            state_lineage(lot, LineageDraft(), agent=nia, at=NOW)
        assert not LotNode.objects.exists()
        state_lineage(lot, PAPERS, agent=nia, at=NOW)
        with pytest.raises(LotRefusedError, match="on record already"):
            state_lineage(lot, PAPERS, agent=nia, at=NOW)
