"""The tables of the products room."""

from products.models.alarm import EvidenceAlarm
from products.models.batch import Batch, SizeMeasurement, Unit
from products.models.certificate import Certificate, CertificateResult
from products.models.chain import CustodyEvent, PartyVersion
from products.models.claim import Claim, Evidence
from products.models.finding import FindingAnswer, FindingsReading, ThresholdSetting
from products.models.importing import ImportJob
from products.models.life import BatchMove, ExcursionDecision, TemperatureRecord, UnitCount
from products.models.lots import LotEdge, LotEdgeWithdrawal, LotNode, LotNodeVersion
from products.models.marketing import MarketingClaim
from products.models.product import Party, Product
from products.models.rule_sets import RuleReview, RuleSetDecision, RuleSetVersion, rule_set_for
from products.models.standing import RegulatoryRecord, StandingRelease

__all__ = [
    "Batch",
    "BatchMove",
    "Certificate",
    "CertificateResult",
    "Claim",
    "CustodyEvent",
    "Evidence",
    "EvidenceAlarm",
    "ExcursionDecision",
    "FindingAnswer",
    "FindingsReading",
    "ImportJob",
    "LotEdge",
    "LotEdgeWithdrawal",
    "LotNode",
    "LotNodeVersion",
    "MarketingClaim",
    "Party",
    "PartyVersion",
    "Product",
    "RegulatoryRecord",
    "RuleReview",
    "RuleSetDecision",
    "RuleSetVersion",
    "SizeMeasurement",
    "StandingRelease",
    "TemperatureRecord",
    "ThresholdSetting",
    "Unit",
    "UnitCount",
    "rule_set_for",
]
