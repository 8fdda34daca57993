"""Newer rules: imported with their difference, in force only by two people, reviewed by professionals, asked by anybody."""

from __future__ import annotations

import copy
import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.records import Agent
from clinic.models import Organization, User
from products import disclosure, rules
from products.errors import RuleSetError, RuleSetRefusedError
from products.models import Product, RuleReview, RuleSetDecision, RuleSetVersion, rule_set_for
from products.services import (
    RegulatoryDraft,
    ReviewDraft,
    add_regulatory_record,
    confirm_release,
    decide_rule_set,
    import_rule_set,
    products_that_change,
    propose_release,
    record_review,
)
from tests.cast import NOW, agent_for
from tests.conftest import SignedIn
from tests.products.conftest import pdf
from tests.products.test_standing import CONTENT

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.django_db


def table(**rows: dict[str, Any] | None) -> bytes:
    """The shipped rules with some rows changed (by id, with _ for -), or taken out (None)."""
    content = copy.deepcopy(json.loads(CONTENT))
    for name, changes in rows.items():
        key = name.replace("_", "-")
        if changes is None:
            content["rules"] = [row for row in content["rules"] if row["id"] != key]
        else:
            next(row for row in content["rules"] if row["id"] == key).update(changes)
    return json.dumps(content).encode()


STRICTER = {
    "status": "PROHIBITED_INGREDIENT",
    "severity": "STOP",
    "what_would_change_it": "A trial approval for this product.",
}


@pytest.fixture
def stricter(harbour: Organization, ada: Agent) -> RuleSetVersion:
    """Rules by which plant products stop in Great Britain, imported by Ada."""
    return import_rule_set(harbour, table(GB_06=STRICTER), source="Sent by counsel", agent=ada, at=NOW)


def severity(product: Product) -> str:
    return disclosure.standings(product, jurisdiction="GB", on=TODAY)[0].severity


class TestImporting:
    def test_nothing_changes_before_a_second_person_approves(
        self, harbour: Organization, rosaline: Product, stricter: RuleSetVersion
    ) -> None:
        assert severity(rosaline) == "WARN"
        assert rule_set_for(harbour.pk).sha256 != stricter.sha256

    def test_the_file_is_kept_byte_for_byte(self, stricter: RuleSetVersion) -> None:
        assert stricter.content.encode() == table(GB_06=STRICTER)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"{", "not JSON"),
            (b'{"rules": []}', "is missing"),
            (table(GB_06={"severity": "MAYBE"}), "MAYBE"),
            (table(GB_06={"patient_sentence": " "}), "patient_sentence"),
            (table(GB_02={"what_would_change_it": ""}), "what_would_change_it"),
        ],
    )
    def test_what_a_verdict_could_not_use_is_refused_in_words(
        self, harbour: Organization, ada: Agent, content: bytes, said: str
    ) -> None:
        with pytest.raises(RuleSetError, match=said):
            import_rule_set(harbour, content, source="x", agent=ada, at=NOW)
        assert not RuleSetVersion.objects.exists()

    @pytest.mark.parametrize(
        ("content", "source", "code"),
        [
            (CONTENT, "x", "rule_set.in_force"),
            (table(GB_06=STRICTER), " ", "rule_set.source"),
            (b"\xff\xfe", "x", "rule_set.encoding"),
            (b" " * (2 * 1024 * 1024 + 1), "x", "rule_set.too_large"),
        ],
    )
    def test_other_refusals_name_their_cause(
        self, harbour: Organization, ada: Agent, content: bytes, source: str, code: str
    ) -> None:
        with pytest.raises(RuleSetRefusedError) as refusal:
            import_rule_set(harbour, content, source=source, agent=ada, at=NOW)
        assert refusal.value.code == code

    def test_the_same_file_twice_is_refused(self, harbour: Organization, ada: Agent, stricter: RuleSetVersion) -> None:
        with pytest.raises(RuleSetRefusedError) as refusal:
            import_rule_set(harbour, table(GB_06=STRICTER), source="again", agent=ada, at=NOW)
        assert refusal.value.code == "rule_set.known"

    def test_a_row_that_stands_twice_is_refused(self, harbour: Organization, ada: Agent) -> None:
        content = json.loads(CONTENT)
        content["rules"].append(content["rules"][0])
        with pytest.raises(RuleSetError, match="twice"):
            import_rule_set(harbour, json.dumps(content).encode(), source="x", agent=ada, at=NOW)


