"""What may stand in a name or a free text, in any script.

The rule: text is kept in NFC; refused are controls, invisible characters (joiners only between letters of scripts
that need them), bidirectional controls, styled look-alikes of letters, and whatever our fonts cannot draw. Nothing is
removed or replaced in silence, because what is signed must be what was typed.
"""

from __future__ import annotations

import re
import unicodedata

from clinic.errors import TextRefusedError
from clinic.lettering import undrawable
from clinic.vocabulary import NAME_MAX

BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = frozenset("\u200c\u200d")
# Letters by category, nothing by look.
BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f")
SCRIPTS_WITH_JOINERS = (
    "ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU",
    "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN",
)  # fmt: skip
STYLES_IN_NAMES = (
    "<font>",
    "<circle>",
    "<square>",
    "<wide>",
    "<narrow>",
    "<super>",
    "<sub>",
    "<fraction>",
    "<small>",
)
STYLES_IN_TEXT = ("<font>",)
MARKS_MAX = 4
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u02b9\u0060\u00b4\u2032", "'"))
HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))


def clean_name(text: str, *, field: str = "", most: int = NAME_MAX) -> str:
    """A name as it will be kept and printed: NFC, single spaces, nothing else changed. Raises `TextRefusedError`."""
    _check_length(text, most * 2, most, field)
    _check_signs(text, lines=False, field=field)
    name = unicodedata.normalize("NFC", " ".join(_plain_spaces(text).split()))
    _check_styled(name, STYLES_IN_NAMES, field)
    _check_drawable(name, field)
    _check_invisible(name, field)
    _check_marks(name, field)
    _check_length(name, most, most, field)
    return name


def clean_text(text: str, *, most: int, lines: bool = True, field: str = "") -> str:
    """A free text of up to `most` characters in NFC; line breaks become LF, or are refused without `lines`."""
    _check_length(text, most * 2, most, field)
    text = text.replace("\r\n", "\n").replace("\r", "\n") if lines else text
    _check_signs(text, lines=lines, field=field)
    text = unicodedata.normalize("NFC", _plain_spaces(text).strip())
    _check_styled(text, STYLES_IN_TEXT, field)
    _check_drawable(text, field)
    _check_invisible(text, field)
    _check_marks(text, field)
    _check_length(text, most, most, field)
    return text


