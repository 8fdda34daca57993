"""What waits, for whom and why; and the list of all consents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.models import Patient
from clinic.tenancy import ClinicRequest, require_role
from consent import disclosure
from consent.disclosure import BoardStanding
from consent.forms.issue import uuid_or_none
from consent.models import Consent, ReviewMark
from consent.models.consents import ConsentQuerySet
from consent.views.finding import READERS, may_act
from consent.vocabulary import ConsentStatus, StandingCode, StatusReason
from products.models import EvidenceAlarm, Product
from products.vocabulary import plain_words

ROWS = 50
MOST_ALARMS = 10
UNSEALED = "unsealed"
# A draft as well as an active consent can stand here.
MAY_BE_EITHER = (
    StandingCode.SEAL_PENDING,
    StandingCode.CHANGED,
    StandingCode.ASK_AGAIN,
    StandingCode.BATCH_CHANGED,
    UNSEALED,
)
# The row's own large columns are not read for a list.
UNREAD = ("document__sealed_content", "signature__sealed_record", "signature__document__sealed_content")


@dataclass(frozen=True)
class Row:
    """One line of a list: the consent, where it stands, and the way to the next act."""

    consent: Consent
    standing: BoardStanding
    act: str
    act_url: str

    @property
    def treatment(self) -> str:
        """Product and route in plain words."""
        return f"{self.consent.product.marketed_name}, {plain_words('route', self.consent.route)}"


@require_role(*READERS)
@require_safe
def today(request: ClinicRequest) -> HttpResponse:
    """The board: what waits for the clinic first, then everything else that is under way."""
    now = timezone.now()
    consents = Consent.objects.at(request.organization).on_board(now).with_standing().defer(*UNREAD[:2])
    rows = _rows(request, consents, now)
    waiting = [row for row in rows if row.standing.is_waiting]
    others = [row for row in rows if not row.standing.is_waiting]
    thinking = [row for row in others if row.standing.code == StandingCode.THINKING]
    context: dict[str, Any] = {
        "now": now,
        "day": f"{request.organization.local_date(now):%A %-d %B}",
        "tiles": _tiles(rows),
        "waiting": sorted(waiting, key=lambda row: row.standing.since),
        "thinking": sorted(thinking, key=lambda row: row.consent.treat_from or now.date()),
        "others": sorted(
            (row for row in others if row not in thinking), key=lambda row: row.standing.since, reverse=True
        )[:ROWS],
        "may_act": may_act(request),
        "alarms": list(EvidenceAlarm.objects.all().shown_to(request.membership)[:MOST_ALARMS]),
        # Counted and not listed: one new rule may concern every consent there is.
        "changed": ReviewMark.objects.at(request.organization).open().values("consent").distinct().count(),
    }
    if not rows:
        context |= {
            "has_consents": Consent.objects.at(request.organization).exists(),
            "has_products": Product.objects.at(request.organization).exists(),
            "has_patients": Patient.objects.at(request.organization).exists(),
        }
    return render(request, "consent/today.html", context)


@require_role(*READERS)
@require_safe
def consents(request: ClinicRequest) -> HttpResponse:
    """All consents, by where they stand or by reference."""
    now = timezone.now()
    standing, words = request.GET.get("standing", ""), request.GET.get("q", "").strip().upper()
    patient = _patient(request)
    found = Consent.objects.at(request.organization).with_standing().defer(*UNREAD[:2])
    if words:
        found = found.filter(reference__contains=words)
    if patient is not None:
        found = found.for_patient(patient)
    rows: Any = found
    if standing in StandingCode.values or standing == UNSEALED:
        rows = [
            consent
            for consent in _narrowed(found, standing)
            if _fits(disclosure.standing_of(consent, at=now), standing)
        ]
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    return render(
        request,
        "consent/consents.html",
        {
            "now": now,
            "page": page,
            "rows": _rows(request, page.object_list, now),
            "standing": standing,
            "words": words,
            "patient": patient,
            "may_act": may_act(request),
            "standings": [("", "All"), *StandingCode.choices, (UNSEALED, "Signed, not sealed")],
        },
    )


def _rows(request: ClinicRequest, consents: Iterable[Consent], now: datetime) -> list[Row]:
    acting = may_act(request)
    rows = []
    for consent in consents:
        standing = disclosure.standing_of(consent, at=now)
        if acting and not (
            standing.next_url_name == "consent_declare" and consent.practitioner.user_id != request.user.pk
        ):
            rows.append(Row(consent, standing, standing.act, reverse(standing.next_url_name, args=[consent.pk])))
        else:
            rows.append(Row(consent, standing, "Open", reverse("consent", args=[consent.pk])))
    return rows


def _tiles(rows: list[Row]) -> list[dict[str, Any]]:
    counts = {
        ("question to answer", "questions to answer", StandingCode.QUESTION.value): 0,
        ("not yet opened", "not yet opened", StandingCode.NOT_OPENED.value): 0,
        ("in time to think", "in time to think", StandingCode.THINKING.value): 0,
        ("signed, not sealed", "signed, not sealed", UNSEALED): 0,
    }
    for row in rows:
        for key in counts:
            counts[key] += _fits(row.standing, key[2])
    base = reverse("consents")
    return [
        {"count": count, "label": one if count == 1 else many, "url": f"{base}?standing={code}"}
        for (one, many, code), count in counts.items()
    ]


def _fits(standing: BoardStanding, wanted: str) -> bool:
    return standing.is_unsealed if wanted == UNSEALED else standing.code == wanted


def _narrowed(found: ConsentQuerySet, standing: str) -> ConsentQuerySet:
    """What the database can leave out before the words of each row are worked out."""
    reasons = {
        StandingCode.DECLINED: StatusReason.DECLINED,
        StandingCode.WITHDRAWN: StatusReason.WITHDRAWN,
        StandingCode.VOIDED: StatusReason.VOIDED,
        StandingCode.SUPERSEDED: StatusReason.SUPERSEDED,
        StandingCode.LAPSED: StatusReason.LAPSED,
    }
    if standing in reasons:
        return found.filter(status_reason=reasons[StandingCode(standing)])
    if standing == StandingCode.ERROR:
        return found.filter(status=ConsentStatus.ENTERED_IN_ERROR)
    if standing in (StandingCode.ACTIVE, StandingCode.THINKING):
        return found.filter(status=ConsentStatus.ACTIVE)
    if standing in MAY_BE_EITHER:
        return found.filter(Q(status=ConsentStatus.DRAFT) | Q(status=ConsentStatus.ACTIVE))
    return found.filter(status=ConsentStatus.DRAFT)


def _patient(request: ClinicRequest) -> Patient | None:
    chosen = uuid_or_none(request.GET.get("patient"))
    found: Patient | None = Patient.objects.at(request.organization).filter(pk=chosen).first() if chosen else None
    return found
