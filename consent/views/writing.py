"""Writing a consent text: edit and save, look at it as a phone page and as a PDF, check it, and have it published."""

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
from clinic.vocabulary import Role
from consent import differences, gate, services
from consent.errors import StaleDraftError
from consent.forms.texts import DraftForm, KeepForm, RevisionForm
from consent.languages import ENGLISH, LANGUAGES
from consent.models import ConsentTemplate, TemplateDraft
from consent.views.blocks import parts_of
from consent.views.finding import READERS, STAFF, may_act
from consent.views.reading import pdf_download
from consent.vocabulary import DraftState, TextType

STALE = "template.stale_draft"


@require_role(*STAFF)
@require_POST
def start(request: ClinicRequest) -> HttpResponse:
    """Begin a draft from the newest text of a language and a type, or go on with the one that is open."""
    tag, text_type = request.POST.get("language") or ENGLISH, request.POST.get("type") or TextType.TREATMENT
    if tag not in LANGUAGES or text_type not in TextType.values:
        raise Http404
    found = services.start_draft(
        request.organization, agent=agent_of(request), at=timezone.now(), language=tag, text_type=text_type
    )
    return redirect("draft", found.pk)


@require_role(*STAFF)
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """The draft's words in their fields. Every button saves; what cannot be saved stays as it was typed."""
    found = _found(request, draft_id)
    form = DraftForm(request.POST if request.method == "POST" else None, draft=found)
    act = request.POST.get("act", "save")
    if request.method != "POST":
        return _form_page(request, found, form)
    if not form.is_valid():
        return _form_page(request, found, form, status=422)
    try:
        services.save_draft(found.pk, form.edit(act), agent=agent_of(request), at=timezone.now())
    except StaleDraftError as refusal:
        return _stale_page(request, form, refusal)
    except Refusal as refusal:
        form.refuse(refusal)
        return _form_page(request, found, form, status=422)
    if act == "check":
        return redirect("draft_check", found.pk)
    if act == "preview":
        return redirect("draft_preview", found.pk)
    messages.success(request, "Saved.")
    return redirect(f"{request.path}#part-{_place(act)}" if _place(act) else request.path)


