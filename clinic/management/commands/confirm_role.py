"""`manage.py confirm_role EMAIL ROLE`: the second person where a clinic has no second lead."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from clinic.models import RoleGrant
from clinic.services import confirm_role_as_operator
from clinic.vocabulary import NEEDS_SECOND_PERSON


class Command(BaseCommand):
    """Exit 0 when the role is in force. The log names the operator as who confirmed."""

    help = "Confirm a role that a clinic lead proposed and that no second lead is there to confirm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, what, and where when they work in several clinics."""
        parser.add_argument("email")
        parser.add_argument("role", choices=sorted(role.value for role in NEEDS_SECOND_PERSON))
        parser.add_argument("--clinic", default="", help="short code, where the person works in several clinics")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the one proposal that waits, and confirm it."""
        email = options["email"].strip().lower()
        grants = RoleGrant.objects.waiting().filter(membership__user__email=email, role=options["role"])
        if options["clinic"]:
            grants = grants.filter(organization__short_code=options["clinic"].upper())
        found = list(grants.select_related("organization", "membership__user"))
        if not found:
            raise CommandError(f"no role {options['role']} waits for {email}; a clinic lead proposes it first")
        if len(found) > 1:
            codes = ", ".join(grant.organization.short_code for grant in found)
            raise CommandError(f"this role waits in several clinics ({codes}); choose with --clinic")
        try:
            confirm_role_as_operator(found[0], at=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{email} is {found[0].get_role_display().lower()} at {found[0].organization.name}.")
