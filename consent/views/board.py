"""What waits, for whom and why; and the list of all consents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic.models import Patient
from clinic.services import open_requests
from clinic.tenancy import ClinicRequest, require_role
from clinic.vocabulary import Role
from consent import disclosure, services
from consent.disclosure import BoardStanding, Placed
from consent.forms.filtering import STANDINGS, Filters, choices, filters
from consent.models import Consent
from consent.views.finding import READERS, may_act
from consent.views.picture import picture_of
from consent.vocabulary import StandingCode
from products.models import EvidenceAlarm, Product
from products.vocabulary import plain_words

ROWS = 30
MOST_ALARMS = 10
# What the board shows of each kind; the counts beside it say how many there are, and lead to all of them.
MOST_WAITING, MOST_THINKING, MOST_OTHERS = 20, 10, 10


@dataclass(frozen=True)
class Row:
    """One line of a list: the consent, where it stands, and the way to the next act."""

    consent: Consent
    standing: BoardStanding
    url: str
    act: str
    act_url: str
    is_overdue: bool = False

    @property
    def name(self) -> str | None:
        """The patient's; None once the patient was erased."""
        patient = self.consent.patient
        return None if patient.is_erased else patient.identity.full_name

    @property
    def treatment(self) -> str:
        """Product and route in plain words."""
        return f"{self.consent.product.marketed_name}, {plain_words('route', self.consent.route)}"


@require_role(*READERS)
@require_safe
def today(request: ClinicRequest) -> HttpResponse:
    """The board: what waits for the clinic, overdue first, then everything else that is under way."""
    now, organization = timezone.now(), request.organization
    asked = filters(request.GET, organization)
    board = services.board(organization, at=now, narrowed=asked.narrowed)
    others, thinking, waiting = board.others(now), board.thinking, board.waiting
    shown = [*waiting[:MOST_WAITING], *thinking[:MOST_THINKING], *others[:MOST_OTHERS]]
    rows = {row.consent.pk: row for row in _rows(request, shown, now)}
    context: dict[str, Any] = {
        "now": now,
        "day": f"{organization.local_date(now):%A %-d %B}",
        "tiles": _tiles(board, asked, now),
        "overdue": board.overdue(now),
        "waiting": [rows[one.pk] for one in waiting[:MOST_WAITING] if one.pk in rows],
        "more_waiting": max(len(waiting) - MOST_WAITING, 0),
        "thinking": [rows[one.pk] for one in thinking[:MOST_THINKING] if one.pk in rows],
        "more_thinking": max(len(thinking) - MOST_THINKING, 0),
        "others": [rows[one.pk] for one in others[:MOST_OTHERS] if one.pk in rows],
        "more_others": max(len(others) - MOST_OTHERS, 0),
        "asked": asked,
        **choices(organization),
        "may_act": may_act(request),
        "alarms": list(EvidenceAlarm.objects.all().shown_to(request.membership)[:MOST_ALARMS]),
        # Counted and not listed: one new rule may concern every consent there is.
        "changed": board.counts[StandingCode.CHANGED],
        "picture": picture_of(services.counts_over_time(organization, at=now)),
    }
    if request.membership.has_role(Role.CLINIC_LEAD):
        context["late_requests"] = sum(row.due_on < organization.local_date(now) for row in open_requests(organization))
    if not board.placed:
        context |= {
            "has_consents": Consent.objects.at(organization).exists(),
            "has_products": Product.objects.at(organization).exists(),
            "has_patients": Patient.objects.at(organization).exists(),
        }
    return render(request, "consent/today.html", context)


@require_role(*READERS)
@require_safe
def consents(request: ClinicRequest) -> HttpResponse:
    """All consents, by where they stand, who treats, where, with what, when, or by reference."""
    now, organization = timezone.now(), request.organization
    asked = filters(request.GET, organization)
    found = asked.consents(organization, at=now)
    page = Paginator(found.values_list("pk", flat=True), ROWS).get_page(request.GET.get("page"))
    shown = services.places_on_page(list(page.object_list), organization, at=now)
    return render(
        request,
        "consent/consents.html",
        {
            "now": now,
            "page": page,
            "rows": _rows(request, shown, now),
            "asked": asked,
            "question": asked.question(),
            **choices(organization),
            "standing": asked.standing,
            "words": asked.words,
            "patient": asked.patient,
            "is_begun": bool(shown) or asked.is_any or asked.is_refused or asked.patient is not None,
            "may_act": may_act(request),
            "may_export": bool(request.membership.roles & services.EXPORTERS),
            "standings": STANDINGS,
        },
    )


def _rows(request: ClinicRequest, places: Sequence[Placed], now: datetime) -> list[Row]:
    """One row for each place, newest consent first."""
    acting = may_act(request)
    rows = []
    for consent, place in services.read_rows(request.organization, places):
        standing = disclosure.told_as(consent, place, at=now)
        url = act_url = reverse("consent", args=[consent.pk])
        act, next_name = standing.act, standing.next_url_name
        if not acting or (next_name == "consent_declare" and consent.practitioner.user_id != request.user.pk):
            act = "Open"
        elif next_name != "consent":
            act_url = reverse(next_name, args=[consent.pk])
        rows.append(Row(consent, standing, url, act, act_url, is_overdue=place.due_at < now))
    return rows


def _tiles(board: services.Board, asked: Filters, now: datetime) -> list[dict[str, Any]]:
    counts = board.counts
    tiles = (
        (counts[StandingCode.QUESTION], "question to answer", "questions to answer", StandingCode.QUESTION.value),
        (counts[StandingCode.NOT_OPENED], "not yet opened", "not yet opened", StandingCode.NOT_OPENED.value),
        (counts[StandingCode.THINKING], "in time to think", "in time to think", StandingCode.THINKING.value),
        (board.unsealed, "not sealed yet", "not sealed yet", services.UNSEALED),
    )
    base = reverse("consents")
    return [
        {"count": count, "label": one if count == 1 else many, "url": f"{base}{asked.question(standing=code)}"}
        for count, one, many, code in tiles
    ]
