"""The checks on a product and its batches, pure: what cannot be, what is missing, what to ask about.

Each check looks at its own facts; none suppresses another. The state of the papers follows from the findings alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from products.records import Finding
from products.rules.findings.amounts import amount_findings
from products.rules.findings.catalogue import CHECKS, Check
from products.rules.findings.certificate import certificate_findings
from products.rules.findings.facts import (
    BatchFacts,
    CertificateFacts,
    MarkerFacts,
    ProductFacts,
    ResultFacts,
    SizeFacts,
    SourceFacts,
    StatusFacts,
)
from products.rules.findings.label import expiry_findings, label_findings
from products.rules.findings.law import law_findings
from products.rules.findings.markers import is_negative, is_positive, marker_findings
from products.rules.findings.naming import enrichment_findings, naming_findings
from products.rules.findings.size import size_findings
from products.rules.findings.source import NEEDED_SCREENING, source_findings
from products.rules.findings.storage import storage_findings, storage_limit, transport_findings
from products.rules.findings.thresholds import DEFAULTS, THRESHOLDS, Threshold, Thresholds
from products.rules.findings.twins import measured_key, twin_findings
from products.vocabulary import FindingSeverity, ProvenanceState

__all__ = [
    "CHECKS",
    "DEFAULTS",
    "EXPIRED",
    "NEEDED_SCREENING",
    "THRESHOLDS",
    "BatchFacts",
    "CertificateFacts",
    "Check",
    "MarkerFacts",
    "ProductFacts",
    "ResultFacts",
    "SizeFacts",
    "SourceFacts",
    "StatusFacts",
    "Threshold",
    "Thresholds",
    "batch_findings",
    "expiry_findings",
    "is_negative",
    "is_positive",
    "lasting_findings",
    "measured_key",
    "passing_findings",
    "product_findings",
    "provenance_state",
    "storage_limit",
]
EXPIRED = "QB011"
"""Blocks use, and is no fault of the papers."""


def product_findings(product: ProductFacts) -> tuple[Finding, ...]:
    """All that is found on a product itself, by code. It changes no batch's state."""
    return _by_code((*naming_findings(product), *storage_findings(product), *law_findings(product)))


def batch_findings(
    batch: BatchFacts, product: ProductFacts, others: Iterable[BatchFacts], limits: Thresholds, *, on: date
) -> tuple[Finding, ...]:
    """All that is found on a batch, by code, on a day (the clinic's local day). `others` are the product's batches."""
    return _by_code((*lasting_findings(batch, product, limits), *passing_findings(batch, others, on=on)))


def passing_findings(batch: BatchFacts, others: Iterable[BatchFacts], *, on: date) -> tuple[Finding, ...]:
    """What depends on the day or on other batches: QB011 and EV022."""
    return (*twin_findings(batch, others), *expiry_findings(batch.expiration_date, on=on))


def lasting_findings(batch: BatchFacts, product: ProductFacts, limits: Thresholds) -> tuple[Finding, ...]:
    """All that is found on a batch whatever the day and whatever the others, by code."""
    return _by_code(
        (
            *size_findings(batch, product, limits),
            *amount_findings(batch, product, limits),
            *marker_findings(batch, product),
            *enrichment_findings(product),
            *source_findings(batch, product),
            *label_findings(batch, product),
            *certificate_findings(batch, product, limits),
            *transport_findings(batch, product),
        )
    )


def provenance_state(findings: Iterable[Finding]) -> ProvenanceState:
    """What the findings of a batch say of its papers; warnings and the expiry leave it as it is."""
    severities = {finding.severity for finding in findings if finding.code != EXPIRED}
    if severities & {FindingSeverity.ERROR, FindingSeverity.CONTRADICTION}:
        return ProvenanceState.CONTRADICTORY
    return ProvenanceState.INCOMPLETE if FindingSeverity.INCOMPLETE in severities else ProvenanceState.COMPLETE


def _by_code(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.code))
