"""Two tables such as rooms have, and one service over them; imported after django.setup()."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from audit import services
from audit.models import RecordedModel
from audit.records import Agent

AGENT = Agent("user", "3f0d4f9e-7f43-4a5e-9b5e-0d3f8c1f2a10", uuid.UUID(int=1), "Dr Tamsin Okoro")

with isolate_apps("audit"):

    class Subject(RecordedModel):
        """What is acted on, as a batch or a consent is: a row whose state moves."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        organization_id = models.UUIDField(default=uuid.uuid4)
        status = models.CharField(max_length=20, default="draft")
        reference = models.CharField(max_length=40, default="HC-7F3K-2Q9M")
        changed_at = models.DateTimeField(null=True)
        note = models.TextField(default="")

        class Meta:
            app_label = "audit"

    class Step(RecordedModel):
        """What is written, as a claim or a signature is: a row that stays."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        subject_id = models.UUIDField()
        field = models.CharField(max_length=60)
        value = models.JSONField(default=dict)
        amount = models.DecimalField(max_digits=12, decimal_places=3, null=True)
        recorded_at = models.DateTimeField()
        recorded_by = models.CharField(max_length=64)

        class Meta:
            app_label = "audit"


@transaction.atomic
def act(subject_id: uuid.UUID, turn: int, *, is_logged: bool) -> None:
    """Lock, write a step, move the subject's state, and log it or not."""
    at = datetime.now(UTC)
    subject = Subject.objects.select_for_update().get(pk=subject_id)
    step = Step.objects.create(
        subject_id=subject_id,
        field="size",
        value={"d50_nm": 118.4, "method": "NTA"},
        amount=Decimal(turn),
        recorded_at=at,
        recorded_by=AGENT.id,
    )
    subject.status = "active" if turn % 4 < 2 else "draft"
    subject.changed_at = at
    subject.save(update_fields=["status", "changed_at"])
    if is_logged:
        services.append("step.taken", agent=AGENT, occurred_at=at, records=[step, subject], body={"turn": turn})


@contextmanager
def laid_open() -> Iterator[uuid.UUID]:
    """A database of its own with both tables; yields the key of a subject, then drops the database."""
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with connection.schema_editor() as editor:
            editor.create_model(Subject)
            editor.create_model(Step)
        yield Subject.objects.create().pk
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
