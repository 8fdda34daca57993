"""Calling an address that a clinic named, and no other: never one on our own machine or in our own network.

A name is looked up once and the connection goes to the very address that was checked, so that a name cannot be
pointed elsewhere in between. No redirect is followed. Hosts that whoever runs the installation names
(`WEBHOOK_PRIVATE_HOSTS`) may be private and without TLS.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
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
    content: bytes = field(default=b"", repr=False)

    @property
    def is_accepted(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300


def read_target(url: str, *, private_hosts: Collection[str], may_be_plain: bool = False) -> Target:
    """The parts of an address that may be called; http only where it is said. Raises `WebhookRefusedError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("This is not a web address such as https://stock.example.org/candour.") from None
    host = (parts.hostname or "").rstrip(".")
    named = host in private_hosts
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or not host:
        raise _refused("This is not a web address such as https://stock.example.org/candour.")
    if parts.scheme != "https" and not ((named or may_be_plain) and parts.scheme == "http"):
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
    """Send `body` and say what came of it; never raises for what the other side does. What it answers is not read."""
    return call("POST", url, body, headers, private_hosts=private_hosts, context=context)


def call(
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    private_hosts: Collection[str],
    context: ssl.SSLContext | None = None,
    may_be_plain: bool = False,
    seconds: float = TIMEOUT_SECONDS,
    most_bytes: int = 0,
) -> Answer:
    """One request, over after `seconds` whatever the other side does; its answer of at most `most_bytes` is read (0: none).

    Never raises for what the other side does: a larger answer, a slow one and none at all are told in words, with no content.
    `may_be_plain` allows http:// to any public host, for what is signed itself.
    """
    try:
        target = read_target(url, private_hosts=private_hosts, may_be_plain=may_be_plain)
        found = checked_address(target, private_hosts=private_hosts)
    except WebhookRefusedError as refusal:
        return Answer(None, refusal.message)
    except OSError:
        return Answer(None, "The host name was not found.")
    exchange = _Exchange(target, found, context or ssl.create_default_context(), seconds)
    try:
        return exchange.run(method, body, headers, most_bytes)
    except ssl.SSLCertVerificationError:
        return Answer(None, "Its certificate is not one that can be trusted.")
    except (OSError, http.client.HTTPException) as problem:
        if exchange.is_late or isinstance(problem, TimeoutError):
            return Answer(None, f"No answer within {seconds:.0f} seconds.")
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


class _Exchange:
    """One request and its answer, cut off when its time is over: a receiver that drips holds nobody up."""

    def __init__(self, target: Target, address: str, context: ssl.SSLContext, seconds: float) -> None:
        self._target, self._address, self._context, self._seconds = target, address, context, seconds
        self._ends = time.monotonic() + seconds
        self._socket: socket.socket | None = None

    @property
    def is_late(self) -> bool:
        """Whether its time is over."""
        return time.monotonic() >= self._ends

    def run(self, method: str, body: bytes | None, headers: Mapping[str, str], most_bytes: int) -> Answer:
        target = self._target
        plain = socket.create_connection((self._address, target.port), timeout=self._seconds)
        self._socket = plain
        watch = threading.Timer(max(self._ends - time.monotonic(), 0.001), self._cut)
        watch.daemon = True
        watch.start()
        connection = http.client.HTTPConnection(target.host, target.port, timeout=self._seconds)
        # Connected already, to the address that was checked: the library looks nothing up any more.
        try:
            if target.scheme == "https":
                self._socket = self._context.wrap_socket(plain, server_hostname=target.host)
            connection.sock = self._socket
            usual = 443 if target.scheme == "https" else 80
            host = f"[{target.host}]" if ":" in target.host else target.host
            named = host if target.port == usual else f"{host}:{target.port}"
            connection.request(method, target.path, body, {"Host": named, **headers})
            response = connection.getresponse()
            content = response.read(most_bytes + 1) if most_bytes else b""
        finally:
            watch.cancel()
            connection.close()
            plain.close()
        if most_bytes and self.is_late:
            raise TimeoutError
        if len(content) > most_bytes:
            return Answer(None, f"It answered with more than {most_bytes:,} bytes.")
        if 300 <= response.status < 400:
            words = f"It answered {response.status} (go elsewhere); enter the address that it leads to."
            return Answer(response.status, words)
        return Answer(response.status, f"It answered {response.status}.", content)

    def _cut(self) -> None:
        """Wake whoever waits for this connection; closing alone would not."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _is_private_name(host: str) -> bool:
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal")) or "." not in host


def _refused(words: str) -> WebhookRefusedError:
    return WebhookRefusedError(words, field="url", code="webhook.url")
