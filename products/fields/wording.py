"""How a value reads: terms of art for staff, plain words for patients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.dateformat import format as written
from django.utils.translation import gettext

from products.fields.claim_field import ClaimField, Kind
from products.places import countries
from products.vocabulary import IsolationMethod, PlainChoices, SizeMethod

# Values that are a way of saying nothing: they count as not known wherever completeness is counted.
SAYS_NOTHING = frozenset({IsolationMethod.PROPRIETARY.value, IsolationMethod.UNKNOWN.value})
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def technical(field: ClaimField, value: Any, unit: str = "") -> str:
    """The value in terms of art, a number or test result with its unit; empty for None."""
    return _with_unit(field, _said(field, value, plain=False), unit)


def plain(field: ClaimField, value: Any, unit: str = "") -> str:
    """The value in words for a patient; empty for None."""
    return _with_unit(field, _said(field, value, plain=True), unit)


def says_nothing(value: Any) -> bool:
    """Whether a stated value tells nothing, such as a proprietary method."""
    if isinstance(value, Mapping):
        return bool(value.get("methods")) and set(value["methods"]) <= SAYS_NOTHING
    return isinstance(value, str) and value in SAYS_NOTHING


def day_words(day: date | str | None) -> str:
    """A date as a British reader expects it: 19 January 2028. ISO texts are understood; None is empty."""
    found = _date(day)
    return f"{found.day} {found:%B %Y}" if found else ""


def _date(day: date | str | None) -> date | None:
    return date.fromisoformat(day) if day and isinstance(day, str) else day or None


def number_words(number: float) -> str:
    """A count with two significant digits at most, in words: about 50 thousand million."""
    exponent = len(str(int(number))) - 1
    rounded = round(number, -(exponent - 1)) if exponent > 0 else number
    for size, words in (
        (1e12, gettext("about {number} million million")),
        (1e9, gettext("about {number} thousand million")),
        (1e6, gettext("about {number} million")),
        (1e3, gettext("about {number} thousand")),
    ):
        if rounded >= size:
            return words.format(number=f"{rounded / size:.3g}")
    return gettext("about {number}").format(number=f"{rounded:.0f}")


def count_figures(number: int) -> str:
    """A count as a laboratory writes it: 5 × 10¹⁰, with every digit that was given."""
    digits = str(number)
    if len(digits) <= 6:
        return f"{number:,}"
    mantissa = digits.rstrip("0")
    shown = mantissa[0] + (f".{mantissa[1:]}" if len(mantissa) > 1 else "")
    return f"{shown} × 10{str(len(digits) - 1).translate(_RAISED)}"


def _with_unit(field: ClaimField, said: str, unit: str) -> str:
    has_unit = unit and said and (field.is_number or field.kind == Kind.TEXT)
    return f"{said}{'' if unit == '%' else ' '}{unit}" if has_unit else said


def _said(field: ClaimField, value: Any, *, plain: bool) -> str:
    if value is None or value in ("", [], {}):
        return ""
    match field.name:
        case "size":
            return _size_said(value, plain=plain)
        case "manufacturer":
            return ", ".join(part for part in (value["name"], value.get("country")) if part)
        case "lot_and_expiry":
            return _lot_said(value, plain=plain)
        case "certificate_of_analysis":
            return _certificate_said(value, plain=plain)
        case _:
            return _by_kind(field, value, plain=plain)


def _by_kind(field: ClaimField, value: Any, *, plain: bool) -> str:
    match field.kind:
        case Kind.STEPS:
            return _isolation_said(value, plain=plain)
        case Kind.CODE | Kind.CODES if field.vocabulary:
            codes = value if isinstance(value, list) else [value]
            words = [_word(field.vocabulary, code, plain=plain) for code in codes]
            return ("; " if plain or len(words) > 1 else ", ").join(words)
        case Kind.COUNT:
            return number_words(value) if plain else count_figures(int(value))
        case Kind.INTEGER | Kind.DECIMAL:
            return f"{value:,.10g}"
        case Kind.FLAG:
            return (gettext("yes") if value else gettext("no")) if plain else ("yes" if value else "no")
        case Kind.COUNTRY:
            return dict(countries()).get(value, str(value))
        case Kind.PARTS:
            return "; ".join(
                f"{part.label}: {_with_unit(part, _said(part, value[part.name], plain=plain), _unit(part))}"
                for part in field.parts
                if value.get(part.name) not in (None, "")
            )
        case Kind.MARKERS:
            found = [f"{name} {result}" for category in sorted(value) for name, result in value[category].items()]
            return ", ".join(found)
        case _:
            return str(value)


def _unit(part: ClaimField) -> str:
    return part.units[0] if part.units else ""


def _word(vocabulary: type[PlainChoices], code: str, *, plain: bool) -> str:
    word = vocabulary(code)
    return word.plain if plain else str(word.label)


def _isolation_said(value: Any, *, plain: bool) -> str:
    steps = [_word(IsolationMethod, code, plain=plain) for code in value["methods"]]
    if plain:
        return gettext(", then ").join(steps)
    detail = value.get("detail")
    return ", then ".join(steps) + (f" ({detail})" if detail else "")


def _size_said(value: Any, *, plain: bool) -> str:
    method = SizeMethod(value.get("method") or SizeMethod.UNKNOWN)
    if value.get("d50_nm") is None:
        return _lone_size_said(value, method, plain=plain)
    if plain:
        low, high = _nm(value.get("d10_nm")), _nm(value.get("d90_nm"))
        count = value.get("particles_per_ml")
        said = gettext(
            "half of the particles are smaller than {half} nanometres; most are between {low} and {high} ({method})"
        ).format(half=_nm(value["d50_nm"]), low=low, high=high, method=method.plain)
        if count:
            said += gettext("; {number} particles in each millilitre").format(number=number_words(count))
        return said
    return (
        f"D50 {_nm(value['d50_nm'])} nm ({_nm(value.get('d10_nm'))} to {_nm(value.get('d90_nm'))}), "
        f"mode {_nm(value.get('mode_nm'))} nm, {_method_said(method)}"
    )


def _lone_size_said(value: Any, method: SizeMethod, *, plain: bool) -> str:
    mode = value.get("mode_nm")
    known = mode if mode is not None else value.get("mean_nm")
    if known is None:
        known = next((value[name] for name in ("d10_nm", "d90_nm") if value.get(name) is not None), None)
    if plain:
        how = gettext("how it was measured is not stated") if method == SizeMethod.UNKNOWN else method.plain
        return gettext("about {size} nm; {how}").format(size=_nm(known), how=how)
    said = f"{'mode' if mode is not None else 'about'} {_nm(known)} nm"
    return said if method == SizeMethod.UNKNOWN else f"{said}, {method.value}"


def _method_said(method: SizeMethod) -> str:
    return "method not stated" if method == SizeMethod.UNKNOWN else method.value


def _nm(number: Any) -> str:
    return "?" if number is None else f"{float(number):.0f}"


def _day_said(day: date | str | None) -> str:
    """The same for a patient, in the language in use."""
    found = _date(day)
    return written(found, gettext("j F Y")) if found else ""


def _lot_said(value: Any, *, plain: bool) -> str:
    if plain:
        return gettext("{lot}, use by {day}").format(lot=value["lot_number"], day=_day_said(value["expiration_date"]))
    said = f"{value['lot_number']}, use by {day_words(value['expiration_date'])}"
    if value.get("production_date"):
        said += f", made {day_words(value['production_date'])}"
    return said


def _certificate_said(value: Any, *, plain: bool) -> str:
    if plain:
        return _plain_certificate(value)
    number = value.get("number") or "without a number"
    said = f"certificate {number}"
    if value.get("laboratory"):
        said += f" from {value['laboratory']}"
    if value.get("issued_on"):
        said += f", {day_words(value['issued_on'])}"
    return said[0].upper() + said[1:]


def _plain_certificate(value: Any) -> str:
    words = (
        gettext("certificate {number} from {laboratory}")
        if value.get("laboratory")
        else gettext("certificate {number}")
    )
    said = words.format(number=value.get("number") or gettext("without a number"), laboratory=value.get("laboratory"))
    return f"{said}, {_day_said(value['issued_on'])}" if value.get("issued_on") else said
