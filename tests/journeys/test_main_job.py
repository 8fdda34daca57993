"""From a vial's barcode to a sealed PDF that is genuine, and altered after one changed byte: in the running product."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import pdf_conformance
from tests.journeys import people
from tests.journeys.running import Candour, wait_for


@pytest.fixture(params=["embedded", "services"])
def candour(request: pytest.FixtureRequest) -> Candour:
    """Once on SQLite and the file broker, once on PostgreSQL and Redis."""
    running: Candour = request.getfixturevalue(request.param)
    return running


class TestTheMainJob:
    def test_a_vial_becomes_a_sealed_record(self, candour: Candour, desk: Page, phone: Page, tmp_path: Path) -> None:
        people.sign_in(desk, candour, "m.petrel@harbour.example")
        batch = people.receive_batch(desk, candour)
        people.sign_in(desk, candour, "b.skua@harbour.example")
        people.release_batch(desk, batch)
        people.sign_in(desk, candour, "m.petrel@harbour.example")
        people.register_patient(desk, candour, "Nina", "Marlowe")
        consent = people.issue_consent(desk, candour, "Marlowe")
        link = people.show_link(desk, consent)

        people.read_and_sign(phone, link)
        receipt = phone.get_by_role("main")
        reference = re.search(r"HC-[0-9A-Z]{4}-[0-9A-Z]{4}", receipt.inner_text())
        assert reference
        expect(receipt).to_contain_text("change your mind")

        people.declare(desk, candour, consent)

        def is_there() -> bool:
            return (
                candour.manage("export_document", reference[0], str(tmp_path / "record.pdf"), check=False).returncode
                == 0
            )

        wait_for(is_there, seconds=60, what="the sealed record")
        record = tmp_path / "record.pdf"
        assert candour.manage("verify_document", str(record), check=False).returncode == 0
        assert (
            "Signature is Valid"
            in subprocess.run(["pdfsig", str(record)], capture_output=True, text=True, check=True).stdout
        )
        assert pdf_conformance.conformance(record) == {str(record): {"3a": [], "ua1": []}}

        changed = bytearray(record.read_bytes())
        changed[len(changed) // 2] ^= 1
        (tmp_path / "changed.pdf").write_bytes(changed)
        told = candour.manage("verify_document", str(tmp_path / "changed.pdf"), check=False)
        assert (told.returncode, "altered" in told.stdout) == (1, True)
        assert candour.manage("verify_log", check=False).returncode == 0

        self.an_auditor_reads(desk, candour, consent, record, tmp_path / "changed.pdf")

    def an_auditor_reads(self, desk: Page, candour: Candour, consent: str, record: Path, changed: Path) -> None:
        people.sign_in(desk, candour, "c.heron@auditor.example")
        desk.goto(f"{consent}history/")
        expect(desk.get_by_role("main")).to_contain_text("consent.signed")
        desk.goto(f"{candour.url}/log/")
        expect(desk.get_by_role("main")).to_contain_text("Checkpoint")
        for file, verdict in ((record, "genuine"), (changed, "altered")):
            desk.goto(f"{candour.url}/verify/")
            desk.locator("input[type=file]").set_input_files(str(file))
            people.press(desk.locator("main form button").last)
            expect(desk.get_by_role("main")).to_contain_text(re.compile(verdict, re.IGNORECASE))
        answer = desk.request.post(f"{consent}void/", headers={"Origin": candour.url})
        assert answer.status in (403, 405)
