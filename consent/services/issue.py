"""Making a consent: the template in force, the Document composed from the record, the link handed over."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from audit import services as audit
from audit.errors import Refusal
from audit.records import JSON, Agent
from clinic.errors import TextRefusedError
from clinic.models import Organization, Patient
from clinic.services import seal_for_patient
from consent import document, rules, wording
from consent.claims_guard import claims
from consent.errors import IssueRefusedError, TransitionError
from consent.languages import ENGLISH, catalogue, sentences, speaking
from consent.languages import language as language_of
from consent.models import Consent, Document, Notice, Opening, PatientLink, Signature
from consent.records import Cost, DocumentFacts, IssueDraft, IssueFacts, Person, Personal, TextInForce, canonical
from consent.services.duties import close_tasks
from consent.services.letters import letter_code, letter_digest
from consent.services.news import corrects, news_for
from consent.services.read import link_agent
from consent.services.steps import screening_policies
from consent.services.studies import hold_study
from consent.services.terms import terms_of
from consent.services.texts import check_is_offered, first_text, text_to_compose
from consent.vocabulary import ConsentStatus, LinkWay, TaskEnd, TaskKind
from products import disclosure
from products.models import Batch
from products.vocabulary import plain_words, route_group

# Crockford's letters without those that are misread or spell words.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@transaction.atomic
def issue_consent(draft: IssueDraft, *, agent: Agent, at: datetime) -> Consent:
    """Decide whether a form may be issued, compose its Document and record both.

    Issuing the same draft twice answers with the first consent. Raises IssueRefusedError with the rule's own words
    where the law says stop, and UnderAgeError.
    """
    organization = draft.patient.organization
    patient = Patient.objects.select_for_update().get(pk=draft.patient.pk)
    if patient.merged_into_id:
        raise IssueRefusedError(
            "This record is merged into another one of the same patient. Issue the consent there.",
            code="patient.merged",
            field="patient",
        )
    if patient.is_erased:
        raise IssueRefusedError(
            "The record of this patient was disposed of. Register them anew.", code="patient.erased", field="patient"
        )
    if draft.consent_id and (
        existing := Consent.objects.for_patient(draft.patient).filter(pk=draft.consent_id).first()
    ):
        return existing
    if draft.consent_id and Consent.objects.filter(pk=draft.consent_id).exists():
        raise IssueRefusedError("This form was used for somebody else. Begin again.", code="consent.form_used")
    if draft.corrects is not None:
        rules.check_can_correct(
            status=draft.corrects.status, is_same_patient=draft.corrects.patient_id == draft.patient.pk
        )
    consent = _drafted(draft, new_reference(organization), at)
    consent.save()
    written = _write_document(consent, draft.cost, draft.personal, number=1, at=at, language=draft.language)
    consent.document = written
    consent.save(update_fields=["document"])
    audit.append(
        "consent.issued",
        agent=agent,
        occurred_at=at,
        records=[consent, written],
        body={**_named(consent, written), "acknowledged_rules": list(draft.acknowledged_rules)},
    )
    return consent


@transaction.atomic
def reissue_document(
    consent_id: uuid.UUID,
    *,
    batch: Batch | None,
    cost: Cost | None,
    agent: Agent,
    at: datetime,
    personal: Personal | None = None,
    language: str | None = None,
) -> Document:
    """Compose the Document anew from today's record, before anybody signed; older links stop working.

    Without `cost`, `personal` or `language` those of the Document in force are taken over.
    """
    consent = Consent.objects.locked(consent_id)
    if consent.status != ConsentStatus.DRAFT or Signature.objects.filter(consent=consent).exists():
        raise TransitionError("What was signed stays as it is. Issue a new consent instead.", code="consent.signed")
    consent.batch = batch
    number = consent.documents.aggregate(last=Max("number"))["last"] + 1
    written = _write_document(
        consent,
        cost or cost_of(consent),
        personal_of(consent) if personal is None else personal,
        number=number,
        at=at,
        language=language or (consent.document.language if consent.document else ENGLISH),
    )
    consent.document, consent.changed_at = written, at
    consent.save(update_fields=["document", "batch", "changed_at"])
    revoked = _revoke_links(consent, at)
    # Marks on the older text count no more, and a message about it needs not arrive.
    moot = close_tasks(consent, TaskKind.CHANGED, TaskKind.NOT_REACHED, agent=agent, at=at, ended=TaskEnd.MOOT)
    audit.append(
        "consent.document_superseded",
        agent=agent,
        occurred_at=at,
        records=[consent, written, *revoked, *moot],
        body=_named(consent, written),
    )
    return written


@transaction.atomic
def create_link(
    consent_id: uuid.UUID, *, way: LinkWay, handed_over_by: str, agent: Agent, at: datetime
) -> tuple[PatientLink, str]:
    """A new way in for the patient; the older ones stop working. Returns the link and its token, shown this once."""
    consent = Consent.objects.locked(consent_id)
    if consent.status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE) or consent.document is None:
        raise TransitionError("This consent is closed, so it has no link.", code="consent.closed")
    if way == LinkWay.EMAIL and not settings.EMAIL_HOST:
        raise TransitionError("No mail server is set up. Show the QR code instead.", code="mail.none")
    if way == LinkWay.EMAIL and not consent.patient.identity.email:
        raise TransitionError(
            "No e-mail address is on record for this patient. Show the QR code instead.", code="mail.no_address"
        )
    revoked = _revoke_links(consent, at)
    link = PatientLink(
        consent=consent,
        document=consent.document,
        way=way,
        handed_over_by=handed_over_by if way == LinkWay.HANDOVER else "",
        created_at=at,
        expires_at=at + timedelta(days=settings.PATIENT_LINK_DAYS),
    )
    token = token_of(link)
    link.token_sha256 = hashlib.sha256(token.encode()).hexdigest()
    if way == LinkWay.LETTER:
        link.letter_sha256 = letter_digest(letter_code(link))
    link.save(force_insert=True)
    if way == LinkWay.EMAIL:
        with speaking(consent.document.language):
            subject = gettext("{clinic}: information about your planned appointment")
        Notice.objects.create(
            organization=consent.organization,
            consent=consent,
            link=link,
            created_at=at,
            subject=subject.format(clinic=consent.organization.name),
        )
    closed = close_tasks(consent, TaskKind.NOT_REACHED, TaskKind.NEW_LINK, agent=agent, at=at)
    audit.append("consent.link_made", agent=agent, occurred_at=at, records=[link, *revoked, *closed])
    return link, token


def token_of(link: PatientLink) -> str:
    """The secret part of a patient's link: 256 bits, derived from the row, so that it need not be stored."""
    return (
        base64.urlsafe_b64encode(salted_hmac("consent.patient_link", str(link.pk), algorithm="sha256").digest())
        .rstrip(b"=")
        .decode()
    )


