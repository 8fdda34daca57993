"""The practitioner's own declaration: by the right person, who has just shown who they are, after the signature."""

from __future__ import annotations

import pytest
from django.test import Client

from clinic.models import User
from consent import services, wording
from consent.errors import DeclarationRefusedError
from consent.models import Declaration
from tests import cast
from tests.conftest import SignedIn
from tests.consent import desk as desks
from tests.consent.desk import Desk, Handed
from tests.consent.staffroom import DECLARED_AT, LATER, declare, fresh, recently_confirmed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk_time")]


SAID = {"is_true": "on", "is_able": "yes", "is_free": "yes", "needs": "Asked; found nothing."}


def path(handed: Handed) -> str:
    return f"/consents/{handed.consent.pk}/declare/"


class TestTheDeclaration:
    def test_it_makes_the_consent_active_in_the_fixed_words(self, desk: Desk, signed: Handed) -> None:
        consent = declare(desk, signed)
        assert consent.status == "active"
        assert (consent.declaration.text, consent.declaration.printed_name) == (wording.DECLARATION, "Dr Nia Penrose")

    def test_before_the_signature_there_is_nothing_to_declare(self, desk: Desk, handed: Handed) -> None:
        with pytest.raises(DeclarationRefusedError, match="has not signed yet"):
            declare(desk, handed)
        assert fresh(handed.consent).status == "draft"

    def test_another_practitioner_cannot_make_it(self, desk: Desk, signed: Handed) -> None:
        other = cast.make_practitioner(desk.clinic, "Dr Bo Other")
        with pytest.raises(DeclarationRefusedError) as refusal:
            services.declare(
                signed.consent.pk,
                other.practitioner_profiles.get(),
                read=desks.shown_answers(signed),
                agent=desk.agent,
                at=DECLARED_AT,
            )
        assert refusal.value.code == "declaration.other_person"

    def test_it_is_made_once(self, desk: Desk, signed: Handed) -> None:
        declare(desk, signed)
        with pytest.raises(DeclarationRefusedError):
            declare(desk, signed, at=LATER)
        assert Declaration.objects.count() == 1

    def test_after_a_withdrawal_it_is_too_late(self, desk: Desk, signed: Handed) -> None:
        services.withdraw_consent(signed.consent.pk, "", received_by="", agent=None, at=LATER)
        with pytest.raises(DeclarationRefusedError, match="nothing can be declared"):
            declare(desk, signed, at=LATER)


class TestThePage:
    def test_it_asks_again_who_is_there(self, nia: Client, signed: Handed) -> None:
        answer = nia.get(path(signed))
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/reauthenticate/")

    def test_an_open_session_alone_declares_nothing(self, nia: Client, signed: Handed) -> None:
        answer = nia.post(path(signed), SAID)
        assert answer.url.startswith("/accounts/reauthenticate/")
        assert fresh(signed.consent).status == "draft"

    def test_a_wrong_password_does_not_help(self, nia: Client, signed: Handed) -> None:
        assert nia.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 422
        nia.post(path(signed), SAID)
        assert not Declaration.objects.exists()

    def test_after_the_password_it_declares(self, nia: Client, signed: Handed) -> None:
        client = recently_confirmed(nia)
        page = client.get(path(signed))
        assert wording.DECLARATION in page.content.decode()
        client.post(path(signed), {**SAID, "read": page.context["form"]["read"].value()})
        assert fresh(signed.consent).status == "active"

    def test_without_the_tick_nothing_is_declared(self, nia: Client, signed: Handed) -> None:
        page = recently_confirmed(nia).post(path(signed), {}).content.decode()
        assert "Tick the box if the declaration is true" in page
        assert not Declaration.objects.exists()

    def test_before_the_signature_it_says_so(self, nia: Client, handed: Handed) -> None:
        page = recently_confirmed(nia).post(path(handed), SAID).content.decode()
        assert "has not signed yet" in page

    def test_somebody_else_reads_whose_it_is(self, desk: Desk, signed: Handed, signed_in: SignedIn) -> None:
        other: User = cast.make_practitioner(desk.clinic, "Dr Bo Other")
        answer = recently_confirmed(signed_in(other)).post(path(signed), SAID)
        assert answer.status_code == 403
        assert "Only Dr Nia Penrose" in answer.content.decode()
        assert not Declaration.objects.exists()

    def test_a_lead_who_does_not_treat_cannot_open_it(self, signed: Handed, lead: User, signed_in: SignedIn) -> None:
        assert signed_in(lead).get(path(signed)).status_code == 403
