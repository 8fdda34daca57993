"""The listed bad inputs through the real pages: each is told at its field, what was typed stays, nothing is written."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import LogEntry
from products.models import Batch, Evidence, Unit
from tests.products.conftest import pdf
from tests.products.test_gs1 import as_sent

pytestmark = pytest.mark.django_db
INPUTS = json.loads((Path(__file__).parents[1] / "vectors" / "reliability_inputs.json").read_text())
SCANS = [row for row in INPUTS["GS1 scan or typed barcode"] if row["code"] != "OK"]
GOOD_SCANS = [row for row in INPUTS["GS1 scan or typed barcode"] if row["code"] == "OK"]
NUMBERS = {row["id"]: row for row in INPUTS["Numbers, dates, quantities"]}


@pytest.fixture
def desk(signed_in: Any, practitioner: Any) -> Client:
    return signed_in(practitioner)


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Batch, Unit, Evidence, LogEntry))


class TestScans:
    @pytest.mark.parametrize("row", SCANS, ids=lambda row: row["id"])
    def test_a_bad_one_is_told_at_the_field_and_stays_there(self, row: dict[str, str], desk: Client, rosaline) -> None:
        before, sent = rows(), as_sent(row)
        page = desk.post(reverse("batch_receive"), {"act": "scan", "scan": sent})
        assert page.status_code == 422
        [problem] = page.context["scan_form"].errors.as_data()["scan"]
        assert problem.code == row["code"] or "\0" in sent
        assert html.escape(problem.messages[0]) in page.content.decode().replace("&#39;", "&#x27;")
        assert page.context["scan_form"]["scan"].value() == sent
        assert rows() == before

    @pytest.mark.parametrize("row", GOOD_SCANS, ids=lambda row: row["id"])
    def test_a_good_one_goes_on_to_its_product(self, row: dict[str, str], desk: Client, rosaline) -> None:
        page = desk.post(reverse("batch_receive"), {"act": "scan", "scan": as_sent(row)})
        assert "No product with GTIN 09506000134352 is registered here" in page.content.decode()
        assert not Batch.objects.exists()


class TestNumbersAndDates:
    def certificate(self, desk: Client, lot: Batch, **changes: str) -> Any:
        sent = {
            "certificate": SimpleUploadedFile("coa.pdf", pdf()),
            "certificate_lot": "RSE2601",
            "signed": "YES",
            **{f"row-{place}-basis": "NOT_STATED" for place in range(3)},
            **changes,
        }
        return desk.post(reverse("batch_certificate", args=[lot.pk]), sent)

    @pytest.mark.parametrize(
        "name",
        ["size-neg", "size-1e3", "size-fw", "size-nan", "size-inf", "size-comma", "size-space", "size-unit"],
    )
    def test_a_result_that_is_no_plain_number(self, name: str, desk: Client, lot: Batch) -> None:
        before, typed = rows(), NUMBERS[name]["input"]
        page = self.certificate(desk, lot, **{"row-1-basis": "MEASURED_BATCH", "row-1-result": typed})
        assert page.status_code == 422
        assert "EU/mL" in page.content.decode()
        assert 'id="id_row-1-result_error"' in page.content.decode()
        assert f'value="{typed}"' in page.content.decode()
        assert rows() == before

    @pytest.mark.parametrize(
        ("name", "boxes"),
        [
            ("date-1", ("1", "1", "0001")),
            ("date-leap", ("29", "2", "2023")),
            ("date-us", ("01/02/2026", "", "")),
            ("epoch-neg", ("-1", "-1", "-1")),
            ("size-fw", ("１", "２", "２０２６")),
            ("count", ("1", "1", "2147483648")),
            ("size-nan", ("NaN", "NaN", "NaN")),
        ],
    )
    def test_a_day_that_is_none(self, name: str, boxes: tuple[str, str, str], desk: Client, lot: Batch) -> None:
        assert name in NUMBERS
        before = rows()
        page = self.certificate(desk, lot, **{f"issued_on_{place}": box for place, box in enumerate(boxes)})
        assert page.status_code == 422
        assert list(page.context["form"].errors) == ["issued_on"]
        for box in filter(None, boxes):
            assert f'value="{box}"' in page.content.decode()
        assert rows() == before

    def test_no_page_takes_a_time_from_outside(self, desk: Client, lot: Batch) -> None:
        self.certificate(desk, lot, recorded_at="2020-01-01", signed_at="2020-01-01", organization="1")
        assert Evidence.objects.get().filed_at.year > 2020
