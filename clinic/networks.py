"""On which network somebody works here, noted with their acts, once an hour: a signature that is made on it says so."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from clinic.models import Membership, Organization
from clinic.services import network_index, note_staff_network
from clinic.tenancy import GetResponse, client_address

# The network that this session was last noted on, and when.
SESSION_KEY = "network"
NOTE_EVERY_SECONDS = 3600


class StaffNetworkMiddleware:
    """Behind TenancyMiddleware, which says who works where."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        membership: Membership | None = getattr(request, "membership", None)
        # With an act that was taken: to look at a page writes nothing, and neither does the form of another site.
        if membership is not None and request.method == "POST" and response.status_code < HTTPStatus.BAD_REQUEST:
            _note(request, membership.organization)
        return response


def _note(request: HttpRequest, organization: Organization) -> None:
    now, index = timezone.now(), network_index(organization, client_address(request))
    known = request.session.get(SESSION_KEY) or ["", 0.0]
    if index and (known[0] != index or not 0 <= now.timestamp() - known[1] < NOTE_EVERY_SECONDS):
        note_staff_network(organization, index, at=now)
        # Signing out, and handing over the device, leave nothing in the browser.
        if request.user.is_authenticated:
            request.session[SESSION_KEY] = [index, now.timestamp()]
