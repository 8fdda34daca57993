"""How the clinic reminds its patients."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework.response import Response

from clinic.rest import ActView, ReadView
from clinic.vocabulary import Role
from consent import services
from consent.serializers.drafts import ReminderPolicySerializer


class Reminders(ReadView, ActView):
    """When patients are reminded, and how many times at most."""

    writers: ClassVar[frozenset[Role]] = frozenset({Role.CLINIC_LEAD})
    shows = ReminderPolicySerializer
    takes = ReminderPolicySerializer
    answers_with = 200

    def found(self, **place: Any) -> Any:
        """The clinic's policy, or the default."""
        return services.reminder_policy(self.organization)

    def act(self, draft: Any, **place: Any) -> Response:
        """Decide, from the next message on; `most` 0 reminds nobody."""
        return self.done(services.set_reminder_policy(self.organization, **draft, agent=self.agent, at=self.now))
