"""`manage.py rewrap_data_keys`: after a line was added to field_encryption.key."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audit.errors import Refusal
from audit.records import Agent
from clinic.services import rewrap_data_keys


class Command(BaseCommand):
    """Exit 0 when every patient's data key is wrapped under the newest key."""

    help = "Wrap every patient's data key under the last line of field_encryption.key. Older lines must stay."

    def handle(self, *args: Any, **options: Any) -> None:
        """Rewrap and say how many."""
        try:
            count = rewrap_data_keys(agent=Agent("operator", "command-line", None), at=timezone.now())
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{count} data keys wrapped anew.")