class TestTheDifference:
    def test_it_names_each_row_and_field(self) -> None:
        before = rules.current_rule_set()
        diff = rules.rule_set_diff(before, rules.parse_rule_set(table(GB_06={"warn_clinic": "Other."}, GB_10=None)))
        assert [row["id"] for row in diff.removed] == ["GB-10"]
        assert [(row.id, [one.field for one in row.fields]) for row in diff.changed] == [("GB-06", ["warn_clinic"])]
        assert (diff.added, diff.places_changed, diff.is_empty) == ((), False, False)

    def test_the_same_rules_have_none(self) -> None:
        assert rules.rule_set_diff(rules.current_rule_set(), rules.parse_rule_set(CONTENT)).is_empty

    def test_another_map_of_places_is_said(self) -> None:
        content = json.loads(CONTENT)
        content["places"]["EU"].remove("DE")
        diff = rules.rule_set_diff(rules.current_rule_set(), rules.parse_rule_set(json.dumps(content).encode()))
        assert diff.places_changed

    def test_products_that_get_another_verdict_are_listed_with_both(
        self, harbour: Organization, rosaline: Product, stricter: RuleSetVersion
    ) -> None:
        [found] = [
            one for one in products_that_change(harbour, stricter.rule_set) if one.change.use.route == "TOPICAL_INTACT"
        ]
        assert found.product.pk == rosaline.pk
        assert (found.change.severity_before, found.change.severity_after) == ("WARN", "STOP")

    def test_a_change_that_concerns_no_product_lists_none(self, harbour: Organization, rosaline: Product) -> None:
        assert products_that_change(harbour, rules.parse_rule_set(table(KR_01={"warn_clinic": "Other."}))) == []


class TestApproving:
    def test_the_second_person_puts_it_in_force(
        self, harbour: Organization, rosaline: Product, stricter: RuleSetVersion, ben: Agent
    ) -> None:
        decide_rule_set(stricter, is_approved=True, reason="Compared row by row.", agent=ben, at=NOW)
        assert severity(rosaline) == "STOP"
        assert rule_set_for(harbour.pk).sha256 == stricter.sha256

    def test_not_the_importer(self, stricter: RuleSetVersion, ada: Agent) -> None:
        with pytest.raises(RuleSetRefusedError) as refusal:
            decide_rule_set(stricter, is_approved=True, reason="Mine.", agent=ada, at=NOW)
        assert refusal.value.code == "rule_set.second_person"

    def test_a_refusal_changes_nothing(self, rosaline: Product, stricter: RuleSetVersion, ben: Agent) -> None:
        decide_rule_set(stricter, is_approved=False, reason="Counsel disagrees.", agent=ben, at=NOW)
        assert severity(rosaline) == "WARN"

    def test_it_needs_a_reason_and_happens_once(self, stricter: RuleSetVersion, ben: Agent) -> None:
        with pytest.raises(RuleSetRefusedError) as refusal:
            decide_rule_set(stricter, is_approved=True, reason=" ", agent=ben, at=NOW)
        assert refusal.value.code == "rule_set.reason"
        decide_rule_set(stricter, is_approved=True, reason="Compared.", agent=ben, at=NOW)
        with pytest.raises(RuleSetRefusedError) as refusal:
            decide_rule_set(stricter, is_approved=False, reason="No.", agent=ben, at=NOW)
        assert refusal.value.code == "rule_set.decided"

    def test_the_newest_approval_counts(
        self, harbour: Organization, rosaline: Product, stricter: RuleSetVersion, ada: Agent, ben: Agent
    ) -> None:
        milder = import_rule_set(harbour, table(GB_06={"warn_clinic": "x"}), source="y", agent=ada, at=NOW)
        decide_rule_set(stricter, is_approved=True, reason="a", agent=ben, at=NOW)
        decide_rule_set(milder, is_approved=True, reason="b", agent=ben, at=NOW + timedelta(hours=1))
        assert severity(rosaline) == "WARN"

    def test_another_clinic_decides_for_itself(
        self, harbour: Organization, inland: Organization, stricter: RuleSetVersion, ben: Agent
    ) -> None:
        decide_rule_set(stricter, is_approved=True, reason="Ours.", agent=ben, at=NOW)
        assert rule_set_for(inland.pk).sha256 == rules.current_rule_set().sha256

    def test_the_database_keeps_versions_and_decisions_as_they_are(self, stricter: RuleSetVersion, ben: Agent) -> None:
        decide_rule_set(stricter, is_approved=False, reason="No.", agent=ben, at=NOW)
        for statement in (
            "UPDATE products_rulesetdecision SET is_approved = is_approved",
            "UPDATE products_rulesetversion SET content = ''",
            "DELETE FROM products_rulesetdecision",
        ):
            with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)

    def test_it_costs_two_queries(
        self, harbour: Organization, stricter: RuleSetVersion, ben: Agent, django_assert_num_queries: Any
    ) -> None:
        decide_rule_set(stricter, is_approved=True, reason="a", agent=ben, at=NOW)
        with django_assert_num_queries(2):
            rule_set_for(harbour.pk)


