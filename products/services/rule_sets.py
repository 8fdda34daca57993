"""Import a newer rule set, let a second person decide on it, and file what professionals say of the rules.

A rule set is data. It counts for a clinic from the moment when a second person of that clinic approved it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from audit.models import RecordedModel
from audit.records import Agent
from audit.services import append
from clinic.models import Organization
from products import rules
from products.disclosure import use_of
from products.errors import RuleSetRefusedError
from products.models import Product, RuleReview, RuleSetDecision, RuleSetVersion, rule_set_for
from products.services.evidence import file_evidence
from products.text import clean_line, clean_note
from products.uploads import DOCUMENTS, Upload

MOST_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True)
class ProductChange:
    """A product with one of its uses of which the verdict becomes another."""

    product: Product
    change: rules.VerdictChange


@dataclass(frozen=True)
class ReviewDraft:
    """Who read which rule, when, and the letter that says so; `rule_id` is empty for the whole set."""

    rule_id: str
    reviewer_name: str
    profession: str
    reviewed_on: date
    note: str = ""
    upload: Upload | None = None


@transaction.atomic
def import_rule_set(
    organization: Organization, content: bytes, *, source: str, agent: Agent, at: datetime
) -> RuleSetVersion:
    """Take in a rule set as it is. Nothing changes before a second person approves it.

    Raises `RuleSetError` where it lacks what a verdict or a page needs, `RuleSetRefusedError`.
    """
    organization = Organization.objects.select_for_update().get(pk=organization.pk)
    if len(content) > MOST_BYTES:
        raise RuleSetRefusedError(
            f"The file has {len(content):,} bytes; a rule set has at most {MOST_BYTES:,}. Choose the right file.",
            field="file",
            code="rule_set.too_large",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RuleSetRefusedError(
            "Expected a JSON file in UTF-8. Save it as UTF-8 and choose it again.",
            field="file",
            code="rule_set.encoding",
        ) from error
    rule_set = rules.parse_rule_set(content)
    _check_new(organization, rule_set)
    words = clean_line(source, field="source", most=300)
    if not words:
        raise RuleSetRefusedError("Say where these rules come from.", field="source", code="rule_set.source")
    version = RuleSetVersion.objects.create(
        organization=organization,
        sha256=rule_set.sha256,
        content=text,
        source=words,
        imported_by=agent.id,
        imported_by_name=agent.name or agent.id,
        imported_at=at,
    )
    append(
        "products.rule_set_imported",
        agent=agent,
        occurred_at=at,
        records=[version],
        body={"rule_set_sha256": rule_set.sha256},
    )
    return version


@transaction.atomic
def decide_rule_set(
    version: RuleSetVersion, *, is_approved: bool, reason: str, agent: Agent, at: datetime
) -> RuleSetDecision:
    """Approve an imported rule set, from now on in force at this clinic, or refuse it. By another person than the importer."""
    Organization.objects.select_for_update().get(pk=version.organization_id)
    if RuleSetDecision.objects.filter(version=version).exists():
        raise RuleSetRefusedError("Somebody decided on this version already.", code="rule_set.decided")
    if version.imported_by == agent.id:
        raise RuleSetRefusedError(
            "You imported these rules yourself. Another clinic lead must decide on them.",
            code="rule_set.second_person",
        )
    why = clean_note(reason, field="reason", most=500)
    if not why:
        raise RuleSetRefusedError("Say what you compared, or who advised you.", field="reason", code="rule_set.reason")
    decision = RuleSetDecision.objects.create(
        version=version,
        is_approved=is_approved,
        reason=why,
        decided_by=agent.id,
        decided_by_name=agent.name or agent.id,
        decided_at=at,
    )
    kind = "products.rule_set_approved" if is_approved else "products.rule_set_refused"
    append(kind, agent=agent, occurred_at=at, records=[decision], body={"rule_set_sha256": version.sha256})
    return decision


@transaction.atomic
def record_review(
    organization: Organization, draft: ReviewDraft, *, today: date, agent: Agent, at: datetime
) -> RuleReview:
    """File that a professional read a rule, or all of them, of the set in force. Raises `RuleSetRefusedError`."""
    rule_set = rule_set_for(organization.pk)
    if draft.rule_id and draft.rule_id not in rule_set.entries:
        raise RuleSetRefusedError(
            f"There is no rule {draft.rule_id} in the set in force.", field="rule_id", code="rule_set.unknown_rule"
        )
    if draft.reviewed_on > today:
        raise RuleSetRefusedError("The review lies in the future.", field="reviewed_on", code="date.range")
    named = {name: clean_line(getattr(draft, name), field=name, most=120) for name in ("reviewer_name", "profession")}
    if blank := next((name for name, words in named.items() if not words), None):
        raise RuleSetRefusedError(
            "Enter who read the rules, and in which profession.", field=blank, code="rule_set.reviewer"
        )
    written: list[RecordedModel] = []
    evidence = None
    if draft.upload:
        evidence, is_new = file_evidence(
            organization, draft.upload, allowed=DOCUMENTS, field="evidence", agent=agent, at=at
        )
        written += [evidence] if is_new else []
    review = RuleReview.objects.create(
        organization=organization,
        rule_set_sha256=rule_set.sha256,
        rule_id=draft.rule_id,
        reviewed_on=draft.reviewed_on,
        note=clean_note(draft.note, field="note", most=500),
        evidence=evidence,
        recorded_by=agent.id,
        recorded_by_name=agent.name or agent.id,
        recorded_at=at,
        **named,
    )
    append("products.rules_reviewed", agent=agent, occurred_at=at, records=[review, *written])
    return review


def products_that_change(organization: Organization, after: rules.RuleSet) -> list[ProductChange]:
    """The clinic's products with every intended use here of which the verdict would become another."""
    before = rule_set_for(organization.pk)
    products = Product.objects.at(organization).only("id", "marketed_name", "snapshot", "organization_id")
    uses = [
        (product, use_of(product, jurisdiction=organization.jurisdiction, route=route))
        for product in products
        for route in product.routes
    ]
    changes = rules.verdict_changes((use for _, use in uses), before, after)
    return [ProductChange(product, changes[use]) for product, use in uses if use in changes]


def changed_uses(
    organization: Organization, uses: Iterable[rules.Use], version: RuleSetVersion
) -> dict[rules.Use, rules.VerdictChange]:
    """Which of these uses get another verdict by this version than by the clinic's rules in force."""
    return rules.verdict_changes(uses, rule_set_for(organization.pk), version.rule_set)


def _check_new(organization: Organization, rule_set: rules.RuleSet) -> None:
    if rule_set.sha256 == rule_set_for(organization.pk).sha256:
        raise RuleSetRefusedError("These rules are in force already.", field="file", code="rule_set.in_force")
    if RuleSetVersion.objects.at(organization).filter(sha256=rule_set.sha256).exists():
        raise RuleSetRefusedError(
            "These rules were imported before. Open that version in the list.", field="file", code="rule_set.known"
        )
