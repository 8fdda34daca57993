"""Check digits of GS1 keys: GTIN, GLN, SSCC, GSRN (one digit) and GMN (a pair of characters)."""

from __future__ import annotations

from biip.checksums import gs1_standard_check_digit

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
"""The characters that lot and serial numbers may have, in the order that gives their value (GS1 General
Specifications, figure 7.11-1)."""

_PAIR_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)
_MODULUS = 1021


def check_digit(body: str) -> str:
    """Give the check digit that follows a body of digits 0-9. Raises `ValueError` for anything but such digits."""
    if not is_digits(body):
        raise ValueError("a check digit is made from the digits 0 to 9 only")
    return str(gs1_standard_check_digit(body))


def has_right_check_digit(key: str) -> bool:
    """Say whether the last digit of a GTIN, GLN, SSCC or GSRN is the check digit of the others."""
    return is_digits(key) and len(key) > 1 and check_digit(key[:-1]) == key[-1]


def gmn_check_pair(body: str) -> str:
    """Give the two check characters that follow a Global Model Number, at most 23 characters of CSET 82.

    Each character's value is weighted from the right by 2, 3, 5, 7 ...; the sum modulo 1021 is written in two groups
    of five bits. Raises `ValueError` for another length or character.
    """
    if not 1 <= len(body) <= len(_PRIMES):
        raise ValueError(f"a GMN without its check pair has 1 to {len(_PRIMES)} characters, not {len(body)}")
    total = sum(CSET82.index(character) * prime for character, prime in zip(reversed(body), _PRIMES, strict=False))
    high, low = divmod(total % _MODULUS, 32)
    return _PAIR_ALPHABET[high] + _PAIR_ALPHABET[low]


def din_sum(text: str, alphabet: str) -> int:
    """Weigh each character's value by 2, 4, 8 ... from the right and add up (ISO/IEC 7064, MOD 37-2)."""
    weights = (2**power for power in range(1, len(text) + 1))
    return sum(alphabet.index(character) * weight for character, weight in zip(reversed(text), weights, strict=True))


def is_digits(text: str) -> bool:
    """Say whether a text is digits 0-9 only; digits of other scripts do not count."""
    return text.isascii() and text.isdigit()
