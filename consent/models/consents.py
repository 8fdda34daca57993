"""Consents.

A consent's place on the board follows from its rows (`consent.services.placing`), never from a stored state.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from audit.models import RecordedModel
from clinic.errors import ErasedError
from clinic.models import Location, Organization, Patient, Practitioner
from consent import changes, rules
from consent.models.studies import Study
from consent.records import TreatmentFacts
from consent.vocabulary import ConsentStatus, MarkKind, MarkOutcome, SealKind, StatusReason, TextType
from products.disclosure import standing
from products.models import Batch, Product
from products.vocabulary import Route, route_group

# The board keeps what ended for a week; nobody thinks for longer than the longest time to think, and a day for time zones.
ENDED_LATELY = timedelta(days=7)
LONGEST_THINKING = timedelta(days=max(rules.DAYS_TO_THINK.values()) + 1)
LONGEST_OWN_THINKING = timedelta(days=rules.MOST_DAYS_TO_THINK + 1)


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Questions about consents."""

    def at(self, organization: Organization) -> Self:
        """Those of one clinic: every query of a page starts here."""
        return self.filter(organization=organization)

    def open(self) -> Self:
        """Those on which somebody still has something to do."""
        return self.filter(status=ConsentStatus.DRAFT)

    def for_patient(self, patient: Patient) -> Self:
        """Those of one patient, under whichever of their records they were signed."""
        root = patient.merged_into_id or patient.pk
        return self.filter(Q(patient=root) | Q(patient__merged_into=root))

    def locked(self, consent_id: uuid.UUID) -> Consent:
        """The consent for an act that adds to it, locked. Raises ErasedError where the record was disposed of meanwhile.

        The patient is read once the lock is there: PostgreSQL joins before it waits, and what is sealed under a key that was
        destroyed during the wait could be read by nobody.
        """
        consent = self.locked_as_it_is(consent_id)
        if consent.patient.is_erased:
            raise ErasedError("The record of this patient was disposed of, so nothing can be added to it any more.")
        return consent

    def locked_as_it_is(self, consent_id: uuid.UUID) -> Consent:
        """The same also where the record was disposed of: for what then has nothing to do, and does nothing."""
        consent = self.select_for_update(of=("self",)).get(pk=consent_id)
        consent.patient = Patient.objects.get(pk=consent.patient_id)
        return consent

    def with_standing(self) -> Self:
        """With all that the consent's page reads, in a fixed number of queries."""
        return self.select_related(
            "patient",
            "product",
            "batch",
            "practitioner",
            "organization",
            "document",
            "signature",
            "declaration",
            "decline__proxy",
            "withdrawal__proxy",
            "reminder_due",
            "reminder_stop",
        ).prefetch_related(
            "links",
            "questions",
            "openings",
            "acknowledgements",
            "sealed_files__times",
            "sealing_tasks",
            "notices",
            "clearances__checks",
            "step_answers__review",
            "sooner_requests__answer",
            "endings",
            "capacity_doubts__decision",
            "review_marks__decision",
            "people__marks",
            "people__checks",
            "paper_packs__handover",
        )


