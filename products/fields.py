"""The fields that a claim can be about, and how each value reads: terms of art for staff, plain words for patients.

Pure. A value is what a claim holds as JSON: a code, a list of codes, a text, or a small mapping (size, isolation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from products.errors import ClaimRefusedError
from products.vocabulary import (
    Basis,
    CellOrTissue,
    DonorRelation,
    EvTerm,
    Formulation,
    IsolationMethod,
    Material,
    Origin,
    PlainChoices,
    Route,
    SizeMethod,
)


@dataclass(frozen=True)
class ClaimField:
    """One thing that can be said: its label for staff, for a patient, and the vocabulary of its codes."""

    name: str
    label: str
    patient_label: str
    vocabulary: type[PlainChoices] | None = None
    may_not_apply: bool = True

    def technical(self, value: Any) -> str:
        """The value in terms of art; empty for None."""
        return _said(self, value, plain=False)

    def plain(self, value: Any) -> str:
        """The value in words for a patient; empty for None."""
        return _said(self, value, plain=True)


def _by_name(*fields: ClaimField) -> Mapping[str, ClaimField]:
    return MappingProxyType({field.name: field for field in fields})


IDENTITY_FIELDS = _by_name(
    ClaimField("marketed_name", "Marketed name", "Name it is sold under", may_not_apply=False),
    ClaimField("gtin", "GTIN", "Barcode number", may_not_apply=False),
    ClaimField("manufacturer", "Manufacturer", "Who made it", may_not_apply=False),
)
SCIENCE_FIELDS = _by_name(
    ClaimField("ev_term_on_label", "Term on the label", "What the label calls it", EvTerm),
    ClaimField("origin", "Origin", "What it was made from", Origin, may_not_apply=False),
    ClaimField("donor_relation", "Donor", "Who gave the material", DonorRelation),
    ClaimField("material", "Material", "What the particles were taken out of", Material),
    ClaimField("cell_or_tissue", "Cell or tissue", "Which cells or tissue", CellOrTissue),
    ClaimField("species", "Species", "Which species"),
    ClaimField("isolation_methods", "Isolation", "How the particles were separated", IsolationMethod),
    ClaimField("formulation", "Formulation", "How it is kept", Formulation),
    ClaimField("intended_routes", "Intended routes", "How it is meant to be given", Route, may_not_apply=False),
)
PRODUCT_FIELDS: Mapping[str, ClaimField] = MappingProxyType({**IDENTITY_FIELDS, **SCIENCE_FIELDS})
TEST_FIELDS = _by_name(
    ClaimField("sterility", "Sterility", "Test for germs that grow"),
    ClaimField("endotoxin", "Endotoxin", "Test for germ poisons that cause fever"),
    ClaimField("mycoplasma", "Mycoplasma", "Test for mycoplasma, a very small germ"),
)
BATCH_FIELDS: Mapping[str, ClaimField] = MappingProxyType(
    {
        **_by_name(
            ClaimField("lot_and_expiry", "Lot and expiry", "Batch and use-by date", may_not_apply=False),
            ClaimField("size", "Particle size", "Size of the particles"),
            ClaimField(
                "certificate_of_analysis", "Certificate of analysis", "The maker's test certificate for this batch"
            ),
        ),
        **TEST_FIELDS,
    }
)
ALL_FIELDS: Mapping[str, ClaimField] = MappingProxyType({**PRODUCT_FIELDS, **BATCH_FIELDS})

# Values that are a way of saying nothing: they count as not known wherever completeness is counted.
SAYS_NOTHING = frozenset({IsolationMethod.PROPRIETARY.value, IsolationMethod.UNKNOWN.value})


def check_claim(name: str, value: Any, basis: str, reason: str) -> None:
    """Refuse a claim that is blank without saying so, or whose value its basis does not allow."""
    field = ALL_FIELDS[name]
    empty = value is None or value in ("", [], {})
    match Basis(basis):
        case Basis.NOT_STATED if not empty:
            raise ClaimRefusedError(
                "You gave a value and also “not stated”. Keep one of the two.",
                field=name,
                code="claim.value_and_not_stated",
            )
        case Basis.NOT_APPLICABLE if not field.may_not_apply:
            raise ClaimRefusedError(
                "This always applies. Give a value, or choose “not stated”.",
                field=name,
                code="claim.always_applies",
            )
        case Basis.NOT_APPLICABLE if not empty:
            raise ClaimRefusedError(
                "You gave a value and also “does not apply”. Keep one of the two.",
                field=name,
                code="claim.value_and_not_applicable",
            )
        case Basis.NOT_APPLICABLE if not reason:
            raise ClaimRefusedError("Say in a few words why it does not apply.", field=name, code="claim.reason")
        case Basis.MEASURED_BATCH | Basis.MEASURED_REF | Basis.STATED if empty:
            raise ClaimRefusedError("Give a value, or choose “not stated”.", field=name, code="claim.blank")
        case _ if not empty:
            _check_codes(field, value)


def _check_codes(field: ClaimField, value: Any) -> None:
    if field.vocabulary is None or (field.name == "isolation_methods" and not isinstance(value, Mapping)):
        return
    codes = value["methods"] if field.name == "isolation_methods" else value if isinstance(value, list) else [value]
    if unknown := [str(code) for code in codes if code not in field.vocabulary.values]:
        raise ClaimRefusedError(
            f"“{unknown[0]}” is not one of the words we use. Choose one from the list.",
            field=field.name,
            code="claim.unknown_code",
        )


def says_nothing(value: Any) -> bool:
    """Whether a stated value tells nothing, such as a proprietary method."""
    if isinstance(value, Mapping):
        return bool(value.get("methods")) and set(value["methods"]) <= SAYS_NOTHING
    return isinstance(value, str) and value in SAYS_NOTHING


def day_words(day: date | str | None) -> str:
    """A date as a British reader expects it: 19 January 2028. ISO texts are understood; None is empty."""
    if not day:
        return ""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day.day} {day:%B %Y}"


def number_words(number: float) -> str:
    """A count with two significant digits at most, in words: about 50 thousand million."""
    exponent = len(str(int(number))) - 1
    rounded = round(number, -(exponent - 1)) if exponent > 0 else number
    for size, words in ((1e12, "million million"), (1e9, "thousand million"), (1e6, "million"), (1e3, "thousand")):
        if rounded >= size:
            return f"about {rounded / size:.3g} {words}"
    return f"about {rounded:.0f}"


def _said(field: ClaimField, value: Any, *, plain: bool) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if field.name == "isolation_methods":
        return _isolation_said(value, plain=plain)
    if field.name == "size":
        return _size_said(value, plain=plain)
    if field.name == "manufacturer":
        return ", ".join(part for part in (value["name"], value.get("country")) if part)
    if field.name == "lot_and_expiry":
        return _lot_said(value, plain=plain)
    if field.name == "certificate_of_analysis":
        return _certificate_said(value, plain=plain)
    if field.vocabulary is None:
        return str(value)
    codes = value if isinstance(value, list) else [value]
    words = [_word(field.vocabulary, code, plain=plain) for code in codes]
    return ("; " if plain or len(words) > 1 else ", ").join(words)


def _word(vocabulary: type[PlainChoices], code: str, *, plain: bool) -> str:
    word = vocabulary(code)
    return word.plain if plain else str(word.label)


def _isolation_said(value: Any, *, plain: bool) -> str:
    steps = [_word(IsolationMethod, code, plain=plain) for code in value["methods"]]
    if plain:
        return ", then ".join(steps)
    detail = value.get("detail")
    return ", then ".join(steps) + (f" ({detail})" if detail else "")


def _size_said(value: Any, *, plain: bool) -> str:
    if value.get("d50_nm") is None:
        mode = value.get("mode_nm")
        return f"about {_nm(mode)} nm; how it was measured is not stated" if plain else f"mode {_nm(mode)} nm"
    method = SizeMethod(value["method"])
    if plain:
        low, high = _nm(value["d10_nm"]), _nm(value["d90_nm"])
        count = value.get("particles_per_ml")
        return (
            f"half of the particles are smaller than {_nm(value['d50_nm'])} nanometres; "
            f"most are between {low} and {high} ({method.plain})"
            + (f"; {number_words(count)} particles in each millilitre" if count else "")
        )
    return (
        f"D50 {_nm(value['d50_nm'])} nm ({_nm(value['d10_nm'])} to {_nm(value['d90_nm'])}), "
        f"mode {_nm(value['mode_nm'])} nm, " + ("method not stated" if method == SizeMethod.UNKNOWN else method.value)
    )


def _nm(number: Any) -> str:
    return "?" if number is None else f"{float(number):.0f}"


def _lot_said(value: Any, *, plain: bool) -> str:
    said = f"{value['lot_number']}, use by {day_words(value['expiration_date'])}"
    if value.get("production_date") and not plain:
        said += f", made {day_words(value['production_date'])}"
    return said


def _certificate_said(value: Any, *, plain: bool) -> str:
    number = value.get("number") or "without a number"
    said = f"certificate {number}"
    if value.get("laboratory"):
        said += f" from {value['laboratory']}"
    if value.get("issued_on"):
        said += f", {day_words(value['issued_on'])}"
    return said if plain else said[0].upper() + said[1:]