def link_address(token: str) -> str:
    """The whole address that a patient opens; built from BASE_URL, never from a request."""
    return f"{settings.BASE_URL}/p/{token}/"


def new_reference(organization: Organization) -> str:
    """A reference that a person can read out: HC-7F3K-2Q9M."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{organization.short_code}-{letters[:4]}-{letters[4:]}"


@transaction.atomic
def choose_language(consent_id: uuid.UUID, link_id: uuid.UUID, tag: str, *, at: datetime) -> Document:
    """The patient chooses the language to read in: the Document is composed anew in it, and the same link opens it.

    Raises TransitionError, in words for the patient, where no text can be written in it, and once something was signed.
    """
    consent = Consent.objects.locked(consent_id)
    if consent.status != ConsentStatus.DRAFT or Signature.objects.filter(consent=consent).exists():
        raise TransitionError("What was signed stays in the language in which it was read.", code="consent.signed")
    link = PatientLink.objects.get(pk=link_id, consent=consent)
    if consent.document is not None and consent.document.language == tag:
        return consent.document
    number = consent.documents.aggregate(last=Max("number"))["last"] + 1
    try:
        written = _write_document(consent, cost_of(consent), personal_of(consent), number=number, at=at, language=tag)
    except Refusal as why:
        # Why is for staff, who read it where they write the text anew.
        raise TransitionError(
            "This cannot be shown in another language now. You can go on in the one that you have, or ask the clinic.",
            code=why.code,
        ) from why
    consent.document, consent.changed_at = written, at
    consent.save(update_fields=["document", "changed_at"])
    link.document = written
    link.save(update_fields=["document"])
    # The same visit goes on in another language: who is there was confirmed at its beginning.
    before = Opening.objects.filter(link=link).last()
    opening = Opening.objects.create(
        consent=consent,
        document=written,
        link=link,
        opened_at=at,
        assurance=before.assurance if before else "",
        code=before.code if before else None,
    )
    who = link_agent(consent)
    moot = close_tasks(consent, TaskKind.CHANGED, agent=who, at=at, ended=TaskEnd.MOOT)
    audit.append(
        "consent.language_chosen",
        agent=who,
        occurred_at=at,
        records=[consent, written, link, opening, *moot],
        body={**_named(consent, written), "language": tag},
    )
    return written


def preview(draft: IssueDraft, *, at: datetime) -> dict[str, Any]:
    """The Document that would be issued, without writing anything. Raises what `issue_consent` would."""
    consent = _drafted(draft, "PREVIEW", at)
    text = text_to_compose(consent.organization, on=at, language=draft.language, text_type=consent.text_type)
    check_is_offered(consent.organization, draft.language, on=at, text_type=consent.text_type)
    return _compose(consent, draft.cost, draft.personal, text, at)


def _drafted(draft: IssueDraft, reference: str, at: datetime) -> Consent:
    """The unsaved consent of a draft: what is previewed and what is issued are made in one place."""
    return Consent(
        id=draft.consent_id or uuid.uuid4(),
        organization=draft.patient.organization,
        location=draft.location,
        reference=reference,
        patient=draft.patient,
        practitioner=draft.practitioner,
        product=draft.product,
        batch=draft.batch,
        route=draft.route,
        jurisdiction=draft.jurisdiction,
        corrects=draft.corrects,
        study=draft.study,
        created_at=at,
        changed_at=at,
    )


def _write_document(
    consent: Consent, cost: Cost, personal: Personal, *, number: int, at: datetime, language: str
) -> Document:
    hold_study(consent)
    template = first_text(consent.organization, at=at, language=language, text_type=consent.text_type)
    composed = _compose(consent, cost, personal, template.in_force, at)
    content = canonical(composed)
    written = Document(
        consent=consent,
        number=number,
        template=template,
        language=language,
        sha256=hashlib.sha256(content).hexdigest(),
        section_count=len(composed["sections"]),
        days_to_think=composed["treatment"]["days_to_think"],
        issued_at=at,
    )
    written.sealed_content = seal_for_patient(consent.patient, content, binding=f"consent.document:{written.pk}")
    written.save()
    return written


def _compose(consent: Consent, cost: Cost, personal: Personal, template: TextInForce, at: datetime) -> dict[str, Any]:
    """The Document in the language of its text: words of the register, of the rules and of the clinic alike."""
    with speaking(template.language):
        return _composed(consent, cost, personal, template, at)


def _check_promises_nothing(personal: Personal) -> None:
    """A reason to treat is the clinic's own word, so it may promise no more than the text does."""
    for reason in personal.reasons:
        if found := claims(reason):
            raise TextRefusedError(
                f"“{found[0].words}” promises more than is known ({found[0].rule}). Say why in plain words, or leave it out.",
                code="reasons.claim",
                field="reasons",
            )


