"""What a supplier promises: kept word for word, flagged by its words, corrected or withdrawn without being lost."""

from __future__ import annotations

from datetime import date

import pytest

from audit.services import entries_for
from products.errors import ClaimRefusedError
from products.models import MarketingClaim
from products.rules import ClaimFlag, claim_flags
from products.services import MarketingDraft, Upload, record_marketing_claim, withdraw_marketing_claim
from tests.cast import NOW
from tests.products.conftest import TODAY, pdf

HAIR = MarketingDraft("Regrows hair. FDA approved", "WEBSITE", "https://example.org/hair", TODAY, "LABORATORY")


class TestClaimFlags:
    @pytest.mark.parametrize(
        ("text", "flags"),
        [
            ("supports skin appearance", set()),
            ("radiance", set()),
            ("FDA approved", {"APPROVED"}),
            ("MHRA-approved", {"APPROVED"}),
            ("CE exosome medicine", {"APPROVED"}),
            ("Approved", {"APPROVED"}),
            ("Not approved by the FDA", set()),
            ("regrows hair", {"TREAT"}),
            ("Cures baldness", {"CURE", "TREAT"}),
            ("This product is not intended to diagnose, treat or cure any disease", set()),
            ("contains live stem cells", {"LIVE_CELLS"}),
            ("contains no live stem cells", set()),
        ],
    )
    def test_they_follow_from_the_words(self, text, flags):
        assert claim_flags(text) == {ClaimFlag(flag) for flag in flags}


@pytest.mark.django_db
class TestMarketingClaim:
    def record(self, product, nia, draft=HAIR, **options):
        return record_marketing_claim(product, draft, today=TODAY, agent=nia, at=NOW, **options)

    def test_it_is_kept_word_for_word_with_its_document(self, rosaline, nia):
        draft = MarketingDraft("Radiance", "BROCHURE", upload=Upload(pdf(), "leaflet.pdf"))
        claim = self.record(rosaline, nia, draft)
        assert (claim.text, claim.evidence.original_name) == ("Radiance", "leaflet.pdf")
        assert len(entries_for("products.marketingclaim", claim.pk)) == 1
        assert self.record(rosaline, nia).flags == {ClaimFlag.APPROVED, ClaimFlag.TREAT}

    def test_a_corrected_reading_takes_its_place_and_it_stays(self, rosaline, nia):
        first = self.record(rosaline, nia)
        second = self.record(
            rosaline, nia, MarketingDraft("Hair", "LABEL"), supersedes=first, correction_reason="Typo."
        )
        assert list(MarketingClaim.objects.in_force()) == [second]
        with pytest.raises(ClaimRefusedError) as refused:
            self.record(rosaline, nia, supersedes=first, correction_reason="again")
        assert refused.value.code == "claim.stale"

    def test_one_that_is_no_longer_made_is_not_in_force(self, rosaline, nia):
        claim = self.record(rosaline, nia)
        withdraw_marketing_claim(claim, reason="Gone from the website.", agent=nia, at=NOW)
        assert not MarketingClaim.objects.in_force().exists()
        assert MarketingClaim.objects.count() == 2

    @pytest.mark.parametrize(
        ("draft", "field"),
        [
            (MarketingDraft(" ", "LABEL"), "text"),
            (MarketingDraft("x", "MOON"), "place"),
            (MarketingDraft("x", "LABEL", support="PROOF"), "support"),
            (MarketingDraft("x", "LABEL", seen_on=date(2027, 1, 1)), "seen_on"),
        ],
    )
    def test_what_is_missing_is_said_at_its_field(self, draft, field, rosaline, nia):
        with pytest.raises(ClaimRefusedError) as refused:
            self.record(rosaline, nia, draft)
        assert refused.value.field == field
        assert not MarketingClaim.objects.exists()
