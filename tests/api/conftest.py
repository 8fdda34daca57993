"""Programs that hold a token, as fixtures."""

from __future__ import annotations

import pytest

from clinic.models import Organization, Practitioner, User
from products.models import Batch, Product
from products.services import receive_batch, register_product
from tests import cast
from tests.api.program import Program, token_of
from tests.consent.desk import Desk, open_desk
from tests.consent.staffroom import release
from tests.memory import remembered
from tests.products.conftest import LOT, ROSALINE, TODAY


@pytest.fixture
def nia(practitioner: User) -> Program:
    """Harbour's practitioner, by a token that may act."""
    return Program(token_of(practitioner))


@pytest.fixture
def ada(lead: User) -> Program:
    """Harbour's first lead."""
    return Program(token_of(lead))


@pytest.fixture
def ben(second_lead: User) -> Program:
    """Harbour's second lead."""
    return Program(token_of(second_lead))


@pytest.fixture
def cleo(auditor: User) -> Program:
    """Harbour's auditor."""
    return Program(token_of(auditor))


@pytest.fixture
def sid(stranger: User) -> Program:
    """Inland's lead and practitioner, who must never see anything of Harbour's."""
    return Program(token_of(stranger))


@pytest.fixture
def nobody() -> Program:
    """A program without a token."""
    return Program("")


@pytest.fixture
def rosaline(harbour: Organization, practitioner: User) -> Product:
    """A plant product of Harbour's."""
    agent = cast.agent_for(practitioner, harbour)
    return remembered("rosaline", lambda: register_product(harbour, ROSALINE, agent=agent, at=cast.NOW), harbour)


@pytest.fixture
def desk(harbour: Organization, practitioner: User) -> Desk:
    """Harbour's desk: a product, a released batch, Mara; nothing of `rosaline` beside it."""

    def make() -> Desk:
        desk = open_desk(harbour, practitioner=profile)
        release(desk)
        return desk

    profile = Practitioner.objects.get(user=practitioner)
    return remembered("desk", make, harbour, profile)


@pytest.fixture
def lot(rosaline: Product, harbour: Organization, practitioner: User) -> Batch:
    """A batch of it, in quarantine, with one vial."""
    agent = cast.agent_for(practitioner, harbour)
    return remembered(
        "lot", lambda: receive_batch(rosaline, LOT, today=TODAY, agent=agent, at=cast.NOW).batch, rosaline
    )
