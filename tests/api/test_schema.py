"""The schema says what is there, and is an OpenAPI 3.1 schema."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import OpenAPIV31SpecValidator

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    with GENERATOR_STATS.silence():
        made: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return made


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, entry in schema["paths"].items()
        for method, operation in entry.items()
        if method in METHODS
    ]


class TestTheSchema:
    def test_is_valid(self, schema) -> None:
        assert schema["openapi"].startswith("3.1")
        OpenAPIV31SpecValidator(schema).validate()

    def test_is_made_without_a_warning(self) -> None:
        GENERATOR_STATS.reset()
        SchemaGenerator().get_schema(public=True)
        assert not GENERATOR_STATS
        GENERATOR_STATS.reset()

    def test_gives_each_operation_a_name_of_its_own_and_words(self, schema) -> None:
        names = [operation["operationId"] for _, _, operation in operations(schema)]
        assert len(names) == len(set(names))
        for path, _, operation in operations(schema):
            assert len(operation["summary"]) > 10, path

    def test_says_of_every_operation_that_it_needs_a_token(self, schema) -> None:
        assert all(operation["security"] == [{"token": []}] for _, _, operation in operations(schema))

    def test_says_of_every_act_that_it_needs_a_key(self, schema) -> None:
        reading = {f"/api/v1/{name}/" for name in ("scans", "sizes", "patients/search", "documents/check")}
        for path, method, operation in operations(schema):
            keys = [one for one in operation.get("parameters", []) if one["name"] == "Idempotency-Key"]
            assert bool(keys) == (method == "post" and path not in reading), path

    def test_closes_every_body(self, schema) -> None:
        bodies = {name: one for name, one in schema["components"]["schemas"].items() if name.endswith("Request")}
        assert bodies
        assert all(one["additionalProperties"] is False for one in bodies.values())

    def test_the_reference_lists_every_address(self, schema) -> None:
        page = Path("docs/reference/api.md").read_text(encoding="utf-8")
        listed = set(re.findall(r"^\| `([a-z{}_/-]+/)` \|", page, flags=re.MULTILINE))
        assert listed == {path.removeprefix("/api/v1/") for path in schema["paths"]}
