"""The acts of the consent room: each locks, decides, writes and logs in one transaction."""

from consent.services.clear import batch_of_scan, clear_for_treatment
from consent.services.decide import declare, decline_consent, sign_consent, withdraw_consent
from consent.services.export import export_document
from consent.services.history import History, history_of
from consent.services.issue import (
    cost_of,
    create_link,
    issue_consent,
    link_address,
    preview,
    publish_template,
    reissue_document,
    template_in_force,
    token_of,
    void_consent,
)
from consent.services.notices import send_due_notices
from consent.services.read import (
    acknowledge,
    answer_question,
    ask_question,
    confirm_identity,
    drop_question,
    find_link,
    opens,
    patient_agent,
    successor_of,
)
from consent.services.seal import (
    claim_waiting,
    read_sealed_file,
    remove_strays,
    seal_document,
    sealed_file_of,
    unsigned_copy,
    waiting,
)
from consent.services.verify import Check, StandingThenAndNow, standing_then_and_now, verify_pdf

__all__ = [
    "Check",
    "History",
    "StandingThenAndNow",
    "acknowledge",
    "answer_question",
    "ask_question",
    "batch_of_scan",
    "claim_waiting",
    "clear_for_treatment",
    "confirm_identity",
    "cost_of",
    "create_link",
    "declare",
    "decline_consent",
    "drop_question",
    "export_document",
    "find_link",
    "history_of",
    "issue_consent",
    "link_address",
    "opens",
    "patient_agent",
    "preview",
    "publish_template",
    "read_sealed_file",
    "reissue_document",
    "remove_strays",
    "seal_document",
    "sealed_file_of",
    "send_due_notices",
    "sign_consent",
    "standing_then_and_now",
    "successor_of",
    "template_in_force",
    "token_of",
    "unsigned_copy",
    "verify_pdf",
    "void_consent",
    "waiting",
    "withdraw_consent",
]
