"""The rules of law: the set in force, asking it, importing a newer one, and deciding on it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from clinic.vocabulary import Role
from products import rules
from products.forms.inputs import add_refusal
from products.forms.rules import AskForm, DecisionForm, ImportRulesForm, ReviewForm
from products.models import RegulatoryRecord, RuleReview, RuleSetVersion, rule_set_for
from products.places import place_words
from products.services import decide_rule_set, import_rule_set, products_that_change, record_review
from products.views.found import READERS, moment_and_day
from products.vocabulary import RegStatus, RuleSeverity

KINDS = {RuleSeverity.STOP: "stop", RuleSeverity.WARN: "warn", RuleSeverity.INFO: "quiet"}


@require_safe
@require_role(*READERS)
def rules_page(request: ClinicRequest) -> HttpResponse:
    """The set in force with every row, its sources and who reviewed it; versions that wait; records to check again."""
    _, today = moment_and_day(request)
    organization = request.organization
    rule_set = rule_set_for(organization.pk)
    place = rules.rule_area(organization.jurisdiction, rule_set)
    versions = RuleSetVersion.objects.at(organization).select_related("decision").order_by("-imported_at", "id")
    due = RegulatoryRecord.objects.at(organization).to_check_again_on(today).select_related("product")
    return render(
        request,
        "products/rules.html",
        {
            "rule_set": rule_set,
            "imported": RuleSetVersion.objects.at(organization).in_force(),
            "rows": _rows(rule_set, place),
            "others": _rows(rule_set, place, elsewhere=True),
            "place": place_words(organization.jurisdiction),
            "versions": versions,
            "reviews": RuleReview.objects.at(organization).filter(rule_set_sha256=rule_set.sha256),
            "due": [{"record": record, "place": place_words(record.jurisdiction)} for record in due],
            "today": today,
            "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
        },
    )


@require_safe
@require_role(*READERS)
def rules_ask(request: ClinicRequest) -> HttpResponse:
    """The verdict on any use, with every rule that matched. Nothing is written, so the question stands in the address."""
    asked = bool(request.GET)
    form = AskForm(request.GET or None, jurisdiction=request.organization.jurisdiction)
    verdict = None
    if asked and form.is_valid():
        use = form.use
        rule_set = rule_set_for(request.organization.pk)
        verdict = rules.verdict(use.jurisdiction, use.origin, use.donor_relation, use.route, rule_set)
    context = {
        "form": form,
        "verdict": verdict,
        "severity": RuleSeverity(verdict.severity) if verdict else None,
        "kind": KINDS[RuleSeverity(verdict.severity)] if verdict else "",
        "status": _status_words(verdict.status) if verdict else "",
    }
    return render(request, "products/rules_ask.html", context, status=422 if asked and form.errors else 200)


@require_role(Role.CLINIC_LEAD)
def rules_import(request: ClinicRequest) -> HttpResponse:
    """Take in a newer rule set; it waits for a second person."""
    now, _ = moment_and_day(request)
    form = ImportRulesForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = import_rule_set(
                request.organization,
                form.cleaned_data["file"].read(),
                source=form.cleaned_data["source"],
                agent=agent_of(request),
                at=now,
            )
        except Refusal as refusal:
            add_refusal(form, refusal, {"": "file"})
        else:
            messages.success(request, "Imported. It counts once another clinic lead has approved it.")
            return redirect("rule_set", version.pk)
    return render(
        request, "products/rules_import.html", {"form": form}, status=422 if form.is_bound and form.errors else 200
    )


@require_role(*READERS)
def rule_set(request: ClinicRequest, version_id: UUID) -> HttpResponse:
    """One imported version: what it changes, which products get another verdict, and the decision."""
    now, _ = moment_and_day(request)
    version = get_object_or_404(
        RuleSetVersion.objects.at(request.organization).select_related("decision"), pk=version_id
    )
    decided = getattr(version, "decision", None)
    is_lead = request.membership.has_role(Role.CLINIC_LEAD)
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not is_lead:
        return redirect("rule_set", version.pk)
    if request.method == "POST" and form.is_valid():
        is_approved = form.cleaned_data["decision"] == "approve"
        try:
            decide_rule_set(
                version, is_approved=is_approved, reason=form.cleaned_data["reason"], agent=agent_of(request), at=now
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "These rules are in force now." if is_approved else "Refused. Nothing changed.")
            return redirect("rule_set", version.pk)
    before = rule_set_for(request.organization.pk)
    return render(
        request,
        "products/rule_set.html",
        {
            "version": version,
            "decided": decided,
            "diff": _diff_words(rules.rule_set_diff(before, version.rule_set)),
            "is_in_force": before.sha256 == version.sha256,
            "changes": products_that_change(request.organization, version.rule_set) if decided is None else [],
            "form": form,
            "may_decide": is_lead and decided is None and version.imported_by != str(request.user.pk),
            "is_own": version.imported_by == str(request.user.pk),
        },
        status=422 if form.is_bound and form.errors else 200,
    )


@require_role(Role.CLINIC_LEAD)
def rules_review(request: ClinicRequest) -> HttpResponse:
    """File that a professional read the rules in force."""
    now, today = moment_and_day(request)
    in_force = rule_set_for(request.organization.pk)
    form = ReviewForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        rule_set=in_force,
        initial={"rule_id": request.GET.get("rule", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            record_review(request.organization, form.draft(), today=today, agent=agent_of(request), at=now)
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, "The review is on file. Pages and new texts name the reviewer.")
            return redirect("rules")
    return render(
        request,
        "products/rules_review.html",
        {"form": form, "rule_set": in_force},
        status=422 if form.is_bound and form.errors else 200,
    )


def _rows(rule_set: rules.RuleSet, area: str, *, elsewhere: bool = False) -> list[dict[str, Any]]:
    """The rows of the clinic's own area and those for every place; or all the others."""
    own = {area, "*"}
    return [
        {
            "rule": row.match,
            "source_group": row.source_group.replace("_", " ").lower(),
            "groups": ", ".join(sorted(row.route_groups)),
            "severity": RuleSeverity(row.match.severity),
            "kind": KINDS[RuleSeverity(row.match.severity)],
            "status": _status_words(row.match.status),
        }
        for row in rule_set.rows
        if (row.match.jurisdiction in own) != elsewhere
    ]


def _status_words(status: str) -> str:
    return str(RegStatus(status).label) if status in RegStatus.values else "Adds a warning"


def _diff_words(diff: rules.RuleSetDiff) -> dict[str, Any]:
    """The difference with each value as a person reads it."""
    return {
        "is_empty": diff.is_empty,
        "added": diff.added,
        "removed": diff.removed,
        "places_changed": diff.places_changed,
        "changed": [
            {
                "id": row.id,
                "fields": [
                    {"name": one.field.replace("_", " "), "before": _value(one.before), "after": _value(one.after)}
                    for one in row.fields
                ],
            }
            for row in diff.changed
        ],
    }


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
