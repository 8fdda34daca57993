"""What is sent: one meaning, within limits, no field that was not asked for; and each act once."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from audit.models import LogEntry
from clinic.models import KeptAnswer
from products.models import Product
from tests.api.bodies import PRODUCT, SCAN
from tests.api.program import refused

pytestmark = pytest.mark.django_db
INPUTS = json.loads((Path(__file__).parents[1] / "vectors" / "reliability_inputs.json").read_text())["API JSON"]


@functools.cache
def wide() -> bytes:
    """An object of a million fields; made where it is sent, as every process of a run reads this file."""
    return json.dumps({str(n): n for n in range(1_000_000)}).encode()


RAW = {
    "empty": b"",
    "trailing": b"{} x",
    "utf16": "{}".encode("utf-16"),
    "bigint": b'{"a": ' + b"9" * 5000 + b"}",
    "depth-100k": b"[" * 100_000 + b"]" * 100_000,
    "wide": wide,
    "array-root": b"[]",
    "proto": b'{"__proto__":{"admin":1}}',
    "orm": b'{"filter":{"clinic__users__password__startswith":"p"}}',
    "surrogate": b'{"marketed_name": "\\ud800"}',
}
KINDS = {"text-ct": "text/plain", "charset": "application/json; charset=utf-7", "xml": "application/xml"}
READINGS = {"order": "ordering=password", "limit": "limit=1000000"}
SIZES = {"type-str": "120", "type-bool": True}
# Shown by a test of its own, here or beside.
ELSEWHERE = {
    "slow": "tests/config/test_punctual.py::TestABodyThatNeverEnds",
    "idem-race": "tests/api/test_at_once.py::TestTwentyAtOnce",
    "auth-query": "tests/api/test_entrance.py::TestTheToken",
    "xfh": "tests/consent/test_attacks.py::TestForgery",
}  # fmt: skip


def sent(program, raw: bytes | Callable[[], bytes], **extra):
    return program.post("products/", raw=raw() if callable(raw) else raw, **extra)


class TestJson:
    """The inputs of the reliability list, with the answers that stand there."""

    @pytest.mark.parametrize(("raw", "status", "code"), [
        (b"", 400, "json.empty"),
        (b"  \n", 400, "json.empty"),
        (b"{} x", 400, "json.syntax"),
        (b"{'a': 1}", 400, "json.syntax"),
        (b'{"a": 1,}', 400, "json.syntax"),
        ('{"a": 1}'.encode("utf-16"), 400, "json.encoding"),
        (b"\xef\xbb\xbf{}", 400, "json.encoding"),
        (b'{"a": "\xff"}', 400, "json.encoding"),
        (b'{"a": "\xc3\x28"}', 400, "json.encoding"),
        (b'{"a": ' + b"9" * 5000 + b"}", 400, "number.range"),
        (b'{"a": 1e999}', 400, "number.range"),
        (b'{"a": -1e999}', 400, "number.range"),
        (b'{"a": NaN}', 400, "json.number"),
        (b'{"a": Infinity}', 400, "json.number"),
        (b'{"a": -Infinity}', 400, "json.number"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "json.depth"),
        (b'{"a":' * 30 + b"1" + b"}" * 30, 400, "json.depth"),
        (b'{"a": 1, "a": 2}', 400, "json.duplicate_key"),
        (b'{"marketed_name": "a", "b": {"c": 1, "c": 1}}', 400, "json.duplicate_key"),
        (wide, 413, "body.too_large"),
        (b'{"a": "' + b"x" * 262_144 + b'"}', 413, "body.too_large"),
        (b"[]", 422, "schema.type"),
        (b'"text"', 422, "schema.type"),
        (b"null", 422, "schema.type"),
        (b"1", 422, "schema.type"),
        (b'{"marketed_name": "\\ud800"}', 422, "text.surrogate"),
        (b'{"\\ud800": "a"}', 422, "text.surrogate"),
        (b'{"marketed_name": "a\\u0000b"}', 422, "text.control"),
    ])  # fmt: skip
    def test_has_one_meaning_or_none(self, nia, raw, status, code):
        answer = sent(nia, raw)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content[:300]
        assert not Product.objects.exists()
        assert not KeptAnswer.objects.exists()

    @pytest.mark.parametrize("content_type", [
        "text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x",
        "application/json; charset=utf-7", "application/json; charset=latin-1", "text/html", "application/jsonp",
    ])  # fmt: skip
    def test_of_another_kind_is_not_taken(self, nia, content_type):
        refused(sent(nia, json.dumps(PRODUCT).encode(), content_type=content_type), 415, "media_type")

    def test_with_its_charset_named_is_taken(self, nia):
        answer = sent(nia, json.dumps(PRODUCT).encode(), content_type="application/json; charset=UTF-8")
        assert answer.status_code == 201

    def test_a_packed_body_is_not_unpacked(self, nia):
        packed = gzip.compress(b" " * 200_000 + json.dumps(PRODUCT).encode())
        refused(sent(nia, packed, headers={"Content-Encoding": "gzip"}), 415, "encoding")


class TestListedInputs:
    """Each input of the reliability list for the API, by its id."""

    @staticmethod
    def answered(nia, lot, row):
        name = row["id"]
        if name in RAW:
            return sent(nia, RAW[name])
        if name in KINDS:
            return sent(nia, json.dumps(PRODUCT).encode(), content_type=KINDS[name])
        if name in READINGS:
            return nia.get(f"products/?{READINGS[name]}")
        if name in SIZES:
            return nia.post(f"batches/{lot.pk}/temperatures/", {"highest_c": SIZES[name], "limit_high_c": 8})
        match name:
            case "gzip-req":
                return sent(nia, gzip.compress(b" " * 200_000), headers={"Content-Encoding": "gzip"})
            case "sqli":
                return nia.post("batches/", {"scan": "]d2010950600013435210' OR 1=1--"})
            case "uuid-form":
                return nia.get(f"products/urn:uuid:{lot.product_id}/")
            case "override":
                return nia.post(f"products/{lot.product_id}/", {}, headers={"X-HTTP-Method-Override": "DELETE"})
            case "idem-diff":
                nia.post("products/", {**PRODUCT, "gtin": None}, key="k-1")
                return nia.post("products/", {**PRODUCT, "gtin": None, "marketed_name": "Another"}, key="k-1")
            case "idem-long":
                return nia.post("products/", PRODUCT, key="a" * 10_000)
        raise LookupError(name)

    @pytest.mark.parametrize(
        "row", [row for row in INPUTS if row["id"] not in (*ELSEWHERE, "page")], ids=lambda row: row["id"]
    )
    def test_each_gets_its_listed_answer(self, nia, lot, row):
        products = Product.objects.count()
        answer = self.answered(nia, lot, row)
        assert (str(answer.status_code), answer.json()["code"]) == (row["status"], row["code"]), answer.content[:300]
        assert Product.objects.count() == products + (row["id"] == "idem-diff")

    @pytest.mark.parametrize("page", ["-1", "0", "1e9", "abc"])
    def test_there_are_no_numbered_pages_and_a_number_is_refused(self, nia, lot, page):
        # Better than the list: a page is asked for by the cursor of the one before it, so no number is in range.
        refused(nia.get(f"products/?page={page}"), 400, "query.unknown", "page")

    @pytest.mark.parametrize("name", ELSEWHERE)
    def test_what_is_shown_elsewhere_is_there(self, name):
        path, _, test = ELSEWHERE[name].partition("::")
        assert f"class {test}" in (Path(__file__).parents[2] / path).read_text()


class TestClosedBodies:
    @pytest.mark.parametrize("field", [
        "id", "status", "role", "signed_at", "registered_at", "organization", "__proto__", "filter", "_connector",
        "clinic__users__password__startswith",
    ])  # fmt: skip
    def test_a_field_that_was_not_asked_for_is_refused_by_name(self, nia, field):
        problem = refused(nia.post("products/", {**PRODUCT, field: "x"}), 422, "schema.unknown_field", field)
        assert "nothing was written" in problem["message"]
        assert not Product.objects.exists()

    def test_also_inside(self, nia):
        claims = {**PRODUCT["claims"], "origin": {"value": "PLANT", "basis": "STATED", "verified": True}}
        refused(
            nia.post("products/", {**PRODUCT, "claims": claims}), 422, "schema.unknown_field", "claims.origin.verified"
        )

    @pytest.mark.parametrize(("field", "value"), [
        ("marketed_name", 120), ("marketed_name", True), ("marketed_name", ["a"]), ("marketed_name", {"a": "b"}),
        ("gtin", 9521104000051), ("manufacturer_id", 5), ("claims", []), ("claims", "x"),
    ])  # fmt: skip
    def test_no_value_is_turned_into_another_kind(self, nia, field, value):
        refused(nia.post("products/", {**PRODUCT, field: value}), 422, "schema.type", field)

    @pytest.mark.parametrize("text", [
        "{00000000-0000-4000-8000-000000000000}", "urn:uuid:00000000-0000-4000-8000-000000000000",
        "00000000000040008000000000000000", "00000000-0000-4000-8000-00000000000A", "x",
    ])  # fmt: skip
    def test_an_id_has_one_form(self, nia, text):
        refused(nia.post("products/", {**PRODUCT, "source": text}), 422, "schema.id", "source")
        assert nia.get(f"products/{text}/").status_code == 404

    def test_every_missing_field_is_named_at_once(self, nia):
        problem = refused(nia.post("products/", {"marketed_name": "a"}), 422, "schema.required", "gtin")
        assert {line["field"] for line in problem["errors"]} == {"gtin", "claims"}


class TestQuestions:
    @pytest.mark.parametrize(("asked", "code", "field"), [
        ("ordering=password", "query.unknown", "ordering"),
        ("page=-1", "query.unknown", "page"),
        ("format=xml", "query.unknown", "format"),
        ("marketed_name__startswith=p", "query.unknown", "marketed_name__startswith"),
        ("limit=1000000", "query.range", "limit"),
        ("limit=201", "query.range", "limit"),
        ("limit=0", "query.range", "limit"),
        ("limit=-1", "query.range", "limit"),
        ("limit=abc", "query.range", "limit"),
        ("limit=٥", "query.range", "limit"),
        ("cursor=abc", "query.range", "cursor"),
        ("cursor=cD1ub3QtYS1kYXRl", "query.range", "cursor"),
        ("cursor=%00", "query.text", "cursor"),
        ("cursor=bz05OTk5OTk5OTk5OTk5OTk5OTk5OTk%3D", "query.range", "cursor"),
    ])  # fmt: skip
    def test_one_that_is_not_answered_is_refused(self, nia, rosaline, asked, code, field):
        refused(nia.get(f"products/?{asked}"), 400, code, field)

    def test_a_null_character_is_refused_in_words(self, nia, rosaline):
        refused(nia.get("products/?q=%00"), 400, "query.text", "q")
        refused(nia.get("batches/?lot_number=a%00"), 400, "query.text", "lot_number")


class TestOnce:
    def test_the_same_request_twice_acts_once(self, nia):
        first = nia.post("products/", PRODUCT, key="k-1")
        second = nia.post("products/", PRODUCT, key="k-1")
        assert first.status_code == second.status_code == 201
        assert first.json() == second.json()
        assert second["Idempotent-Replayed"] == "true"
        assert first["Location"] == second["Location"]
        assert Product.objects.count() == 1

    def test_another_body_with_the_same_key_is_refused(self, nia):
        nia.post("products/", PRODUCT, key="k-1")
        other = {**PRODUCT, "marketed_name": "Another", "gtin": None}
        refused(nia.post("products/", other, key="k-1"), 422, "idempotency.mismatch", "Idempotency-Key")
        assert Product.objects.count() == 1

    def test_another_address_with_the_same_key_is_refused(self, nia, lot):
        body = {"reason": "seen a crack"}
        assert nia.post(f"batches/{lot.pk}/hold/", body, key="k-1").status_code == 200
        refused(nia.post(f"batches/{uuid4()}/hold/", body, key="k-1"), 422, "idempotency.mismatch", "Idempotency-Key")

    def test_the_order_of_keys_in_json_means_nothing(self, nia):
        nia.post("products/", PRODUCT, key="k-1")
        turned = dict(reversed(PRODUCT.items()))
        assert nia.post("products/", turned, key="k-1")["Idempotent-Replayed"] == "true"

    def test_a_file_sent_twice_is_the_same_request(self, nia):
        first = nia.send("evidence/", b"a,b\n1,2\n", "a.csv", key="k-1")
        second = nia.send("evidence/", b"a,b\n1,2\n", "a.csv", key="k-1")
        assert first.json() == second.json()
        assert second["Idempotent-Replayed"] == "true"
        refused(
            nia.send("evidence/", b"a,b\n1,3\n", "a.csv", key="k-1"), 422, "idempotency.mismatch", "Idempotency-Key"
        )

    def test_another_person_may_use_the_same_key(self, nia, ada):
        nia.post("products/", PRODUCT, key="k-1")
        answer = ada.post("products/", {**PRODUCT, "gtin": None}, key="k-1")
        assert "Idempotent-Replayed" not in answer
        assert Product.objects.count() == 2

    def test_a_refused_request_keeps_nothing_and_can_be_mended(self, nia):
        refused(
            nia.post("products/", {**PRODUCT, "marketed_name": " "}, key="k-1"), 422, "claim.blank", "marketed_name"
        )
        assert not KeptAnswer.objects.exists()
        assert nia.post("products/", PRODUCT, key="k-1").status_code == 201

    @pytest.mark.parametrize("key", ["a b", "a" * 65, "a" * 10_000, "ä", "a/b", "{}"])
    def test_a_key_has_one_form(self, nia, key):
        refused(nia.post("products/", PRODUCT, key=key), 400, "idempotency.format", "Idempotency-Key")

    def test_without_a_key_nothing_is_done(self, nia):
        answer = nia.client.post("/api/v1/products/", PRODUCT, content_type="application/json", headers=nia.headers)
        refused(answer, 400, "idempotency.missing", "Idempotency-Key")
        assert not Product.objects.exists()

    def test_reading_by_post_needs_none(self, nia):
        answer = nia.client.post("/api/v1/scans/", {"scan": SCAN}, content_type="application/json", headers=nia.headers)
        assert answer.status_code == 200

    def test_the_log_says_by_which_token(self, nia):
        nia.post("products/", PRODUCT)
        detail = json.loads(LogEntry.objects.order_by("id").last().detail.canonical_body)
        assert detail["agent"]["name"] == "Dr Nia Penrose"
        assert detail["agent"]["via"] == "API token “stock system”"

    def test_the_pages_of_the_log_say_it_too(self, nia, auditor, signed_in):
        nia.post("products/", PRODUCT)
        assert "Dr Nia Penrose, by API token “stock system”" in signed_in(auditor).get("/log/").content.decode()
