"""An old address or number is told that it was taken off the record: whoever changes it behind a patient's back is noticed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from audit import services as audit
from audit.records import Agent
from clinic import services as clinic
from clinic.models import ContactNotice, Organization, Patient
from clinic.vocabulary import ContactWay
from consent.languages import ENGLISH, day_words, isolated, speaking
from consent.models import Document

PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
MOST_ATTEMPTS = 6
MOST_AT_ONCE = 50
# Told a week later it would be news of another time.
GOOD_FOR = timedelta(days=7)


def tell_old_contacts(*, at: datetime) -> int:
    """Send what waits, by mail or text message; returns how many were taken. Without a server or gateway it waits a week."""
    late = ContactNotice.objects.filter(ended_at=None, created_at__lte=at - GOOD_FOR)
    late.update(ended_at=at, answer="late")
    ways = [ContactWay.EMAIL] * clinic.has_mail_server() + [ContactWay.PHONE] * clinic.has_sms_gateway()
    due = ContactNotice.objects.filter(
        Q(next_attempt_at=None) | Q(next_attempt_at__lte=at), ended_at=None, way__in=ways
    )
    # Whichever waits the longest for its next attempt, so that those that are always refused hold up none.
    fair = due.select_related("correction__patient__organization").order_by(
        Coalesce("next_attempt_at", "created_at"), "pk"
    )
    return sum(_tell(notice, at) for notice in fair[:MOST_AT_ONCE])


def _tell(notice: ContactNotice, at: datetime) -> bool:
    patient: Patient = notice.correction.patient
    if patient.is_erased:
        ContactNotice.objects.filter(pk=notice.pk).update(ended_at=at, answer="erased")
        return False
    # Taken for one try in one statement, so that two sweeps at once send it once.
    taken = ContactNotice.objects.filter(pk=notice.pk, attempts=notice.attempts, ended_at=None).update(
        attempts=F("attempts") + 1, next_attempt_at=at + PAUSES[min(notice.attempts, len(PAUSES) - 1)]
    )
    if not taken:
        return False
    subject, text = _words(notice, patient)
    old = notice.correction.before
    if notice.way == ContactWay.EMAIL:
        answer = clinic.send_mail(old.email, subject, text)
    else:
        answer = clinic.send_sms(old.phone, text)
    if answer.is_accepted or notice.attempts + 1 >= MOST_ATTEMPTS:
        _end(notice, patient, answer, at)
    return answer.is_accepted


def _words(notice: ContactNotice, patient: Patient) -> tuple[str, str]:
    """In the language of what the patient read last; it names neither the patient nor any treatment."""
    organization: Organization = patient.organization
    read = Document.objects.filter(consent__patient=patient).order_by("issued_at").last()
    with speaking(read.language if read else ENGLISH):
        subject = gettext("{clinic}: your contact details were changed")
        if notice.way == ContactWay.EMAIL:
            said = gettext("On {day} {clinic} took this e-mail address off your record.")
        else:
            said = gettext("On {day} {clinic} took this phone number off your record.")
        call = gettext("If you did not ask for this, call {phone}.")
        phone = organization.contact_phone or organization.emergency_phone
        day = day_words(organization.local_date(notice.created_at))
        text = f"{said} {call}".format(clinic=organization.name, day=day, phone=isolated(phone))
        return subject.format(clinic=organization.name), f"{text}\n" if notice.way == ContactWay.EMAIL else text


@transaction.atomic
def _end(notice: ContactNotice, patient: Patient, answer: clinic.MailAnswer, at: datetime) -> None:
    ContactNotice.objects.filter(pk=notice.pk).update(ended_at=at, answer=answer.code)
    kind = "consent.old_contact_told" if answer.is_accepted else "consent.old_contact_not_told"
    audit.append(
        kind,
        agent=Agent(kind="system", id="mail", organization_id=patient.organization_id, name="Candour"),
        occurred_at=at,
        body={"number": patient.number, "way": notice.way, "answer": answer.code},
    )
