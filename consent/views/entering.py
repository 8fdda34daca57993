"""The way in besides the birth date: the code of a letter before it, the one-time code after it."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from consent import services
from consent.errors import IdentityRefusedError, LinkInvalidError
from consent.forms.patient import CodeForm, LetterForm, SendCodeForm
from consent.languages import speaking
from consent.models import PatientLink
from consent.views import visit as visits
from consent.views.visit import Visit
from consent.vocabulary import CodeChannel


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest) -> HttpResponse:
    """The short address of a printed letter: its code leads to the patient's own link, where the birth date is asked for."""
    form = LetterForm(request.POST if request.method == "POST" else None)
    status = 422 if form.errors else 200
    if form.is_bound and form.is_valid():
        try:
            link = services.link_of_letter(form.cleaned_data["code"], at=timezone.now())
        except LinkInvalidError as refusal:
            form.refuse(refusal)
            status = 404
        else:
            return redirect("patient_identity", services.token_of(link))
    return render(request, "patient/letter.html", {"form": form}, status=status)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, token: str) -> HttpResponse:
    """Six boxes' worth of digits. Only the right ones, sent by POST from the browser that gave the birth date, begin a visit."""
    at = timezone.now()
    link = visits.open_link(request, token, at=at)
    if not visits.awaits_code(request, link, at=at):
        return redirect("patient_identity", token)
    with speaking(link.document.language):
        if request.method != "POST":
            return _page(request, link, token, CodeForm())
        form = CodeForm(request.POST)
        if not form.is_valid():
            return _page(request, link, token, form, status=422)
        try:
            opening = services.confirm_code(link.pk, form.cleaned_data["code"], at=at)
        except IdentityRefusedError as refusal:
            form.refuse(refusal)
            return _page(request, link, token, form, status=401)
        visits.begin(request, opening, at=at)
        return redirect(Visit(token, link, at).next_path())


@login_not_required
@require_POST
def code_again(request: HttpRequest, token: str) -> HttpResponse:
    """Send a new code by the way that was chosen; the older ones stop working."""
    at = timezone.now()
    link = visits.open_link(request, token, at=at)
    if not visits.awaits_code(request, link, at=at):
        return redirect("patient_identity", token)
    with speaking(link.document.language):
        form = SendCodeForm(request.POST)
        channel = CodeChannel(form.cleaned_data["channel"]) if form.is_valid() else None
        services.send_code(link.pk, channel, at=at)
    return redirect("patient_code", token)


def _page(request: HttpRequest, link: PatientLink, token: str, form: CodeForm, *, status: int = 200) -> HttpResponse:
    newest = services.newest_code(link)
    zone = link.consent.organization.zone
    context = {
        **visits.clinic_context(link, token),
        "form": form,
        "newest": newest,
        "sent_to": services.masked(link, CodeChannel(newest.channel)) if newest else "",
        "until": f"{newest.expires_at.astimezone(zone):%H:%M}" if newest else "",
        "ways": [(channel.value, services.masked(link, channel)) for channel in services.channels_of(link)],
    }
    return render(request, "patient/code.html", context, status=status)
