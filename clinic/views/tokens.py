"""API tokens: one's own, made and shown once; a lead sees and revokes everybody's."""

from __future__ import annotations

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.errors import Refusal
from clinic import services
from clinic.fields import refuse
from clinic.forms.tokens import TokenForm
from clinic.models import ApiToken
from clinic.tenancy import ClinicRequest, agent_of, concerns_oneself, require_role
from clinic.vocabulary import Role


@require_safe
@require_role(*Role)
def tokens(request: ClinicRequest) -> HttpResponse:
    """The tokens that this person may see, those that work first."""
    now = timezone.now()
    found = _visible(request).select_related("membership__user", "revoked_by")
    live = set(_visible(request).live_at(now).values_list("pk", flat=True))  # type: ignore[attr-defined]  # ApiTokenQuerySet
    rows = [{"token": token, "is_live": token.pk in live, "ended": _ended(token)} for token in found]
    context = {
        "live": [row for row in rows if row["is_live"]],
        "ended": [row for row in rows if not row["is_live"]][:20],
        "is_lead": request.membership.has_role(Role.CLINIC_LEAD),
    }
    return render(request, "clinic/tokens.html", context)


@concerns_oneself
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@require_http_methods(["GET", "HEAD", "POST"])
@require_role(*Role)
def token_add(request: ClinicRequest) -> HttpResponse:
    """Make a token; the answer shows its text, this once, and no session keeps it."""
    may_act = not request.membership.roles <= {Role.AUDITOR}
    form = TokenForm(request.POST if request.method == "POST" else None, may_act=may_act)
    if form.is_bound and form.is_valid():
        try:
            token, secret = services.make_token(
                request.membership, form.wish, agent=agent_of(request), at=timezone.now()
            )
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            return render(request, "clinic/token_made.html", {"token": token, "secret": secret})
    return render(request, "clinic/token_add.html", {"form": form}, status=422 if form.errors else 200)


@concerns_oneself
@require_POST
@require_role(*Role)
def token_revoke(request: ClinicRequest, pk: UUID) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(_visible(request), pk=pk)
    try:
        services.revoke_token(token, agent=agent_of(request), at=timezone.now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"The token “{token.name}” no longer opens anything.")
    return redirect("tokens")


def _visible(request: ClinicRequest) -> QuerySet[ApiToken]:
    found: QuerySet[ApiToken] = ApiToken.objects.at(request.organization)
    return found if request.membership.has_role(Role.CLINIC_LEAD) else found.filter(membership=request.membership)


def _ended(token: ApiToken) -> str:
    if token.revoked_by:
        return f"Revoked by {token.revoked_by.full_name}"
    return "Its person no longer works here" if token.membership.removed_at else "Expired"