def comparable(text: str) -> str:
    """A form for comparing only: NFKC, case folded, one kind of apostrophe, hyphen and space."""
    folded = unicodedata.normalize("NFKC", text.translate(APOSTROPHES).translate(HYPHENS)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def described(sign: str) -> str:
    """A character named for a person: itself where it can be seen, its number and its Unicode name."""
    name = unicodedata.name(sign, "a character without a name")
    if unicodedata.category(sign) == "Co":
        name = "a private-use character"
    seen = f"“{sign}” " if sign.isprintable() and not sign.isspace() else ""
    return f"{seen}(U+{ord(sign):04X}, {name.lower()})"


def _plain_spaces(text: str) -> str:
    return "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in text)


def _check_length(text: str, limit: int, most: int, field: str) -> None:
    if len(text) > limit:
        raise TextRefusedError(
            f"This holds {len(text)} characters; at most {most} can be kept. We never cut a text: please shorten it.",
            field=field,
            code="text.too_long",
        )


def _check_signs(text: str, *, lines: bool, field: str) -> None:
    for sign in text:
        # U+FFFD stands where another program lost a character; browsers send it for half of a pair.
        if "\ud800" <= sign <= "\udfff" or sign == "\ufffd":
            raise TextRefusedError(
                f"A character was lost here (U+{ord(sign):04X}), which often comes from a broken copy. Please type it.",
                field=field,
                code="text.surrogate",
            )
    if "\x00" in text:
        raise TextRefusedError(
            "This holds a NUL character. Please type the text.",
            field=field,
            code="text.nul",
        )
    if not any(_is_seen(sign) for sign in text):
        raise TextRefusedError(
            "There is nothing to read here. Please type it.",
            field=field,
            code="text.blank",
        )
    for sign in text:
        if sign in BIDI_CONTROLS:
            raise TextRefusedError(
                f"This holds a character that changes the reading direction {described(sign)}. Please type the text "
                "without it; right-to-left scripts need none.",
                field=field,
                code="text.bidi_control",
            )
        category = unicodedata.category(sign)
        if category in ("Cc", "Zl", "Zp", "Cn") and not (lines and sign == "\n"):
            raise TextRefusedError(_control_words(sign, lines=lines), field=field, code="text.control")


def _control_words(sign: str, *, lines: bool) -> str:
    if sign in "\n\r\u2028\u2029":
        return "This holds a line break. Please write it on one line."
    if sign == "\t":
        return "This holds a tab. Please use a space."
    if unicodedata.category(sign) == "Cn":
        return f"This holds a character that stands for nothing (U+{ord(sign):04X}). Please type the text."
    return f"This holds a control character (U+{ord(sign):04X}), which cannot be printed. Please type the text."


def _is_seen(sign: str) -> bool:
    # Controls count as seen here, so that they get their own answer.
    if sign in BIDI_CONTROLS or (unicodedata.category(sign) == "Cc" and not sign.isspace()):
        return True
    return not (sign.isspace() or sign in BLANK_LETTERS or unicodedata.category(sign) == "Cf")


def _check_styled(text: str, styles: tuple[str, ...], field: str) -> None:
    for sign in text:
        shape = unicodedata.decomposition(sign)
        is_ligature = styles is STYLES_IN_NAMES and re.search(
            "LATIN SMALL LIGATURE|ROMAN NUMERAL|ARABIC LIGATURE|PRESENTATION FORM",
            unicodedata.name(sign, ""),
        )
        if shape.startswith(styles) or (is_ligature and shape.startswith("<")):
            plain = unicodedata.normalize("NFKC", sign)
            raise TextRefusedError(
                f"This holds a styled character {described(sign)}. Please type the plain “{plain}”.",
                field=field,
                code="text.styled",
            )


def _check_drawable(text: str, field: str) -> None:
    shown = "".join(sign for sign in text if not _is_invisible(sign))
    if sign := undrawable(shown):
        raise TextRefusedError(
            f"Our fonts cannot print {described(sign)}, so it would be an empty box on the signed document. "
            "Please write it in other words; a name, in the letters of the passport.",
            field=field,
            code="text.no_glyph",
        )


def _is_invisible(sign: str) -> bool:
    return (
        sign in BLANK_LETTERS
        or unicodedata.category(sign) == "Cf"
        or "\ufe00" <= sign <= "\ufe0f"
        or "\U000e0100" <= sign <= "\U000e01ef"
    )


def _check_invisible(text: str, field: str) -> None:
    for place, sign in enumerate(text):
        if not _is_invisible(sign):
            continue
        if sign in JOINERS and _joins(text[place - 1 : place], text[place + 1 : place + 2]):
            continue
        raise TextRefusedError(
            f"This holds an invisible character {described(sign)} at place {place + 1}. Two texts that look the same "
            "must be the same: please type it without.",
            field=field,
            code="text.invisible",
        )


def _joins(before: str, after: str) -> bool:
    return all(
        sign and unicodedata.category(sign)[0] in "LM" and unicodedata.name(sign, "").startswith(SCRIPTS_WITH_JOINERS)
        for sign in (before, after)
    )


def _check_marks(text: str, field: str) -> None:
    run = 0
    for sign in unicodedata.normalize("NFD", text):
        run = run + 1 if unicodedata.combining(sign) else 0
        if run > MARKS_MAX:
            raise TextRefusedError(
                f"One letter carries more than {MARKS_MAX} marks. Please type the letter with the marks it needs.",
                field=field,
                code="text.too_many_marks",
            )
