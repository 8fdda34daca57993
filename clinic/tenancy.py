"""Each request is tied to one clinic, here and nowhere else.

`request.organization` and `request.membership` come from the person who is signed in and the clinic they chose.
A person with only the auditor's role cannot send anything that writes: refused here, before any view runs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from audit.records import Agent
from clinic.models import Membership, Organization, User
from clinic.vocabulary import Role

SESSION_KEY = "organization"
# There the clinic is the token's, and a cookie opens nothing; see `clinic.rest`.
API = "/api/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
GetResponse = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]
Arguments = ParamSpec("Arguments")
AnyView = TypeVar("AnyView", bound=View)


class ClinicRequest(HttpRequest):
    """A request of a person who is signed in and works in one clinic. For type checking: never made by hand."""

    user: User
    organization: Organization
    membership: Membership
    has_other_clinics: bool


def agent_of(request: HttpRequest) -> Agent:
    """The person of this request, for the log of their clinic."""
    clinic_request = cast("ClinicRequest", request)
    user = clinic_request.user
    organization = getattr(request, "organization", None)
    return Agent("user", str(user.pk), organization.pk if organization else None, user.full_name)


def require_role(
    *roles: Role,
) -> Callable[[Callable[Concatenate[ClinicRequest, Arguments], HttpResponseBase]], View]:
    """Only members with one of these roles see this page; others read why not (403)."""

    def decorate(
        view: Callable[Concatenate[ClinicRequest, Arguments], HttpResponseBase],
    ) -> View:
        @wraps(view)
        def guarded(request: ClinicRequest, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
            membership: Membership | None = getattr(request, "membership", None)
            if membership is None or not membership.roles & frozenset(roles):
                words = " or ".join(role.label.lower() for role in roles)
                return refused(
                    request,
                    f"This page is for the role {words}. Your role here: "
                    f"{membership.role_words.lower() if membership else 'none'}. A clinic lead can propose a role for you.",
                )
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def changes_nothing(view: AnyView) -> AnyView:
    """Mark a page whose POST writes nothing (checking a PDF, searching), so that auditors may send it too."""
    view.changes_nothing = True  # type: ignore[attr-defined]  # a mark that TenancyMiddleware reads
    return view


def concerns_oneself(view: AnyView) -> AnyView:
    """Mark a page whose POST changes nothing but the person's own keys, so that auditors may send it too."""
    view.concerns_oneself = True  # type: ignore[attr-defined]  # a mark that TenancyMiddleware reads
    return view


def needs_no_clinic(view: AnyView) -> AnyView:
    """Mark a page that a person may open without belonging to a clinic."""
    view.needs_no_clinic = True  # type: ignore[attr-defined]  # a mark that TenancyMiddleware reads
    return view


def choose(request: HttpRequest, organization: Organization) -> None:
    """Work in this clinic from the next page on."""
    request.session[SESSION_KEY] = str(organization.pk)


def client_address(request: HttpRequest) -> str:
    """The address of the browser: weak evidence, kept as such.

    Behind `TRUSTED_PROXIES` proxies it is that many places from the right of X-Forwarded-For; what stands further
    left comes from the browser and is not believed.
    """
    direct = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.TRUSTED_PROXIES:
        return direct[:45]
    chain = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    return (chain[-settings.TRUSTED_PROXIES] if len(chain) >= settings.TRUSTED_PROXIES else direct)[:45]


def refused(request: HttpRequest, reason: str) -> HttpResponse:
    """The page that says why something is not open to this person (403)."""
    return render(request, "clinic/refused.html", {"reason": reason}, status=403)


class TenancyMiddleware:
    """Find the clinic of each request, and keep out who has none, and who may only read."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(API):
            return self.get_response(request)
        memberships = _memberships(request)
        membership = _chosen(request, memberships)
        request.membership = membership  # type: ignore[attr-defined]  # what ClinicRequest declares
        request.organization = membership.organization if membership else None  # type: ignore[attr-defined]  # what ClinicRequest declares
        request.has_other_clinics = len(memberships) > 1  # type: ignore[attr-defined]  # what ClinicRequest declares
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: View,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Refuse before the view runs."""
        if request.path.startswith(API) or not request.user.is_authenticated or _stands_outside(view):
            return None
        membership: Membership | None = getattr(request, "membership", None)
        if membership is None:
            if getattr(request, "has_other_clinics", False):
                return redirect("switch_clinic")
            return refused(
                request,
                "You do not belong to a clinic here. Ask a clinic lead for an invitation.",
            )
        marked = getattr(view, "changes_nothing", False) or getattr(view, "concerns_oneself", False)
        writes = request.method not in SAFE_METHODS and not marked
        if writes and membership.roles <= {Role.AUDITOR}:
            return refused(request, "You can read here, and change nothing. Nothing was changed.")
        return None


def _memberships(request: HttpRequest) -> list[Membership]:
    if not request.user.is_authenticated:
        return []
    current = Membership.objects.current().filter(user=request.user).select_related("organization")
    return list(current.order_by("organization__name"))


def _chosen(request: HttpRequest, memberships: list[Membership]) -> Membership | None:
    if len(memberships) == 1:
        return memberships[0]
    wanted = request.session.get(SESSION_KEY) if memberships else None
    return next((item for item in memberships if str(item.organization_id) == wanted), None)


def _stands_outside(view: View) -> bool:
    """Public pages and a person's own account do not belong to a clinic."""
    is_public = not getattr(view, "login_required", True)
    is_own_account = view.__module__.startswith("allauth.")
    return is_public or is_own_account or getattr(view, "needs_no_clinic", False)
