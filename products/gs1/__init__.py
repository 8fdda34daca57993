"""Reading GS1 codes strictly: what is not certain is refused, and nothing is ever fetched.

Formats follow the GS1 General Specifications and the GS1 Barcode Syntax Dictionary (release 2026-01-27); the table of
application identifiers comes from biip, the strict checks that biip leaves out are made here. No Django.
"""

from products.gs1.check_digits import check_digit, gmn_check_pair, has_right_check_digit
from products.gs1.dates import parse_gs1_date
from products.gs1.internal import NUMBER_FIELD, internal_code, parse_internal_code
from products.gs1.isbt128 import (
    DonationCode,
    SingleEuropeanCode,
    din_check_character,
    din_check_value,
    din_flag,
    looks_like_isbt128,
    looks_like_single_european_code,
    parse_donation_code,
    parse_single_european_code,
    without_symbology,
)
from products.gs1.reading import LONGEST_SCAN, parse_element_string
from products.records import ElementString

__all__ = [
    "LONGEST_SCAN",
    "NUMBER_FIELD",
    "DonationCode",
    "ElementString",
    "SingleEuropeanCode",
    "check_digit",
    "din_check_character",
    "din_check_value",
    "din_flag",
    "gmn_check_pair",
    "has_right_check_digit",
    "internal_code",
    "looks_like_isbt128",
    "looks_like_single_european_code",
    "parse_donation_code",
    "parse_element_string",
    "parse_gs1_date",
    "parse_internal_code",
    "parse_single_european_code",
    "without_symbology",
]
