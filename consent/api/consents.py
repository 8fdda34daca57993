"""Consents: list, read, issue; questions; what ends one; and what no token does."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.errors import QueryRefusedError
from clinic.models import Organization, Practitioner
from clinic.rest import (
    ActView,
    ApiView,
    FileSerializer,
    ListView,
    NothingSerializer,
    ReadView,
    UploadView,
    download,
    query,
)
from consent import services
from consent.errors import ClearanceRefusedError, DeclarationRefusedError, IssueRefusedError, StaffSessionError
from consent.models import Consent, DayCheck, HelpRequest, Question
from consent.serializers import fhir
from consent.serializers.drafts import (
    AnswerSerializer,
    ClearanceSerializer,
    EndingSerializer,
    IssueSerializer,
    PauseSerializer,
    ToldSerializer,
    issue_draft,
)
from consent.serializers.things import (
    CheckSerializer,
    ConsentLineSerializer,
    ConsentSerializer,
    DayCheckSerializer,
    DocumentSerializer,
    HelpRequestSerializer,
    HistorySerializer,
    QuestionSerializer,
)
from consent.vocabulary import BatchWay, ConsentStatus, LinkWay, SealKind
from products.models import Batch
from products.vocabulary import RuleSeverity


def consent_of(organization: Organization, consent_id: UUID) -> Consent:
    """The consent of this clinic, with all that is shown of it."""
    return get_object_or_404(Consent.objects.at(organization).with_standing(), pk=consent_id)


class OneOfConsent(ApiView):
    """Whatever belongs to one consent."""

    def consent(self, place: dict[str, Any]) -> Consent:
        """Of this clinic."""
        return consent_of(self.organization, place["consent_id"])

    def printed_name(self) -> str:
        """How the token's person is named to a patient."""
        user = self.membership.user
        profile = Practitioner.objects.at(self.organization).filter(user=user).first()
        return profile.printed_name if profile else user.full_name or user.email


class Consents(ListView, ActView):
    """The clinic's consents, the newest first."""

    asks = {
        "status": "One state.",
        "patient": "The id of a patient.",
        "product": "The id of a product.",
        "batch": "The id of a batch.",
        "reference": "The whole reference.",
    }
    order = ("-created_at", "id")
    lists = ConsentLineSerializer
    shows = ConsentSerializer
    takes = IssueSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Those that were asked for."""
        consents = Consent.objects.at(self.organization)
        if status := query(self, "status"):
            if status not in ConsentStatus.values:
                raise QueryRefusedError(
                    f"A consent is one of: {', '.join(ConsentStatus.values)}.", field="status", code="query.range"
                )
            consents = consents.filter(status=status)
        if reference := query(self, "reference"):
            consents = consents.filter(reference=reference)
        for name in ("patient", "product", "batch"):
            if asked := query(self, name):
                consents = consents.filter(**{f"{name}_id": id_asked(asked, name)})
        return consents

    def act(self, draft: Any, **place: Any) -> Response:
        """Issue a consent: its Document is composed from the record. STOP issues nothing; each warning is acknowledged."""
        wish = issue_draft(self.organization, draft, at=self.now)
        content = services.preview(wish, at=self.now)
        warnings = [one for one in content["disclosure"]["standing"]["rules"] if one["severity"] == RuleSeverity.WARN]
        if missing := [one for one in warnings if one["id"] not in wish.acknowledged_rules]:
            refusal = IssueRefusedError(
                "Read these warnings, and send their ids as acknowledged: "
                + " ".join(f"{one['id']}: {one['warn_clinic']}" for one in missing),
                field="acknowledged_rules",
                code="consent.unacknowledged",
            )
            refusal.rule_ids = tuple(one["id"] for one in missing)  # type: ignore[attr-defined]  # told to programs as well
            raise refusal
        consent = services.issue_consent(wish, agent=self.agent, at=self.now)
        return self.done(consent_of(self.organization, consent.pk), location=reverse("api_consent", args=[consent.pk]))


class OneConsent(OneOfConsent, ReadView):
    """A consent, where it stands, and its sealed files."""

    shows = ConsentSerializer

    def found(self, **place: Any) -> Consent:
        """Of this clinic."""
        return self.consent(place)


class ConsentDocument(OneOfConsent, ReadView):
    """The Document as the patient reads it, whose SHA-256 is signed."""

    shows = DocumentSerializer

    def found(self, **place: Any) -> Any:
        """The one in force."""
        document = self.consent(place).document
        if document is None:
            raise Http404
        return document


class ConsentHistory(OneOfConsent, ReadView):
    """Every log entry about a consent, oldest first, compared with its rows as they are now."""

    shows = HistorySerializer

    def found(self, **place: Any) -> services.History:
        """Read from the log."""
        return services.history_of(self.consent(place))


class ConsentFile(OneOfConsent, ReadView):
    """A sealed PDF, checked before it is given out; who took it stands in the log."""

    gives = ("application/pdf",)

    def read(self, **place: Any) -> HttpResponse:
        """As an attachment."""
        if place["kind"] not in SealKind.values:
            raise Http404
        consent, kind = self.consent(place), SealKind(place["kind"])
        _, content = services.export_document(consent, kind, agent=self.agent, at=self.now)
        return download(content, media_type="application/pdf", name=f"{consent.reference}-{kind.value}.pdf")


class ConsentFileTime(OneOfConsent, ReadView):
    """The timestamp (RFC 3161) that came after a file was sealed. It names nobody."""

    gives = ("application/timestamp-reply",)

    def read(self, **place: Any) -> HttpResponse:
        """As `openssl ts -verify` takes it."""
        if place["kind"] not in SealKind.values:
            raise Http404
        consent, kind = self.consent(place), SealKind(place["kind"])
        content = services.export_token(consent, kind)
        if content is None:
            raise Http404
        return download(content, media_type="application/timestamp-reply", name=f"{consent.reference}-{kind.value}.tsr")


class ConsentFhir(OneOfConsent, ReadView):
    """A consent as a FHIR R4 resource with the elements of UK Core: also a refusal, and one that was taken back."""

    gives = (fhir.MEDIA_TYPE,)

    def read(self, **place: Any) -> HttpResponse:
        """For another system of care: it names nobody."""
        consent = self.consent(place)
        content = json.dumps(fhir.resource(consent, base_url=settings.BASE_URL), ensure_ascii=False, indent=2)
        return download(content.encode(), media_type=fhir.MEDIA_TYPE, name=f"{consent.reference}.fhir.json")


class ConsentQuestions(OneOfConsent, ListView):
    """A patient's questions, the oldest first, with the clinic's answers."""

    order = ("asked_at", "id")
    shows = QuestionSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this consent."""
        return Question.objects.filter(consent=self.consent(place)).select_related("consent__patient")


