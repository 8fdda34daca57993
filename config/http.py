"""From refusal to answer: the one table of HTTP statuses, and what every private page carries."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.response import TemplateResponse

from audit import errors as audit_errors
from audit.errors import Refusal
from clinic import errors as clinic_errors
from consent import errors as consent_errors
from consent.languages import ENGLISH, speaking
from products import errors as products_errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Every class has its row: a test walks every room's errors, and docs/reference/errors.md is compared with this.
REFUSALS: dict[int, tuple[type[Refusal], ...]] = {
    400: (
        clinic_errors.IdempotencyKeyError,
        clinic_errors.JsonRefusedError,
        clinic_errors.QueryRefusedError,
        consent_errors.HashRequiredError,
    ),
    401: (
        clinic_errors.AuthRequiredError,
        consent_errors.IdentityRefusedError,
    ),
    403: (
        clinic_errors.ReadOnlyError,
        clinic_errors.RoleRequiredError,
        consent_errors.StaffSessionError,
    ),
    404: (
        clinic_errors.InvitationRefusedError,
        consent_errors.LinkInvalidError,
    ),
    # Well said, but not possible as things stand.
    409: (
        audit_errors.AppendOnlyError,
        clinic_errors.ConfirmationNeededError,
        clinic_errors.RequestRefusedError,
        clinic_errors.RetentionRefusedError,
        clinic_errors.RoleRefusedError,
        clinic_errors.SecondFactorRefusedError,
        clinic_errors.StaffRefusedError,
        clinic_errors.StartRefusedError,
        products_errors.BatchRefusedError,
        products_errors.DuplicateProductError,
        products_errors.ExpiredError,
        products_errors.IdentityError,
        products_errors.ImportRefusedError,
        products_errors.LotCircleError,
        products_errors.ReleaseRefusedError,
        products_errors.StopRefusedError,
        consent_errors.ChoiceRefusedError,
        consent_errors.ClearanceRefusedError,
        consent_errors.DeclarationRefusedError,
        consent_errors.DisposalRefusedError,
        consent_errors.DocumentChangedError,
        consent_errors.IssueRefusedError,
        consent_errors.StaleDraftError,
        consent_errors.SoonerRefusedError,
        consent_errors.TaskRefusedError,
        consent_errors.ReviewRefusedError,
        consent_errors.TransitionError,
    ),
    410: (
        clinic_errors.ErasedError,
        consent_errors.LinkExpiredError,
        consent_errors.LinkSupersededError,
    ),
    413: (
        clinic_errors.RequestTooLargeError,
        products_errors.ScanTooLongError,
        products_errors.SizeFileTooLargeError,
        products_errors.TableTooLargeError,
        consent_errors.BodyTooLargeError,
    ),
    415: (
        clinic_errors.MediaTypeError,
        consent_errors.SignatureTypeError,
    ),
    # Not usable as it was sent.
    422: (
        Refusal,
        audit_errors.NoteError,
        audit_errors.ProofError,
        clinic_errors.ContactRefusedError,
        clinic_errors.DateRefusedError,
        clinic_errors.IdempotencyMismatchError,
        clinic_errors.ImageRefusedError,
        clinic_errors.PatientRefusedError,
        clinic_errors.PlaceRefusedError,
        clinic_errors.SchemaRefusedError,
        clinic_errors.TextRefusedError,
        clinic_errors.TokenRefusedError,
        clinic_errors.WebhookRefusedError,
        products_errors.ChronologyError,
        products_errors.ClaimRefusedError,
        products_errors.CustodyRefusedError,
        products_errors.DateError,
        products_errors.FileTooComplexError,
        products_errors.FindingRefusedError,
        products_errors.ProductsFileError,
        products_errors.LotRefusedError,
        products_errors.PartyRefusedError,
        products_errors.QuantityError,
        products_errors.ScanError,
        products_errors.SizeFileError,
        products_errors.RuleSetRefusedError,
        products_errors.StandingRefusedError,
        products_errors.TableRefusedError,
        products_errors.TemperatureRefusedError,
        products_errors.UnitCountError,
        products_errors.UploadRefusedError,
        consent_errors.ClauseMissingError,
        consent_errors.ConsentError,
        consent_errors.PaperRefusedError,
        consent_errors.PersonRefusedError,
        consent_errors.PublishRefusedError,
        consent_errors.ExportRefusedError,
        consent_errors.ReminderRefusedError,
        consent_errors.SigningRefusedError,
        consent_errors.TemplateTextError,
        consent_errors.CapacityRefusedError,
        consent_errors.EndingRefusedError,
        consent_errors.StepRefusedError,
        consent_errors.StudyRefusedError,
        consent_errors.TalkRefusedError,
        consent_errors.TermsRefusedError,
        consent_errors.UnderAgeError,
        consent_errors.UnknownFieldError,
    ),
    429: (consent_errors.IdentityLockedError,),
    # Mistakes of ours, never of the person who asked.
    500: (
        audit_errors.EntryRefusedError,
        audit_errors.NotInTransactionError,
    ),
    # Something on this machine is missing, damaged or not ready.
    503: (
        audit_errors.LogDamagedError,
        audit_errors.LogKeyError,
        audit_errors.NotCoveredError,
        clinic_errors.KeyMissingError,
        clinic_errors.SealBrokenError,
        products_errors.EvidenceDamagedError,
        products_errors.ParsingBusyError,
        products_errors.RuleSetError,
        consent_errors.FileDamagedError,
        consent_errors.NotSealedYetError,
        consent_errors.RenderingError,
        consent_errors.SealingError,
        consent_errors.SealingKeyError,
        consent_errors.TimestampError,
    ),
}
STATUS = {kind: status for status, kinds in REFUSALS.items() for kind in kinds}
TITLES = {
    400: "We could not read that request",
    401: "We could not confirm that it is you",
    403: "This is not open to you",
    404: "There is no such page",
    405: "That is not done here",
    408: "That took too long to arrive",
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
    """Turn a refusal that a view did not answer itself into a plain page that says what to do.

    An act's own address has no page: who comes to it after signing in again gets words, not a browser's blank error.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        return _no_page(request, response) if isinstance(response, HttpResponseNotAllowed) else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refusal) or status_of(exception) == 500:
            return None  # Django answers 500 and logs the trace
        return answer(request, exception)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        """Allauth answers a refused form with 200, as if all were well; here it is 422, as with every other form."""
        form = (response.context_data or {}).get("form")
        if request.method == "POST" and response.status_code == 200 and getattr(form, "errors", None):
            response.status_code = 422
        return response


