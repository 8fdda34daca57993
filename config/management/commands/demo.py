"""`manage.py demo`: load the demo clinic, seal its signed consents, publish a checkpoint; twice changes nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config import demo


class Command(BaseCommand):
    """Prints the sign-ins and the reference of one sealed consent."""

    help = "Load the fictitious demo clinic; works with nothing else running."

    def handle(self, *args: Any, **options: Any) -> None:
        demo.load(report=lambda step: self.stdout.write(f"- {step}"))
        self.stdout.write("Sign-ins (fictitious people):")
        for person in demo.PEOPLE:
            self.stdout.write(f"  {person.email}  {demo.password()}  {person.role}")
        self.stdout.write(f"A sealed consent: {demo.sealed_reference()}")