class ConsentHelp(OneOfConsent, ListView):
    """What a patient asked the clinic to do: to be called, a new link, “I did not sign this”; the oldest first."""

    order = ("asked_at", "id")
    shows = HelpRequestSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this consent."""
        return HelpRequest.objects.filter(consent=self.consent(place)).select_related("consent__patient")


class QuestionAnswer(OneOfConsent, ActView):
    """Answer."""

    shows = QuestionSerializer
    takes = AnswerSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Answer a patient's question, once; it becomes part of what is signed."""
        questions = Question.objects.filter(consent__organization=self.organization)
        question: Question = get_object_or_404(questions, pk=place["question_id"])
        return self.done(
            services.answer_question(
                question.pk, draft["answer"], answered_by=self.printed_name(), agent=self.agent, at=self.now
            )
        )


class ConsentAct(OneOfConsent, ActView):
    """An act on one consent; the answer is the consent after it."""

    shows = ConsentSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Find it, do it, show it."""
        consent = self.consent(place)
        self.change(consent, draft)
        return self.done(self.consent(place))

    def change(self, consent: Consent, draft: Any) -> None:
        """Call the service."""
        raise NotImplementedError


class ConsentLink(ConsentAct):
    """Link."""

    takes = NothingSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Send the patient a new link by e-mail; older links stop working. No token ever sees a link."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Have it sent."""
        services.create_link(consent.pk, way=LinkWay.EMAIL, handed_over_by="", agent=self.agent, at=self.now)


class ConsentVoid(ConsentAct):
    """Void."""

    takes = EndingSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Stop an open consent that was issued by mistake; its links no longer work."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Void it."""
        services.void_consent(consent.pk, reason=draft["reason"], agent=self.agent, at=self.now)


class ConsentEnteredInError(ConsentAct):
    """Entered in error."""

    takes = EndingSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """The record holds a mistake: it counts for nothing from now on. A corrected consent is issued with `corrects`."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Mark it."""
        services.invalidate_consent(consent.pk, reason=draft["reason"], agent=self.agent, at=self.now)


