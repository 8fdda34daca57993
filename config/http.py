"""From refusal to answer: the one table of HTTP statuses, and what every private page carries."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from audit import errors as audit_errors
from audit.errors import Refusal
from clinic import errors as clinic_errors
from consent import errors as consent_errors
from products import errors as products_errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# A class that is not named here answers as its nearest named ancestor; tests walk every room's errors.
STATUS: dict[type[Refusal], int] = {
    Refusal: 422,
    clinic_errors.RoleRequiredError: 403,
    clinic_errors.RoleRefusedError: 409,
    clinic_errors.StaffRefusedError: 409,
    clinic_errors.SecondFactorRefusedError: 409,
    clinic_errors.InvitationRefusedError: 404,
    clinic_errors.KeyMissingError: 503,
    clinic_errors.SealBrokenError: 503,
    clinic_errors.ErasedError: 410,
    consent_errors.TransitionError: 409,
    consent_errors.DocumentChangedError: 409,
    consent_errors.IssueRefusedError: 409,
    consent_errors.DeclarationRefusedError: 409,
    consent_errors.ClearanceRefusedError: 409,
    consent_errors.HashRequiredError: 400,
    consent_errors.SignatureTypeError: 415,
    consent_errors.BodyTooLargeError: 413,
    consent_errors.LinkInvalidError: 404,
    consent_errors.LinkExpiredError: 410,
    consent_errors.LinkSupersededError: 410,
    consent_errors.IdentityRefusedError: 401,
    consent_errors.IdentityLockedError: 429,
    consent_errors.StaffSessionError: 403,
    consent_errors.SealingError: 503,
    consent_errors.FileDamagedError: 503,
    consent_errors.NotSealedYetError: 503,
    products_errors.EvidenceDamagedError: 503,
}
TITLES = {
    400: "We could not read that request",
    401: "We could not confirm that it is you",
    403: "This is not open to you",
    404: "There is no such page",
    409: "That is not possible now",
    410: "This link no longer works",
    413: "That is too much",
    415: "That cannot be used",
    422: "That cannot be used",
    429: "Too many tries",
    503: "Not just now",
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal, by its nearest named class."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


class RefusalMiddleware:
    """Turn a refusal that a view did not answer itself into a plain page that says what to do."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal):
            return None
        return answer(request, exception)


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refusal. A patient's page names the clinic where its link was good, and never the patient."""
    status = status_of(refusal)
    page = render(
        request,
        "patient/refusal.html" if request.path.startswith("/p/") else "refusal.html",
        {
            "refusal": refusal,
            "heading": TITLES.get(status, TITLES[422]),
            "status": status,
            **getattr(request, "patient_clinic", {}),
        },
        status=status,
    )
    if status in (429, 503):
        page["Retry-After"] = "10"
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself cannot read; a request that is too large says so (413), and not that it is unreadable."""
    if isinstance(exception, RequestDataTooBig):
        return answer(
            request, consent_errors.BodyTooLargeError("More was sent than this page can take. Nothing was changed.")
        )
    return render(request, "400.html", status=400)


class PrivatePagesMiddleware:
    """No cache keeps a page that may show a patient or a clinic; a patient's link leaves no trace in a referrer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store")
        if request.path.startswith("/p/"):
            # Not "no-referrer": with it browsers send "Origin: null", and no form of these pages could be sent.
            response["Referrer-Policy"] = "strict-origin"
        return response
