"""The health questions (domain facts E.3): which are asked for which product and route, and the default policy.

What is marked there as remembered and not read (the months after isotretinoin) is not asked as a number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consent.vocabulary import ScreeningPolicy

STOP, PAUSE, WARN, NOTE = (
    ScreeningPolicy.STOP,
    ScreeningPolicy.PAUSE,
    ScreeningPolicy.WARN,
    ScreeningPolicy.NOTE,
)


@dataclass(frozen=True)
class Group:
    """One question: what staff call it, what the patient reads, and what a yes means unless the clinic says otherwise.

    `origins`, `tissues` and `route_groups` say for which products and routes it is asked; empty means always.
    `raised` is the policy for a route group in which the same answer weighs more.
    """

    key: str
    label: str
    question: str
    policy: ScreeningPolicy
    origins: frozenset[str] = frozenset()
    tissues: frozenset[str] = frozenset()
    route_groups: frozenset[str] = frozenset()
    raised: Mapping[str, ScreeningPolicy] | None = None

    def is_asked(self, *, origin: str, tissue: str, route_group: str) -> bool:
        """Whether it concerns this product and route."""
        return (
            (not self.origins or origin in self.origins)
            and (not self.tissues or tissue in self.tissues)
            and (not self.route_groups or route_group in self.route_groups)
        )

    def policy_for(self, route_group: str) -> ScreeningPolicy:
        """The default policy for a route group."""
        return (self.raised or {}).get(route_group, self.policy)


_UNKNOWN = frozenset({"MIXED", "UNKNOWN"})

GROUPS: tuple[Group, ...] = (
    Group(
        "pregnancy",
        "Pregnant, breastfeeding, trying to conceive",
        "Are you pregnant, breastfeeding, or trying for a baby?",
        STOP,
    ),
    Group("cancer_now", "Cancer or its treatment now", "Do you have cancer now, or treatment for it?", STOP),
    Group(
        "precancer_in_field",
        "Pre-cancerous lesion in the field",
        "Has anybody told you that skin in this area could turn into cancer?",
        STOP,
    ),
    Group("skin_cancer_past", "Skin cancer in the past", "Have you ever had skin cancer, such as melanoma?", WARN),
    Group(
        "immune_weak",
        "Immunocompromised, transplant, biologics, steroids, chemotherapy",
        "Is your immune system weak? That can be from an illness, a transplant, steroids, chemotherapy or other medicine.",
        STOP,
    ),
    Group(
        "autoimmune",
        "Autoimmune disease",
        "Do you have an illness in which your body attacks itself, such as lupus?",
        WARN,
    ),
    Group(
        "clotting",
        "Blood thinners, clotting disorder, past clot",
        "Do you take blood thinners, or have you had a blood clot or a clotting problem?",
        WARN,
        raised={"G_SYSTEMIC": STOP},
    ),
    Group(
        "skin_in_field",
        "Keloid, active infection, cold sores, acne flare in the field; isotretinoin lately",
        "Do you get thick scars, or have an infection, cold sores or bad acne here now? Or did you take isotretinoin lately?",
        WARN,
    ),
    Group(
        "reaction_before",
        "Severe allergy, or reaction to exosomes, PRP or filler before",
        "Have you ever had a bad allergy, or a bad reaction to exosomes, filler, or your own blood plasma?",
        WARN,
    ),
    Group(
        "allergy_milk",
        "Milk allergy (matches the origin)",
        "Are you allergic to milk?",
        STOP,
        tissues=frozenset({"MILK", "COLOSTRUM"}),
    ),
    Group(
        "allergy_fish",
        "Fish allergy (matches the origin)",
        "Are you allergic to fish?",
        STOP,
        origins=frozenset({"ANIMAL_FISH"}) | _UNKNOWN,
    ),
    Group(
        "allergy_plant",
        "Plant allergy (matches the origin)",
        "Are you allergic to any plant?",
        STOP,
        origins=frozenset({"PLANT", "ALGAL", "FUNGAL"}) | _UNKNOWN,
    ),
    Group(
        "treated_lately",
        "Recent filler, laser or peel in the same area",
        "Have you had filler, a laser or a peel in this area lately?",
        WARN,
    ),
    Group(
        "distress",
        "Body-dysmorphic or acute distress signs",
        "Do worries about your looks take up much of your day, or stop you from doing things?",
        PAUSE,
    ),
    Group("pressure", "Pressure by others", "Is anybody pushing you to have this?", PAUSE),
    Group(
        "support",
        "Not fluent, or needs support to decide",
        "Would you like an interpreter, or somebody to help you to understand and decide?",
        PAUSE,
    ),
    Group(
        "belief",
        "Faith or ethical objection to the source",
        "Do you have a reason of faith or conscience to mind what it is made from?",
        NOTE,
    ),
)
BY_KEY: Mapping[str, Group] = {group.key: group for group in GROUPS}
