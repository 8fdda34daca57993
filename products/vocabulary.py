"""The words that exist in this room: each code with its label and with plain words for a patient.

Codes and labels are those of the project's controlled vocabularies (MISEV2023, FHIR, GS1 where they have a word).
Plain words are short British English without terms of art; `plain_words` finds them by code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from django.db.models import TextChoices
from django.utils.translation import gettext


class PlainChoices(TextChoices):
    """Choices written as `CODE = "CODE", "plain words for a patient", "Label for staff"`."""

    english: str

    def __new__(cls, value: str, plain: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.english = plain
        return member

    @property
    def plain(self) -> str:
        """The plain words, in the language in use."""
        return gettext(self.english)


class EvTerm(PlainChoices):
    """What the particles are called, on the label or by the evidence (MISEV2023, Table 2)."""

    EV = "EV", "tiny particles released by cells", "Extracellular vesicle (generic)"
    SEV = "SEV", "small particles released by cells", "Small EV (operational)"
    LEV = "LEV", "large particles released by cells", "Large EV (operational)"
    EXOSOME_CLAIMED = (
        "EXOSOME_CLAIMED",
        "sold as exosomes; where they formed has not been shown",
        '"Exosome" (supplier term, origin not shown)',
    )
    EXOSOME_EVIDENCED = (
        "EXOSOME_EVIDENCED",
        "exosomes, with papers on how they formed",
        "Exosome (endosomal origin evidenced)",
    )
    EV_MIMETIC = "EV_MIMETIC", "made to look like particles from cells", "EV mimetic"
    ACDV = "ACDV", "made by breaking cells into small pieces", "Artificial cell-derived vesicle"
    SYNTHETIC = "SYNTHETIC", "made from ingredients, not by cells", "Synthetic vesicle"
    PDEV = "PDEV", "tiny particles from plants", "Plant-derived vesicle / nanoparticle"
    BEV = "BEV", "tiny particles from bacteria", "Bacterial EV"
    NVEP = "NVEP", "particles without an outer skin of fat", "Non-vesicular extracellular particle"
    CONDITIONED_MEDIUM = "CONDITIONED_MEDIUM", "the liquid that cells grew in", "Conditioned medium / secretome"
    LYSATE = "LYSATE", "the contents of broken cells", "Cell or platelet lysate"
    UNKNOWN = "UNKNOWN", "not known what kind of particles", "Unknown"


class Origin(PlainChoices):
    """The kind of living thing that the material came from."""

    HUMAN = "HUMAN", "from a person", "Human"
    ANIMAL_MAMMAL = "ANIMAL_MAMMAL", "from a mammal, such as a cow or pig", "Mammal (non-human)"
    ANIMAL_FISH = "ANIMAL_FISH", "from fish", "Fish"
    ANIMAL_OTHER = "ANIMAL_OTHER", "from another animal", "Other animal"
    PLANT = "PLANT", "from a plant", "Plant"
    FUNGAL = "FUNGAL", "from fungus or yeast", "Fungal / yeast"
    ALGAL = "ALGAL", "from algae", "Algal"
    BACTERIAL = "BACTERIAL", "from bacteria", "Bacterial"
    SYNTHETIC = "SYNTHETIC", "made without living cells", "Synthetic"
    MIXED = "MIXED", "from more than one kind of source", "Mixed origins"
    UNKNOWN = "UNKNOWN", "the source is not known", "Unknown / undisclosed"


class DonorRelation(PlainChoices):
    """Who gave the material, seen from the patient."""

    AUTOLOGOUS = "AUTOLOGOUS", "made from your own body", "Autologous"
    ALLOGENEIC = "ALLOGENEIC", "made from another person", "Allogeneic"
    XENOGENEIC = "XENOGENEIC", "made from an animal", "Xenogeneic"
    NOT_APPLICABLE = "NOT_APPLICABLE", "no person or animal gave material", "Not applicable"
    UNKNOWN = "UNKNOWN", "not known who gave the material", "Unknown"


class Material(PlainChoices):
    """What the vesicles were taken out of."""

    CCM = "CCM", "the liquid that cells grew in", "Conditioned cell-culture medium"
    BIOFLUID = "BIOFLUID", "a body fluid, such as blood or milk", "Body fluid"
    TISSUE = "TISSUE", "pieces of body tissue", "Solid tissue (digested/explant)"
    PLATELET_CONC = "PLATELET_CONC", "the part of blood that helps it clot", "Platelet concentrate / PRP"
    CELL_EXTRUSION = "CELL_EXTRUSION", "cells broken into small pieces", "Cells disrupted/extruded"
    PLANT_JUICE = "PLANT_JUICE", "plant juice", "Juice / homogenate"
    PLANT_APOPLAST = "PLANT_APOPLAST", "fluid washed out of plant leaves", "Apoplastic wash"
    PLANT_CALLUS = "PLANT_CALLUS", "plant cells grown in a laboratory", "Callus / plant stem-cell culture"
    BACTERIAL_CULTURE = "BACTERIAL_CULTURE", "the liquid that bacteria grew in", "Bacterial culture supernatant"
    UNKNOWN = "UNKNOWN", "the starting material is not known", "Unknown"


class CellOrTissue(PlainChoices):
    """The cell or tissue that made the vesicles."""

    MSC_UC = "MSC_UC", "cells from an umbilical cord", "MSC, umbilical cord (Wharton jelly)"
    MSC_UCB = "MSC_UCB", "cells from umbilical cord blood", "MSC, umbilical cord blood"
    MSC_AD = "MSC_AD", "cells from body fat", "MSC, adipose"
    MSC_BM = "MSC_BM", "cells from bone marrow", "MSC, bone marrow"
    MSC_PL = "MSC_PL", "cells from the afterbirth", "MSC, placenta / amnion"
    MSC_DP = "MSC_DP", "cells from inside a tooth", "MSC, dental pulp"
    MSC_IPSC = "MSC_IPSC", "cells changed in a laboratory into another kind", "MSC, iPSC-derived"
    FIBROBLAST = "FIBROBLAST", "skin cells that make the skin firm", "Dermal fibroblast"
    HDPC = "HDPC", "cells from the root of a hair", "Dermal papilla cell"
    KERATINOCYTE = "KERATINOCYTE", "cells from the top layer of skin", "Keratinocyte"
    PLATELET = "PLATELET", "blood cells that help blood clot", "Platelet"
    RBC = "RBC", "red blood cells", "Red cell"
    IMMORT = "IMMORT", "cells altered to keep growing in a laboratory", "Immortalised / engineered line"
    COLOSTRUM = "COLOSTRUM", "the first milk after a birth", "Colostrum"
    MILK = "MILK", "milk", "Milk"
    FISH_TESTIS = "FISH_TESTIS", "the sperm glands of fish", "Fish testis / milt"
    PLANT_STEM = "PLANT_STEM", "plant cells grown in a laboratory", "Plant stem-cell/callus"
    PLANT_FRUIT = "PLANT_FRUIT", "fruit, leaves or roots", "Fruit / leaf / root"
    LACTO = "LACTO", "bacteria used to make yoghurt", "Lactobacillus sp."
    OTHER = "OTHER", "another kind of cell or tissue", "Other (free text + taxon)"
    UNKNOWN = "UNKNOWN", "the kind of cell is not known", "Unknown / undisclosed"


class IsolationMethod(PlainChoices):
    """How the vesicles were separated; a product lists its steps in order."""

    DUC = "DUC", "spun at very high speed", "Differential ultracentrifugation"
    DG = "DG", "spun in layers of heavy liquid", "Density gradient (iodixanol/sucrose)"
    CUSHION = "CUSHION", "spun onto a layer of heavy liquid", "Density cushion"
    SEC = "SEC", "passed through a sieving column", "Size-exclusion chromatography"
    TFF = "TFF", "filtered by flowing across a fine membrane", "Tangential-flow filtration"
    UF = "UF", "pushed through a very fine filter", "Ultrafiltration (dead-end / spin)"
    FILT = "FILT", "passed through a filter", "Membrane filtration"
    PPT = "PPT", "clumped together with a chemical", "Polymer precipitation (e.g. PEG)"
    SALT = "SALT", "clumped together with salt", "Salting-out / charge precipitation"
    IAC = "IAC", "caught with antibodies", "Immuno-affinity capture"
    AFF = "AFF", "caught with a substance that sticks to them", "Other affinity (heparin, lectin, TIM4, lipid)"
    IEX = "IEX", "sorted by electric charge", "Ion-exchange / anion-exchange chromatography"
    MMC = "MMC", "caught on coated beads and washed off", "Mixed-mode / bind-elute chromatography"
    AF4 = "AF4", "sorted by size in a flowing liquid", "Asymmetric flow field-flow fractionation"
    MICROFLUIDIC = "MICROFLUIDIC", "sorted in very narrow channels", "Microfluidic"
    ACOUSTIC = "ACOUSTIC", "sorted with sound or electricity", "Acoustic / electric field"
    ATPS = "ATPS", "sorted between two liquids that do not mix", "Aqueous two-phase system"
    EXTRUSION = "EXTRUSION", "cells pushed through tiny holes", "Extrusion (makes mimetics)"
    NONE = "NONE", "the particles were not separated out", "No EV separation step"
    PROPRIETARY = "PROPRIETARY", "the maker keeps the method secret", "Proprietary, undisclosed"
    UNKNOWN = "UNKNOWN", "the method is not known", "Unknown"


class SizeMethod(PlainChoices):
    """How a size was measured: a diameter means nothing without it (MISEV2023)."""

    NTA = "NTA", "filmed and tracked one by one", "Nanoparticle tracking analysis"
    TRPS = "TRPS", "counted as they passed through a tiny hole", "Tunable resistive pulse sensing"
    DLS = "DLS", "estimated from flickering laser light", "Dynamic light scattering"
    NFCM = "NFCM", "counted one by one with a fine laser", "Nano-flow cytometry"
    FCM = "FCM", "counted with a laser that misses small ones", "Conventional flow cytometry"
    SP_IRIS = "SP_IRIS", "measured as spots of light on a chip", "Interferometric imaging"
    MALS = "MALS", "estimated from how they scatter light", "Multi-angle light scattering (often with AF4/SEC)"
    TEM = "TEM", "pictured with an electron microscope", "Negative-stain TEM"
    CRYO_EM = "CRYO_EM", "pictured frozen with an electron microscope", "Cryo-EM"
    AFM = "AFM", "felt with a very fine tip", "Atomic force microscopy"
    SEM = "SEM", "pictured with a surface electron microscope", "Scanning EM"
    UNKNOWN = "UNKNOWN", "the way of measuring is not known", "Unknown"


class Formulation(PlainChoices):
    """The form in which the product is kept."""

    LYO = "LYO", "dry powder, mixed with liquid before use", "Lyophilised powder (reconstitute)"
    LIQ_RT = "LIQ_RT", "liquid kept at room temperature", "Liquid, room temp"
    LIQ_2_8 = "LIQ_2_8", "liquid kept in a fridge", "Liquid 2-8 C"
    FROZEN_M20 = "FROZEN_M20", "kept in a freezer", "Frozen -20 C"
    FROZEN_M80 = "FROZEN_M80", "kept in a very cold freezer", "Frozen -80 C or colder"
    GEL = "GEL", "gel, cream or serum", "Gel/cream/serum with preservative"
    MASK = "MASK", "face mask", "Sheet / hydrogel mask"
    UNKNOWN = "UNKNOWN", "the form is not known", "Unknown"


class Route(PlainChoices):
    """How the product is given."""

    TOPICAL_INTACT = "TOPICAL_INTACT", "put on unbroken skin", "Topical, intact skin"
    TOPICAL_HOME = "TOPICAL_HOME", "put on your skin by you at home", "Topical, home use"
    TOPICAL_PEEL = "TOPICAL_PEEL", "put on skin after a peel", "Topical after chemical peel / dermaplaning"
    TOPICAL_MN = "TOPICAL_MN", "put on skin pricked with fine needles", "Topical with or within 24 h of microneedling"
    TOPICAL_RFMN = "TOPICAL_RFMN", "put on skin pricked with heated needles", "Topical with RF microneedling"
    TOPICAL_LASER = (
        "TOPICAL_LASER",
        "put on skin treated with a laser",
        "Topical with or within 24 h of ablative/fractional laser",
    )
    ID_SC = (
        "ID_SC",
        "injected into or just under the skin",
        "Intradermal / subcutaneous / mesotherapy / scalp injection",
    )
    INJ_OTHER = "INJ_OTHER", "injected into another part of the body", "Other injection (IM, joint, perineural ...)"
    IV = "IV", "dripped into a vein", "Intravenous"
    INTRATHECAL = "INTRATHECAL", "injected around the spine", "Intrathecal / epidural"
    INHALED = "INHALED", "breathed in", "Inhaled / nebulised"
    INTRANASAL = "INTRANASAL", "put into the nose", "Intranasal"
    OCULAR = "OCULAR", "put into the eye", "Eye"
    ORAL = "ORAL", "swallowed", "Oral"
    OTHER = "OTHER", "given in another way", "Other"


class RouteGroup(PlainChoices):
    """Routes that the rules treat alike."""

    G_INTACT = "G_INTACT", "on unbroken skin", "Intact skin"
    G_BREACHED = "G_BREACHED", "on broken or treated skin", "Barrier breached"
    G_INJECT = "G_INJECT", "by injection", "Injected"
    G_SYSTEMIC = "G_SYSTEMIC", "into the body in another way", "Systemic / other"


class RegStatus(PlainChoices):
    """What the product is in law, for one place and one route."""

    AUTHORISED = "AUTHORISED", "approved as a medicine for this use", "Authorised medicine for this use"
    TRIAL = "TRIAL", "allowed in a research study", "In an authorised clinical trial"
    SPECIAL = (
        "SPECIAL",
        "not approved, but allowed under a named exception",
        "Unlicensed medicine under a named exemption",
    )
    COSMETIC_NOTIFIED = (
        "COSMETIC_NOTIFIED",
        "registered as a cosmetic, for the outside of the body",
        "Notified cosmetic, external use",
    )
    COSMETIC_CLAIMED = (
        "COSMETIC_CLAIMED",
        "said to be a cosmetic; we have no proof",
        "Said to be a cosmetic, not evidenced",
    )
    DEVICE = "DEVICE", "marked as a medical device", "Marked medical device"
    OUT_OF_SCOPE_USE = "OUT_OF_SCOPE_USE", "not meant to be used in this way", "Status does not cover this route"
    PROHIBITED_INGREDIENT = (
        "PROHIBITED_INGREDIENT",
        "has an ingredient not allowed in cosmetics",
        "Ingredient prohibited for cosmetics",
    )
    UNAPPROVED_MEDICINE = (
        "UNAPPROVED_MEDICINE",
        "counts as a medicine and is not approved",
        "Treated as a medicine, not approved",
    )
    CASE_BY_CASE = "CASE_BY_CASE", "the regulator decides for each product", "Regulator decides case by case"
    NO_SPECIFIC_REGIME = "NO_SPECIFIC_REGIME", "we found no rule written for it", "No specific regime found"
    REVOKED = "REVOKED", "withdrawn, recalled or banned", "Withdrawn, recalled or banned"
    UNKNOWN = "UNKNOWN", "not known or not checked", "Unknown / not checked"


class StatusEvidence(PlainChoices):
    """How sure the clinic is of a legal status."""

    REGISTER_CHECKED = "REGISTER_CHECKED", "we checked the public register", "Public register checked by clinic"
    DOCUMENT_SEEN = "DOCUMENT_SEEN", "we have seen a document", "Document on file"
    SUPPLIER_STATED = "SUPPLIER_STATED", "only the supplier says so", "Supplier statement only"
    NONE = "NONE", "we have no proof", "None"


class RuleSeverity(PlainChoices):
    """What a matching rule does to a consent."""

    STOP = "STOP", "this treatment may not be offered", "Do not issue consent"
    WARN = "WARN", "there is something you must know first", "Issue only with warnings acknowledged"
    INFO = "INFO", "something to know", "Information"


class ProvenanceState(PlainChoices):
    """What the findings say about the papers of a batch."""

    COMPLETE = "COMPLETE", "all the papers we ask for are here", "Complete"
    INCOMPLETE = "INCOMPLETE", "some papers are missing", "Incomplete"
    CONTRADICTORY = "CONTRADICTORY", "the papers do not agree", "Contradictory"


class Basis(PlainChoices):
    """What a claim rests on. Unknown is a value: NOT_STATED is printed, never left blank."""

    MEASURED_BATCH = "MEASURED_BATCH", "measured on this batch", "Measured on this batch"
    MEASURED_REF = "MEASURED_REF", "measured on another batch", "Measured on a reference/validation batch"
    STATED = "STATED", "the maker says", "Stated, no data"
    NOT_STATED = "NOT_STATED", "not stated", "Not stated"
    NOT_APPLICABLE = "NOT_APPLICABLE", "does not apply", "Not applicable (reason)"


class FindingSeverity(TextChoices):
    """How grave a finding is, gravest first. The first three decide the state of the papers."""

    CONTRADICTION = "CONTRADICTION", "Cannot both be true"
    ERROR = "ERROR", "Cannot be"
    INCOMPLETE = "INCOMPLETE", "Missing"
    QUERY = "QUERY", "To ask about"
    WARN = "WARN", "Warning"
    INFO = "INFO", "To know"


class FindingBasis(TextChoices):
    """What a check rests on. What nobody looked up is said to be so, to staff, and is never told to a patient."""

    SOURCE = "SOURCE", "Source"
    LOGIC = "LOGIC", "Logic"
    MEMORY = "MEMORY", "From memory, not yet looked up"
    RULE_OF_THUMB = "RULE_OF_THUMB", "Rule of thumb, not yet looked up"


class MarkerCategory(PlainChoices):
    """The five groups of proteins that are looked for in vesicles (MISEV2018; kept by MISEV2023)."""

    C1 = (
        "C1",
        "proteins in the skin of the particles",
        "Transmembrane or GPI-anchored protein of plasma membrane/endosome",
    )
    C2 = "C2", "proteins from inside cells", "Cytosolic protein recovered in EVs"
    C3 = "C3", "proteins that should not be there", "Major components of non-EV co-isolates (negative/purity)"
    C4 = "C4", "proteins from other parts of a cell", "Proteins of other compartments"
    C5 = "C5", "proteins that stick to the outside", "Secreted proteins on the corona"


class ImageMethod(PlainChoices):
    """Those ways of measuring that give a picture of single particles."""

    TEM = "TEM", SizeMethod.TEM.plain, SizeMethod.TEM.label
    CRYO_EM = "CRYO_EM", SizeMethod.CRYO_EM.plain, SizeMethod.CRYO_EM.label
    AFM = "AFM", SizeMethod.AFM.plain, SizeMethod.AFM.label
    SEM = "SEM", SizeMethod.SEM.plain, SizeMethod.SEM.label


class DonorSex(PlainChoices):
    """The sex of the donor, or of the donors of a pool."""

    FEMALE = "FEMALE", "female", "Female"
    MALE = "MALE", "male", "Male"
    BOTH = "BOTH", "female and male", "Female and male (pool)"


class PassFail(PlainChoices):
    """What a test that passes or fails said."""

    PASS = "PASS", "passed", "Pass"
    FAIL = "FAIL", "failed", "Fail"


class Stated(PlainChoices):
    """A yes or no that a paper may leave open."""

    YES = "YES", "yes", "Yes"
    NO = "NO", "no", "No"
    NOT_STATED = "NOT_STATED", "not stated", "Not stated"


class CoaItem(PlainChoices):
    """The items of a certificate of analysis."""

    STER = "STER", "test for germs that grow", "Sterility"
    ENDO = "ENDO", "test for germ poisons that cause fever", "Bacterial endotoxin"
    MYCO = "MYCO", "test for mycoplasma, a very small germ", "Mycoplasma"
    ADVV = "ADVV", "test for viruses that should not be there", "Adventitious virus"
    RETRO = "RETRO", "test for viruses of the source", "Retrovirus / species viruses"
    IDEN = "IDEN", "test that it is what it says", "Identity"
    PART = "PART", "number and size of particles", "Particle number and size"
    PURI = "PURI", "how pure it is", "Purity"
    POT = "POT", "test that it does what it should", "Potency"
    RES = "RES", "left-over substances from making it", "Residuals (serum, antibiotic, PEG, solvent, DNA, detergent)"
    PH = "PH", "how acid it is", "pH"
    OSM = "OSM", "how salty it is", "Osmolality"
    VISP = "VISP", "whether it looks clear", "Visible particles, appearance"
    MOIST = "MOIST", "water left in the powder", "Residual moisture"
    RECON = "RECON", "time to mix it", "Reconstitution time"
    TAMC = "TAMC", "count of bacteria", "Total aerobic microbial count"
    TYMC = "TYMC", "count of yeast and mould", "Total yeast and mould count"
    CHAL = "CHAL", "test of the preservative", "Preservative challenge"
    HMET = "HMET", "heavy metals or pesticide", "Heavy metals / pesticide"


class ClaimSupport(PlainChoices):
    """The best evidence behind what a supplier promises."""

    NONE = "NONE", "nothing to show it", "No evidence given"
    LABORATORY = "LABORATORY", "tests in a laboratory, not on people", "Laboratory"
    ANIMAL = "ANIMAL", "tests on animals", "Animal"
    SMALL_HUMAN = "SMALL_HUMAN", "a small study of people", "Small human study"
    RANDOMISED = "RANDOMISED", "a fair comparison on people", "Randomised trial"


class ClaimPlace(PlainChoices):
    """Where a supplier says what it promises."""

    LABEL = "LABEL", "on the box", "Label or box"
    WEBSITE = "WEBSITE", "on a website", "Website"
    BROCHURE = "BROCHURE", "in a leaflet", "Brochure or leaflet"
    SALESPERSON = "SALESPERSON", "said by a seller", "Said by a salesperson"
    OTHER = "OTHER", "somewhere else", "Elsewhere"


class ImportKind(TextChoices):
    """What the rows of an imported table are."""

    PRODUCTS = "products", "Products"
    BATCHES = "batches", "Batches"


class ImportState(TextChoices):
    """How far an import has come. Only READY waits for a person."""

    WAITING = "WAITING", "Being checked"
    READY = "READY", "Ready to import"
    FAULTY = "FAULTY", "Has mistakes"
    REFUSED = "REFUSED", "Cannot be read"
    CONFIRMED = "CONFIRMED", "Being imported"
    DONE = "DONE", "Imported"
    DROPPED = "DROPPED", "Dropped"


class BatchStatus(PlainChoices):
    """Where a batch is in its life."""

    QUARANTINE = "QUARANTINE", "waiting to be checked", "Quarantine"
    RELEASED = "RELEASED", "checked and ready to use", "Released for use"
    ON_HOLD = "ON_HOLD", "not to be used for now", "On hold"
    RECALLED = "RECALLED", "called back by the maker", "Recalled"
    EXPIRED = "EXPIRED", "past its use-by date", "Expired"
    DEPLETED = "DEPLETED", "all used", "Used up"
    DESTROYED = "DESTROYED", "thrown away safely", "Destroyed"
    RETURNED = "RETURNED", "sent back", "Returned"


class CustodyAct(PlainChoices):
    """What happened to a batch at one place on its way here."""

    SHIPPED = "SHIPPED", "sent on", "Shipped"
    RECEIVED = "RECEIVED", "arrived", "Received"
    VOID = "VOID", "written down by mistake", "Recorded by mistake"


class LotKind(PlainChoices):
    """What a place in the lot graph is, from the donor (by code only) down to the vial."""

    DONOR = "DONOR", "the person, animal or plant", "Donor"
    DONATION = "DONATION", "what was given", "Donation / procurement"
    POOL = "POOL", "donations mixed together", "Pool"
    MASTER_BANK = "MASTER_BANK", "the first store of cells", "Master cell bank"
    WORKING_BANK = "WORKING_BANK", "cells grown from the first store", "Working cell bank"
    PRODUCTION_LOT = "PRODUCTION_LOT", "one run of making", "Production lot"
    BULK_LOT = "BULK_LOT", "the cleaned liquid before filling", "Bulk / purified lot"
    FILLED_LOT = "FILLED_LOT", "one filling of vials", "Filled lot"
    UNIT = "UNIT", "one vial", "Unit (vial)"


class LotLink(PlainChoices):
    """How one place in the lot graph came out of another."""

    DERIVED_FROM = "DERIVED_FROM", "made from", "Derived from"
    POOLED_FROM = "POOLED_FROM", "mixed from", "Pooled from"
    SPLIT_FROM = "SPLIT_FROM", "divided from", "Split from"
    PACKED_IN = "PACKED_IN", "filled into", "Packed in"
    USED_IN = "USED_IN", "used in", "Used in"


class UnitAct(PlainChoices):
    """What happened to vials of a batch."""

    RECEIVED = "RECEIVED", "came in", "Received"
    USED = "USED", "used", "Used"
    RETURNED = "RETURNED", "sent back", "Returned"
    DESTROYED = "DESTROYED", "thrown away safely", "Destroyed"
    MISSING = "MISSING", "not found", "Not found"
    FOUND = "FOUND", "found again", "Found again"


class ExcursionOutcome(PlainChoices):
    """What is decided after a batch was too warm or too cold."""

    KEEP = "KEEP", "it may still be used", "May still be used"
    REJECT = "REJECT", "it may not be used any more", "May not be used"


class ScreeningTest(PlainChoices):
    """What a human donor is tested for; HTLV only where it applies (Directive 2006/17/EC, annex II)."""

    HIV1_2 = "HIV1_2", "HIV", "HIV 1 and 2"
    HBV = "HBV", "hepatitis B", "Hepatitis B"
    HCV = "HCV", "hepatitis C", "Hepatitis C"
    SYPHILIS = "SYPHILIS", "syphilis", "Syphilis"
    HTLV = "HTLV", "HTLV, a rare virus", "HTLV I and II"


class ScreeningResult(TextChoices):
    """What a donor's test said."""

    NEGATIVE = "negative", "Negative"
    POSITIVE = "positive", "Positive"
    NOT_TESTED = "not tested", "Not tested"


