"""What every page knows of the clinic: its name, the membership, and where one can go from here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from clinic.vocabulary import Role

EVERYBODY = frozenset(Role)
STAFF = frozenset({Role.PRACTITIONER, Role.CLINIC_LEAD})
LOG_READERS = frozenset({Role.AUDITOR, Role.CLINIC_LEAD})
# Five ways, each with the pages behind it: URL name, label, starts of their paths, who sees it.
# A room that is not installed yet has no link.
NAVIGATION = (
    ("Today", (("today", "Board", ("/",), EVERYBODY), ("tasks", "Tasks", ("/tasks/",), EVERYBODY))),
    (
        "Consents",
        (
            ("consents", "All consents", ("/consents/",), EVERYBODY),
            ("texts", "Texts", ("/texts/",), EVERYBODY),
            ("verify", "Check a PDF", ("/verify/",), EVERYBODY),
        ),
    ),
    ("Patients", (("patients", "Patients", ("/patients/",), EVERYBODY),)),
    (
        "Products",
        (
            ("products", "All products", ("/products/",), EVERYBODY),
            ("batches", "Batches", ("/batches/", "/lots/", "/parties/"), EVERYBODY),
            ("scan", "Scan", ("/scan/",), EVERYBODY),
            ("rules", "Rules", ("/rules/",), EVERYBODY),
        ),
    ),
    (
        "Clinic",
        (
            ("clinic_settings", "Settings", ("/clinic/", "/studies/"), EVERYBODY),
            ("log", "Log", ("/log/",), LOG_READERS),
        ),
    ),
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
        "navigation": _ways(request.path, membership.roles),
        "has_other_clinics": getattr(request, "has_other_clinics", False),
        "has_mail": bool(settings.EMAIL_HOST),
    }


def _ways(path: str, roles: frozenset[Role]) -> list[dict[str, Any]]:
    """The ways that these roles have, each with its pages; a way leads to the first of them."""
    ways = []
    for label, pages in NAVIGATION:
        links = [_link(path, *page[:3]) for page in pages if roles & page[3]]
        shown = [link for link in links if link]
        if shown:
            is_current = any(link["current"] for link in shown)
            ways.append({"label": label, "url": shown[0]["url"], "pages": shown, "current": is_current})
    return ways


def _link(path: str, name: str, label: str, starts: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        url = reverse(name)
    except NoReverseMatch:
        return None
    return {
        "name": name,
        "url": url,
        "label": label,
        "current": any(path == s if s == "/" else path.startswith(s) for s in starts),
    }