class Consent(RecordedModel):
    """One patient's decision about one product, by one route, in one place."""

    late_fields: ClassVar = {"corrects_id": None, "study_id": None}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+", null=True)
    reference = models.CharField(max_length=20, unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+", null=True)
    route = models.CharField(max_length=20, choices=Route)
    jurisdiction = models.CharField(max_length=10)
    status = models.CharField(max_length=20, choices=ConsentStatus, default=ConsentStatus.DRAFT)
    status_reason = models.CharField(max_length=20, choices=StatusReason, blank=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, related_name="corrected_by", null=True)
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="consents", null=True)
    document = models.ForeignKey("consent.Document", on_delete=models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["organization", "-created_at"], name="consent_newest"),
            models.Index(fields=["organization", "status", "changed_at"], name="consent_by_status"),
        )
        constraints = (
            models.CheckConstraint(
                name="consent_reason_when_stopped",
                condition=Q(status__in=[ConsentStatus.INACTIVE, ConsentStatus.NOT_DONE]) & ~Q(status_reason="")
                | ~Q(status__in=[ConsentStatus.INACTIVE, ConsentStatus.NOT_DONE]) & Q(status_reason=""),
            ),
        )

    def __str__(self) -> str:
        return self.reference

    def with_text_in_force(self) -> Self:
        """A consent that was just locked, with its text.

        PostgreSQL joins before it waits for a lock: where the text was written anew meanwhile, the locked row names a text
        that the join has not found.
        """
        if self.document is None and self.document_id is not None:
            self.refresh_from_db(fields=["document"])
        return self

    @property
    def text_type(self) -> TextType:
        """What it is a consent to: a treatment, or a treatment in a research study."""
        return TextType.RESEARCH if self.study_id else TextType.TREATMENT

    @property
    def first_opened_at(self) -> datetime | None:
        """When the text that was signed, or that is in force, was first opened, or handed over on paper."""
        wanted = self._counted_document_id
        opened = [row.opened_at for row in self.openings.all() if row.document_id == wanted]
        packs = [row for row in self.paper_packs.all() if row.document_id == wanted and row.is_handed_over]
        return min([*opened, *(row.handover.handed_over_at for row in packs)], default=None)

    @property
    def days_to_think(self) -> int:
        """The days that the text promises; of a text from before it said so, the default of its route."""
        document = self.document
        if document is None or document.pk != self._counted_document_id:
            document = self.documents.filter(pk=self._counted_document_id).first()
        days = document.days_to_think if document else None
        return rules.DAYS_TO_THINK[route_group(self.route).value] if days is None else days

    @property
    def thinking_until(self) -> date | None:
        """The first local day after the whole time to think, counted from the first opening of the text that counts."""
        opened = self.first_opened_at
        return rules.treat_from(self.organization.local_date(opened) if opened else None, self.days_to_think)

    @property
    def sooner(self) -> Any:
        """The request to be treated sooner to which the patient said yes, about the text that counts; None without one."""
        agreed = [
            row for row in self.sooner_requests.all() if row.is_agreed and row.document_id == self._counted_document_id
        ]
        return min(agreed, key=lambda row: row.treat_on, default=None)

    @property
    def treat_from(self) -> date | None:
        """The first local day on which the patient may be treated: after the time to think, or sooner where they agreed."""
        whole, sooner = self.thinking_until, self.sooner
        return whole if whole is None or sooner is None else min(whole, sooner.treat_on)

    @property
    def _counted_document_id(self) -> Any:
        signature = getattr(self, "signature", None)
        return signature.document_id if signature else self.document_id

    @property
    def ending(self) -> Any:
        """The row that says who ended it, when and why; None for a decline, a withdrawal, and records of before."""
        return max(self.endings.all(), key=lambda row: row.ended_at, default=None)

    @property
    def open_doubt(self) -> Any:
        """The doubt about capacity that waits for a clinician; None without one."""
        return next((row for row in self.capacity_doubts.all() if row.is_open), None)

    @property
    def marks(self) -> list[Any]:
        """What has changed under the text that counts, oldest first; marks on a text that was replaced count no more."""
        return [row for row in self.review_marks.all() if row.document_id == self.document_id]

    def treatment_facts(self, batch: Batch, on: date) -> TreatmentFacts:
        """What the check at the chair decides on; the rules are asked again as they stand that day."""
        signature = getattr(self, "signature", None)
        now = standing(self.product, jurisdiction=self.jurisdiction, route=self.route, on=on)
        then = signature.document.content["disclosure"]["standing"] if signature else {}
        stands = {
            row.change_sha256 for row in self.marks if not row.is_open and row.decision.outcome == MarkOutcome.STANDS
        }
        bound = self.clearances.all()[:1] if self.batch_id is None else ()
        return TreatmentFacts(
            status=self.status,
            consented_product=str(self.product_id),
            consented_batch=str(self.batch_id) if self.batch_id else None,
            bound_batch=next((str(row.batch_id) for row in bound), None),
            product=str(batch.product_id),
            batch=str(batch.pk),
            batch_status=batch.status,
            expiration_date=batch.expiration_date,
            on=on,
            treat_from=self.treat_from,
            superseded=signature is not None and signature.document_id != self.document_id,
            standing_changed=bool(then)
            and any(change.sha256 not in stands for change in changes.standing_changes(then, now.as_json())),
            is_sealed=any(row.kind == SealKind.SIGNED for row in self.sealed_files.all()),
            undecided_kinds=tuple(MarkKind(row.kind).label for row in self.marks if row.is_open),
            is_paused=self.open_doubt is not None,
            ask_again=any(not row.is_open and row.decision.outcome == MarkOutcome.ASK_AGAIN for row in self.marks),
        )
