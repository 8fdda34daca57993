"""`manage.py reset_second_factor EMAIL`: the way back for a clinic's only lead."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from clinic.models import User
from clinic.services import reset_second_factor_as_operator


class Command(BaseCommand):
    """Exit 0 when the password alone lets the person in again. The log names the operator."""

    help = "Take away a person's passkeys, authenticator app and recovery codes; they are told at the next sign-in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, and why."""
        parser.add_argument("email")
        parser.add_argument("--reason", default="Reset by the operator on request")

    def handle(self, *args: Any, **options: Any) -> None:
        """Find the person and reset."""
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"nobody here has the address {email}")
        try:
            reset_second_factor_as_operator(user, reason=options["reason"], at=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{email} signs in with the password alone now, and should set a new second factor.")
