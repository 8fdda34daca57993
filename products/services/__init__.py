"""The acts of the products room. Each is one transaction and one entry in the clinic's log."""

from products.records import ScannedFile, SeenPage
from products.rules import VerdictChange
from products.services.certificate import (
    MOST_RESULTS,
    CertificateDraft,
    ResultDraft,
    attach_certificate,
    correct_certificate,
)
from products.services.claims import (
    ClaimDraft,
    clean_value,
    correct_claim,
    correctable_fields,
    rebuilt_snapshot,
    record_claims,
    rests_on_certificate,
)
from products.services.custody import CustodyDraft, correct_custody, record_custody
from products.services.evidence import file_evidence, keep_evidence, open_evidence, read_evidence
from products.services.findings import answer_finding, read_findings, set_threshold
from products.services.judging import find_again, judge_waiting, let_wait
from products.services.labels import issue_labels
from products.services.life_cycle import deplete_batch, destroy_batch, hold_batch, recall_batch, return_batch
from products.services.lineage import DonorDraft, LineageDraft, state_lineage
from products.services.lots import (
    LinkDraft,
    LotDraft,
    LotFacts,
    add_lot,
    correct_lot,
    link_lots,
    withdraw_link,
)
from products.services.marketing import MarketingDraft, record_marketing_claim, withdraw_marketing_claim
from products.services.measure import attach_size_measurement, state_size
from products.services.parties import PartyEntry, add_party, correct_party, name_importer
from products.services.products_file import ImportedFile, import_products
from products.services.receive import BatchDraft, Receipt, check_label, draft_from_scan, receive_batch
from products.services.register import PartyDraft, ProductDraft, register_product
from products.services.release import reasons_against_release, release_batch
from products.services.rule_sets import (
    ProductChange,
    ReviewDraft,
    changed_uses,
    decide_rule_set,
    import_rule_set,
    products_that_change,
    record_review,
)
from products.services.samples import demo_product, sample_set
from products.services.scanned import read_scanned
from products.services.standing import (
    RegulatoryDraft,
    add_regulatory_record,
    can_lift,
    confirm_release,
    propose_release,
)
from products.services.temperature import TemperatureDraft, decide_excursion, record_temperature
from products.services.units import count_stock, place_of, record_units, state_received, stock_of
from products.uploads import Upload

__all__ = [
    "MOST_RESULTS",
    "BatchDraft",
    "CertificateDraft",
    "ClaimDraft",
    "CustodyDraft",
    "DonorDraft",
    "ImportedFile",
    "LineageDraft",
    "LinkDraft",
    "LotDraft",
    "LotFacts",
    "MarketingDraft",
    "PartyDraft",
    "PartyEntry",
    "ProductChange",
    "ProductDraft",
    "Receipt",
    "RegulatoryDraft",
    "ResultDraft",
    "ReviewDraft",
    "ScannedFile",
    "SeenPage",
    "TemperatureDraft",
    "Upload",
    "VerdictChange",
    "add_lot",
    "add_party",
    "add_regulatory_record",
    "answer_finding",
    "attach_certificate",
    "attach_size_measurement",
    "can_lift",
    "changed_uses",
    "check_label",
    "clean_value",
    "confirm_release",
    "correct_certificate",
    "correct_claim",
    "correct_custody",
    "correct_lot",
    "correct_party",
    "correctable_fields",
    "count_stock",
    "decide_excursion",
    "decide_rule_set",
    "demo_product",
    "deplete_batch",
    "destroy_batch",
    "draft_from_scan",
    "file_evidence",
    "find_again",
    "hold_batch",
    "import_products",
    "import_rule_set",
    "issue_labels",
    "judge_waiting",
    "keep_evidence",
    "let_wait",
    "link_lots",
    "name_importer",
    "open_evidence",
    "place_of",
    "products_that_change",
    "propose_release",
    "read_evidence",
    "read_findings",
    "read_scanned",
    "reasons_against_release",
    "rebuilt_snapshot",
    "recall_batch",
    "receive_batch",
    "record_claims",
    "record_custody",
    "record_marketing_claim",
    "record_review",
    "record_temperature",
    "record_units",
    "register_product",
    "release_batch",
    "rests_on_certificate",
    "return_batch",
    "sample_set",
    "set_threshold",
    "state_lineage",
    "state_received",
    "state_size",
    "stock_of",
    "withdraw_link",
    "withdraw_marketing_claim",
]