class TestReviewing:
    def review(self, harbour: Organization, agent: Agent, **changes: Any) -> RuleReview:
        draft = {
            "rule_id": "GB-06",
            "reviewer_name": "Ann Advocate",
            "profession": "solicitor",
            "reviewed_on": TODAY,
            **changes,
        }
        return record_review(harbour, ReviewDraft(**draft), today=TODAY, agent=agent, at=NOW)

    def test_until_then_a_row_says_that_nobody_reviewed_it(self, rosaline: Product) -> None:
        found = disclosure.standings(rosaline, jurisdiction="GB", on=TODAY)[0].verdict
        assert {rule.reviewed_by for rule in found.rules} == {None}

    def test_a_reviewed_row_names_who_and_when_and_the_others_do_not(
        self, harbour: Organization, rosaline: Product, ada: Agent
    ) -> None:
        self.review(harbour, ada)
        found = disclosure.standings(rosaline, jurisdiction="GB", on=TODAY)[0].verdict
        named = {rule.id: rule.reviewed_by for rule in found.rules}
        assert named["GB-06"] == "Ann Advocate, solicitor, 23 November 2026"
        assert named["GB-10"] is None

    def test_a_review_of_all_names_the_set(self, harbour: Organization, ada: Agent) -> None:
        self.review(harbour, ada, rule_id="")
        assert rule_set_for(harbour.pk).reviewed_by == "Ann Advocate, solicitor, 23 November 2026"

    def test_it_does_not_hold_for_another_version(
        self, harbour: Organization, ada: Agent, ben: Agent, stricter: RuleSetVersion
    ) -> None:
        self.review(harbour, ada, rule_id="")
        decide_rule_set(stricter, is_approved=True, reason="a", agent=ben, at=NOW)
        assert rule_set_for(harbour.pk).reviewed_by is None

    @pytest.mark.parametrize(
        ("changes", "code", "field"),
        [
            ({"rule_id": "GB-99"}, "rule_set.unknown_rule", "rule_id"),
            ({"reviewer_name": " "}, "rule_set.reviewer", "reviewer_name"),
            ({"profession": ""}, "rule_set.reviewer", "profession"),
            ({"reviewed_on": TODAY + timedelta(days=1)}, "date.range", "reviewed_on"),
        ],
    )
    def test_what_is_missing_is_named(
        self, harbour: Organization, ada: Agent, changes: dict[str, Any], code: str, field: str
    ) -> None:
        with pytest.raises(RuleSetRefusedError) as refusal:
            self.review(harbour, ada, **changes)
        assert (refusal.value.code, refusal.value.field) == (code, field)


