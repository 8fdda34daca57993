"""Which donor tissue and which species cannot have given which cells: the pairs that EV020 knows.

Only what is listed here is judged; a tissue or a species that no word below names is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from products.vocabulary import CellOrTissue, Origin

FAT, CORD, MARROW, AFTERBIRTH, TOOTH = "fat", "umbilical cord", "bone marrow", "afterbirth", "tooth"
SKIN, HAIR, BLOOD, MILK, TESTIS = "skin", "hair", "blood", "milk", "testis"
PLANT, BACTERIA = "plant", "bacteria"

_WORDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        tissue: re.compile(words, re.IGNORECASE)
        for tissue, words in {
            FAT: r"\b(?:fat|adipose|liposuction|lipoaspirate)\b",
            CORD: r"\b(?:umbilical|cord|wharton)",
            MARROW: r"\bmarrow\b",
            AFTERBIRTH: r"\b(?:placenta\w*|amnio\w*|amnion|chorion\w*|afterbirth)\b",
            TOOTH: r"\b(?:tooth|teeth|dental|molar)\b",
            SKIN: r"\b(?:skin|dermis|dermal|foreskin|epidermis|prepuce)\b",
            HAIR: r"\b(?:hair|follicle|papilla)\b",
            BLOOD: r"\b(?:platelets?|plasma|buffy coat|(?:peripheral|whole|venous) blood)\b",
            MILK: r"\b(?:milk|colostrum|whey|udder)\b",
            TESTIS: r"\b(?:testis|testes|testicles?|milt|sperm)\b",
            PLANT: r"\b(?:leaf|leaves|callus|root|fruit|petals?|flower|seed|juice|peel|rhizome)\b",
            BACTERIA: r"\b(?:bacteri\w*|lactobacill\w*|ferment\w*)\b",
        }.items()
    }
)
_BIRTH = frozenset({CORD, AFTERBIRTH})
# What a declared cell or tissue can come from; a tissue that is named above and not here cannot have given it.
_CAN_COME_FROM: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        CellOrTissue.MSC_UC: _BIRTH,
        CellOrTissue.MSC_UCB: _BIRTH | {BLOOD},
        CellOrTissue.MSC_AD: frozenset({FAT, SKIN}),
        CellOrTissue.MSC_BM: frozenset({MARROW, BLOOD}),
        CellOrTissue.MSC_PL: _BIRTH,
        CellOrTissue.MSC_DP: frozenset({TOOTH}),
        CellOrTissue.FIBROBLAST: frozenset({SKIN, HAIR}),
        CellOrTissue.HDPC: frozenset({SKIN, HAIR}),
        CellOrTissue.KERATINOCYTE: frozenset({SKIN, HAIR}),
        CellOrTissue.PLATELET: frozenset({BLOOD, CORD}),
        CellOrTissue.RBC: frozenset({BLOOD, CORD}),
        CellOrTissue.COLOSTRUM: frozenset({MILK}),
        CellOrTissue.MILK: frozenset({MILK}),
        CellOrTissue.FISH_TESTIS: frozenset({TESTIS}),
        CellOrTissue.PLANT_STEM: frozenset({PLANT}),
        CellOrTissue.PLANT_FRUIT: frozenset({PLANT}),
        CellOrTissue.LACTO: frozenset({BACTERIA, MILK}),
    }
)
_HUMAN, _MAMMAL, _FISH, _BIRD, _FLORA, _MICROBE = "human", "mammal", "fish", "bird", "plant", "bacterium"
# Genus or everyday word -> (kind of living thing, the species itself).
_SPECIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        word: (kind, name)
        for kind, name, words in (
            (_HUMAN, "human", ("homo", "human")),
            (_MAMMAL, "cattle", ("bos", "bovine", "cow", "cattle", "calf")),
            (_MAMMAL, "pig", ("sus", "porcine", "pig", "swine")),
            (_MAMMAL, "goat", ("capra", "caprine", "goat")),
            (_MAMMAL, "sheep", ("ovis", "ovine", "sheep")),
            (_MAMMAL, "horse", ("equus", "equine", "horse")),
            (_MAMMAL, "camel", ("camelus", "camel")),
            (_MAMMAL, "deer", ("cervus", "deer")),
            (_MAMMAL, "rabbit", ("oryctolagus", "rabbit")),
            (_MAMMAL, "mouse", ("mus", "murine", "mouse")),
            (_MAMMAL, "rat", ("rattus", "rat")),
            (_FISH, "salmon", ("salmo", "salmon", "oncorhynchus", "trout")),
            (_FISH, "sturgeon", ("acipenser", "sturgeon", "huso")),
            (_FISH, "fish", ("fish",)),
            (_BIRD, "chicken", ("gallus", "chicken")),
            (_FLORA, "rose", ("rosa", "rose")),
            (_FLORA, "ginseng", ("panax", "ginseng")),
            (_FLORA, "centella", ("centella",)),
            (_FLORA, "aloe", ("aloe",)),
            (_FLORA, "apple", ("malus", "apple")),
            (_FLORA, "grape", ("vitis", "grape")),
            (_FLORA, "citrus", ("citrus", "lemon", "orange", "grapefruit")),
            (_FLORA, "ginger", ("zingiber", "ginger")),
            (_FLORA, "tea", ("camellia",)),
            (_FLORA, "broccoli", ("brassica", "broccoli")),
            (_FLORA, "cress", ("arabidopsis",)),
            (_FLORA, "plant", ("plant",)),
            (
                _MICROBE,
                "lactobacillus",
                ("lactobacillus", "lacticaseibacillus", "lactiplantibacillus", "limosilactobacillus"),
            ),
            (_MICROBE, "bifidobacterium", ("bifidobacterium",)),
            (_MICROBE, "escherichia", ("escherichia",)),
            (_MICROBE, "bacterium", ("bacterium", "bacteria")),
        )
        for word in words
    }
)
_KINDS_OF_ORIGIN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        Origin.HUMAN: frozenset({_HUMAN}),
        Origin.ANIMAL_MAMMAL: frozenset({_MAMMAL}),
        Origin.ANIMAL_FISH: frozenset({_FISH}),
        Origin.ANIMAL_OTHER: frozenset({_BIRD}),
        Origin.PLANT: frozenset({_FLORA}),
        Origin.BACTERIAL: frozenset({_MICROBE}),
    }
)
_KINDS_ONLY = frozenset({"fish", "plant", "bacterium"})


def tissue_clash(cell_or_tissue: str, donor_tissue: str) -> bool:
    """Whether the declared cell or tissue cannot come from the tissue that the papers name."""
    possible = _CAN_COME_FROM.get(cell_or_tissue)
    named = {tissue for tissue, words in _WORDS.items() if words.search(donor_tissue)}
    return possible is not None and bool(named) and not named & possible


def species_clash(declared: str, donor_species: str) -> bool:
    """Whether two names of species are known to be two different living things."""
    first, second = _species(declared), _species(donor_species)
    if first is None or second is None:
        return False
    if first[0] != second[0]:
        return True
    return first[1] != second[1] and not {first[1], second[1]} & _KINDS_ONLY


def origin_clash(origin: str, donor_species: str) -> bool:
    """Whether the species that the papers name is not of the declared kind of origin."""
    kinds, known = _KINDS_OF_ORIGIN.get(origin), _species(donor_species)
    return kinds is not None and known is not None and known[0] not in kinds


def _species(name: str) -> tuple[str, str] | None:
    for word in re.findall(r"[a-z]+", name.lower()):
        if word in _SPECIES:
            return _SPECIES[word]
    return None
