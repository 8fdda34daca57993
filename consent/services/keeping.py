"""Until when each patient's record is kept, and what keeps it: read from the rows and the log, decided by `consent.keeping`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from clinic.models import Organization, Patient
from clinic.services import Retention, patient_group, requests_of, retention_of, standing_holds
from clinic.vocabulary import RequestKind
from consent import keeping
from consent.keeping import KeepingFacts, Obstacle
from consent.models import Consent, StaffTask
from consent.services.duties import OUTLIVES
from consent.services.remains import last_entries, rows_about
from consent.services.seal import waiting
from consent.vocabulary import ConsentStatus

OPEN = (ConsentStatus.DRAFT, ConsentStatus.ACTIVE)


@dataclass(frozen=True)
class Keeping:
    """One person's record: the patients that it is about, since when and until when it is kept, and what stands in the way."""

    patients: tuple[Patient, ...]
    facts: KeepingFacts
    disposable_from: date
    obstacles: tuple[Obstacle, ...]

    @property
    def patient(self) -> Patient:
        """The record that stands for the person."""
        return self.patients[0]

    @property
    def is_kept(self) -> bool:
        """Whether the time, a hold or a consent in force keeps it: what an erasure may be refused with."""
        return any(one.code in ("disposal.too_early", "disposal.held", "disposal.open") for one in self.obstacles)

    @property
    def kept_until(self) -> date | None:
        """The day until which the time keeps it; None where it is over."""
        is_early = any(one.code == "disposal.too_early" for one in self.obstacles)
        return self.disposable_from if is_early else None

    @property
    def is_due(self) -> bool:
        """Whether nothing stands in the way today."""
        return not self.obstacles


def keeping_of(patient: Patient, *, at: datetime) -> Keeping:
    """How one patient's record stands, with all that are merged with it."""
    return keepings([patient_group(patient)], patient.organization, at=at)[0]


def keepings(people: Sequence[Sequence[Patient]], organization: Organization, *, at: datetime) -> list[Keeping]:
    """The same for many people of one clinic."""
    retention, today = retention_of(organization), organization.local_date(at)
    last = last_entries(rows_about(people))
    unsealed = {consent for consent, _ in waiting()}
    found = []
    for group in people:
        facts = _facts(group, organization, retention, last.get(group[0].pk), unsealed)
        found.append(
            Keeping(tuple(group), facts, keeping.disposable_from(facts), keeping.obstacles(facts, today=today))
        )
    return found


def disposal_candidates(organization: Organization, *, at: datetime) -> list[Patient]:
    """Patients whose last act may be so long ago that their time has come, and those who never had a consent and ask for erasure.

    Wider than what is due: the day itself is counted from the log, for the rows that a page shows.
    """
    years = retention_of(organization).years
    # A day more, for clinics whose day begins after that of the database.
    cutoff = keeping.years_before(organization.local_date(at), years) + timedelta(days=1)
    theirs = Consent.objects.filter(Q(patient=OuterRef("pk")) | Q(patient__merged_into=OuterRef("pk")))
    late = theirs.filter(Q(status__in=OPEN) | Q(changed_at__date__gt=cutoff))
    standing = Patient.objects.at(organization).current().annotate(is_treated=Exists(theirs))
    old = Q(~Exists(late), registered_at__date__lte=cutoff)
    asked = Q(is_treated=False, requests__kind=RequestKind.ERASURE, requests__answer=None)
    return list(standing.filter(old | asked).distinct().order_by("registered_at", "number"))


def _facts(
    group: Sequence[Patient],
    organization: Organization,
    retention: Retention,
    last: datetime | None,
    unsealed: set[UUID],
) -> KeepingFacts:
    consents = list(Consent.objects.filter(patient__in=group).order_by("created_at"))
    waiting_for = [row for row in requests_of(group) if row.is_open]
    erasures = [row.received_on for row in waiting_for if row.kind == RequestKind.ERASURE]
    return KeepingFacts(
        last_entry_on=organization.local_date(last or min(one.registered_at for one in group)),
        years=retention.years,
        has_consents=bool(consents),
        open_references=tuple(one.reference for one in consents if one.status in OPEN),
        unsealed_references=tuple(one.reference for one in consents if one.pk in unsealed),
        holds=len(standing_holds(group)),
        waiting_requests=tuple(
            RequestKind(row.kind).label.partition(":")[0] for row in waiting_for if row.kind != RequestKind.ERASURE
        ),
        waiting_tasks=tuple(
            f"{task.get_kind_display()} ({task.consent.reference})"
            for task in StaffTask.objects.open().filter(OUTLIVES, consent__in=consents).select_related("consent")
        ),
        erasure_asked_on=min(erasures, default=None),
        is_erased=all(one.is_erased for one in group),
    )
