"""`manage.py init_clinic`: open a clinic from the command line, asking for what no option gives."""

from __future__ import annotations

import getpass
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from clinic.models import User
from clinic.records import ClinicDetails, PlaceDetails
from clinic.services import FirstAdministrator, open_clinic

PASSWORD_VARIABLE = "CANDOUR_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable
# Option, question, default. None as default: it must be given.
QUESTIONS = (
    ("name", "Name of the clinic", None),
    ("short_code", "Short code (two to four capital letters)", None),
    ("address", "Address (lines separated by commas)", None),
    ("jurisdiction", "Country whose rules apply (ISO 3166, such as GB)", "GB"),
    ("time_zone", "Time zone", "Europe/London"),
    ("emergency_phone", "Phone for emergencies", None),
    ("contact_phone", "Phone for questions", ""),
    ("contact_email", "E-mail for questions", ""),
    ("privacy_notice_url", "Link to the privacy notice", ""),
    ("email", "Your e-mail address", None),
    ("full_name", "Your name", None),
)


class Command(BaseCommand):
    """Exit 0 when the clinic is open; 1 with one line that says what is wrong."""

    help = (
        "Open a clinic with its first lead. Asks for what no option gives. The password comes from a prompt, from the "
        f"file --password-file, or from {PASSWORD_VARIABLE}; never from an option, where others could read it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One option per question."""
        for name, question, _ in QUESTIONS:
            parser.add_argument(f"--{name.replace('_', '-')}", dest=name, help=question)
        parser.add_argument("--location", action="append", default=[], help="name of a location; may be given again")
        parser.add_argument("--logo", type=Path, help="a PNG or JPEG file")
        parser.add_argument("--treats", action="store_true", help="the first lead is a practitioner as well")
        parser.add_argument("--password-file", type=Path, help="a file whose first line is the password")
        parser.add_argument("--no-input", action="store_true", help="ask nothing; what is missing is an error")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, check, open."""
        values = {name: self._answer(name, question, default, options) for name, question, default in QUESTIONS}
        email, full_name = values.pop("email"), values.pop("full_name")
        values["address"] = "\n".join(
            line.strip() for line in values["address"].replace("\n", ",").split(",") if line.strip()
        )
        values["short_code"] = values["short_code"].upper()
        details = ClinicDetails(**values)
        password = self._password(options, User(email=email, full_name=full_name))
        try:
            organization = open_clinic(
                details,
                [PlaceDetails(name, details.address) for name in options["location"]],
                FirstAdministrator(email, full_name, password, options["treats"]),
                source="init_clinic",
                at=timezone.now(),
                logo=self._logo(options["logo"]),
            )
        except Refusal as refusal:
            raise CommandError(f"{refusal.field or 'refused'}: {refusal.message}") from refusal
        self.stdout.write(f"{organization.name} is open. Sign in as {email.strip().lower()}.")

    def _answer(self, name: str, question: str, default: str | None, options: dict[str, Any]) -> str:
        given: str | None = options[name]
        if given is not None:
            return given
        if options["no_input"] or not sys.stdin.isatty():
            if default is None:
                raise CommandError(f"--{name.replace('_', '-')} is missing: {question}")
            return default
        hint = f" [{default}]" if default else ""
        while True:
            typed = input(f"{question}{hint}: ").strip() or default
            if typed is not None:
                return typed

    def _password(self, options: dict[str, Any], user: User) -> str:
        if options["password_file"]:
            try:
                lines = options["password_file"].read_text(encoding="utf-8").splitlines()
            except (OSError, UnicodeDecodeError) as problem:
                raise CommandError(f"the password file cannot be read: {problem}") from problem
            password = lines[0] if lines else ""
        elif PASSWORD_VARIABLE in os.environ:
            password = os.environ[PASSWORD_VARIABLE]
        elif options["no_input"] or not sys.stdin.isatty():
            raise CommandError(f"give the password in --password-file or {PASSWORD_VARIABLE}")
        else:
            password = getpass.getpass("Password: ")
            if getpass.getpass("Password again: ") != password:
                raise CommandError("the two passwords differ")
        try:
            validate_password(password, user)
        except ValidationError as weak:
            raise CommandError("password: " + " ".join(weak.messages)) from weak
        return password

    def _logo(self, path: Path | None) -> bytes | None:
        if path is None:
            return None
        try:
            return path.read_bytes()
        except OSError as problem:
            raise CommandError(f"the logo cannot be read: {problem}") from problem
