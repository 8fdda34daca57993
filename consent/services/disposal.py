"""The end of a patient's record: one lead proposes, another confirms, the key is destroyed, and a certificate says so.

Everything in the database is one transaction: a crash leaves the record whole or gone, never without its certificate. Files
are removed once it is committed; what a killed process leaves on disk can be opened by nobody, and the sweep of stray files
removes it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from audit import services as audit
from audit.models import RecordedModel
from audit.records import Agent
from clinic.models import Patient, Practitioner, User
from clinic.records import clean_text
from clinic.services import destroy_keys, forget_answers, locked_group, patient_group, retention_of
from consent import keeping
from consent.errors import DisposalRefusedError
from consent.models import (
    Consent,
    DisposalCertificate,
    DisposalProposal,
    DisposalRefusal,
    FactCheck,
    Notice,
    PaperPack,
    PaperScan,
    PatientLink,
    ReminderDue,
    SealedFile,
    SealingTask,
    StaffTask,
)
from consent.records import utc_text
from consent.services import paper, seal
from consent.services.keeping import Keeping, keepings
from consent.services.remains import entries_about, readable_rows, rows_about
from consent.vocabulary import Credential, TaskEnd

LONGEST_REASON = 500
GONE = (
    "the key of the record, without which nothing of what follows can be read",
    "name, birth date and contact; every text that was shown; answers, questions and reasons; signatures",
    "sealed PDF files, printed packs and scans",
    "the search values of name and birth date; messages, links and reminders to the patient",
    "what entries of the log say in words about the record; their hashes stay in the tree",
)
LEFT = (
    "the clinic's own patient number, and the reference, product, batch, status and times of each consent, without a name",
    "the SHA-256 of each text and file, so that a copy in somebody's hand can still be checked",
    "the hashes of the log",
    "this certificate, and the register of what the patient asked for, without its words",
)


@transaction.atomic
def propose_disposal(patient_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> DisposalProposal:
    """The first of two people. Raises DisposalRefusedError as long as anything keeps the record."""
    group = locked_group(patient_id)
    root = group[0]
    state = keepings([group], root.organization, at=at)[0]
    keeping.check_can_dispose(state.facts, today=root.organization.local_date(at))
    if DisposalProposal.objects.open().filter(patient__in=group).exists():
        raise DisposalRefusedError("This was proposed before and waits for a second person.", code="disposal.waiting")
    keeping.check_names_nobody(reason, names=_names(group))
    row: DisposalProposal = DisposalProposal.objects.create(
        organization=root.organization,
        patient=root,
        numbers=[one.number for one in group],
        reason=clean_text(reason, most=LONGEST_REASON, field="reason"),
        proposed_by=agent.id,
        proposed_by_name=agent.name or agent.id,
        proposed_at=at,
    )
    audit.append("consent.disposal_proposed", agent=agent, occurred_at=at, records=[row], body={"numbers": row.numbers})
    return row


@transaction.atomic
def decline_disposal(proposal_id: uuid.UUID, reason: str, *, agent: Agent, at: datetime) -> DisposalRefusal:
    """Nothing is disposed of. Whoever proposed it may take it back in the same way."""
    proposal = _locked(proposal_id)
    keeping.check_names_nobody(reason, names=_names(patient_group(proposal.patient)))
    row: DisposalRefusal = DisposalRefusal.objects.create(
        proposal=proposal,
        reason=clean_text(reason, most=LONGEST_REASON, field="reason"),
        decided_by=agent.id,
        decided_by_name=agent.name or agent.id,
        decided_at=at,
    )
    audit.append(
        "consent.disposal_declined", agent=agent, occurred_at=at, records=[row], body={"numbers": proposal.numbers}
    )
    return row


@transaction.atomic
def confirm_disposal(
    proposal_id: uuid.UUID, *, credential: Credential, agent: Agent, at: datetime
) -> DisposalCertificate:
    """The second person: destroy the key and what lies beside it, and certify it. There is no way back.

    Everything is looked at again under locks: a hold, a consent or a merge of the last second stops it. Raises
    DisposalRefusedError.
    """
    proposal = _locked(proposal_id)
    group = locked_group(proposal.patient_id)
    organization = group[0].organization
    keeping.check_can_confirm(
        proposer=_account(proposal.proposed_by),
        decider=_account(agent.id),
        proposed=tuple(proposal.numbers),
        now=tuple(one.number for one in group),
    )
    list(Consent.objects.select_for_update(of=("self",)).filter(patient__in=group).order_by("pk"))
    state = keepings([group], organization, at=at)[0]
    keeping.check_can_dispose(state.facts, today=organization.local_date(at))
    facts = _told(proposal, state, credential=credential, agent=agent, at=at)
    owned = rows_about([group])
    entries = entries_about(owned)
    remaining = _destroy(group, agent=agent, at=at)
    if entries:
        audit.erase_details(entries, agent=agent, at=at)
    text = _written(facts)
    certificate: DisposalCertificate = DisposalCertificate.objects.create(
        organization=organization,
        proposal=proposal,
        confirmed_by=agent.id,
        confirmed_by_name=agent.name or agent.id,
        credential=credential,
        disposed_at=at,
        facts=facts,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    # What is left of the rows is named anew, so that it can be checked although the older entries say nothing any more.
    # An act on many at once has one entry: rows of others in it are named by themselves, as nothing happened to them.
    left = readable_rows(entries)
    own = [row for row in left if (type(row), row.pk) in owned]
    if len(own) < len(left):
        others = [row for row in left if (type(row), row.pk) not in owned]
        audit.append("consent.rows_named_again", agent=agent, occurred_at=at, records=others)
    audit.append(
        "consent.record_disposed",
        agent=agent,
        occurred_at=at,
        records=list(dict.fromkeys([certificate, *remaining, *own])),
        body={"numbers": proposal.numbers, "certificate_sha256": certificate.sha256},
    )
    # Robust: a disk that refuses must not make an error of what is done; the sweep tries again.
    transaction.on_commit(lambda: remove_files(group), robust=True)
    return certificate


def remove_files(patients: Sequence[Patient]) -> None:
    """Delete the files of people whose key is gone; one that is not there any more is no fault."""
    for path in [*seal.paths_of(patients), *paper.paths_of(patients)]:
        path.unlink(missing_ok=True)


def files_left(patients: Sequence[Patient]) -> int:
    """How many of their files still lie on disk, where nobody can open them."""
    return sum(path.exists() for path in [*seal.paths_of(patients), *paper.paths_of(patients)])


def _destroy(group: Sequence[Patient], *, agent: Agent, at: datetime) -> list[RecordedModel]:
    """The keys, and what is readable beside them; returns the rows that were changed."""
    consents = list(Consent.objects.filter(patient__in=group))
    ids = [str(row.pk) for row in (*group, *consents)]
    Notice.objects.filter(consent__in=consents).delete()
    ReminderDue.objects.filter(consent__in=consents).delete()
    FactCheck.objects.filter(consent__in=consents).delete()
    SealingTask.objects.filter(consent__in=consents).delete()
    links = list(PatientLink.objects.filter(consent__in=consents, revoked_at=None))
    for link in links:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
    tasks = list(StaffTask.objects.filter(consent__in=consents, closed_at=None))
    for task in tasks:
        task.closed_at, task.closed_by, task.closed_by_name = at, agent.id, agent.name or agent.id
        task.ended = TaskEnd.MOOT
        task.save(update_fields=["closed_at", "closed_by", "closed_by_name", "ended"])
    forget_answers(group[0].organization, ids)
    written = destroy_keys(group, agent=agent, at=at)
    return [*written, *consents, *links]


def _told(
    proposal: DisposalProposal, state: Keeping, *, credential: Credential, agent: Agent, at: datetime
) -> dict[str, Any]:
    """The certificate as JSON."""
    organization, facts = proposal.organization, state.facts
    retention = retention_of(organization)
    return {
        "schema": "candour-disposal/1",
        "clinic": organization.name,
        "patient_numbers": proposal.numbers,
        "reason": proposal.reason,
        "proposed_by": proposal.proposed_by_name,
        "proposed_at": utc_text(proposal.proposed_at),
        "confirmed_by": agent.name or agent.id,
        "confirmed_with": Credential(credential).label,
        "disposed_at": utc_text(at),
        "policy": {
            "years": retention.years,
            "rests_on": retention.row.source
            if retention.row
            else "Candour's default; the clinic decided on nothing else",
            "decided_by": retention.row.set_by_name if retention.row else "",
            "decided_at": utc_text(retention.row.set_at) if retention.row else "",
        },
        "last_entry_on": facts.last_entry_on.isoformat(),
        "disposable_from": state.disposable_from.isoformat(),
        "erasure_was_asked_for": facts.erasure_asked_on is not None,
        "consents": [
            _consent_told(consent)
            for consent in Consent.objects.with_standing().filter(patient__in=state.patients).order_by("created_at")
        ],
        "gone": list(GONE),
        "left": list(LEFT),
    }


def _consent_told(consent: Consent) -> dict[str, Any]:
    scans = PaperScan.objects.filter(pack__consent=consent)
    return {
        "reference": consent.reference,
        "status": consent.get_status_display(),
        "why": consent.get_status_reason_display(),
        "issued_at": utc_text(consent.created_at),
        "ended_at": utc_text(consent.changed_at),
        "texts": [row.sha256 for row in consent.documents.order_by("number")],
        "files": [
            {"what": str(row.get_kind_display()), "sha256": row.sha256}
            for row in SealedFile.objects.filter(consent=consent).order_by("sealed_at", "pk")
        ],
        "papers": [file["sha256"] for scan in scans for file in scan.files]
        + [pack.sha256 for pack in PaperPack.objects.filter(consent=consent).order_by("made_at")],
    }


def _account(user_id: str) -> keeping.Account:
    """Who is behind an account, as far as the installation knows."""
    user = User.objects.get(pk=user_id)
    profiles = Practitioner.objects.filter(user=user)
    return keeping.Account(
        id=str(user.pk),
        email=user.email,
        names=(user.full_name, *(row.printed_name for row in profiles)),
        registrations=tuple((row.registration_body, row.registration_number) for row in profiles),
    )


def _names(group: Sequence[Patient]) -> list[str]:
    known = [one.identity for one in group if not one.is_erased]
    return [name for one in known for name in (one.given_name, one.family_name)]


def _written(facts: dict[str, Any]) -> str:
    """The certificate as it is handed out: plain text, one fact a line."""
    policy = facts["policy"]
    numbers = ", ".join(map(str, facts["patient_numbers"]))
    decided = f", decided by {policy['decided_by']} at {policy['decided_at']}" if policy["decided_by"] else ""
    lines = [
        "CERTIFICATE OF DISPOSAL",
        "",
        f"Clinic:          {facts['clinic']}",
        f"Patient number:  {numbers}",
        f"Disposed of at:  {facts['disposed_at']}",
        f"Proposed by:     {facts['proposed_by']}, {facts['proposed_at']}",
        f"Confirmed by:    {facts['confirmed_by']} ({facts['confirmed_with']})",
        f"Why:             {facts['reason']}",
        f"Policy:          {policy['years']} years after the last entry; rests on: {policy['rests_on']}{decided}",
        f"Last entry:      {facts['last_entry_on']}",
        f"Not before:      {facts['disposable_from']}",
        f"Asked for:       {'by the patient' if facts['erasure_was_asked_for'] else 'by nobody; the time had come'}",
        "",
        "Destroyed for good:",
        *(f"- {line}" for line in facts["gone"]),
        "",
        "Left:",
        *(f"- {line}" for line in facts["left"]),
        "",
        "Consents:" if facts["consents"] else "There was no consent.",
    ]
    for one in facts["consents"]:
        why = f" ({one['why']})" if one["why"] else ""
        lines += [
            "",
            f"{one['reference']}: {one['status']}{why}",
            f"  issued {one['issued_at']}, ended {one['ended_at']}",
            *(f"  text   {sha256}" for sha256 in one["texts"]),
            *(f"  file   {file['sha256']}  {file['what']}" for file in one["files"]),
            *(f"  paper  {sha256}" for sha256 in one["papers"]),
        ]
    return "\n".join(lines) + "\n"


def _locked(proposal_id: uuid.UUID) -> DisposalProposal:
    """The proposal, with its patient's records locked, so that it is decided once."""
    locked_group(DisposalProposal.objects.values_list("patient_id", flat=True).get(pk=proposal_id))
    found: DisposalProposal = DisposalProposal.objects.select_related("organization", "refusal", "certificate").get(
        pk=proposal_id
    )
    keeping.check_can_decide(is_open=found.is_open)
    return found
