"""Calls to the one timestamp authority that whoever runs the installation names, and for its revocation lists.

A token is signed, so http is good enough for it; a secret goes over https only (`config.environment`). An authority
in one's own network is named in WEBHOOK_PRIVATE_HOSTS, as for webhooks. No redirect is followed.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from clinic import outgoing

MOST_TOKEN_BYTES = 64 * 1024
# A list is put into every file.
MOST_LIST_BYTES = 1024 * 1024


def has_timestamp_authority() -> bool:
    """Whether TIMESTAMP_URL names one."""
    return bool(settings.TIMESTAMP_URL)


def ask_timestamp_authority(request: bytes, seconds: float) -> tuple[bytes, str]:
    """The authority's answer (DER) to a TimeStampReq (DER); or nothing, and why in words. Never raises."""
    if not has_timestamp_authority():
        return b"", "No timestamp authority is set (TIMESTAMP_URL)."
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    if settings.TIMESTAMP_AUTHORIZATION:
        headers["Authorization"] = settings.TIMESTAMP_AUTHORIZATION
    return _called("POST", settings.TIMESTAMP_URL, request, headers, seconds, MOST_TOKEN_BYTES)


def fetch_revocation_list(url: str, seconds: float) -> tuple[bytes, str]:
    """A revocation list from the authority's own host or one of TIMESTAMP_CRL_HOSTS; or nothing, and why. Never raises."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if host not in {urlsplit(settings.TIMESTAMP_URL).hostname, *settings.TIMESTAMP_CRL_HOSTS}:
        return b"", f"The host {host or url} is not named in TIMESTAMP_CRL_HOSTS."
    return _called("GET", url, None, {"Accept": "application/pkix-crl"}, seconds, MOST_LIST_BYTES)


def _called(
    method: str, url: str, body: bytes | None, headers: dict[str, str], seconds: float, most_bytes: int
) -> tuple[bytes, str]:
    if seconds <= 0:
        return b"", "No time was left to ask."
    answer = outgoing.call(
        method,
        url,
        body,
        headers,
        private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
        may_be_plain=True,
        seconds=seconds,
        most_bytes=most_bytes,
    )
    if not answer.is_accepted or not answer.content:
        return b"", answer.words if not answer.is_accepted else "It answered with nothing."
    return answer.content, ""
