"""`manage.py check_standing`: what the rules of law say of one use. Nothing is written."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from clinic.models import Organization
from products import rules
from products.errors import RuleSetError
from products.models import rule_set_for
from products.records import Verdict
from products.vocabulary import DonorRelation, Origin, PlainChoices, Route, RuleSeverity

REFUSED = 1
VOCABULARIES: dict[str, type[PlainChoices]] = {"origin": Origin, "donor": DonorRelation, "route": Route}


class Command(BaseCommand):
    """Exit 0 with the verdict, whatever it is; 1 where a code is none of ours, naming those that are."""

    help = "Say what the rules hold of one use of a product, with every rule that matched."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--jurisdiction", required=True, help="ISO 3166: GB, GB-NIR, DE, US, ...")
        parser.add_argument("--origin", required=True, help="for example HUMAN, PLANT")
        parser.add_argument("--donor", default="UNKNOWN", help="for example ALLOGENEIC; UNKNOWN where it is not stated")
        parser.add_argument("--route", required=True, help="for example TOPICAL_MN")
        parser.add_argument(
            "--clinic", help="short code of a clinic whose rule set counts; without it, the shipped rules"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            verdict = self._verdict(options)
        except CommandError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"error": {"code": "standing.code", "message": str(error)}}, indent=2))
                sys.exit(REFUSED)
            raise
        self.stdout.write(
            json.dumps(as_json(verdict), indent=2, ensure_ascii=False) if options["json"] else words(verdict)
        )

    def _verdict(self, options: dict[str, Any]) -> Verdict:
        for name, vocabulary in VOCABULARIES.items():
            if options[name] not in vocabulary.values:
                raise CommandError(
                    f"--{name}: “{options[name]}” is none of {', '.join(vocabulary.values)}.", returncode=REFUSED
                )
        try:
            return rules.verdict(
                options["jurisdiction"], options["origin"], options["donor"], options["route"], self._rule_set(options)
            )
        except RuleSetError as error:
            raise CommandError(error.message, returncode=REFUSED) from error

    def _rule_set(self, options: dict[str, Any]) -> rules.RuleSet:
        if not options["clinic"]:
            return rules.current_rule_set()
        found = Organization.objects.filter(short_code=options["clinic"]).first()
        if found is None:
            known = ", ".join(Organization.objects.values_list("short_code", flat=True)) or "none"
            raise CommandError(
                f"--clinic: there is no clinic {options['clinic']}; known are: {known}.", returncode=REFUSED
            )
        return rule_set_for(found.pk)


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict as the command prints it; `sentences` are what a patient reads."""
    return {
        "severity": verdict.severity,
        "status": verdict.status,
        "rules": [rule.id for rule in verdict.rules],
        "sentences": [rule.patient_sentence for rule in verdict.rules],
    }


def words(verdict: Verdict) -> str:
    """The verdict for a person: the severity, then rule by rule."""
    lines = [f"{verdict.severity}: {RuleSeverity(verdict.severity).label} ({verdict.status})"]
    for rule in verdict.rules:
        lines += ["", f"{rule.id} ({rule.severity}, as of {rule.as_of}, {rule.reviewed_by or 'not yet reviewed'})"]
        lines += [rule.warn_clinic, f"A patient reads: {rule.patient_sentence}"]
        lines += [f"What would change it: {rule.what_would_change_it}"] if rule.what_would_change_it else []
    return "\n".join(lines)
