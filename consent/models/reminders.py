"""Reminders by mail: the clinic's policy, the patient's “do not remind me”, and when the next one is due."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, RecordedModel
from clinic.models import Organization
from consent.models.consents import Consent
from consent.models.documents import PatientLink


class ReminderPolicy(RecordedModel):
    """After how many days a clinic reminds, how often, and how many times at most; `most` 0 reminds nobody."""

    organization = models.OneToOneField(Organization, on_delete=models.PROTECT, primary_key=True, related_name="+")
    first_after_days = models.PositiveSmallIntegerField(default=3)
    every_days = models.PositiveSmallIntegerField(default=7)
    most = models.PositiveSmallIntegerField(default=2)

    class Meta:
        constraints = (
            models.CheckConstraint(
                name="consent_reminders_in_range",
                condition=Q(first_after_days__range=(1, 30), every_days__range=(1, 30), most__lte=5),
            ),
        )

    def __str__(self) -> str:
        return f"reminders of {self.organization_id}"


class ReminderStop(AppendOnlyModel, RecordedModel):
    """The patient does not want to be reminded of this consent again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="reminder_stop")
    link = models.ForeignKey(PatientLink, on_delete=models.PROTECT, related_name="+")
    stopped_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"no reminders of {self.consent_id}"


class ReminderDue(models.Model):
    """When the next reminder is looked at: work to do, no evidence. Whether it is sent is decided then."""

    consent = models.OneToOneField(Consent, on_delete=models.CASCADE, primary_key=True, related_name="reminder_due")
    next_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"reminder of {self.consent_id} at {self.next_at}"
