"""The demo clinic: fictitious people, patients and products, made by the same acts that a real clinic uses.

Harbour Clinic has one consent in each state, so that every page is worth looking at. Loading it twice changes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit.models import Log, LogEntry
from audit.records import Agent
from audit.services import publish_checkpoint
from clinic import services as clinic
from clinic.models import Membership, Organization, Patient, Practitioner
from clinic.records import ClinicDetails, PatientIdentity, PlaceDetails, PractitionerDetails, StaffInvitation
from clinic.vocabulary import Role
from config import keys
from consent import services as consent
from consent.models import Consent, SealedFile
from consent.records import Cost, IssueDraft, Signing, TalkDraft
from consent.vocabulary import LinkWay, SealKind, SigningMethod
from products.models import Batch
from products.services import samples
from products.vocabulary import RuleSeverity

CLINIC = "Harbour Clinic"
PASSWORD_FILE = "demo_password"  # noqa: S105 - the name of a file


@dataclass(frozen=True)
class Person:
    """Somebody who works at the demo clinic."""

    email: str
    name: str
    role: str
    roles: frozenset[Role]
    register: tuple[str, str] = ("", "")


LEAD = Person(
    "a.tern@harbour.example",
    "Dr Asha Tern",
    "clinic lead and practitioner",
    frozenset({Role.CLINIC_LEAD, Role.PRACTITIONER}),
    ("General Medical Council (fictitious)", "0000001"),
)
SECOND_LEAD = Person("b.skua@harbour.example", "Bo Skua", "second clinic lead", frozenset({Role.CLINIC_LEAD}))
PRACTITIONER = Person(
    "m.petrel@harbour.example",
    "Mira Petrel",
    "practitioner",
    frozenset({Role.PRACTITIONER}),
    ("Nursing and Midwifery Council (fictitious)", "00A0002E"),
)
AUDITOR = Person("c.heron@auditor.example", "Cal Heron", "auditor", frozenset({Role.AUDITOR}))
PEOPLE = (LEAD, PRACTITIONER, SECOND_LEAD, AUDITOR)

PATIENTS = (
    PatientIdentity("Mara", "Ilves", date(1984, 3, 14), "mara.ilves@example.org", "+447700900123"),
    PatientIdentity("Tom", "Reyes", date(1979, 11, 2)),
    PatientIdentity("Ines", "Okafor", date(1991, 6, 30)),
    PatientIdentity("娜", "李", date(1988, 1, 9)),
    PatientIdentity("Ada", "Novák", date(1966, 8, 21)),
    PatientIdentity("Yusuf", "Demir", date(1995, 4, 5)),
    PatientIdentity("نور", "الهاشمي", date(1990, 12, 17)),
    PatientIdentity("Grete", "Lindqvist", date(1958, 2, 28)),
    PatientIdentity("Ánh", "Nguyễn Thị", date(1983, 7, 7)),
)

COST = Cost(
    total="£430",
    per_session="£430",
    sessions="1",
    extras="Sun cream, £18, if you want it",
    refund_terms="All of it back until the product is opened. After that, nothing.",
)
ROSE, LASER = ("RSE2601", "TOPICAL_INTACT"), ("COL26-07", "TOPICAL_LASER")
STROKES = (
    ((90.0, 210.0, 0), (130.0, 90.0, 40), (150.0, 215.0, 80), (190.0, 100.0, 130), (215.0, 220.0, 170)),
    (
        (260.0, 180.0, 320),
        (285.0, 150.0, 350),
        (310.0, 200.0, 380),
        (335.0, 160.0, 410),
        (365.0, 205.0, 450),
        (420.0, 150.0, 500),
        (470.0, 205.0, 560),
        (540.0, 165.0, 620),
        (690.0, 190.0, 700),
    ),
)


def is_loaded() -> bool:
    """Whether this installation holds the demo clinic."""
    return (settings.KEY_DIR / PASSWORD_FILE).exists() and Organization.objects.filter(name=CLINIC).exists()


def password() -> str:
    """The one password of all demo people: made at random for each installation, so that no demo is open to the world."""
    return (settings.KEY_DIR / PASSWORD_FILE).read_text(encoding="ascii").strip()


def sealed_reference() -> str:
    """The reference of one signed and sealed consent."""
    file = SealedFile.objects.select_related("consent").filter(kind=SealKind.SIGNED).order_by("sealed_at").first()
    return file.consent.reference if file else ""


def load(report: Callable[[str], None]) -> None:
    """Make the demo clinic where there is none; `report` is told each step. Seals and publishes without a worker."""
    if not LogEntry.objects.exists():
        keys.create_missing(settings.KEY_DIR)
    if not is_loaded():
        _make_password()
        _make_everything(timezone.now(), report)
    report("seals and checkpoints")
    finish()


@transaction.atomic
def _make_everything(now: datetime, report: Callable[[str], None]) -> None:
    """All of it or nothing, so that a start which somebody interrupts can be repeated."""
    report("the clinic and its people")
    organization = _open_clinic(now - timedelta(days=30))
    report("products and batches")
    _register_products(organization, now - timedelta(days=20))
    report("patients and consents")
    _Consents(organization).make_all(now)


def finish() -> None:
    """Publish checkpoints and seal what waits, until nothing waits: what the worker does otherwise."""
    for _ in range(3):
        at = timezone.now()
        for log in Log.objects.all():
            publish_checkpoint(log, at=at)
        for consent_id, kind in consent.waiting():
            consent.seal_document(consent_id, kind, at=at)
    for log in Log.objects.all():
        publish_checkpoint(log, at=timezone.now())


def _make_password() -> None:
    path: Path = settings.KEY_DIR / PASSWORD_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(f"harbour-{secrets.token_hex(4)}\n", encoding="ascii")


def _agent(membership: Membership) -> Agent:
    return Agent("user", str(membership.user_id), membership.organization_id, membership.user.full_name)


def _member(organization: Organization, person: Person) -> Membership:
    return Membership.objects.select_related("user", "organization").get(
        organization=organization, user__email=person.email
    )


def _open_clinic(at: datetime) -> Organization:
    address = "4 Quay Street (fictitious)\nPortsmouth\nPO0 0AA"
    organization = clinic.open_clinic(
        ClinicDetails(
            name=CLINIC,
            short_code="HC",
            address=address,
            jurisdiction="GB",
            time_zone="Europe/London",
            emergency_phone="023 0000 0112",
            contact_phone="023 0000 0100",
            contact_email="desk@harbour.example",
            privacy_notice_url="https://harbour.example/privacy",
        ),
        [PlaceDetails("Quay Street", address)],
        clinic.FirstAdministrator(LEAD.email, LEAD.name, password(), treats=True),
        source="demo",
        at=at,
    )
    lead = _agent(_member(organization, LEAD))
    for person in (PRACTITIONER, SECOND_LEAD, AUDITOR):
        _, token = clinic.invite_staff(organization, StaffInvitation(person.email, person.roles), agent=lead, at=at)
        membership = clinic.join_as_new_person(token, full_name=person.name, password=password(), at=at)
        for grant in membership.role_grants.filter(decided_at=None):
            if person is AUDITOR:
                clinic.confirm_role(grant, agent=_agent(_member(organization, SECOND_LEAD)), at=at)
            else:
                clinic.confirm_role_as_operator(grant, at=at)
    for person in (LEAD, PRACTITIONER):
        clinic.change_practitioner(
            _member(organization, person),
            PractitionerDetails(person.name, person.register[0], person.register[1], "https://register.example/"),
            agent=lead,
            at=at,
        )
    return organization


def _register_products(organization: Organization, at: datetime) -> None:
    for spec in samples.sample_set()["products"]:
        samples.demo_product(
            spec,
            organization=organization,
            agent=_agent(_member(organization, PRACTITIONER)),
            releaser=_agent(_member(organization, SECOND_LEAD)),
            at=at,
            today=organization.local_date(at),
        )


STEPS = {
    "reasons": {
        "hope": "Softer lines around my eyes.",
        "worry": "Lumps under the skin.",
        "matters": "I sing on Fridays.",
    },
    "own-words": {
        "what": "A serum with tiny particles from rose cells, put on my face.",
        "harm": "Redness, an allergy, or that nothing happens.",
        "unknown": "What it does after years, and whether it works at all.",
    },
    "choices": {"photos_record": "yes", "photos_marketing": "no", "contact_later": "yes"},
}


class _Consents:
    """Makes the consents of the demo, each step at its own time."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self.staff = _agent(_member(organization, PRACTITIONER))
        self.practitioner = Practitioner.objects.get(organization=organization, user__email=PRACTITIONER.email)

    def make_all(self, now: datetime) -> None:
        """One consent for each place on the board."""
        mara, tom, ines, li_na, ada, yusuf, nur, grete, anh = (
            clinic.register_patient(self.organization, identity, agent=self.staff, at=now - timedelta(days=12))
            for identity in PATIENTS
        )
        hours = timedelta(hours=1)
        active = self.signed(ada, ROSE, now - 8 * 24 * hours)
        self.declared(active, now - 7 * 24 * hours)
        taken_back = self.signed(grete, ROSE, now - 6 * 24 * hours)
        self.declared(taken_back, now - 5 * 24 * hours)
        consent.withdraw_consent(
            taken_back.pk,
            "I talked it over at home and would rather wait.",
            received_by="",
            agent=None,
            at=now - 4 * 24 * hours,
        )
        declined = self.opened(yusuf, LASER, now - 50 * hours)
        consent.decline_consent(declined.pk, "I want to wait until more is known.", at=now - 49 * hours)
        self.signed(tom, ROSE, now - 26 * hours)
        self.opened(ines, LASER, now - 20 * hours, parts=4)
        asking = self.opened(mara, ROSE, now - 3 * hours, parts=2)
        consent.ask_question(
            asking.pk,
            "product",
            "Is it safe if I am allergic to roses?",
            shown_sha256=self.shown(asking),
            at=now - hours * 2 / 3,
        )
        self.sent(li_na, ROSE, now - 25 * hours)
        self.sent(nur, LASER, now - 5 * hours)
        self.issued(anh, ROSE, now - hours / 2)

    def issued(self, patient: Patient, use: tuple[str, str], at: datetime) -> Consent:
        lot, route = use
        batch = Batch.objects.select_related("product").get(product__organization=self.organization, lot_number=lot)
        draft = IssueDraft(
            patient=patient,
            practitioner=self.practitioner,
            product=batch.product,
            batch=batch,
            location=self.organization.locations.first(),
            route=route,
            jurisdiction="GB",
            cost=COST,
        )
        rules = consent.preview(draft, at=at)["disclosure"]["standing"]["rules"]
        warned = tuple(rule["id"] for rule in rules if rule["severity"] == RuleSeverity.WARN)
        return consent.issue_consent(replace(draft, acknowledged_rules=warned), agent=self.staff, at=at)

    def sent(self, patient: Patient, use: tuple[str, str], at: datetime) -> Consent:
        made = self.issued(patient, use, at)
        consent.create_link(made.pk, way=LinkWay.QR, handed_over_by="", agent=self.staff, at=at)
        return made

    def opened(self, patient: Patient, use: tuple[str, str], at: datetime, *, parts: int = 9) -> Consent:
        made = self.sent(patient, use, at)
        link = made.links.get()
        consent.confirm_identity(link.pk, patient.identity.birth_date, at=at + timedelta(minutes=5))
        made = Consent.objects.get(pk=made.pk)
        for minute, section in enumerate(self.sections(made)[:parts]):
            consent.acknowledge(made.pk, section, shown_sha256=self.shown(made), at=at + timedelta(minutes=6 + minute))
        return made

    def answered(self, made: Consent, at: datetime, **health: str) -> None:
        """Every step answered; the health questions with a clear no, but for what is named."""
        document = made.document
        asked = {step["key"]: step["prompts"] for step in document.content["steps"]} if document else {}
        given = {
            **STEPS,
            "health": {prompt["key"]: "no" for prompt in asked["health"]} | health,
            "check": {prompt["key"]: prompt["right"] for prompt in asked["check"]},
        }
        for minute, (step, answers) in enumerate(given.items()):
            consent.answer_step(
                made.pk, step, answers, shown_sha256=self.shown(made), at=at + timedelta(minutes=minute)
            )

    def declared(self, made: Consent, at: datetime) -> None:
        """The practitioner has read what the patient wrote, and declares."""
        made = Consent.objects.select_related("document").get(pk=made.pk)
        latest = consent.latest_answers(made.document) if made.document else {}
        read = frozenset(str(row.pk) for row in latest.values())
        talk = TalkDraft(
            is_able=True, is_free=True, needs="Asked about body image and pressure from others; found nothing."
        )
        consent.declare(made.pk, self.practitioner, read=read, talk=talk, agent=self.staff, at=at)

    def signed(self, patient: Patient, use: tuple[str, str], at: datetime) -> Consent:
        made = self.opened(patient, use, at)
        self.answered(made, at + timedelta(minutes=17))
        signing = Signing(
            shown_sha256=self.shown(made),
            meaning_confirmed=True,
            method=SigningMethod.DRAWN,
            strokes=shifted(STROKES, made),
            typed_name="",
            user_agent="Demo",
            address="127.0.0.1",
        )
        consent.sign_consent(made.pk, signing, at=at + timedelta(minutes=25))
        return made

    @staticmethod
    def shown(made: Consent) -> str:
        return made.document.sha256 if made.document else ""

    @staticmethod
    def sections(made: Consent) -> list[str]:
        return [part["key"] for part in made.document.content["sections"]] if made.document else []


def shifted(
    strokes: tuple[tuple[tuple[float, float, int], ...], ...], made: Consent
) -> tuple[tuple[tuple[float, float, int], ...], ...]:
    """The strokes, a little different for each consent: nobody draws the same line twice."""
    tilt = made.pk.int % 40_961 / 1024 - 20
    return tuple(tuple((x, y + tilt * x / 1000, time) for x, y, time in stroke) for stroke in strokes)
