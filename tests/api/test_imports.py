"""Tables through the API: checked first, imported whole after a word, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from products.models import ImportJob, Product
from products.services import imports
from tests.api.program import Program, refused
from tests.products.test_imports import PRODUCTS

pytestmark = pytest.mark.django_db


def sent(program: Program, content: bytes, kind: str = "products", key: str = "k-1") -> Any:
    headers = {**program.headers, "Idempotency-Key": key}
    body = {"file": SimpleUploadedFile("stock.csv", content), "kind": kind}
    return program.client.post("/api/v1/imports/", body, headers=headers)


def work() -> None:
    """What the worker does, until nothing is left to do."""
    while job_id := imports.claim_import(at=timezone.now()):
        imports.work_on(job_id, clock=timezone.now)


class TestImports:
    def test_a_table_is_checked_before_anything_changes(self, nia):
        answer = sent(nia, PRODUCTS.encode())
        assert answer.status_code == 202, answer.content
        assert answer.json()["state"] == "WAITING"
        assert nia.get(answer["Location"]).json()["id"] == answer.json()["id"]
        work()
        checked = nia.get(answer["Location"]).json()
        assert (checked["state"], checked["problems"]) == ("READY", [])
        assert Product.objects.count() == 0

    def test_it_is_imported_whole_after_a_word(self, nia):
        job = sent(nia, PRODUCTS.encode()).json()["id"]
        work()
        assert nia.post(f"imports/{job}/confirmation/").json()["state"] == "CONFIRMED"
        work()
        done = nia.get(f"imports/{job}/").json()
        assert (done["state"], done["new_rows"]) == ("DONE", 2)
        assert len(nia.get("products/").json()["results"]) == 2

    def test_mistakes_name_row_and_column(self, nia):
        job = sent(nia, PRODUCTS.replace("ID_SC", "BY_MOUTH").encode()).json()["id"]
        work()
        shown = nia.get(f"imports/{job}/").json()
        assert shown["state"] == "FAULTY"
        assert (shown["problems"][0]["row"], shown["problems"][0]["column"]) == (2, "intended_routes")
        assert nia.post(f"imports/{job}/confirmation/").status_code in (409, 422)

    def test_what_is_no_table_is_refused(self, nia):
        answer = sent(nia, b"%PDF-1.4 no table")
        assert answer.status_code == 422
        assert not ImportJob.objects.exists()

    def test_its_kind_is_one_of_two(self, nia):
        refused(sent(nia, b"a,b\n1,2\n", kind="patients"), 422, "schema.choice", "kind")

    def test_the_same_file_leads_to_the_same_import(self, nia):
        first = sent(nia, b"a,b\n1,2\n", key="k-1").json()
        second = sent(nia, b"a,b\n1,2\n", key="k-2").json()
        assert first["id"] == second["id"]

    def test_one_that_waits_is_dropped_and_not_confirmed(self, nia):
        job = sent(nia, b"a,b\n1,2\n").json()["id"]
        assert nia.post(f"imports/{job}/confirmation/").status_code in (409, 422)
        assert nia.post(f"imports/{job}/drop/").json()["state"] == "DROPPED"

    def test_lists_say_how_far_each_is(self, cleo, nia):
        job = sent(nia, b"a,b\n1,2\n").json()["id"]
        assert [row["id"] for row in cleo.get("imports/").json()["results"]] == [job]