@require_role(*READERS)
@require_safe
def preview(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """The draft as a patient would read it on a phone: a made-up person and product, the real words."""
    found = _found(request, draft_id)
    content = services.specimen_of(found, at=timezone.now())
    context = {"draft": found, "content": content, "parts": parts_of(content), "may_write": may_act(request)}
    return render(request, "consent/texts/preview.html", context)


@require_role(*READERS)
@require_safe
def preview_pdf(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """The same as a PDF."""
    found = _found(request, draft_id)
    pdf = services.specimen_pdf(found, at=timezone.now())
    return pdf_download(pdf, f"consent-text-draft-{found.revision}.pdf")


@require_role(*READERS)
@require_safe
def difference(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """The draft beside the newest published version."""
    found = _found(request, draft_id)
    newest = _newest(found)
    rows = differences.side_by_side(newest.content if newest else {}, found.content)
    context = {
        "draft": found,
        "rows": rows,
        "count": differences.count(rows),
        "before_words": f"Version {newest.version}" if newest else "Nothing",
        "after_words": "This draft",
    }
    return render(request, "consent/texts/difference.html", context)


@require_role(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """What the gate found, what is kept and why, and the button for the second person. POST keeps one finding."""
    found = _found(request, draft_id)
    if request.method != "POST":
        return _check_page(request, found)
    form = KeepForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            services.keep_finding(
                found.pk,
                chosen["key"],
                chosen["reason"],
                revision=chosen["revision"],
                agent=agent_of(request),
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "Kept, with your reason. Whoever publishes the text reads it.")
            return redirect(request.path)
    return _check_page(request, found, kept_form=form, status=422)


@require_role(Role.CLINIC_LEAD)
@require_POST
def publish(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """Publish, as a second person, the very revision that was read."""
    found = _found(request, draft_id)
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return _check_page(request, found, status=422)
    try:
        text = services.publish_draft(
            found.pk, revision=form.cleaned_data["revision"], agent=agent_of(request), at=timezone.now()
        )
    except Refusal as refusal:
        return _check_page(request, _again(found), refusal=refusal, status=422)
    messages.success(request, f"Version {text.version} is published. Nobody can change it now.")
    return redirect("text", text.pk)


@require_role(*STAFF)
@require_POST
def discard(request: ClinicRequest, draft_id: UUID) -> HttpResponse:
    """Put the draft aside, or (act=carry-on) put it on top of a version that was published meanwhile."""
    found = _found(request, draft_id)
    form = RevisionForm(request.POST)
    if not form.is_valid():
        return _check_page(request, found, status=422)
    is_carrying_on = request.POST.get("act") == "carry-on"
    act = services.carry_on if is_carrying_on else services.discard_draft
    try:
        act(found.pk, revision=form.cleaned_data["revision"], agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        return _check_page(request, _again(found), refusal=refusal, status=422)
    messages.success(
        request, "The draft now follows the newest version." if is_carrying_on else "The draft is discarded."
    )
    return redirect("draft", found.pk) if is_carrying_on else redirect("texts")


def _found(request: ClinicRequest, draft_id: UUID) -> TemplateDraft:
    rows = TemplateDraft.objects.filter(organization=request.organization, state=DraftState.OPEN)
    return get_object_or_404(rows.select_related("organization", "base"), pk=draft_id)


def _again(found: TemplateDraft) -> TemplateDraft:
    return TemplateDraft.objects.select_related("organization", "base").get(pk=found.pk)


def _newest(found: TemplateDraft) -> ConsentTemplate | None:
    return ConsentTemplate.objects.at(found.organization).line(found.language, found.type).first()


def _place(act: str) -> str:
    name, _, rest = act.partition("-")
    return rest if name in ("up", "down", "remove") and rest.isdigit() else ""


def _form_page(request: ClinicRequest, found: TemplateDraft, form: DraftForm, *, status: int = 200) -> HttpResponse:
    report = gate.report(found.content, hosts=found.hosts)
    findings = found.findings
    parts = []
    for part in form.parts:
        number = part["number"]
        scores = report["sections"]
        parts.append(
            {
                **part,
                "score": scores[number] if number < len(scores) else None,
                "findings": [(one, one.key in found.kept_keys) for one in findings if one.section == number],
            }
        )
    form.show_as_needed()
    context = {
        "draft": found,
        "form": form,
        "parts": parts,
        "report": report,
        "missing": gate.missing(found.content),
    }
    return render(request, "consent/texts/draft.html", context, status=status)


def _stale_page(request: ClinicRequest, form: DraftForm, refusal: StaleDraftError) -> HttpResponse:
    """Somebody else saved first: their words beside those that were typed here, which stay in the form."""
    theirs = TemplateDraft.objects.select_related("organization", "base").get(pk=form.draft.pk)
    mine = form.content()
    data = {**form.data.dict(), "revision": theirs.revision}  # type: ignore[attr-defined]  # a page sends a QueryDict
    fresh = DraftForm(data, draft=theirs)
    fresh.show_as_needed()
    rows = differences.side_by_side(theirs.content, mine)
    context: dict[str, Any] = {
        "draft": theirs,
        "form": fresh,
        "parts": fresh.parts,
        "report": gate.report(theirs.content, hosts=theirs.hosts),
        "missing": gate.missing(theirs.content),
        "refusal": refusal,
        "rows": rows,
        "count": differences.count(rows),
        "before_words": f"Saved by {theirs.changed_by}",
        "after_words": "Typed by you, not saved",
        "is_closed": refusal.code != STALE,
    }
    return render(request, "consent/texts/draft.html", context, status=409)


def _check_page(
    request: ClinicRequest,
    found: TemplateDraft,
    *,
    kept_form: KeepForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    newest = _newest(found)
    kept = {str(item["key"]): item for item in found.kept}
    failed = kept_form.data.get("key") if kept_form else ""
    still_open = sum(one.blocks and one.key not in kept for one in found.findings)
    rows = []
    for one in found.findings:
        form = (
            kept_form
            if kept_form and one.key == failed
            else KeepForm(initial={"key": one.key, "revision": found.revision})
        )
        rows.append({"finding": one, "kept": kept.get(one.key), "form": form})
    content = services.specimen_of(found, at=timezone.now())
    context = {
        "draft": found,
        "rows": rows,
        "still_open": still_open,
        "missing": gate.missing(found.content),
        "report": gate.report(found.content, hosts=found.hosts),
        "refusal": refusal,
        "kept_form": kept_form,
        "newest": newest,
        "is_outdated": newest != found.base or services.is_behind(found),
        "needs_change_words": newest is not None and not found.what_changed.strip(),
        "is_writer": found.is_writer(str(request.user.pk)),
        "may_publish": Role.CLINIC_LEAD in request.membership.roles,
        "may_write": may_act(request),
        "content": content,
        "parts": parts_of(content),
    }
    return render(request, "consent/texts/check.html", context, status=status)
