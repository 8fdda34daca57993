"""Find what a code is; read it with a scanner, the camera, a photo, or by typing."""

from __future__ import annotations

from csp.constants import SELF, WASM_UNSAFE_EVAL
from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django_permissions_policy.decorators import permissions_policy_override

from audit.errors import Refusal
from clinic.tenancy import ClinicRequest, View, changes_nothing, require_role
from products.forms.inputs import add_refusal
from products.forms.receive import CodeForm
from products.scans import FoundCode, found_by
from products.views import shown
from products.views.found import READERS, may_write, moment_and_day


def with_camera(view: View) -> View:
    """Let a page use the camera and run the reader of codes; no other page may do either."""
    policy: dict[str, str | list[str] | tuple[str]] = {**settings.PERMISSIONS_POLICY, "camera": ["self"]}
    scripts = {"script-src": [SELF, WASM_UNSAFE_EVAL]}
    guarded: View = csp_update(scripts)(permissions_policy_override(policy)(view))
    return guarded


@with_camera
@changes_nothing
@require_role(*READERS)
def scan(request: ClinicRequest) -> HttpResponse:
    """Say what a code names, and lead to it."""
    _, today = moment_and_day(request)
    form = CodeForm(request.POST if request.method == "POST" else None)
    found: FoundCode | None = None
    if request.method == "POST" and form.is_valid():
        try:
            found = found_by(request.organization, form.cleaned_data["scan"], today=today)
        except Refusal as refusal:
            refusal.field = "scan"
            add_refusal(form, refusal)
    return render(
        request,
        "products/scan.html",
        {
            "form": form,
            "found": found,
            "tag": shown.status_tag(found.batch, today) if found and found.batch else None,
            "may_write": may_write(request),
        },
        status=422 if form.is_bound and form.errors else 200,
    )
