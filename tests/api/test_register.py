"""The register as a table, the sealed files of a period, and the language of a consent: as on the pages."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import openpyxl
import pytest

from audit.models import LogEntry
from clinic.models import User
from clinic.records import PatientIdentity
from consent.models import Consent
from tests import cast
from tests.api.program import refused
from tests.api.test_consents import issued
from tests.consent import desk as desks
from tests.consent import staffroom
from tests.consent.conftest import desk_time, sealing_key
from tests.consent.desk import Desk
from tests.consent.test_languages import offer

pytestmark = pytest.mark.django_db
assert desk_time
assert sealing_key
NEVER = "00000000-0000-4000-8000-000000000000"


def cells(content: bytes, form: str) -> list[tuple[str, ...]]:
    """The rows of a table. The bytes of an XLSX hold the second in which it was written."""
    if form == "csv":
        return [tuple(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))]
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [tuple(cell or "" for cell in row) for row in sheet.iter_rows(values_only=True)]


class TestTheRegister:
    @pytest.mark.parametrize("form", ["csv", "xlsx"])
    @pytest.mark.parametrize("asked", ["", "?standing=not-opened", "?since=2026-11-01&until=2026-11-30"])
    def test_holds_what_the_page_s_holds_and_the_log_says_who_took_it(
        self, ada, desk: Desk, lead: User, signed_in, desk_time, form: str, asked: str
    ) -> None:
        desks.signed(desk)
        desks.link_for(desk, desks.issue(desk).consent)
        answer = ada.get(f"consent-register/{form}/{asked}")
        page = signed_in(lead).get(f"/consents/register.{form}{asked}")
        assert answer.status_code == 200, answer.content
        assert answer["Content-Type"] == page["Content-Type"]
        assert cells(answer.content, form) == cells(page.content, form)
        assert len(cells(answer.content, form)) > 1
        assert f'filename="consents.{form}"' in answer["Content-Disposition"]
        by_page, by_token = LogEntry.objects.filter(leaf__contains="register_exported").order_by("-pk")[:2]
        said, said_by_page = by_token.detail.body, by_page.detail.body
        assert said["sha256"] == hashlib.sha256(answer.content).hexdigest()
        assert said["agent"].pop("via") == "API token “stock system”"
        same = ("agent", "form", "rows", "asked")
        assert {name: said[name] for name in same} == {name: said_by_page[name] for name in same}

    def test_is_narrowed(self, cleo, desk: Desk) -> None:
        desks.issue(desk)
        jo = cast.make_patient(desk.clinic, PatientIdentity("Jo", "Reed", staffroom.NOW.date().replace(year=1980)))
        desks.issue(desk, patient=jo)
        found = cleo.get(f"consent-register/csv/?patient={jo.pk}").content.decode()
        assert "Reed" in found
        assert "Ilves" not in found

    @pytest.mark.parametrize(("asked", "field"), [
        ("patient=x", "patient"), ("product=urn:uuid:" + NEVER, "product"), ("since=01/02/2026", "since"),
        ("until=2026-02-30", "until"), ("standing=gone", "standing"),
    ])  # fmt: skip
    def test_a_question_that_cannot_be_answered_gives_no_table(self, ada, desk: Desk, asked: str, field: str) -> None:
        desks.issue(desk)
        refused(ada.get(f"consent-register/csv/?{asked}"), 400, "query.range", field)
        assert not LogEntry.objects.filter(leaf__contains="register_exported").exists()

    def test_a_patient_who_is_not_there_gives_no_table(self, ada, desk: Desk) -> None:
        desks.issue(desk)
        refused(ada.get(f"consent-register/csv/?patient={NEVER}"), 404, "not_found")

    def test_a_strangers_is_empty(self, sid, desk: Desk) -> None:
        desks.issue(desk)
        assert sid.get("consent-register/csv/").content.decode().count("\n") == 1


@pytest.mark.pdf
@pytest.mark.usefixtures("desk_time", "sealing_key")
class TestTheFilesOfAPeriod:
    def test_are_those_of_the_page(self, ada, desk: Desk, lead: User, signed_in) -> None:
        file = staffroom.seal(desk, desks.signed(desk))
        staffroom.publish(desk, staffroom.LATER)
        asked = "?since=2026-11-23&until=2026-11-23"
        answer, page = ada.get(f"sealed-files/{asked}"), signed_in(lead).get(f"/consents/files/{asked}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/zip"
        assert answer["Content-Disposition"] == page["Content-Disposition"]
        ours, theirs = (zipfile.ZipFile(io.BytesIO(b"".join(each.streaming_content))) for each in (answer, page))
        assert ours.namelist() == theirs.namelist()
        assert all(ours.read(name) == theirs.read(name) for name in ours.namelist())
        assert any(hashlib.sha256(ours.read(name)).hexdigest() == file.sha256 for name in ours.namelist())
        assert LogEntry.objects.filter(leaf__contains="period_exported").count() == 2


class TestAPeriodThatIsNone:
    @pytest.mark.parametrize(("asked", "status", "code", "field"), [
        ("", 400, "query.range", "since"),
        ("?since=2026-11-23", 400, "query.range", "until"),
        ("?since=x&until=2026-11-23", 400, "query.range", "since"),
        ("?since=2026-11-22&until=2026-11-22", 422, "export.files", "until"),
        ("?since=2026-11-23&until=2026-11-01", 422, "export.period", "until"),
    ])  # fmt: skip
    def test_is_refused_in_words(self, ada, desk: Desk, asked: str, status: int, code: str, field: str) -> None:
        refused(ada.get(f"sealed-files/{asked}"), status, code, field)
        assert not LogEntry.objects.filter(leaf__contains="period_exported").exists()


class TestTheLanguage:
    def test_english_where_nothing_else_is_offered(self, nia, desk: Desk) -> None:
        assert [one["tag"] for one in nia.get("consent-languages/").json()["offered"]] == ["en-GB"]
        assert issued(nia, desk).json()["language"] == "en-GB"

    def test_one_that_is_offered_is_chosen_at_issue_and_read_afterwards(self, nia, desk: Desk) -> None:
        offer(desk.clinic, "cy")
        assert {"tag": "cy", "name": "Cymraeg", "english_name": "Welsh", "direction": "ltr"} in nia.get(
            "consent-languages/"
        ).json()["offered"]
        made = issued(nia, desk, language="cy").json()
        assert made["language"] == "cy"
        assert nia.get(f"consents/{made['id']}/").json()["language"] == "cy"
        assert nia.get(f"consents/{made['id']}/document/").json()["content"]["language"] == "cy"

    def test_left_out_it_is_the_patients_own_where_that_is_offered(self, nia, desk: Desk) -> None:
        identity = PatientIdentity("Carys", "Rees", staffroom.NOW.date().replace(year=1980), language="cy")
        carys = cast.make_patient(desk.clinic, identity)
        assert issued(nia, desk, patient=str(carys.pk)).json()["language"] == "en-GB"
        offer(desk.clinic, "cy")
        assert issued(nia, desk, patient=str(carys.pk)).json()["language"] == "cy"
        assert issued(nia, desk, patient=str(carys.pk), language="en-GB").json()["language"] == "en-GB"

    def test_one_that_is_not_offered_is_refused_in_the_page_s_words(self, nia, desk: Desk) -> None:
        problem = refused(issued(nia, desk, language="ar"), 409, "language.not_offered", "language")
        assert "Arabic is not offered" in problem["message"]
        refused(issued(nia, desk, language="tlh"), 422, "schema.choice", "language")
        assert not Consent.objects.exists()
