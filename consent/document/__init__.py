"""Compose a Document: the canonical JSON that a patient reads and whose SHA-256 they sign.

The fixed clauses K1 to K16 are written here from the record and from `wording`; a template adds
sentences of the clinic's own and can neither remove nor replace a clause. A Document for research
carries the eight elements E1 to E8 besides, with the facts of its study. `check_clauses` refuses a
Document that lacks one, whoever composed it.
"""

from consent.document.clauses import check_clauses
from consent.document.composing import compose

__all__ = ["check_clauses", "compose"]
