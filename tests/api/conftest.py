"""Programs that hold a token, as fixtures."""

from __future__ import annotations

import pytest

from clinic.models import User
from tests.api.program import Program, token_of


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