class TestARecordsDays:
    def lifted(self, product: Product, ada: Agent, ben: Agent, **days: date) -> Product:
        draft = RegulatoryDraft(
            "GB", "TOPICAL_INTACT", "TRIAL", "REGISTER_CHECKED", reference="T-1", checked_on=TODAY, **days
        )
        record = add_regulatory_record(product, draft, today=TODAY, agent=ada, at=NOW)
        confirm_release(propose_release(record, reason="Covers it.", agent=ada, at=NOW), agent=ben, at=NOW)
        return product

    @pytest.mark.parametrize(
        ("days", "expected"),
        [
            ({}, "WARN"),
            ({"valid_until": TODAY}, "WARN"),
            ({"valid_until": TODAY - timedelta(days=1)}, "STOP"),
            ({"valid_from": TODAY}, "WARN"),
            ({"valid_from": TODAY + timedelta(days=1)}, "STOP"),
        ],
    )
    def test_a_stop_is_lifted_on_them_only(
        self, rosaline: Product, stricter: RuleSetVersion, ada: Agent, ben: Agent, days: dict[str, date], expected: str
    ) -> None:
        decide_rule_set(stricter, is_approved=True, reason="a", agent=ben, at=NOW)
        assert severity(self.lifted(rosaline, ada, ben, **days)) == expected

    def test_it_cannot_end_before_it_begins(self, rosaline: Product, ada: Agent) -> None:
        draft = RegulatoryDraft(
            "GB",
            "TOPICAL_INTACT",
            "UNKNOWN",
            "NONE",
            valid_from=TODAY,
            valid_until=TODAY - timedelta(days=1),
        )
        with pytest.raises(Exception, match="ends before it begins"):
            add_regulatory_record(rosaline, draft, today=TODAY, agent=ada, at=NOW)

    def test_what_is_due_or_has_run_out_is_listed(
        self, rosaline: Product, ada: Agent, lead: User, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draft = RegulatoryDraft("GB", "TOPICAL_INTACT", "COSMETIC_NOTIFIED", "NONE", review_due_on=TODAY)
        add_regulatory_record(rosaline, draft, today=TODAY, agent=ada, at=NOW)
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW - timedelta(days=1))
        assert "Records to check again" not in signed_in(lead).get("/rules/").content.decode()
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
        assert "Records to check again" in signed_in(lead).get("/rules/").content.decode()


class TestPages:
    def test_a_lead_imports_and_the_other_approves(
        self, harbour: Organization, rosaline: Product, lead: User, second_lead: User, signed_in: SignedIn
    ) -> None:
        file = SimpleUploadedFile("rules.json", table(GB_06=STRICTER), "application/json")
        sent = signed_in(lead).post("/rules/import/", {"file": file, "source": "Counsel"})
        version = RuleSetVersion.objects.get()
        assert sent["Location"] == f"/rules/{version.pk}/"
        page = signed_in(lead).get(sent["Location"]).content.decode()
        assert "PROHIBITED_INGREDIENT" in page
        assert rosaline.marketed_name in page
        assert "Another clinic lead decides" in page
        answer = signed_in(second_lead).post(sent["Location"], {"decision": "approve", "reason": "Compared."})
        assert answer.status_code == 302
        assert severity(rosaline) == "STOP"
        assert str(version) in signed_in(lead).get("/rules/").content.decode()

    def test_a_wrong_file_is_told_at_its_field_and_the_source_is_kept(self, lead: User, signed_in: SignedIn) -> None:
        file = SimpleUploadedFile("rules.json", b"[1, 2", "application/json")
        page = signed_in(lead).post("/rules/import/", {"file": file, "source": "Counsel of ours"})
        assert page.status_code == 422
        assert "it is not JSON" in page.content.decode()
        assert "Counsel of ours" in page.content.decode()

    def test_a_stranger_finds_no_version(self, stricter: RuleSetVersion, stranger: User, signed_in: SignedIn) -> None:
        for path in (f"/rules/{stricter.pk}/", f"/rules/{stricter.pk}/consents/"):
            assert signed_in(stranger).get(path).status_code == 404
        answer = signed_in(stranger).post(f"/rules/{stricter.pk}/", {"decision": "approve", "reason": "x"})
        assert answer.status_code == 404
        assert not RuleSetDecision.objects.exists()

    def test_others_read_and_change_nothing(
        self, stricter: RuleSetVersion, practitioner: User, auditor: User, signed_in: SignedIn
    ) -> None:
        for person in (practitioner, auditor):
            client = signed_in(person)
            for path in ("/rules/", "/rules/ask/", f"/rules/{stricter.pk}/", f"/rules/{stricter.pk}/consents/"):
                assert client.get(path).status_code == 200
            assert client.get("/rules/import/").status_code == 403
            client.post(f"/rules/{stricter.pk}/", {"decision": "approve", "reason": "x"})
        assert not RuleSetDecision.objects.exists()

    def test_any_use_can_be_asked_about(self, practitioner: User, signed_in: SignedIn) -> None:
        asked = {"jurisdiction": "GB", "origin": "HUMAN", "donor": "ALLOGENEIC", "route": "TOPICAL_MN"}
        page = signed_in(practitioner).get("/rules/ask/", asked).content.decode()
        assert "Do not issue consent" in page
        assert "GB-02" in page
        assert "GB-10" in page

    def test_a_question_that_lacks_something_keeps_the_rest(self, practitioner: User, signed_in: SignedIn) -> None:
        page = signed_in(practitioner).get("/rules/ask/", {"jurisdiction": "GB", "origin": "HUMAN"})
        assert page.status_code == 422
        assert "Choose the route." in page.content.decode()
        assert '<option value="HUMAN" selected>' in page.content.decode()

    def test_a_review_is_filed_with_its_letter(self, lead: User, signed_in: SignedIn) -> None:
        form = {
            "rule_id": "GB-06",
            "reviewer_name": "Ann Advocate",
            "profession": "solicitor",
            "reviewed_on_0": "20",
            "reviewed_on_1": "11",
            "reviewed_on_2": "2026",
            "evidence": SimpleUploadedFile("letter.pdf", pdf("letter"), "application/pdf"),
        }
        assert signed_in(lead).post("/rules/review/", form)["Location"] == "/rules/"
        page = signed_in(lead).get("/rules/").content.decode()
        assert "Ann Advocate, solicitor, 20 November 2026" in page
        assert RuleReview.objects.get().evidence is not None


