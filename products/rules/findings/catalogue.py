"""Every check by its code: how grave it is, what it asks for, why it matters, what to do, and what it rests on.

`docs/reference/findings.md` is this table; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from products.records import Finding
from products.vocabulary import FindingBasis, FindingSeverity

_ERROR, _CONTRADICTION, _INCOMPLETE = FindingSeverity.ERROR, FindingSeverity.CONTRADICTION, FindingSeverity.INCOMPLETE
_QUERY, _WARN, _INFO = FindingSeverity.QUERY, FindingSeverity.WARN, FindingSeverity.INFO
_SOURCE, _LOGIC, _MEMORY = FindingBasis.SOURCE, FindingBasis.LOGIC, FindingBasis.MEMORY
_THUMB = FindingBasis.RULE_OF_THUMB


@dataclass(frozen=True)
class Check:
    """One check. `severity` is the gravest it can find; `basis` is what it rests on, `source` names it."""

    code: str
    severity: FindingSeverity
    rule: str
    why: str
    what_to_do: str
    basis: FindingBasis
    source: str

    @property
    def is_of_product(self) -> bool:
        """Whether it is found on the product; the others are found on each batch."""
        return self.code in _OF_PRODUCT

    @property
    def basis_words(self) -> str:
        """What it rests on, with the warning that staff must see where nobody has looked it up."""
        return f"{self.basis.label}: {self.source}" if self.source else str(self.basis.label)


_ASK_NEW_COA = "Ask the supplier for a corrected certificate of this very lot. Do not use the batch until it is here."
_ASK_SIZE = "Ask the supplier for the instrument's own export of this batch, and compare."
_CHECK_ENTRY = "Compare what was typed with the paper. Correct it, or ask the supplier which of the two is right."
_ASK_TEST = "Ask the supplier for the result, its method and its dates. Do not use the batch this way without it."
_OF_PRODUCT = frozenset(
    {"EV015", "EV016", "EV018", "EV019", "QB017", "RG001", "RG002", "RG003", "RG004", "RG005", "RG006"}
)
_ROWS = (
    Check(
        "EV001",
        _ERROR,
        "The mode diameter is below 20 nm, or a percentile is zero or less",
        "No closed vesicle is so small: its membrane alone is about 5 nm thick on each side.",
        _ASK_SIZE,
        _MEMORY,
        "physics of a lipid bilayer",
    ),
    Check(
        "EV002",
        _WARN,
        "The mode diameter is from 20 nm to less than 30 nm",
        "Particles of this size are often lipoproteins or clumps of protein, and lie below the range quoted for exosomes.",
        "Ask which test told vesicles from other particles, and see the pictures.",
        _SOURCE,
        "range of 30 to 150 nm quoted for exosomes",
    ),
    Check(
        "EV003",
        _WARN,
        "It is called exosome or small EV, and its mode or D50 is above 200 nm",
        "“Small” is used for vesicles below about 200 nm. The name and the measured size do not fit.",
        "Ask the supplier to explain the size, or to use another name.",
        _SOURCE,
        "MISEV2023, Table 2",
    ),
    Check(
        "EV004",
        _INFO,
        "It is called exosome, and its mode is above 150 nm and not above 200 nm",
        "It lies outside the 30 to 150 nm often quoted for exosomes, but inside what is called small.",
        "Nothing to do. Keep the method beside the number when you quote it.",
        _SOURCE,
        "range of 30 to 150 nm quoted for exosomes; MISEV2023, Table 2",
    ),
    Check(
        "EV005",
        _ERROR,
        "D10, D50 and D90 do not rise in this order",
        "By definition a tenth, half and nine tenths of the particles are smaller. A wrong order is a mistake.",
        _CHECK_ENTRY,
        _LOGIC,
        "definition of percentiles",
    ),
    Check(
        "EV006",
        _WARN,
        "The mode lies outside D10 to D90",
        "The most frequent size of a distribution with one peak lies between the two.",
        "Look at the distribution: it may have several peaks, or a number was mistyped.",
        _LOGIC,
        "definition of mode and percentiles",
    ),
    Check(
        "EV007",
        _WARN,
        "The span (D90 - D10) / D50 is above 2.0 or below 0.15",
        "Very broad often means a mixture or clumps; very narrow often means beads, liposomes or copied data.",
        _ASK_SIZE,
        _THUMB,
        "",
    ),
    Check(
        "EV008",
        _ERROR,
        "Particles per mL are zero or less or above 1e14; a warning above 1e13 or below 1e7",
        "At 1e14 per mL, spheres of 100 nm would fill about 5 % of the liquid. No product is so dense.",
        "Check the exponent and the dilution on the paper.",
        _LOGIC,
        "volume of a sphere",
    ),
    Check(
        "EV009",
        _WARN,
        "There are fewer than 3e10 particles per µg protein (below 2e9: impure)",
        "Much protein for few particles suggests that protein was carried along.",
        "Ask how protein was removed and measured. A low ratio is common and is no proof of harm.",
        _MEMORY,
        "bands of Webber and Clayton (2013)",
    ),
    Check(
        "EV010",
        _WARN,
        "There are more than 1e12 particles per µg protein",
        "A vesicle of 60 nm with a fifth of protein gives about 4e10 per µg. More points to particles "
        "without protein, or to a counting mistake.",
        "Check the exponent, the dilution and the protein assay.",
        _LOGIC,
        "mass of a vesicle",
    ),
    Check(
        "EV011",
        _WARN,
        "Fewer than two kinds of amount are on record, such as particles and protein",
        "One number alone cannot show how pure a preparation is; two give a ratio.",
        "Ask for the protein, lipid or RNA content of this batch.",
        _SOURCE,
        "MISEV2018, as in PMC9465297, Table 3",
    ),
    Check(
        "EV012",
        _WARN,
        "Markers: needs a positive protein of C1 and of C2, three positive in all, and a negative of C3 or C4",
        "This is the least that shows vesicles, and shows that other matter was looked for.",
        "Ask for the marker results. Where they cannot apply, put on record why.",
        _SOURCE,
        "MISEV2018, as in PMC8581208, Table 1",
    ),
    Check(
        "EV013",
        _WARN,
        "No picture, or no count of single particles by another method, is on record",
        "A picture shows what the particles are, a count shows how many: each alone can mislead.",
        "Ask for an electron or atomic force microscopy picture, and for a tracking or flow measurement.",
        _SOURCE,
        "MISEV2018, as in PMC9465297, Table 3",
    ),
    Check(
        "EV014",
        _WARN,
        "The method that measured the size is not named",
        "A diameter depends on the method. Without it the number cannot be compared with any other.",
        "Ask how the size was measured, and with which instrument.",
        _SOURCE,
        "MISEV2023, Table 2",
    ),
    Check(
        "EV015",
        _CONTRADICTION,
        "It is called exosome and comes from bacteria",
        "Exosomes form inside cells of animals and plants. Bacteria have no such compartment.",
        "Ask the supplier for the right name: bacterial extracellular vesicles.",
        _MEMORY,
        "cell biology",
    ),
    Check(
        "EV016",
        _WARN,
        "It is called exosome and comes from a plant, an alga or a fungus",
        "How such particles form is rarely shown; plant-derived vesicle is the careful name.",
        "Tell patients that it is sold under this name and that the origin is not shown.",
        _SOURCE,
        "MISEV2023, nomenclature",
    ),
    Check(
        "EV017",
        _CONTRADICTION,
        "CD9, CD63 or CD81 is reported in a product that has no human or animal source",
        "These are proteins of animal cells. The result, the sample or the source is wrong.",
        _ASK_NEW_COA,
        _MEMORY,
        "cell biology",
    ),
    Check(
        "EV018",
        _CONTRADICTION,
        "Live stem cells are claimed for a product described as free of cells",
        "It cannot be both. A product with living cells falls under other, stricter rules.",
        "Do not repeat the claim. Ask the supplier in writing which of the two is true.",
        _LOGIC,
        "",
    ),
    Check(
        "EV019",
        _INCOMPLETE,
        "The isolation method is secret, unknown or not stated",
        "The method decides what else is in the vial. Effect and purity depend on it.",
        "Ask for the steps in order, with the pore or speed of each. Tell patients that it is not disclosed.",
        _SOURCE,
        "what experts ask a supplier to state",
    ),
    Check(
        "EV020",
        _CONTRADICTION,
        "The cell, tissue or species on the label cannot come from the donor on the papers",
        "Label and papers speak of two different materials. Risks and rules depend on which is true.",
        "Do not use the batch. Ask the supplier for the papers of the right lot.",
        _LOGIC,
        "",
    ),
    Check(
        "EV021",
        _WARN,
        "It is sold as exosomes, but is conditioned medium or a lysate, or nothing was separated",
        "Without separation most of the content is not vesicles.",
        "Tell patients what it is. Ask for any step that enriched vesicles.",
        _SOURCE,
        "MISEV2018; MISEV2023",
    ),
    Check(
        "EV022",
        _WARN,
        "Another batch of the product has exactly the same size, particle and protein values",
        "Two productions never measure alike to the last digit. The certificate may be copied.",
        "Ask the supplier for the raw exports of both batches.",
        _LOGIC,
        "",
    ),
    Check(
        "QB001",
        _CONTRADICTION,
        "Label and certificate name different lots",
        "The certificate says nothing about this vial.",
        _ASK_NEW_COA,
        _LOGIC,
        "",
    ),
    Check(
        "QB002",
        _CONTRADICTION,
        "Label and certificate name different expiry dates",
        "One of the two is wrong. Until it is known which, the earlier one is the safe one.",
        _ASK_NEW_COA,
        _LOGIC,
        "",
    ),
    Check(
        "QB003",
        _ERROR,
        "Made after it expires, certified before it was made, or received before it was certified",
        "These days cannot follow one another in this order.",
        _CHECK_ENTRY,
        _LOGIC,
        "",
    ),
    Check(
        "QB004",
        _INCOMPLETE,
        "No sterility result, and the use is not on unbroken skin",
        "Through needled, lasered or injected skin a germ goes straight into the body.",
        _ASK_TEST,
        _SOURCE,
        "Ph. Eur. 2.6.1 and 2.6.27",
    ),
    Check(
        "QB005",
        _INCOMPLETE,
        "No endotoxin result, and the use is not on unbroken skin",
        "Endotoxin causes fever and shock, and stays where germs were killed.",
        _ASK_TEST,
        _SOURCE,
        "USP <85>",
    ),
    Check(
        "QB006",
        _ERROR,
        "Endotoxin in the largest dose is above 5 EU per kg (into vein or muscle) or 0.2 EU per kg (spine)",
        "Above this limit fever and worse must be expected.",
        "Do not use the batch this way.",
        _SOURCE,
        "USP <85>",
    ),
    Check(
        "QB007",
        _INCOMPLETE,
        "No mycoplasma result, and the material is cell culture",
        "Mycoplasma is common in cell cultures and passes sterile filters.",
        "Ask for a mycoplasma test of this batch (Ph. Eur. 2.6.7).",
        _SOURCE,
        "Ph. Eur. 2.6.7",
    ),
    Check(
        "QB008",
        _INCOMPLETE,
        "Human origin without a negative donor test for HIV, hepatitis B, hepatitis C and syphilis",
        "Vesicles and viruses overlap in size, so filters do not separate them: the donor must be tested.",
        "Ask for the donor's test results by donor code. Never ask for the donor's name.",
        _SOURCE,
        "Directive 2006/17/EC; doi 10.1155/2022/4664917, Table 2",
    ),
    Check(
        "QB009",
        _ERROR,
        "The check digit of a GTIN, SSCC or GLN is wrong",
        "The number is mistyped or made up. It names nothing, and a recall would not find it.",
        _CHECK_ENTRY,
        _SOURCE,
        "GS1 General Specifications",
    ),
    Check(
        "QB010",
        _ERROR,
        "A date in the code on the vial is no real date",
        "A day that does not exist shows that the label was not made by a proper system.",
        "Do not use the vial. Send the supplier a picture of the label.",
        _SOURCE,
        "GS1 Barcode Syntax Dictionary, yymmd0",
    ),
    Check(
        "QB011",
        _ERROR,
        "The batch has expired",
        "Nobody vouches for it after this day. It may not be used.",
        "Set it aside, then return or destroy it.",
        _LOGIC,
        "",
    ),
    Check(
        "QB012",
        _QUERY,
        "A sterility test by growth was reported less than 14 days after sampling",
        "Slow germs need 14 days to show. A shorter test may have missed them, unless a rapid method was used.",
        "Ask which method was used, and when it was read.",
        _MEMORY,
        "Ph. Eur. 2.6.1",
    ),
    Check(
        "QB013",
        _CONTRADICTION,
        "Particles per vial on the label and by the certificate differ by more than 20 %",
        "The dose is not what the label says.",
        "Ask the supplier which number is right. Do not state a dose until then.",
        _SOURCE,
        "label claim in doi 10.1038/s41392-025-02262-3, Table 1",
    ),
    Check(
        "QB014",
        _INCOMPLETE,
        "The certificate names no laboratory, or is not signed",
        "Nobody answers for the results.",
        "Ask for the signed certificate with the name of the laboratory.",
        _SOURCE,
        "good manufacturing practice",
    ),
    Check(
        "QB015",
        _INCOMPLETE,
        "No party is named between the maker and the clinic, though the maker is not the importer",
        "There is a gap in the chain: nobody here answers for the product.",
        "Ask who brought it into the country and who held it, with their dates.",
        _SOURCE,
        "Regulation (EC) 1223/2009, Article 7",
    ),
    Check(
        "QB016",
        _WARN,
        "It was warmer on the way than its label allows",
        "Vesicles change in number and size when they are kept too warm.",
        "Put the batch on hold and ask the supplier whether it is still good.",
        _SOURCE,
        "reviews of storage, PMC9146501",
    ),
    Check(
        "QB017",
        _CONTRADICTION,
        "The form and the storage on the label do not agree",
        "One of the two is wrong, and whoever follows the wrong one spoils the product.",
        "Ask the supplier in writing how it must be stored.",
        _LOGIC,
        "",
    ),
    Check(
        "QB018",
        _INCOMPLETE,
        "Animal origin without species, country and a TSE/BSE statement",
        "Some animal diseases pass to people, and cannot be tested for in the vial.",
        "Ask for species, country of origin and the TSE/BSE statement.",
        _MEMORY,
        "Regulation (EC) 1223/2009, Annex II",
    ),
    Check(
        "RG001",
        _CONTRADICTION,
        "A claim says that a regulator approved it",
        "We know of no regulator that has authorised an exosome product.",
        "Do not repeat the claim. Ask for the authorisation number and look it up in the public register.",
        _SOURCE,
        "FDA notices of 2019-12-06 and 2020-07-22",
    ),
    Check(
        "RG002",
        _CONTRADICTION,
        "It is a cosmetic by its status, and the planned use is injection or into the body",
        "A cosmetic is for external parts of the body only.",
        "Do not use it this way.",
        _SOURCE,
        "Regulation (EC) 1223/2009, Article 2(1)(a), UK and EU",
    ),
    Check(
        "RG003",
        _CONTRADICTION,
        "It is notified as a cosmetic in Great Britain, Northern Ireland or the EU, and is of human origin",
        "Cells, tissues and products of human origin are prohibited in cosmetics there.",
        "Do not use it. Tell the supplier, and ask the authority if in doubt.",
        _SOURCE,
        "Regulation (EC) 1223/2009, Annex II",
    ),
    Check(
        "RG004",
        _WARN,
        "It is notified as a cosmetic, and the planned use is through a breached barrier",
        "A notification says nothing about use on needled or lasered skin.",
        "Tell the patient, and ask your insurer before you use it this way.",
        _SOURCE,
        "Regulation (EC) 1223/2009, Article 2(1)(a); view of the Korean MFDS",
    ),
    Check(
        "RG005",
        _INCOMPLETE,
        "A legal status is claimed, and only the supplier says so",
        "Patients are told the status. It must rest on a register or on a document.",
        "Look it up in the public register, or ask for the document, and file it.",
        _SOURCE,
        "what experts ask a practitioner to explain",
    ),
    Check(
        "RG006",
        _WARN,
        "A claim says that it treats, cures or prevents a disease, or changes how the body works",
        "Such words can make a product a medicine in law.",
        "Do not repeat the claim in the clinic, on paper or online.",
        _SOURCE,
        "Human Medicines Regulations 2012, regulation 2(1)(a)",
    ),
)
CHECKS: Mapping[str, Check] = MappingProxyType({row.code: row for row in _ROWS})


def found(code: str, what: str, *, expected: str, severity: FindingSeverity | None = None) -> Iterator[Finding]:
    """One finding of a check, with all that a reader needs."""
    check = CHECKS[code]
    yield Finding(
        code=code,
        severity=str(severity or check.severity),
        found=what,
        expected=expected,
        why=check.why,
        what_to_do=check.what_to_do,
        basis=check.basis_words,
    )
