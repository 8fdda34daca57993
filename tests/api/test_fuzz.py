"""A bounded run of schemathesis: whatever the schema allows, and what it does not, no answer is a mistake of ours.

Every answer has a status, a kind and a form that the schema names. Real things of Harbour's stand in the addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounded
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.api.program import token_of
from tests.api.test_authorization import things

pytestmark = pytest.mark.django_db
assert things
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 4
PLACES = {"product_id": "product", "batch_id": "batch", "evidence_id": "evidence", "record_id": "record",
          "release_id": "release", "patient_id": "patient", "consent_id": "consent", "question_id": "question",
          "claim_id": "promise",
    "job_id": "import"}  # fmt: skip


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """A request ends without closing the connection that the test's own transaction is on, as in Django's own client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


class TestWhateverIsSent:
    def test_is_answered_as_the_schema_says(self, things, lead, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("clinic.rest.views.TokenThrottle.rate", "100000/min", raising=False)
        headers = {"Authorization": f"Bearer {token_of(lead)}"}
        schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application, headers=headers)
        tried = 0
        for found in schema.get_all_operations():
            tried += self.tried(found.ok(), headers, {name: str(things[thing]) for name, thing in PLACES.items()})
        assert tried > 150

    @staticmethod
    def tried(operation: Any, headers: dict[str, str], places: dict[str, str]) -> int:
        count = 0

        @given(case=operation.as_strategy())
        @bounded(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def ask(case: Any) -> None:
            nonlocal count
            count += 1
            for name in case.path_parameters or {}:
                if name in places and count % 3:
                    case.path_parameters[name] = places[name]
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS)

        ask()
        return count
