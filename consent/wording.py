"""The sentences that every Document says, whatever a clinic's template adds.

Sources: domain facts E.1 (risks), E.2 (clauses), E.5 (alternatives), E.6 (reporting); GMC "Decision making and
consent" (2020), paragraph 10. Only facts read in a source are stated as facts; what is plausible is said to be so.
Written for a reading age of about eleven: short sentences, everyday words.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXPERIMENTAL = "It has not been proven to work for {purpose}."
LONG_TERM = "Nobody knows its long-term risks."
NO_REGULATOR = "As of {as_of}, we know of no regulator that has authorised an exosome product."
MARKETED_AS = "It is sold as “exosomes”. Nobody has shown us that it holds intact exosomes."

SAY_NO = (
    "You can say no. You can stop at any time, and you do not have to give a reason. "
    "It will not affect the rest of your care, and there is no penalty."
)
TAKE_BACK = (
    "If you sign, you can still change your mind before the treatment. Use the same link again, or tell anybody at the clinic. "
    "A treatment that has been given cannot be undone."
)
TIME_TO_THINK = (
    "You have time to think. After you first open this text, at least {days} days pass before you can be treated."
)
TIME_TO_THINK_ONE = "You have time to think. You cannot be treated on the day on which you first open this text."
NOT_A_SUBSTITUTE = (
    "This is not a substitute for sun protection or for medical care. "
    "If you use a medicine or have a skin problem, carry on with what your doctor told you."
)
PRICE_IS_NO_SIGN = "A high price does not mean that a treatment works."
NO_PRESSURE = "Do not borrow money or go without something you need to pay for this."

RESEARCH = (
    "{clinic} asks you to take part in research with {product}. This is not ordinary care. It is done to find something out. "
    "The treatment in it is experimental."
)
RESEARCH_BENEFITS = "Taking part may not help you. It may help other people later, or nobody."
RESEARCH_ALTERNATIVES = "You can choose any of these without taking part in the study."
RESEARCH_VOLUNTARY = (
    "You choose if you take part. If you say no, you lose nothing that is yours. "
    "You can leave the study at any time. You do not have to give a reason, and you lose nothing that is yours."
)
LEGAL_RIGHTS = "You give up none of your legal rights when you sign."

NEWS = "You have read about this treatment before. Since then, something has changed."
NEWS_LAW = "What the law says about this product here has changed."
NEWS_LAW_AGAIN = "Please read that part again."
NEWS_PAPERS_DISAGREE = "The papers of the batch do not agree with each other."
NEWS_PAPERS_AGREE = "The papers of the batch agree with each other now."
NEWS_BATCH = "Something has changed about batch {lot}, which was meant for you."
NEWS_BATCH_WHY = "What the clinic wrote about it:"
NEWS_DOSSIER = "We have something new on record about the product."
NEWS_TEXT = "We have written our text anew."
NEWS_PRACTITIONER = "Something has changed about the person who would treat you."
NEWS_AGE = "You signed on {day}. That is long ago, so we ask you again."
NEWS_STUDY = "Something has changed about the study."

CORRECTS = "The record {reference} had a mistake in it and does not count. This one takes its place."
CORRECTS_WHY = "It was written on {day}. What was wrong: {reason}"

PERSONAL = "You told {practitioner} what matters to you. Read whether it is written down right. If not, ask to have it changed."
PERSONAL_GOALS = "What you hope for"
PERSONAL_RISKS = "Risks that matter to you most"
PERSONAL_REASONS = "{practitioner} suggests this treatment for you, for these reasons:"

DATA_USE = (
    "The clinic keeps this record to care for you. It shows what you were told. "
    "It also helps us to find you if something turns out to be wrong with the product."
)
DATA_RIGHTS = "You can ask to see what is kept about you, and ask for mistakes to be put right."

URGENT = (
    "Call the clinic at once on {phone} if you get a fever, red skin that spreads, pus, or strong pain. "
    "Call too if you get lumps, or skin that turns dark. "
    "If you feel very ill, cannot breathe well or your face swells, call your emergency number first."
)
REPORT = "You can report a problem yourself. Give the product’s name and the batch number that stand in this record, and today’s date."
REPORTING_ROUTES = {
    "GB": ("In the United Kingdom: the Yellow Card scheme", "https://yellowcard.mhra.gov.uk/"),
    "US": ("In the United States: MedWatch", "https://www.fda.gov/safety/medwatch"),
}

PLACES = {
    "GB": "Great Britain",
    "GB-ENG": "England",
    "GB-SCT": "Scotland",
    "GB-WLS": "Wales",
    "GB-NIR": "Northern Ireland",
    "US": "the United States",
    "CA": "Canada",
    "KR": "South Korea",
    "JP": "Japan",
    "AU": "Australia",
    "SA": "Saudi Arabia",
    "AE": "the United Arab Emirates",
    "IN": "India",
    "TW": "Taiwan",
    "CN": "China",
    "IE": "Ireland",
    "FR": "France",
    "DE": "Germany",
    "NL": "the Netherlands",
    "ES": "Spain",
    "IT": "Italy",
}


def place(jurisdiction: str) -> str:
    """The name of a place by its ISO 3166 code; the code itself where the name is not on the list."""
    return PLACES.get(jurisdiction) or PLACES.get(jurisdiction.partition("-")[0]) or jurisdiction


NO_PROOF = "We know of no proof that it helps. Nobody can promise you a result."
ALTERNATIVES = (
    "Doing nothing. Ageing skin is not an illness, and waiting is safe.",
    "A broad-spectrum sun cream, factor 30 or more, every day.",
    "A retinoid cream. Not if you are pregnant or trying for a baby.",
    "Vitamin C on the skin, and a plain moisturiser.",
    "Not smoking, sleeping well and eating well.",
    "A licensed treatment for what you want to change. Ask us, or another clinic, which ones have been used for longer.",
)

ALWAYS_UNKNOWN = (
    "What it does to people after years.",
    "What happens when it is used again and again.",
    "How much of it would be the right dose.",
    "How it acts together with other treatments.",
    "What it does to an unborn or breast-fed child.",
)


@dataclass(frozen=True)
class Risk:
    """One line of the risk catalogue. `groups` are route groups, `origins` origins; empty means every one."""

    code: str
    title: str
    text: str
    evidence: str
    groups: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()


def _groups(*codes: str) -> frozenset[str]:
    return frozenset(codes)


_BREACHED, _INJECT, _SYSTEMIC = "G_BREACHED", "G_INJECT", "G_SYSTEMIC"
_NOT_INTACT = _groups(_BREACHED, _INJECT, _SYSTEMIC)
_HUMAN = frozenset({"HUMAN", "MIXED", "UNKNOWN"})
_ANIMAL = frozenset({"ANIMAL_MAMMAL", "ANIMAL_FISH", "ANIMAL_OTHER", "MIXED", "UNKNOWN"})

RISKS = (
    Risk(
        "R16",
        "Harm that shows years later",
        "Some effects may appear only after years. Nobody has followed people for long enough to know.",
        "Not known",
    ),
    Risk("R13", "It may not work", "You may see no change at all, or a change too small to notice.", "Likely"),
    Risk(
        "R01",
        "Sore, red, swollen skin",
        "Your skin may be red, swollen, sore, itchy or bruised for some days.",
        "Common with the procedure",
        _groups(_BREACHED, _INJECT),
    ),
    Risk(
        "R02",
        "Skin infection",
        "Germs can get in through broken skin, or from a product that is not sterile.",
        "Known with the procedure",
        _NOT_INTACT,
    ),
    Risk(
        "R03",
        "Blood infection",
        "A dirty product can cause a blood infection. This is an emergency. "
        "It happened to people in the United States who were given contaminated products made from cord blood, which came by the same kind of supply.",
        "Reported by public health bodies, for related products",
        _NOT_INTACT,
    ),
    Risk(
        "R04",
        "A virus or other agent from the source",
        "The material comes from a person or an animal. The particles are so small that viruses cannot be fully taken out.",
        "Experts warn of it",
        origins=_HUMAN | _ANIMAL,
    ),
    Risk(
        "R05",
        "Lumps that come later",
        "Hard lumps under the skin have appeared two weeks to three months after treatment. They can be slow to heal.",
        "Reported in 8 women in one published study",
        _NOT_INTACT,
    ),
    Risk(
        "R06",
        "Skin that dies",
        "A patch of skin may die and leave a mark.",
        "Reported in one person after injection",
        _groups(_BREACHED, _INJECT),
    ),
    Risk(
        "R07",
        "Lumps from needling itself",
        "Needling with a product on the skin can push it in and cause lumps.",
        "15 people in 13 published reports, with other products",
        _groups(_BREACHED),
    ),
    Risk(
        "R12",
        "Dark or pale patches, scars",
        "The procedure can leave marks or raised scars.",
        "Known with the procedure",
        _NOT_INTACT,
    ),
    Risk(
        "R08",
        "Allergy",
        "You may be allergic to something in the product. Tell us about every allergy, also to plants, milk, fish, soy or latex.",
        "Possible",
    ),
    Risk(
        "R09",
        "Your defences may react",
        "Your immune system may learn to attack the material, or things like it. That could matter later.",
        "Possible, not studied",
        origins=_HUMAN | _ANIMAL,
    ),
    Risk(
        "R10",
        "Growth that is not wanted",
        "The product may carry growth signals. They could feed a cancer, or a spot that may become one. "
        "Tell us if you have ever had skin cancer.",
        "Possible, not studied in people",
    ),
    Risk(
        "R11",
        "Blood clots",
        "A product in the blood may cause clots.",
        "Known for related products",
        _groups(_SYSTEMIC),
    ),
    Risk(
        "R14",
        "The content may differ from the label",
        "The product may hold less than the label says, something else, or no vesicles at all.",
        "Possible",
    ),
    Risk("R15", "Unknown dose", "Nobody knows how much is right, or how it acts with other treatments.", "Not known"),
    Risk(
        "R17",
        "Pregnancy and breast-feeding",
        "Nobody knows what it does to an unborn or breast-fed child. Do not have it if you are pregnant, may be, or breast-feed.",
        "Not known",
    ),
    Risk(
        "R18",
        "Insurance",
        "Ask us, and your own insurer, who pays if something goes wrong. A product that is not authorised may not be covered.",
        "Ask",
    ),
    Risk("R19", "Money", "You may pay and get no benefit.", "Likely"),
)


def risks_for(route_group: str, origin: str) -> tuple[Risk, ...]:
    """The lines that apply, most serious unknown first."""
    return tuple(
        risk
        for risk in RISKS
        if (not risk.groups or route_group in risk.groups) and (not risk.origins or origin in risk.origins)
    )


DECLARATION = (
    "I explained this treatment to the patient, gave time for questions and answered them, and believe that the patient "
    "understood and decided freely. I will treat, or have treated, only with the product and batch named in the signed record."
)

# What ends when one optional choice is taken back, and what cannot be undone, by the choice's key.
CHOICE_ENDS = {
    "photos_record": (
        "From now on nobody takes a photo of you for your record.",
        "Photos that are in your record already stay there, because a health record must be kept whole. Nobody uses them for anything else.",
    ),
    "photos_marketing": (
        "The clinic takes your photos down from its pages and shows them to nobody else.",
        "What others have copied, or what was printed, cannot be called back.",
    ),
    "contact_later": (
        "You get no more messages that ask how you are.",
        "A message that was sent already cannot be called back. The clinic can still reach you if the product turns out to be unsafe.",
    ),
    "data_research": (
        "Nothing more about you is given to research.",
        "What was given already, without your name, cannot be picked out again.",
    ),
}
ANY_CHOICE_ENDS = ("The clinic stops this from now on.", "What was done already cannot be undone.")

MEANING = (
    "I have read what this record says. I know that the treatment is experimental and that nobody knows its long-term risks. "
    "I decide freely to have it."
)

RESEARCH_MEANING = (
    "I have read what this record says. I know that this is a research study, that the treatment is experimental and that "
    "nobody knows its long-term risks. I decide freely to take part."
)

TEMPLATES = Path(__file__).parent / "data" / "templates"


@functools.cache
def _shipped(language: str) -> str:
    return (TEMPLATES / f"{language}.json").read_text(encoding="utf-8")


def shipped(language: str) -> dict[str, Any]:
    """The consent text that Candour ships in this language, as `candour-template/1`. Raises OSError for another language."""
    return dict(json.loads(_shipped(language)))


def research_draft() -> dict[str, Any]:
    """What a research text begins with: English words to change until they are those that an ethics committee approved."""
    return shipped("research.en-GB")


STANDARD = "Standard wording"
DEFAULT_TEMPLATE = shipped("en-GB")
