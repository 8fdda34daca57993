"""What a patient is asked besides reading: hopes, health, understanding, own words, choices.

Pure. Each step is a part of the Document, frozen with it: every question and every offered answer is under the
SHA-256 that is signed. A prompt's `key` is stable, so that answers of years can be compared.

Sources: domain facts E.3 (screening), E.4 (teach-back), S18 and S22; consent requirements R1, R9, R10, R31; signing
flow A3, A9 and A11.
"""

from __future__ import annotations

from consent.steps.health import GROUPS, Group
from consent.steps.judging import outcome, worded, wrong_keys
from consent.steps.prompts import StepFacts, definitions

__all__ = ["GROUPS", "Group", "StepFacts", "definitions", "outcome", "worded", "wrong_keys"]