def answer(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page of a refusal. A patient's page names the clinic where its link was good, and never the patient."""
    status = status_of(refusal)
    clinic = getattr(request, "patient_clinic", {})
    with speaking(clinic.get("page_language", ENGLISH)):
        page = render(
            request,
            "patient/refusal.html" if request.path.startswith("/p/") else "refusal.html",
            {"refusal": refusal, "heading": TITLES.get(status, TITLES[422]), "status": status, **clinic},
            status=status,
        )
    if status in (429, 503):
        page["Retry-After"] = str(getattr(refusal, "retry_after", 10))
    return page


def _no_page(request: HttpRequest, response: HttpResponseNotAllowed) -> HttpResponseBase:
    if response.content:
        return response
    page = render(request, "405.html", status=405)
    page["Allow"] = response["Allow"]
    return page


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django itself cannot read; a request that is too large says so (413), and not that it is unreadable."""
    if isinstance(exception, RequestDataTooBig):
        return answer(
            request, consent_errors.BodyTooLargeError("More was sent than this page can take. Nothing was changed.")
        )
    return render(request, "400.html", status=400)


class ReadableAddressMiddleware:
    """An address with a null character is nobody's search: PostgreSQL cannot even be asked about it (400).

    The API refuses it in its own form.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_page = not request.path.startswith("/api/")
        if is_page and ("\0" in request.path or "%00" in request.META.get("QUERY_STRING", "")):
            raise BadRequest("a null character in the address")
        return self.get_response(request)


class CompressedPagesMiddleware(GZipMiddleware):
    """Pages travel in gzip, with Django's random padding against guessing (BREACH); files are small already."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


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
