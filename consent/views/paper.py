"""The paper route for staff: print, hand over, type in, scan, attest; and the files."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, agent_of, require_role
from consent import services
from consent.forms.paper import AttestationForm, PaperQuestionForm, ScanForm
from consent.forms.steps import StepForm
from consent.models import Consent, PaperPack, PaperScan
from consent.views.finding import READERS, STAFF, found_consent, may_act, printed_name
from consent.views.proving import ask_for_credential
from consent.vocabulary import BLOCKS_SIGNING, ConsentStatus

form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_role(*READERS)
@require_safe
def paper(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Where the paper route stands, and the next act."""
    found = found_consent(request, consent_id)
    return render(request, "consent/paper.html", _standing(request, found))


@require_role(*STAFF)
@require_POST
def pack(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Make a pack of the text in force."""
    found = found_consent(request, consent_id)
    try:
        services.make_pack(found.pk, made_by_name=printed_name(request), agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("consent_paper", found.pk)


@require_role(*READERS)
@require_safe
def pack_file(request: ClinicRequest, consent_id: UUID, pack_id: UUID) -> HttpResponse:
    """The pack, to be printed: the same bytes every time."""
    found = found_consent(request, consent_id)
    one: PaperPack = get_object_or_404(PaperPack.objects.select_related("consent__patient"), pk=pack_id, consent=found)
    return _file(services.read_pack(one), "application/pdf", f"{found.reference}-paper.pdf")


@require_role(*STAFF)
@require_POST
def handover(request: ClinicRequest, consent_id: UUID, pack_id: UUID) -> HttpResponse:
    """Record that the pack was given to the patient."""
    found = found_consent(request, consent_id)
    one = get_object_or_404(PaperPack, pk=pack_id, consent=found)
    try:
        services.hand_over_pack(one.pk, by_name=printed_name(request), agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "On record. The time to think counts from now.")
    return redirect("consent_paper", found.pk)


@require_role(*STAFF)
@form_page
def answers(request: ClinicRequest, consent_id: UUID, step: str) -> HttpResponse:
    """Type in what the patient answered on the paper, step by step; every attempt is kept."""
    found = found_consent(request, consent_id)
    content = found.document.content if found.document else {}
    asked = next((one for one in content.get("steps", ()) if one["key"] == step), None)
    if asked is None or found.document is None:
        raise Http404
    given = services.latest_answers(found.document).get(step)
    wrong = frozenset(services.wrong_keys(asked, given.answers)) if given else frozenset()
    initial = {key: value for key, value in (given.answers if given else {}).items() if key not in wrong}
    form = StepForm(
        request.POST if request.method == "POST" else None,
        initial={**initial, "document_sha256": found.document.sha256},
        step=asked,
        wrong=wrong,
    )
    if form.is_bound and form.is_valid():
        try:
            kept = services.answer_on_paper(
                found.pk,
                step,
                form.answers,
                shown_sha256=form.cleaned_data["document_sha256"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            if kept.is_passed:
                return redirect("consent_paper", found.pk)
            return redirect("consent_paper_answers", found.pk, step)
    context = {"consent": found, "step": asked, "form": form, "is_again": bool(wrong)}
    return render(request, "consent/paper_answers.html", context, status=422 if form.errors else 200)


@require_role(*STAFF)
@form_page
def question(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Type in a question that the patient wrote on the paper; signing waits for the answer, as on a screen."""
    found = found_consent(request, consent_id)
    document = found.document
    if document is None:
        raise Http404
    parts = [(part["key"], part["title"]) for part in document.content["sections"]]
    form = PaperQuestionForm(request.POST if request.method == "POST" else None, parts=parts)
    if form.is_bound and form.is_valid():
        try:
            services.ask_question(
                found.pk,
                form.cleaned_data["section"],
                form.cleaned_data["text"],
                shown_sha256=document.sha256,
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Kept. Answer it below, and tell the patient the answer.")
            return redirect("consent", found.pk)
    context = {"consent": found, "form": form}
    return render(request, "consent/paper_question.html", context, status=422 if form.errors else 200)


@require_role(*STAFF)
@form_page
def scan(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """Take the scan in: every page is looked at and compared with the pack."""
    found = found_consent(request, consent_id)
    form = ScanForm(request.POST, request.FILES) if request.method == "POST" else ScanForm()
    if form.is_bound and form.is_valid():
        try:
            services.file_scan(found.pk, form.uploads(), agent=agent_of(request), at=timezone.now())
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Every page is there. Now attest it.")
            return redirect("consent_paper", found.pk)
    context = {"consent": found, "form": form}
    return render(request, "consent/paper_scan.html", context, status=422 if form.errors else 200)


@require_role(*READERS)
@require_safe
def scan_file(request: ClinicRequest, consent_id: UUID, scan_id: UUID, number: int) -> HttpResponse:
    """One file of a scan, as it came: as a download, never inside a page."""
    found = found_consent(request, consent_id)
    rows = PaperScan.objects.select_related("pack__consent__patient")
    one: PaperScan = get_object_or_404(rows, pk=scan_id, pack__consent=found)
    if number >= len(one.files):
        raise Http404
    kind = str(one.files[number]["media_type"])
    ending = services.SCAN_ENDINGS[kind]
    return _file(services.read_scan(one, number), kind, f"{found.reference}-scan-{number + 1}.{ending}")


@require_role(*STAFF)
@form_page
def attest(request: ClinicRequest, consent_id: UUID) -> HttpResponse:
    """The attestation, by somebody who has just shown who they are: with it the signature counts."""
    found = found_consent(request, consent_id)
    if (asked := ask_for_credential(request)) is not None:
        return asked
    form = AttestationForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            services.sign_on_paper(
                found.pk,
                form.attestation(),
                by_name=printed_name(request),
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "The signature on paper is on record. The practitioner’s declaration comes next.")
            return redirect("consent", found.pk)
    context = {**_standing(request, found), "form": form}
    return render(request, "consent/paper_attest.html", context, status=422 if form.errors else 200)


def _standing(request: ClinicRequest, found: Consent) -> dict[str, Any]:
    """What is done and what waits."""
    document, is_signed = found.document, hasattr(found, "signature")
    latest = services.latest_answers(document) if document else {}
    content = document.content if document else {}
    waiting = {step["key"] for step in services.waiting_steps(content, latest)}
    packs = [row for row in found.paper_packs.all() if row.document_id == found.document_id]
    in_hand = services.pack_in_hand(found)
    taken = services.scan_in_force(found)
    return {
        "consent": found,
        "may_act": may_act(request) and found.status == ConsentStatus.DRAFT and not is_signed,
        "is_signed": is_signed,
        "packs": packs,
        "pack": in_hand or (packs[-1] if packs else None),
        "in_hand": in_hand,
        "steps": [
            {"key": step["key"], "title": step["title"], "is_done": step["key"] not in waiting}
            for step in content.get("steps", ())
        ],
        "all_answered": not waiting,
        "needs_talk": services.undecided(latest, BLOCKS_SIGNING) is not None,
        "open_questions": sum(row.is_open for row in found.questions.all()),
        "scan": taken,
        "scanned_pages": sum(one["pages"] for one in taken.files) if taken else 0,
    }


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )
