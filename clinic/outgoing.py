"""Calling an address that a clinic named, and no other: never one on our own machine or in our own network.

A name is looked up once and the connection goes to the very address that was checked, so that a name cannot be
pointed elsewhere in between. No redirect is followed. Hosts that whoever runs the installation names
(`WEBHOOK_PRIVATE_HOSTS`) may be private and without TLS.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from clinic.errors import WebhookRefusedError

TIMEOUT_SECONDS = 10.0
LONGEST_URL = 400
NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Target:
    """An address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or None where nobody answered; and the words for it."""

    status: int | None
    words: str

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


def read_target(url: str, *, private_hosts: Collection[str]) -> Target:
    """The parts of an address that may be called. Raises `WebhookRefusedError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("This is not a web address such as https://stock.example.org/candour.") from None
    host = (parts.hostname or "").rstrip(".")
    named = host in private_hosts
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or not host:
        raise _refused("This is not a web address such as https://stock.example.org/candour.")
    if parts.scheme != "https" and not (named and parts.scheme == "http"):
        raise _refused("The address must begin with https://, so that nobody reads or changes the message on its way.")
    if parts.username or parts.password or parts.fragment:
        raise _refused("Leave user name, password and # out of the address; messages are signed instead.")
    if not named and _is_private_name(host):
        raise _refused("This address is on this machine or in its own network, where Candour calls nobody.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    private_hosts: Collection[str],
    context: ssl.SSLContext | None = None,
) -> Answer:
    """Send `body` and say what came of it; never raises for what the other side does."""
    try:
        target = read_target(url, private_hosts=private_hosts)
        found = checked_address(target, private_hosts=private_hosts)
    except WebhookRefusedError as refusal:
        return Answer(None, refusal.message)
    except OSError:
        return Answer(None, "The host name was not found.")
    try:
        return _sent(target, found, body, headers, context or ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        return Answer(None, "Its certificate is not one that can be trusted.")
    except TimeoutError:
        return Answer(None, f"No answer within {TIMEOUT_SECONDS:.0f} seconds.")
    except (OSError, http.client.HTTPException) as problem:
        return Answer(None, f"The connection failed: {type(problem).__name__}.")


def checked_address(target: Target, *, private_hosts: Collection[str]) -> str:
    """The IP address to connect to. Raises `WebhookRefusedError` where any that the name has is not public."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if target.host not in private_hosts and not all(is_public(address) for address in addresses):
        raise _refused("This name leads to this machine or its own network, where Candour calls nobody.")
    return addresses[0]


def is_public(text: str) -> bool:
    """Whether an IP address is one of the open internet, also where it is wrapped in another one."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        wrapped: list[Address] = [one for one in (address.ipv4_mapped, address.sixtofour) if one]
        wrapped += list(address.teredo or ())
        if address in NAT64:
            wrapped.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if wrapped:
            return all(is_public(str(one)) for one in wrapped)
    return address.is_global and not (
        address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    )


def _sent(target: Target, address: str, body: bytes, headers: Mapping[str, str], context: ssl.SSLContext) -> Answer:
    plain = socket.create_connection((address, target.port), timeout=TIMEOUT_SECONDS)
    connection = http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_SECONDS)
    # Connected already, to the address that was checked: the library looks nothing up any more.
    try:
        connection.sock = context.wrap_socket(plain, server_hostname=target.host) if target.scheme == "https" else plain
        usual = 443 if target.scheme == "https" else 80
        host = f"[{target.host}]" if ":" in target.host else target.host
        named = host if target.port == usual else f"{host}:{target.port}"
        connection.request("POST", target.path, body, {"Host": named, **headers})
        status = connection.getresponse().status
    finally:
        connection.close()
        plain.close()
    if 300 <= status < 400:
        return Answer(status, f"It answered {status} (go elsewhere); enter the address that it leads to.")
    return Answer(status, f"It answered {status}.")


def _is_private_name(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def _refused(words: str) -> WebhookRefusedError:
    return WebhookRefusedError(words, field="url", code="webhook.url")
