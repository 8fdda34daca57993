"""Names and texts in many scripts: what is kept, what is refused, and with which code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinic.errors import ContactRefusedError, TextRefusedError
from clinic.records import clean_email, clean_name, clean_phone, clean_text, comparable, drawable

INPUTS = json.loads((Path(__file__).parents[1] / "vectors" / "reliability_inputs.json").read_text())
# Inputs that the list describes in words instead of writing them.
WRITTEN = {
    "zwsp": "An\u200bna",
    "zwj-ok": "\u0928\u093f\u0924\u0940\u0936\u094d\u200d\u092f",
    "shy": "An\u00adna",
    "bom": "\ufeff",
    "hangul-filler": "\u3164",
    "braille": "\u2800",
    "lri": "Mara \u2066Ilves",
    "ctrl": "A\x01B",
    "nul": "A\x00B",
    "newline": "A\nB",
    "tab": "A\tB",
    "surrogate": "Mara\ud800",
    "noncharacter": "Mara\uffff",
    "pua": "\ue000",
    "long": "a" * 300,
    "longword": "a" * 60,
}
NOT_A_NAME = {"same-name-dob", "dob-1890", "phone", "email-xn", "email-ip", "null-word", "apostrophe"}
NAMES = [row for row in INPUTS["Names and free text (many scripts)"] if row["id"] not in NOT_A_NAME]


class TestNames:
    @pytest.mark.parametrize("row", NAMES, ids=lambda row: row["id"])
    def test_each_listed_input_gets_its_listed_answer(self, row):
        name = WRITTEN.get(row["id"], row["input"])
        if row["code"].startswith("OK"):
            assert clean_name(name) == name
            return
        with pytest.raises(TextRefusedError) as refusal:
            clean_name(name)
        assert refusal.value.code == row["code"]

    @pytest.mark.parametrize(
        "name",
        ["O'Brien", "O\u2019Brien", "null", "None", "undefined", "true", "محمد", "עדה", "李小龙", "김민준", "Ngũgĩ",
         "نازنین\u200cزهرا", "Μαρία", "Мария", "मारा", "ສົມ" if 0x0E9A in drawable() else "สมชาย"],
    )  # fmt: skip
    def test_real_names_are_kept_as_typed(self, name):
        assert clean_name(name) == name

    def test_decomposed_letters_are_composed(self):
        assert clean_name("Nguye\u0302\u0303n") == "Nguy\u1ec5n"

    def test_spaces_of_any_kind_become_one(self):
        assert clean_name("  Mara \u00a0 Ilves ") == "Mara Ilves"

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("", "text.blank"),
            ("   ", "text.blank"),
            ("\u202eMara", "text.bidi_control"),
            ("Mara \u2069", "text.bidi_control"),
            ("Ma\u200dra", "text.invisible"),
            ("Mara\u200d", "text.invisible"),
            ("Mara\ufeff", "text.invisible"),
            ("Mara\U000e0041", "text.invisible"),
            ("Mara 😀", "text.no_glyph"),
            ("👩\u200d⚕️", "text.no_glyph"),
            ("\U0010ffff", "text.control"),
            ("Mara\u2028Ilves", "text.control"),
            ("Mara\u0378", "text.control"),
            ("ＡＢＣ", "text.styled"),
            ("oﬃce", "text.styled"),
            ("Henry Ⅷ", "text.styled"),
            ("a" + "\u0301" * 6, "text.too_many_marks"),
            ("\ufdfa" * 30, "text.styled"),
            ("a" * 201, "text.too_long"),
        ],
    )
    def test_what_cannot_be_kept_has_one_code_each(self, name, code):
        with pytest.raises(TextRefusedError) as refusal:
            clean_name(name, field="given_name")
        assert (refusal.value.code, refusal.value.field) == (code, "given_name")

    def test_an_undrawable_character_is_called_by_its_name(self):
        with pytest.raises(TextRefusedError, match=r"U\+1F600, grinning face"):
            clean_name("Mara 😀")

    def test_200_characters_are_kept_whole(self):
        assert len(clean_name("a" * 200)) == 200

    def test_nothing_accepted_lacks_a_glyph(self):
        for row in NAMES:
            if row["code"].startswith("OK"):
                name = WRITTEN.get(row["id"], row["input"])
                assert {ord(sign) for sign in name} - drawable() <= {0x20, 0x200C, 0x200D}


class TestTexts:
    def test_line_breaks_of_every_kind_become_one_kind(self):
        assert clean_text("a\r\nb\rc\nd", most=50) == "a\nb\nc\nd"

    def test_superscripts_and_fractions_are_text(self):
        assert clean_text("5.0 × 10² per mL, ½ vial, 37 °C ± 1, 5 µm", most=100)

    @pytest.mark.parametrize(
        "text", ["≤ 0.5 EU/mL", "≥ 5 × 10¹⁰ mL⁻¹", "pH ≈ 7.4 → stored at −80 °C", "2 ‰, CO₂, √n, ∞, Δ 3 µm"]
    )
    def test_the_signs_of_a_certificate_are_text(self, text):
        assert clean_text(text, most=100) == text

    @pytest.mark.parametrize(
        ("text", "code"),
        [("a\tb", "text.control"), ("a\x00b", "text.nul"), ("x" * 51, "text.too_long"), ("\u200b", "text.blank"),
         ("𝓐𝓷𝓷", "text.styled"), ("𝐱 ≤ 1", "text.styled"), ("ok 👍", "text.no_glyph")],
    )  # fmt: skip
    def test_what_cannot_be_kept_is_refused(self, text, code):
        with pytest.raises(TextRefusedError) as refusal:
            clean_text(text, most=50)
        assert refusal.value.code == code

    @pytest.mark.parametrize("row", NAMES, ids=lambda row: row["id"])
    def test_each_listed_input_gets_its_listed_answer_in_a_text_too(self, row):
        text = WRITTEN.get(row["id"], row["input"])
        if row["code"].startswith("OK"):
            assert clean_text(text, most=200, lines=False) == text
            return
        with pytest.raises(TextRefusedError) as refusal:
            clean_text(text, most=200, lines=False, field="reason")
        assert (refusal.value.code, refusal.value.field) == (row["code"], "reason")

    def test_one_line_refuses_a_break(self):
        with pytest.raises(TextRefusedError) as refusal:
            clean_text("a\nb", most=50, lines=False)
        assert refusal.value.code == "text.control"


class TestComparing:
    @pytest.mark.parametrize(
        ("one", "other"),
        [("Weiß", "WEISS"), ("O'Brien", "O’Brien"), ("Smith-Jones", "smith‐jones"), ("ﬁnn", "Finn"), ("Ⅳ", "iv")],
    )
    def test_folds_what_people_mix_up(self, one, other):
        assert comparable(one) == comparable(other)

    def test_does_not_fold_other_scripts(self):
        assert comparable("А") != comparable("A")


class TestContacts:
    @pytest.mark.parametrize("typed", ["+44 7700 900123", "07700900123", "0044 7700 900123", "+44 (0)7700 900-123"])
    def test_a_phone_becomes_e164(self, typed):
        assert clean_phone(typed, jurisdiction="GB") == "+447700900123"

    @pytest.mark.parametrize("typed", ["٠٦٧٧", "call me", "12", "+44", "077009001230000000"])
    def test_what_is_no_phone_is_refused(self, typed):
        with pytest.raises(ContactRefusedError) as refusal:
            clean_phone(typed, jurisdiction="GB")
        assert refusal.value.code == "phone.format"

    @pytest.mark.parametrize(
        ("typed", "code"),
        [("a@[127.0.0.1]", "email.domain"), ("a@b", "email.format"), ("a b@example.org", "email.format"),
         ("a@example.org\nBcc: b@example.org", "email.format"), ("ä@example.org", "email.format")],
    )  # fmt: skip
    def test_what_is_no_address_is_refused(self, typed, code):
        with pytest.raises(ContactRefusedError) as refusal:
            clean_email(typed)
        assert refusal.value.code == code