def _composed(consent: Consent, cost: Cost, personal: Personal, template: TextInForce, at: datetime) -> dict[str, Any]:
    organization, identity = consent.organization, consent.patient.identity
    on = at.astimezone(ZoneInfo(organization.time_zone)).date()
    rules.check_place(consent.jurisdiction, organization.jurisdiction)
    _check_promises_nothing(personal)
    facts = disclosure.of(
        consent.product, consent.batch, route=consent.route, jurisdiction=consent.jurisdiction, on=on
    ).as_json()
    standing, origin = facts["standing"], facts["claims"].get("origin")
    _check_rules_are_said(template.language, standing["rules"])
    rules.check_can_issue(
        IssueFacts(
            birth_date=identity.birth_date,
            on=on,
            severity=standing["severity"],
            stop_sentences=tuple(
                f"{rule['warn_clinic']} (rule {rule['id']})" for rule in standing["rules"] if rule["severity"] == "STOP"
            ),
            is_lifted=bool(standing.get("lifted")),
            batch_lot=consent.batch.lot_number if consent.batch else "",
            batch_status=consent.batch.status if consent.batch else "",
            expiration_date=consent.batch.expiration_date if consent.batch else None,
            origin_is_recorded="origin" in consent.product.snapshot,
            practitioner_has_registration=bool(consent.practitioner.registration_number),
        )
    )
    study = consent.study.facts if consent.study else None
    if study is not None:
        rules.check_can_join(study)
    practitioner = consent.practitioner
    return document.compose(
        DocumentFacts(
            reference=consent.reference,
            issued_at=at,
            language=template.language,
            time_zone=organization.time_zone,
            clinic={
                "name": organization.name,
                "address": [line.strip() for line in organization.address.splitlines() if line.strip()],
                "emergency_phone": organization.emergency_phone,
                "contact_phone": organization.contact_phone,
                "contact_email": organization.contact_email,
                "privacy_notice_url": organization.privacy_notice_url,
                "location": consent.location.name if consent.location else "",
            },
            practitioner=Person(
                name=practitioner.printed_name,
                registration_body=practitioner.registration_body,
                registration_number=practitioner.registration_number,
                register_url=practitioner.register_url,
            ),
            given_name=identity.given_name,
            family_name=identity.family_name,
            birth_date=identity.birth_date,
            route=consent.route,
            route_words=plain_words("route", consent.route),
            route_group=route_group(consent.route).value,
            jurisdiction=consent.jurisdiction,
            jurisdiction_words=gettext(wording.place(consent.jurisdiction)),
            status_words=plain_words("reg_status", standing["status"])
            if standing["status"] != "-"
            else gettext("Not classed"),
            template=template,
            disclosure=facts,
            origin=(origin or {}).get("value") or "UNKNOWN",
            cost=cost,
            personal=personal,
            news=news_for(consent),
            corrects=corrects(consent),
            screening=screening_policies(organization),
            days_to_think=terms_of(organization).days_to_think[route_group(consent.route).value],
            study=study,
        )
    )


