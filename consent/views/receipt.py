"""After the decision: the receipt, the files to keep, and the way to change one's mind."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from consent import services
from consent.errors import NotSealedYetError
from consent.models import Consent, SealedFile
from consent.views.deciding import thinking
from consent.views.reading import pdf_download
from consent.views.visit import Visit, visited
from consent.vocabulary import ConsentStatus, SealKind

# The page looks again by itself this often, this many times; then a link does it.
LOOK_AGAIN_SECONDS = 5
MOST_LOOKS = 12


@visited
@require_safe
def receipt(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """What was decided, with the file once it is sealed. Nothing here is needed for the signature to count."""
    if visit.is_open:
        return redirect(visit.next_path())
    if not visit.is_signed:
        context = {"decline": getattr(visit.consent, "decline", None), "files": _links(visit, _files(visit))}
        return visit.page(request, "patient/declined.html", context)
    files = _files(visit)
    answer = visit.page(request, "patient/receipt.html", {**_receipt_context(visit, files), **thinking(visit)})
    looks = int(looked) if (looked := request.GET.get("look", "0")).isdecimal() and len(looked) < 4 else MOST_LOOKS
    if not files and looks < MOST_LOOKS:
        # A header and not a meta element: the page itself stays still for a screen reader that has begun to read.
        answer["Refresh"] = f"{LOOK_AGAIN_SECONDS}; url={visit.path('patient_receipt')}?look={looks + 1}"
    return answer


@visited
@require_safe
def sealed_pdf(request: HttpRequest, visit: Visit, kind: str) -> HttpResponseBase:
    """One sealed file, checked before it is given out; that the patient took it stands in the log."""
    if kind not in SealKind.values:
        raise Http404
    _, content = services.export_document(
        visit.consent, SealKind(kind), agent=services.link_agent(visit.consent), at=visit.at
    )
    ending = "" if kind == SealKind.SIGNED else f"-{kind.removesuffix('-record')}"
    return pdf_download(content, f"{visit.consent.reference}{ending}.pdf")


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """Take the signature back. It asks once whether this is meant, and never why."""
    if not visit.is_signed or visit.consent.status not in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE):
        return redirect(visit.next_path())
    form = visit.reason_form(request)
    if form.is_bound and form.is_valid():
        reason, by = form.said()
        services.withdraw_consent(visit.consent.pk, reason, by=by, received_by="", agent=None, at=visit.at)
        return redirect(visit.path("patient_receipt"))
    context = {"form": form, "choices": services.choices_of(_with_choices(visit))}
    return visit.page(request, "patient/withdraw.html", context, status=422 if form.errors else 200)


@visited
@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest, visit: Visit, key: str) -> HttpResponseBase:
    """Take one optional choice back; the rest stays as it is. It asks once whether this is meant."""
    one = services.choice_of(_with_choices(visit), key)
    if not one.is_in_force:
        return redirect(visit.path("patient_receipt"))
    form = visit.reason_form(request)
    if form.is_bound and form.is_valid():
        reason, by = form.said()
        services.withdraw_choice(visit.consent.pk, key, reason, by=by, received_by="", agent=None, at=visit.at)
        return redirect(visit.path("patient_receipt") + "#choices")
    context = {"choice": one, "form": form}
    return visit.page(request, "patient/choice.html", context, status=422 if form.errors else 200)


def _with_choices(visit: Visit) -> Consent:
    return Consent.objects.with_standing().get(pk=visit.consent.pk)


def _signer(visit: Visit) -> str:
    """Who signed for the patient; empty where the patient did."""
    proxy = services.proxy_of(visit.consent)
    return proxy.facts["name"] if proxy else ""


def _files(visit: Visit) -> list[SealedFile]:
    files = []
    for kind in SealKind:
        try:
            files.append(services.sealed_file_of(visit.consent, kind))
        except NotSealedYetError:
            continue
    return files


def _links(visit: Visit, files: list[SealedFile]) -> list[dict[str, str]]:
    return [{"kind": file.kind, "sha256": file.sha256, "path": visit.path("patient_pdf", file.kind)} for file in files]


def _receipt_context(visit: Visit, files: list[SealedFile]) -> dict[str, Any]:
    consent = visit.consent
    return {
        "consent": consent,
        "signature": consent.signature,
        "signed_by": _signer(visit),
        "treatment": visit.content["treatment"],
        "practitioner": visit.content["practitioner"],
        "clinic": visit.content["clinic"],
        "rights": next((part for part in visit.parts if part["key"] == "rights"), None),
        "withdrawal": getattr(consent, "withdrawal", None),
        "choices": [
            {"one": one, "path": visit.path("patient_choice", one.key)}
            for one in services.choices_of(_with_choices(visit))
        ],
        "is_in_force": consent.status == ConsentStatus.ACTIVE,
        "can_withdraw": consent.status in (ConsentStatus.DRAFT, ConsentStatus.ACTIVE),
        "files": _links(visit, files),
        "address": services.link_address(visit.token),
    }
