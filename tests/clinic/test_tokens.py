"""API tokens: made by their own person, shown once, kept as a digest, ended at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from audit.models import LogEntry
from clinic.errors import TokenRefusedError
from clinic.models import ApiToken, KeptAnswer, Membership
from clinic.records import TokenWish
from clinic.services import find_token, make_token, remove_member, remove_old_answers, revoke_token
from clinic.vocabulary import Role
from tests import cast
from tests.consent.staffroom import recently_confirmed

pytestmark = pytest.mark.django_db
WISH = TokenWish("stock system", 30, is_read_only=False)


def made(user, wish=WISH, at=cast.NOW):
    membership = Membership.objects.get(user=user)
    return make_token(membership, wish, agent=cast.agent_for(user, membership.organization), at=at)


class TestMaking:
    def test_only_a_digest_is_kept(self, practitioner):
        token, secret = made(practitioner)
        token.refresh_from_db()
        assert secret.startswith("candour_")
        assert secret not in " ".join(str(value) for value in vars(token).values())
        assert secret.startswith(token.start)
        assert len(token.start) < 20

    def test_the_log_names_it_without_its_text(self, practitioner):
        _, secret = made(practitioner)
        entry = LogEntry.objects.order_by("id").last()
        assert entry.kind == "clinic.token_made"
        assert secret not in entry.detail.canonical_body

    def test_nobody_makes_one_in_another_name(self, practitioner, lead, harbour):
        membership = Membership.objects.get(user=practitioner)
        with pytest.raises(TokenRefusedError) as refused:
            make_token(membership, WISH, agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert refused.value.code == "token.own"

    @pytest.mark.parametrize(("wish", "code"), [
        (TokenWish(" ", 30, is_read_only=True), "token.name"),
        (TokenWish("x", 5000, is_read_only=True), "token.days"),
    ])  # fmt: skip
    def test_it_has_a_name_and_an_end(self, practitioner, wish, code):
        with pytest.raises(TokenRefusedError) as refused:
            made(practitioner, wish)
        assert refused.value.code == code
        assert not ApiToken.objects.exists()

    def test_without_a_role_there_is_none(self, harbour):
        with pytest.raises(TokenRefusedError, match="no role"):
            made(cast.make_member(harbour, "Rolf Roleless"))

    def test_twenty_are_enough(self, practitioner):
        for _ in range(20):
            made(practitioner)
        with pytest.raises(TokenRefusedError, match="Revoke those"):
            made(practitioner)

    def test_an_auditors_only_reads(self, auditor):
        assert made(auditor)[0].is_read_only


class TestFinding:
    def test_the_right_text_opens(self, practitioner):
        token, secret = made(practitioner)
        assert find_token(secret, at=cast.NOW) == token

    @pytest.mark.parametrize("text", ["", "candour_", "candour_0", "Bearer", "candour_ä", "candour_" + "0" * 300])
    def test_no_other_text_does(self, practitioner, text):
        made(practitioner)
        assert find_token(text, at=cast.NOW) is None

    def test_it_stops_on_its_day(self, practitioner):
        _, secret = made(practitioner)
        assert find_token(secret, at=cast.NOW + timedelta(days=30) - timedelta(seconds=1))
        assert find_token(secret, at=cast.NOW + timedelta(days=30)) is None

    def test_it_stops_when_revoked(self, practitioner, harbour):
        token, secret = made(practitioner)
        revoke_token(token, agent=cast.agent_for(practitioner, harbour), at=cast.NOW)
        assert find_token(secret, at=cast.NOW) is None
        with pytest.raises(TokenRefusedError):
            revoke_token(token, agent=cast.agent_for(practitioner, harbour), at=cast.NOW)

    def test_it_stops_when_its_person_leaves(self, practitioner, lead, harbour):
        _, secret = made(practitioner)
        membership = Membership.objects.get(user=practitioner)
        remove_member(membership, agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert find_token(secret, at=cast.NOW) is None

    def test_it_stops_when_the_account_is_closed(self, practitioner):
        _, secret = made(practitioner)
        practitioner.is_active = False
        practitioner.save()
        assert find_token(secret, at=cast.NOW) is None

    def test_its_use_is_noted_but_not_each_time(self, practitioner, django_assert_num_queries):
        token, secret = made(practitioner)
        find_token(secret, at=cast.NOW)
        token.refresh_from_db()
        assert token.last_used_at == cast.NOW
        with django_assert_num_queries(1):
            find_token(secret, at=cast.NOW + timedelta(seconds=30))


class TestKeptAnswers:
    def test_they_go_after_a_week(self, practitioner):
        membership = Membership.objects.get(user=practitioner)
        for key, days in (("old", 8), ("new", 6)):
            KeptAnswer.objects.create(
                membership=membership, key=key, request_sha256="0" * 64, kept_at=cast.NOW - timedelta(days=days)
            )
        assert remove_old_answers(at=cast.NOW) == 1
        assert KeptAnswer.objects.get().key == "new"


class TestPages:
    def made_by_page(self, browser, **changes):
        typed = {"name": "stock system", "reach": "act", "days": "90", **changes}
        return browser.post(reverse("token_add"), typed)

    def test_the_text_is_shown_once(self, practitioner, signed_in):
        browser = recently_confirmed(signed_in(practitioner))
        page = self.made_by_page(browser).content.decode()
        token = ApiToken.objects.get()
        secret = next(
            word
            for word in page.replace("<", " ").replace(">", " ").split()
            if word.startswith(token.start) and len(word) > 30
        )
        assert find_token(secret, at=token.made_at) == token
        assert secret not in browser.get(reverse("tokens")).content.decode()

    def test_making_one_asks_who_is_there_first(self, practitioner, signed_in):
        answer = self.made_by_page(signed_in(practitioner))
        assert answer.url.startswith("/accounts/reauthenticate/")
        assert not ApiToken.objects.exists()

    def test_what_was_typed_is_kept_where_something_is_missing(self, practitioner, signed_in):
        answer = self.made_by_page(recently_confirmed(signed_in(practitioner)), reach="")
        assert answer.status_code == 422
        assert "Choose what it may do." in answer.content.decode()
        assert "stock system" in answer.content.decode()

    def test_an_auditor_makes_one_that_reads(self, auditor, signed_in):
        answer = self.made_by_page(recently_confirmed(signed_in(auditor)))
        assert answer.status_code == 200
        assert ApiToken.objects.get().is_read_only

    def test_a_person_sees_their_own_and_a_lead_sees_all(self, practitioner, lead, auditor, signed_in):
        made(practitioner, TokenWish("of nia", 365, is_read_only=True))
        assert "of nia" in signed_in(practitioner).get(reverse("tokens")).content.decode()
        assert "of nia" in signed_in(lead).get(reverse("tokens")).content.decode()
        assert "of nia" not in signed_in(auditor).get(reverse("tokens")).content.decode()

    def test_a_lead_revokes_a_colleagues(self, practitioner, lead, signed_in):
        token, _ = made(practitioner)
        signed_in(lead).post(reverse("token_revoke", args=[token.pk]))
        token.refresh_from_db()
        assert token.revoked_by == lead

    def test_a_colleague_does_not(self, practitioner, auditor, signed_in):
        token, _ = made(practitioner)
        assert signed_in(auditor).post(reverse("token_revoke", args=[token.pk])).status_code == 404

    def test_a_stranger_finds_nothing(self, practitioner, stranger, signed_in):
        token, _ = made(practitioner, TokenWish("of nia", 30, is_read_only=True))
        browser = signed_in(stranger)
        assert "of nia" not in browser.get(reverse("tokens")).content.decode()
        assert browser.post(reverse("token_revoke", args=[token.pk])).status_code == 404
        token.refresh_from_db()
        assert token.revoked_at is None

    def test_who_has_no_role_reads_why_not(self, harbour, signed_in):
        roleless = cast.make_member(harbour, "Rolf Roleless")
        assert signed_in(roleless).get(reverse("tokens")).status_code == 403
        assert Role.PRACTITIONER not in Membership.objects.get(user=roleless).roles