def _check_rules_are_said(tag: str, found: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a Document that would say a rule in another language than the rest: a clinic's newer rule set may be untranslated."""
    known = catalogue(tag)
    unsaid = [rule["id"] for rule in found if not all(one in known for one in sentences(rule["patient_sentence"]))]
    if tag != ENGLISH and unsaid:
        raise IssueRefusedError(
            f"The rules that apply here ({', '.join(unsaid)}) are not translated into {language_of(tag).english_name}. Use English, with an interpreter.",
            code="language.rule_untranslated",
            field="language",
        )


def cost_of(consent: Consent) -> Cost:
    """The cost as the Document in force states it."""
    if consent.document is None:
        raise IssueRefusedError("There is no Document to take the cost from.", code="document.none")
    return Cost(**consent.document.content["cost"])


def personal_of(consent: Consent) -> Personal:
    """What matters to this patient, as the Document in force states it."""
    said = consent.document.content.get("personal") or {} if consent.document else {}
    return Personal(**{name: tuple(lines) for name, lines in said.items()})


def _revoke_links(consent: Consent, at: datetime) -> list[PatientLink]:
    links = list(consent.links.filter(revoked_at=None))
    for link in links:
        link.revoked_at = at
        link.save(update_fields=["revoked_at"])
    return links


def _named(consent: Consent, written: Document) -> dict[str, JSON]:
    return {
        "reference": consent.reference,
        "document_sha256": written.sha256,
        "document_number": written.number,
        **({"study_id": str(consent.study_id)} if consent.study_id else {}),
    }