class TestCommands:
    def said(self, *arguments: str) -> dict[str, Any]:
        out = StringIO()
        call_command(*arguments, "--json", stdout=out)
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    ASKED = ("--jurisdiction", "GB", "--origin", "HUMAN", "--donor", "ALLOGENEIC", "--route", "TOPICAL_MN")

    def test_check_standing_prints_the_verdict(self) -> None:
        said = self.said("check_standing", *self.ASKED)
        assert (said["severity"], said["rules"]) == ("STOP", ["GB-02", "GB-10"])
        assert set(said) == {"severity", "status", "rules", "sentences"}
        assert len(said["sentences"]) == 2

    def test_with_a_clinic_its_own_rules_count(
        self, harbour: Organization, stricter: RuleSetVersion, ben: Agent
    ) -> None:
        plant = ("--jurisdiction", "GB", "--origin", "PLANT", "--route", "TOPICAL_INTACT")
        decide_rule_set(stricter, is_approved=True, reason="a", agent=ben, at=NOW)
        assert self.said("check_standing", *plant)["severity"] == "WARN"
        assert self.said("check_standing", *plant, "--clinic", "HC")["severity"] == "STOP"

    def test_an_unknown_code_names_those_that_are_known(self) -> None:
        with pytest.raises(CommandError, match="--route: “NOSE” is none of TOPICAL_INTACT") as error:
            call_command("check_standing", "--jurisdiction", "GB", "--origin", "HUMAN", "--route", "NOSE")
        assert error.value.returncode == 1

    def test_an_unknown_code_is_an_error_in_json_too(self) -> None:
        out = StringIO()
        with pytest.raises(SystemExit) as stop:
            call_command(
                "check_standing", "--jurisdiction", "GB", "--origin", "X", "--route", "IV", "--json", stdout=out
            )
        assert stop.value.code == 1
        assert "none of HUMAN" in json.loads(out.getvalue())["error"]["message"]

    def test_import_rules_compares_and_waits(self, harbour: Organization, rosaline: Product, tmp_path: Path) -> None:
        file = tmp_path / "rules.json"
        file.write_bytes(table(GB_06=STRICTER, GB_10=None))
        dry = self.said("import_rules", str(file), "--dry-run")
        assert (dry["id"], dry["removed"], list(dry["changed"])) == (None, ["GB-10"], ["GB-06"])
        assert not RuleSetVersion.objects.exists()
        said = self.said("import_rules", str(file), "--source", "Counsel")
        assert said["id"] == str(RuleSetVersion.objects.waiting().get().pk)
        assert {"product": rosaline.marketed_name, "route": "TOPICAL_INTACT", "severity": "STOP"} in said["products"]
        assert severity(rosaline) == "WARN"

    def test_import_rules_refuses_in_words(self, harbour: Organization, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="No such file"):
            call_command("import_rules", str(tmp_path / "none.json"))
        (tmp_path / "bad.json").write_text("{")
        with pytest.raises(CommandError, match="not JSON"):
            call_command("import_rules", str(tmp_path / "bad.json"))


def test_the_lead_is_the_importer_by_id_and_not_by_name(
    harbour: Organization, lead: User, stricter: RuleSetVersion
) -> None:
    twin = Agent("user", "another-id", harbour.pk, lead.full_name)
    assert decide_rule_set(stricter, is_approved=True, reason="a", agent=twin, at=NOW).is_approved
    assert agent_for(lead, harbour).id == stricter.imported_by
