"""The consent desk: Rosaline Callus, its batch RSE2601, and a consent of Mara's in each state, made by the real services.

Plain functions, so that tests with and without one shared transaction can use them; fixtures are in conftest.py.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Barrier
from typing import Any

from django.db import connection, connections
from django.db.models import Model
from django.utils import timezone

from audit.records import Agent
from clinic.models import Location, Organization, Patient, Practitioner
from consent import services
from consent.models import Consent, PatientLink
from consent.records import Cost, IssueDraft, Signing, TalkDraft
from consent.vocabulary import LinkWay, SigningMethod
from products.models import Batch, Product
from products.services import BatchDraft, ClaimDraft, PartyDraft, ProductDraft, receive_batch, register_product
from tests.cast import NOW, make_clinic, make_patient, make_practitioner
from tests.memory import remembered

TODAY = date(2026, 11, 23)
COST = Cost(
    total="£430",
    per_session="£215",
    sessions="2",
    extras="None",
    refund_terms="You get all of it back up to the day before.",
)
ROSALINE = ProductDraft(
    marketed_name="DEMO Rosaline Callus (fictional)",
    manufacturer=PartyDraft("Placeholder Botanicals SAS", "FR"),
    gtin="09521104000051",
    claims=(
        ClaimDraft("ev_term_on_label", "EXOSOME_CLAIMED", "STATED"),
        ClaimDraft("origin", "PLANT", "STATED"),
        ClaimDraft("donor_relation", None, "NOT_APPLICABLE", reason="a plant product"),
        ClaimDraft("material", "PLANT_CALLUS", "STATED"),
        ClaimDraft("cell_or_tissue", "PLANT_STEM", "STATED"),
        ClaimDraft("species", "Rosa x damascena", "STATED"),
        ClaimDraft("isolation_methods", {"methods": ["DUC", "FILT"], "detail": "100,000 g 90 min; 0.22 µm"}, "STATED"),
        ClaimDraft("formulation", None, "NOT_STATED"),
        ClaimDraft("intended_routes", ["TOPICAL_INTACT"], "STATED"),
    ),
)
LOT = BatchDraft("RSE2601", date(2028, 1, 19), date(2026, 1, 20))
TALK = TalkDraft(is_able=True, is_free=True, needs="Asked about body image; found nothing.")
MARA_WAS_BORN = {"birth_date_0": "14", "birth_date_1": "3", "birth_date_2": "1984"}


@dataclass(frozen=True)
class Desk:
    """Everything that a consent is made from, and who makes it."""

    clinic: Organization
    practitioner: Practitioner
    patient: Patient
    product: Product
    batch: Batch
    agent: Agent

    @property
    def rows(self) -> tuple[Model, ...]:
        """All that are rows."""
        return (self.clinic, self.practitioner, self.patient, self.product, self.batch)


@dataclass(frozen=True)
class Handed:
    """A consent with the link that the patient holds."""

    consent: Consent
    link: PatientLink
    token: str

    @property
    def sha256(self) -> str:
        """The digest of the Document in force."""
        return Consent.objects.select_related("document").get(pk=self.consent.pk).document.sha256

    def path(self, rest: str = "") -> str:
        """An address below the link."""
        return f"/p/{self.token}/{rest}"


def open_desk(clinic: Organization | None = None, **changes: Any) -> Desk:
    """A clinic with wording, a product, a batch, a practitioner and Mara."""
    clinic = clinic or make_clinic()
    practitioner = changes.get("practitioner") or Practitioner.objects.get(user=make_practitioner(clinic))
    agent = Agent("user", str(practitioner.user_id), clinic.pk, practitioner.printed_name)
    services.first_text(clinic, at=NOW)
    product = register_product(clinic, ROSALINE, agent=agent, at=NOW)
    batch = receive_batch(product, LOT, today=TODAY, agent=agent, at=NOW).batch
    patient = changes.get("patient") or make_patient(clinic)
    return Desk(clinic, practitioner, patient, product, batch, agent)


def issue(desk: Desk, *, at: datetime = NOW, **changes: Any) -> Handed:
    """A consent of this patient, with its link shown as a QR code."""
    draft = IssueDraft(
        **{
            "patient": desk.patient,
            "practitioner": desk.practitioner,
            "product": desk.product,
            "batch": desk.batch,
            "location": Location.objects.at(desk.clinic).first(),
            "route": "TOPICAL_INTACT",
            "jurisdiction": "GB",
            "cost": COST,
            **changes,
        }
    )
    return link_for(desk, services.issue_consent(draft, agent=desk.agent, at=at), at=at)


def link_for(desk: Desk, consent: Consent, *, at: datetime = NOW, way: LinkWay = LinkWay.QR) -> Handed:
    """A new link; the older ones stop working."""
    link, token = services.create_link(consent.pk, way=way, handed_over_by="", agent=desk.agent, at=at)
    return Handed(Consent.objects.get(pk=consent.pk), link, token)


def keys_of(consent: Consent) -> list[str]:
    """The parts of the Document in force, in reading order."""
    fresh = Consent.objects.select_related("document", "patient").get(pk=consent.pk)
    return [part["key"] for part in fresh.document.content["sections"]]


ANSWERS = {
    "reasons": {"hope": "Fewer lines", "worry": "Lumps", "matters": ""},
    "check": {"proven": "c", "long_term": "a", "source": "b", "refuse": "c", "change_mind": "b"},
    "own-words": {"what": "Particles from a rose on my skin", "harm": "Redness", "unknown": "What it does in years"},
    "choices": {"photos_record": "yes", "photos_marketing": "no"},
}


def health(consent: Consent, **changes: str) -> dict[str, str]:
    """A clear no to every health question that is asked, but for the changes."""
    fresh = Consent.objects.select_related("document", "patient").get(pk=consent.pk)
    asked = services.step_of(fresh.document.content, "health")["prompts"]
    return {prompt["key"]: "no" for prompt in asked} | changes


def answer_all(handed: Handed, *, at: datetime = NOW, **changes: dict[str, str]) -> None:
    """Answer every step rightly, but for the changes, with nothing on health that needs a decision."""
    for step, given in {**ANSWERS, "health": health(handed.consent), **changes}.items():
        services.answer_step(handed.consent.pk, step, given, shown_sha256=handed.sha256, at=at)


def read_all(handed: Handed, *, at: datetime = NOW, **answers: dict[str, str]) -> None:
    """Confirm the birth date, mark every part as read, and answer every step."""
    services.confirm_identity(handed.link.pk, date(1984, 3, 14), at=at)
    for number, key in enumerate(keys_of(handed.consent)):
        services.acknowledge(
            handed.consent.pk, key, shown_sha256=handed.sha256, at=at + timedelta(seconds=30 * (number + 1))
        )
    answer_all(handed, at=at + timedelta(minutes=6), **answers)


def issue_lately(desk: Desk) -> Handed:
    """A consent of an hour ago: pages read the real clock, and a link lives thirty days."""
    return remembered("issued lately", lambda: issue(desk, at=timezone.now() - timedelta(hours=1)), *desk.rows)


def read_lately(handed: Handed) -> Handed:
    """The same, read to the end ten minutes later."""
    at = timezone.now() - timedelta(minutes=50)
    remembered("read lately", lambda: read_all(handed, at=at), handed.consent, handed.link)
    return handed


def shown_answers(handed: Handed) -> frozenset[str]:
    """The ids of the answers that the practitioner reads before the declaration."""
    consent = Consent.objects.select_related("document").get(pk=handed.consent.pk)
    return frozenset(str(row.pk) for row in services.latest_answers(consent.document).values())


def strokes(seed: int = 1) -> tuple[tuple[tuple[float, float, int], ...], ...]:
    """A drawn signature; another seed gives another hand."""
    hand = tuple(
        (
            float(round(60 + 7 * step)),
            float(round(200 + 60 * math.sin(step / (2 + seed * 0.37)) + seed % 13)),
            step * (9 + seed % 3),
        )
        for step in range(100)
    )
    return (hand, ((100.0, 330.0, 1200), (800.0, 320.0 + seed % 17, 1500)))


def strokes_text(seed: int = 1) -> str:
    """The same as the page sends it."""
    return json.dumps([[list(point) for point in stroke] for stroke in strokes(seed)])


def signing(handed: Handed, **changes: Any) -> Signing:
    """What the sign page sends: a drawing, and “I mean this”."""
    return Signing(
        **{
            "shown_sha256": handed.sha256,
            "meaning_confirmed": True,
            "method": SigningMethod.DRAWN,
            "strokes": strokes(),
            "typed_name": "",
            "user_agent": "Mozilla/5.0 (Linux; Android 15) Mobile",
            "address": "203.0.113.7",
            **changes,
        }
    )


def signed(desk: Desk, *, seed: int = 1) -> Handed:
    """A consent that Mara has read and signed."""
    handed = issue(desk)
    read_all(handed)
    services.sign_consent(handed.consent.pk, signing(handed, strokes=strokes(seed)), at=NOW + timedelta(minutes=10))
    return handed


def at_once(act: Callable[[int], Any], count: int) -> list[Any]:
    """What `act(1)` to `act(count)` answer, in threads that start together on PostgreSQL."""
    if connection.vendor != "postgresql":
        return [act(number) for number in range(1, count + 1)]
    start = Barrier(count)

    def run(number: int) -> Any:
        try:
            start.wait()
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(1, count + 1)))


def wait_for_a_waiting_lock() -> None:
    """Until somebody else waits for a row that this transaction holds."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            # Blocked by this very connection: other tests run on the same server, and their waiting is not meant.
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)
    raise AssertionError("nobody waits")
