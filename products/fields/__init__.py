"""The fields that a claim can be about: their vocabularies, units and needs, what a value may be, and how it reads.

Pure. The nine fields of registration and the papers of a batch are in `registration`, all the others in `dossier`.
"""

from products.fields.applying import applies
from products.fields.checking import check_claim, check_value
from products.fields.claim_field import ClaimField, Condition, Fields, Kind, Need
from products.fields.dossier import (
    ALL_BATCH_FIELDS,
    ALL_FIELDS,
    ALL_PRODUCT_FIELDS,
    BATCH_DOSSIER,
    DOSSIER,
    PAGES,
    PRODUCT_DOSSIER,
    TESTS_BY_CODE,
    Page,
)
from products.fields.registration import BATCH_FIELDS, IDENTITY_FIELDS, PRODUCT_FIELDS, SCIENCE_FIELDS, TEST_FIELDS
from products.fields.wording import count_figures, day_words, number_words, plain, says_nothing, technical

__all__ = [
    "ALL_BATCH_FIELDS",
    "ALL_FIELDS",
    "ALL_PRODUCT_FIELDS",
    "BATCH_DOSSIER",
    "BATCH_FIELDS",
    "DOSSIER",
    "IDENTITY_FIELDS",
    "PAGES",
    "PRODUCT_DOSSIER",
    "PRODUCT_FIELDS",
    "SCIENCE_FIELDS",
    "TESTS_BY_CODE",
    "TEST_FIELDS",
    "ClaimField",
    "Condition",
    "Fields",
    "Kind",
    "Need",
    "Page",
    "applies",
    "check_claim",
    "check_value",
    "count_figures",
    "day_words",
    "number_words",
    "plain",
    "says_nothing",
    "technical",
]
