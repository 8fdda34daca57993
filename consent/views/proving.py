"""Who is at the keyboard: an act in one's own name asks for one's own credential again, and for the second factor where there is one."""

from __future__ import annotations

import time
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpResponseRedirect
from django.urls import reverse

from clinic.tenancy import ClinicRequest
from consent import services
from consent.vocabulary import Credential

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(request: ClinicRequest) -> bool:
    """Whether this person has an authenticator app or a passkey."""
    return bool(is_mfa_enabled(request.user, SECOND_FACTORS))


def lacks_second_factor(request: ClinicRequest) -> bool:
    """Whether the clinic wants a second factor for acts in one's own name, and this person has none."""
    return services.terms_of(request.organization).needs_second_factor and not has_second_factor(request)


def shown_credential(request: ClinicRequest) -> Credential | None:
    """What this person has shown in the last minutes; None where it is not enough.

    A passkey is enough alone: it is something one has, opened by something one knows or is. Otherwise the password is
    asked for, and the second factor after it where there is one.
    """
    shown = _shown_lately(request)
    if "webauthn" in shown:
        return Credential.PASSKEY
    if "password" not in shown:
        return None
    if shown & {"totp", "recovery_codes"}:
        return Credential.PASSWORD_AND_CODE
    return None if has_second_factor(request) else Credential.PASSWORD


def ask_for_credential(request: ClinicRequest) -> HttpResponseRedirect | None:
    """The page on which what is missing is shown, which leads back here; None where nothing is missing."""
    if shown_credential(request) is not None:
        return None
    is_code_next = "password" in _shown_lately(request) or not request.user.has_usable_password()
    page = "mfa_reauthenticate" if is_code_next and has_second_factor(request) else "account_reauthenticate"
    return HttpResponseRedirect(f"{reverse(page)}?{urlencode({'next': request.path})}")


def _shown_lately(request: ClinicRequest) -> frozenset[str]:
    """The kinds of credentials that were shown again, after signing in, within the time that counts as now."""
    since = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    return frozenset(
        str(record.get("type") or record["method"])
        for record in get_authentication_records(request, request.user)
        if record.get("reauthenticated") and record["at"] > since
    )