class ConsentClearances(OneOfConsent, ListView, ActView):
    """Checks just before a treatment, the oldest first: passed ones and those that stopped it."""

    order = ("checked_at", "id")
    lists = DayCheckSerializer
    shows = DayCheckSerializer
    takes = ClearanceSerializer

    def rows(self, **place: Any) -> QuerySet[Any]:
        """Of this consent."""
        return DayCheck.objects.filter(consent=self.consent(place)).select_related("consent__patient")

    def post(self, request: Request, **place: Any) -> HttpResponse:
        """A refusal takes the act's transaction back, so the check that was not passed is put on record after it."""
        self.asked: dict[str, Any] = {}
        try:
            return super().post(request, **place)
        except ClearanceRefusedError as refusal:
            if self.asked:
                services.record_stopped_check(**self.asked, why=refusal.message)
            raise

    def act(self, draft: Any, **place: Any) -> Response:
        """Three answers: still wanted, nothing changed, and the batch in hand by scan or id. A refusal says what to do."""
        consent = self.consent(place)
        if bool(draft["scan"]) == bool(draft["batch"]):
            raise ClearanceRefusedError(
                "Name the batch in hand in one way: its scanned code, or its id.", code="clearance.batch", field="batch"
            )
        if draft["scan"]:
            today = self.organization.local_date(self.now)
            batch = services.batch_of_scan(self.organization, draft["scan"], today=today)
        else:
            batch = get_object_or_404(Batch.objects.at(self.organization), pk=draft["batch"])
        self.asked = {
            "consent_id": consent.pk,
            "batch_id": batch.pk,
            "still_wanted": draft["still_wanted"],
            "nothing_changed": draft["nothing_changed"],
            "batch_way": BatchWay.SCAN if draft["scan"] else BatchWay.CHOSEN,
            "note": draft["note"],
            "cleared_by": self.printed_name(),
            "agent": self.agent,
            "at": self.now,
        }
        clearance = services.clear_for_treatment(**self.asked)
        return self.done(clearance.checks.select_related("consent__patient").first())


class ConsentPause(ConsentAct):
    """Pause."""

    takes = PauseSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Somebody doubts that the patient can make this decision: nothing goes on until a clinician resolves it in person."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Pause it."""
        services.doubt_capacity(consent.pk, draft["reason"], agent=self.agent, at=self.now)


class ToldAct(ConsentAct):
    """What the patient told the clinic by another way than the link."""

    takes = ToldSerializer

    def told(self, draft: Any) -> dict[str, Any]:
        """What a service is told besides the consent and the reason: who told it, who heard it and how, and when."""
        return {
            "by": draft["by"] or "",
            "received_by": f"{self.printed_name()}, {draft['how']}",
            "agent": self.agent,
            "at": self.now,
        }


class ConsentDecline(ToldAct):
    """No."""

    def act(self, draft: Any, **place: Any) -> Response:
        """Record that the patient said no by another way than the link, before anything was signed."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Record it."""
        services.decline_consent(consent.pk, draft["reason"], **self.told(draft))


class ConsentWithdrawal(ToldAct):
    """Withdrawal."""

    def act(self, draft: Any, **place: Any) -> Response:
        """Record that the patient took the consent back by another way than the link."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Record it."""
        services.withdraw_consent(consent.pk, draft["reason"], **self.told(draft))


class ConsentChoiceWithdrawal(ToldAct):
    """Withdrawal of one choice."""

    def act(self, draft: Any, **place: Any) -> Response:
        """Record that the patient took one optional choice back; the rest of the consent stays as it is."""
        services.withdraw_choice(self.consent(place).pk, place["key"], draft["reason"], **self.told(draft))
        return self.done(self.consent(place))


class ConsentSignature(ConsentAct):
    """Signature."""

    takes = NothingSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Refused: reading, asking, deciding and signing belong to the patient, by their own link."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Never by a token."""
        raise StaffSessionError(
            "Only the patient reads, decides and signs, by their own link. No token of the clinic can do it for them.",
            code="signature.patient_only",
        )


class ConsentDeclaration(ConsentAct):
    """Declaration."""

    takes = NothingSerializer

    def act(self, draft: Any, **place: Any) -> Response:
        """Refused: the declaration is made by the practitioner in person, who has just shown who they are."""
        return super().act(draft, **place)

    def change(self, consent: Consent, draft: Any) -> None:
        """Never by a token."""
        raise DeclarationRefusedError(
            "The declaration is the practitioner’s own, made on the page after they have shown who they are. "
            "A token cannot make it.",
            code="declaration.in_person",
        )


class DocumentCheck(UploadView):
    """Check."""

    reads_by_post = True
    shows = CheckSerializer
    takes = FileSerializer
    answers_with = 200

    def act(self, draft: Any, **place: Any) -> Response:
        """Say whether a PDF is genuine, altered or unknown. Nothing of it is kept."""
        return self.done(services.verify_pdf(draft["file"].read()))


def id_asked(text: str, name: str) -> UUID:
    """An id in the address, in the one form in which the API writes ids."""
    try:
        found = UUID(text)
    except ValueError:
        found = None
    if found is None or str(found) != text:
        raise QueryRefusedError("This is not an id as the API writes it.", field=name, code="query.range")
    return found
