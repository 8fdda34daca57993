"""Codes, labels and plain words. Outside truth: the project's controlled vocabularies, in tests/vectors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from products.vocabulary import (
    ROUTE_GROUPS,
    VOCABULARIES,
    Basis,
    IsolationMethod,
    Origin,
    PlainChoices,
    Route,
    RouteGroup,
    plain_words,
    route_group,
)

PUBLISHED: dict[str, list[dict[str, str]]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "vocabularies.json").read_text()
)
NOT_USED_YET = {"quant_kind", "recall_class"}
MEMBERS = [(name, member) for name, vocabulary in VOCABULARIES.items() for member in vocabulary]
JARGON = re.compile(
    r"\b(lyophil|ultracentrif|chromatograph|autologous|allogeneic|xenogeneic|vesicle|exudate|conditioned|secretome|"
    r"intradermal|subcutaneous|intravenous|topical|tangential|immuno|affinity|isolat|batch record|assay)",
    re.IGNORECASE,
)


class TestCodes:
    @pytest.mark.parametrize("name", sorted(set(PUBLISHED) - NOT_USED_YET))
    def test_every_published_code_is_here_with_its_label(self, name: str) -> None:
        assert VOCABULARIES[name].choices == [(entry["code"], entry["label"]) for entry in PUBLISHED[name]]

    def test_no_vocabulary_is_made_up(self) -> None:
        assert set(VOCABULARIES) == set(PUBLISHED) - NOT_USED_YET

    @pytest.mark.parametrize(("name", "member"), MEMBERS)
    def test_a_member_is_its_code(self, name: str, member: PlainChoices) -> None:
        assert (member.name, str(member)) == (member.value, member.value)
        assert VOCABULARIES[name](member.value) is member


class TestRouteGroups:
    @pytest.mark.parametrize("group", PUBLISHED["route_group"], ids=lambda group: group["code"])
    def test_each_group_has_the_routes_it_is_published_with(self, group: dict[str, str]) -> None:
        routes = {route.value for route, own in ROUTE_GROUPS.items() if own == group["code"]}
        assert routes == {route.strip() for route in group["definition"].split(",")}

    def test_every_route_has_a_group(self) -> None:
        assert set(ROUTE_GROUPS) == set(Route)
        assert route_group("TOPICAL_MN") is RouteGroup.G_BREACHED

    def test_an_unknown_route_has_none(self) -> None:
        with pytest.raises(ValueError, match="is not a valid Route"):
            route_group("TELEPATHY")


class TestPlainWords:
    @pytest.mark.parametrize(("name", "member"), MEMBERS)
    def test_each_code_is_said_in_short_plain_words(self, name: str, member: PlainChoices) -> None:
        words = plain_words(name, member.value)
        assert words == plain_words(member) == member.plain
        assert 1 <= len(words.split()) <= 10
        assert member.value not in words.split()
        assert "_" not in words
        assert not words.endswith(".")
        assert words[0].islower()
        assert JARGON.search(words) is None

    @pytest.mark.parametrize("name", sorted(VOCABULARIES))
    def test_no_two_codes_of_a_vocabulary_sound_alike(self, name: str) -> None:
        words = [member.plain for member in VOCABULARIES[name]]
        assert len(words) == len(set(words))

    def test_the_words_that_everything_rests_on(self) -> None:
        assert plain_words(IsolationMethod.SEC) == "passed through a sieving column"
        assert plain_words(Basis.MEASURED_BATCH) == "measured on this batch"
        assert plain_words(Basis.NOT_STATED) == "not stated"
        assert plain_words("origin", "HUMAN") == plain_words(Origin.HUMAN) == "from a person"

    def test_an_unknown_vocabulary_or_code_is_an_error(self) -> None:
        with pytest.raises(KeyError):
            plain_words("colour", "RED")
        with pytest.raises(ValueError, match="RED"):
            plain_words("origin", "RED")
