"""The one canonical form of a value."""

from __future__ import annotations

import math

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import EntryRefusedError
from audit.records import canonical_json

numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=20,
)


@given(value=values)
def test_the_quick_way_and_the_reference_write_the_same(value: object) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_written_as_the_standard_says(value: float) -> None:
    assert canonical_json(value) == rfc8785.dumps(value)


def test_tuples_are_written_as_lists() -> None:
    assert canonical_json([(1, "a"), [2.5, ()]]) == b'[[1,"a"],[2.5,[]]]'


@pytest.mark.parametrize("value", [2**53, -(2**53), math.nan, math.inf, "\ud800", {1: "a"}, {"a": object()}, b"a"])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(EntryRefusedError, match="cannot be written to the log"):
        canonical_json(value)  # type: ignore[arg-type]
