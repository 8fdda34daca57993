"""What every page knows of the clinic: its name, the membership, and where one can go from here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from clinic.vocabulary import Role

EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.PRACTITIONER, Role.CLINIC_LEAD})
# URL name, label, start of its path, who sees it. A room that is not installed yet has no link.
NAVIGATION = (
    ("today", "Today", "/", EVERYBODY),
    ("consents", "Consents", "/consents/", EVERYBODY),
    ("patients", "Patients", "/patients/", EVERYBODY),
    ("products", "Products", "/products/", EVERYBODY),
    ("batches", "Batches", "/batches/", EVERYBODY),
    ("scan", "Scan", "/scan/", EVERYBODY),
    ("rules", "Rules", "/rules/", EVERYBODY),
    ("texts", "Texts", "/texts/", EVERYBODY),
    ("log", "Log", "/log/", frozenset({Role.AUDITOR, Role.CLINIC_LEAD})),
    ("verify", "Check a PDF", "/verify/", EVERYBODY),
    ("clinic_settings", "Clinic", "/clinic/", EVERYBODY),
)


def clinic(request: HttpRequest) -> dict[str, Any]:
    """`organization`, `membership`, `navigation`, whether there is mail; all but the last empty for a person who is not signed in."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {
            "organization": None,
            "membership": None,
            "navigation": [],
            "has_other_clinics": False,
        }
    return {
        "organization": membership.organization,
        "membership": membership,
        "navigation": _links(request.path, membership.roles),
        "has_other_clinics": getattr(request, "has_other_clinics", False),
        "has_mail": bool(settings.EMAIL_HOST),
    }


def _links(path: str, roles: frozenset[Role]) -> list[dict[str, Any]]:
    links = []
    for name, label, start, allowed in NAVIGATION:
        if not roles & allowed:
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = path == "/" if start == "/" else path.startswith(start)
        links.append({"url": url, "label": label, "current": current})
    return links