ROUTE_GROUPS: Mapping[str, RouteGroup] = MappingProxyType(
    {
        Route.TOPICAL_INTACT: RouteGroup.G_INTACT,
        Route.TOPICAL_HOME: RouteGroup.G_INTACT,
        Route.TOPICAL_PEEL: RouteGroup.G_BREACHED,
        Route.TOPICAL_MN: RouteGroup.G_BREACHED,
        Route.TOPICAL_RFMN: RouteGroup.G_BREACHED,
        Route.TOPICAL_LASER: RouteGroup.G_BREACHED,
        Route.ID_SC: RouteGroup.G_INJECT,
        Route.INJ_OTHER: RouteGroup.G_INJECT,
        Route.IV: RouteGroup.G_SYSTEMIC,
        Route.INTRATHECAL: RouteGroup.G_SYSTEMIC,
        Route.INHALED: RouteGroup.G_SYSTEMIC,
        Route.INTRANASAL: RouteGroup.G_SYSTEMIC,
        Route.OCULAR: RouteGroup.G_SYSTEMIC,
        Route.ORAL: RouteGroup.G_SYSTEMIC,
        Route.OTHER: RouteGroup.G_SYSTEMIC,
    }
)
"""The group of each route: the rules of law speak of groups."""

VOCABULARIES: Mapping[str, type[PlainChoices]] = MappingProxyType(
    {
        "ev_term": EvTerm,
        "origin": Origin,
        "donor_relation": DonorRelation,
        "material": Material,
        "cell_or_tissue": CellOrTissue,
        "isolation_method": IsolationMethod,
        "size_method": SizeMethod,
        "marker_category": MarkerCategory,
        "formulation": Formulation,
        "route": Route,
        "route_group": RouteGroup,
        "reg_status": RegStatus,
        "status_evidence": StatusEvidence,
        "rule_severity": RuleSeverity,
        "provenance_state": ProvenanceState,
        "assertion_basis": Basis,
        "batch_status": BatchStatus,
    }
)
"""Every vocabulary by the name that the published list gives it."""


def route_group(route: str) -> RouteGroup:
    """Give the group of a route code. Raises `ValueError` for a code that is no route."""
    return ROUTE_GROUPS[Route(route)]


def plain_words(word: PlainChoices | str, code: str = "") -> str:
    """Say a code in plain words: `plain_words(Origin.HUMAN)` or `plain_words("origin", "HUMAN")`.

    Raises `KeyError` for an unknown vocabulary, `ValueError` for an unknown code.
    """
    if isinstance(word, PlainChoices):
        return word.plain
    return VOCABULARIES[word](code).plain
