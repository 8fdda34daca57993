"""Findings through the API: read whole, answered by name, and named by a release."""

from __future__ import annotations

import pytest

from tests.api.program import refused

pytestmark = pytest.mark.django_db


class TestFindings:
    def test_say_what_was_found_and_what_to_do(self, cleo, lot):
        shown = cleo.get(f"batches/{lot.pk}/findings/").json()
        assert shown["state"] == "INCOMPLETE"
        assert shown["findings"]
        for one in shown["findings"]:
            assert one["found"]
            assert one["expected"]
            assert one["what_to_do"]
            assert one["is_open"]

    def test_one_is_answered_with_a_reason_and_stays(self, ada, lot):
        before = ada.get(f"batches/{lot.pk}/findings/").json()["findings"]
        body = {"digest": before[0]["digest"], "reason": "asked the maker on Monday"}
        assert ada.post(f"batches/{lot.pk}/finding-answers/", body).status_code == 201
        after = ada.get(f"batches/{lot.pk}/findings/").json()["findings"]
        assert [one["digest"] for one in after] == [one["digest"] for one in before]
        answered = next(one for one in after if one["digest"] == before[0]["digest"])
        assert (answered["is_open"], answered["answers"][0]["answered_by_name"]) == (False, "Ada Lead")

    def test_one_that_is_not_found_is_not_answered(self, ada, lot):
        body = {"digest": "0" * 64, "reason": "x"}
        answer = ada.post(f"batches/{lot.pk}/finding-answers/", body)
        assert answer.json()["code"] == "finding.stale"

    def test_a_products_own(self, nia, rosaline):
        assert nia.get(f"products/{rosaline.pk}/findings/").json()["digest"]


class TestRelease:
    def test_names_the_findings_that_were_read(self, ada, lot):
        refused(ada.post(f"batches/{lot.pk}/release/"), 422, "schema.required", "findings_digest")
        digest = ada.get(f"batches/{lot.pk}/findings/").json()["digest"]
        refused(ada.post(f"batches/{lot.pk}/release/", {"findings_digest": digest}), 409, "batch.release")
