"""Webhooks: told in order, signed, tried again, given up, sent again; and never called where nobody may."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from audit import services as audit
from clinic import outgoing
from clinic.errors import WebhookRefusedError
from clinic.models import WebhookDelivery, WebhookEndpoint
from clinic.records import WebhookWish
from clinic.services import add_webhook, claim_endpoints, collect_messages, deliver_due, send_again, stop_webhook
from clinic.services.deliveries import PAUSES
from clinic.vocabulary import DeliveryState
from config import webhook_events
from products.services import hold_batch, receive_batch, register_product
from tests import cast
from tests.consent.staffroom import recently_confirmed
from tests.products.conftest import LOT, ROSALINE, TODAY

pytestmark = pytest.mark.django_db
KINDS = frozenset({"products.product_registered", "products.batch_received", "products.batch_held"})


class Receiver:
    """A clinic's own system, on this machine: keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/candour?from=hc"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.got]


@pytest.fixture
def receiver(settings) -> Iterator[Receiver]:
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def added(receiver, harbour, lead):
    return add_webhook(harbour, WebhookWish(receiver.url, KINDS), agent=cast.agent_for(lead, harbour), at=cast.NOW)


@pytest.fixture
def endpoint(added) -> WebhookEndpoint:
    return added[0]


@pytest.fixture
def lot(added, harbour, practitioner):
    """What happens: a product, a batch of it."""
    agent = cast.agent_for(practitioner, harbour)
    product = register_product(harbour, ROSALINE, agent=agent, at=cast.NOW)
    return receive_batch(product, LOT, today=TODAY, agent=agent, at=cast.NOW).batch


def tell(at=None) -> int:
    """One tick of the sweep."""
    at = at or timezone.now()
    collect_messages(at=at)
    return sum(deliver_due(pk, at=at) for pk in claim_endpoints(at=at))


class TestTelling:
    def test_in_the_order_of_the_log_with_ids_only(self, receiver, lot, harbour):
        assert tell() == 2
        registered, received = receiver.messages
        assert registered["type"] == "products.product_registered"
        assert received["type"] == "products.batch_received"
        assert received["data"]["organization_id"] == str(harbour.pk)
        assert {"type": "batch", "id": str(lot.pk)} in received["data"]["about"]
        assert registered["data"]["log_index"] < received["data"]["log_index"]
        everything = " ".join(body.decode() for _, _, body in receiver.got)
        assert "Rosaline" not in everything
        assert "RSE2601" not in everything

    def test_signed_so_that_the_receiver_can_check_it(self, receiver, added, lot):
        tell()
        _, headers, body = receiver.got[0]
        Webhook(added[1]).verify(body, {name.lower(): value for name, value in headers.items()})
        other = "whsec_" + base64.b64encode(b"x" * 32).decode()
        with pytest.raises(Exception, match="signature"):
            Webhook(other).verify(body, {name.lower(): value for name, value in headers.items()})

    def test_at_the_address_that_was_named(self, receiver, lot):
        tell()
        path, headers, _ = receiver.got[0]
        assert path == "/candour?from=hc"
        assert headers["Host"] == f"127.0.0.1:{receiver.server.server_port}"

    def test_once(self, receiver, lot):
        tell()
        assert tell() == 0
        assert collect_messages(at=cast.NOW) == 0
        assert len(receiver.got) == 2

    def test_only_of_what_was_asked_for(self, receiver, added, harbour, lead):
        with transaction.atomic():
            audit.append("clinic.mail_tested", agent=cast.agent_for(lead, harbour), occurred_at=cast.NOW)
        assert tell() == 0
        assert WebhookDelivery.objects.count() == 0

    def test_not_of_what_happened_before(self, receiver, harbour, lead, practitioner):
        register_product(harbour, ROSALINE, agent=cast.agent_for(practitioner, harbour), at=cast.NOW)
        add_webhook(harbour, WebhookWish(receiver.url, KINDS), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert tell() == 0

    def test_not_of_another_clinic(self, receiver, added, inland, stranger):
        register_product(inland, ROSALINE, agent=cast.agent_for(stranger, inland), at=cast.NOW)
        assert tell() == 0

    def test_two_workers_do_not_send_at_once(self, receiver, lot):
        now = timezone.now()
        collect_messages(at=now)
        assert len(claim_endpoints(at=now)) == 1
        assert claim_endpoints(at=now) == []
        assert len(claim_endpoints(at=now + timedelta(minutes=2))) == 1


class TestTryingAgain:
    def test_a_refused_message_is_tried_later_with_the_same_id_and_stops_no_other(self, receiver, lot):
        now = timezone.now()
        receiver.answers = [500]
        assert tell(now) == 1
        assert tell(now + timedelta(seconds=4)) == 0
        assert tell(now + timedelta(seconds=6)) == 1
        ids = [headers["webhook-id"] for _, headers, _ in receiver.got]
        assert ids[0] == ids[2] != ids[1]

    def test_where_nobody_is_there_the_others_wait_in_order(self, receiver, lot):
        now = timezone.now()
        receiver.answers = [503]
        assert tell(now) == 0
        assert len(receiver.got) == 1
        assert tell(now + timedelta(seconds=6)) == 2
        assert [message["type"] for message in receiver.messages[1:]] == [
            "products.product_registered",
            "products.batch_received",
        ]

    def test_after_the_last_pause_it_is_given_up(self, receiver, lot):
        now = timezone.now()
        receiver.answers = [400] * 100
        for pause in (*PAUSES, timedelta()):
            tell(now)
            now += pause + timedelta(seconds=1)
        assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {(DeliveryState.DEAD, len(PAUSES) + 1)}
        sent = len(receiver.got)
        assert tell(now + timedelta(days=9)) == 0
        assert len(receiver.got) == sent

    def test_an_address_that_is_gone_is_not_tried_again(self, receiver, lot):
        receiver.answers = [410]
        tell()
        assert WebhookDelivery.objects.filter(state=DeliveryState.DEAD, attempts=1).count() == 1

    def test_a_redirect_is_not_followed(self, receiver, lot):
        receiver.answers = [302]
        tell()
        assert "go elsewhere" in WebhookDelivery.objects.get(attempts=1, state=DeliveryState.WAITING).last_answer

    def test_nobody_listening_is_said_in_words(self, receiver, lot):
        receiver.server.shutdown()
        receiver.server.server_close()
        tell()
        assert "connection failed" in WebhookDelivery.objects.get(attempts=1).last_answer

    def test_what_was_given_up_is_sent_again_by_hand(self, receiver, lot, harbour, lead):
        receiver.answers = [410]
        tell()
        dead = WebhookDelivery.objects.get(state=DeliveryState.DEAD)
        send_again(dead, agent=cast.agent_for(lead, harbour), at=timezone.now())
        assert tell() == 1
        with pytest.raises(WebhookRefusedError):
            send_again(dead, agent=cast.agent_for(lead, harbour), at=timezone.now())

    def test_a_stopped_address_is_told_nothing_more(self, receiver, endpoint, lot, harbour, lead, practitioner):
        stop_webhook(endpoint, agent=cast.agent_for(lead, harbour), at=timezone.now())
        hold_batch(lot, reason="x", today=TODAY, agent=cast.agent_for(practitioner, harbour), at=timezone.now())
        assert tell() == 0
        assert receiver.got == []


class TestTheSecret:
    def test_is_encrypted_at_rest(self, added):
        endpoint, shown = added
        secret = base64.b64decode(shown.removeprefix("whsec_"))
        assert endpoint.secret == secret
        assert secret not in bytes(WebhookEndpoint.objects.get().wrapped_secret)

    def test_opens_only_in_its_own_row(self, added, receiver, harbour, lead):
        wish = WebhookWish(f"{receiver.url}2", KINDS)
        other, _ = add_webhook(harbour, wish, agent=cast.agent_for(lead, harbour), at=cast.NOW)
        other.wrapped_secret = added[0].wrapped_secret
        with pytest.raises(Exception, match="does not open"):
            assert other.secret


class TestAddresses:
    @pytest.mark.parametrize("url", [
        "http://stock.example.org/", "ftp://stock.example.org/", "https://", "https://localhost/", "https://127.0.0.1/",
        "https://[::1]/", "https://10.0.0.5/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
        "https://172.16.0.1/", "https://100.64.0.1/", "https://0.0.0.0/", "https://[fe80::1]/", "https://[fc00::1]/",
        "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://224.0.0.1/",
        "https://printer.local/", "https://db.internal/", "https://intranet/", "https://user:pass@stock.example.org/",
        "https://stock.example.org/#a", "https://stock.example.org/a b", "https://stock.example.org:99999/",
        "https://stöck.example.org/", "javascript:alert(1)", "https://stock.example.org\\@10.0.0.5/", "https://localhost./",
        "https://stock.example.org/" + "a" * 400,
    ])  # fmt: skip
    def test_that_may_not_be_called(self, harbour, lead, url):
        with pytest.raises(WebhookRefusedError) as refused:
            add_webhook(harbour, WebhookWish(url, KINDS), agent=cast.agent_for(lead, harbour), at=cast.NOW)
        assert refused.value.field == "url"
        assert not WebhookEndpoint.objects.exists()

    @pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254", "::ffff:10.0.0.1"])
    def test_a_name_that_leads_inside_is_not_called(self, monkeypatch, address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
        found = [public, (family, socket.SOCK_STREAM, 6, "", (address, 443))]
        monkeypatch.setattr("clinic.outgoing.socket.getaddrinfo", lambda *_, **__: found)
        monkeypatch.setattr("clinic.outgoing.socket.create_connection", lambda *_, **__: pytest.fail("called"))
        answer = outgoing.post("https://rebound.example.org/", b"{}", {}, private_hosts=())
        assert answer.status is None
        assert "own network" in answer.words

    def test_the_connection_goes_to_the_address_that_was_checked(self, monkeypatch):
        asked: list[Any] = []
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))]
        monkeypatch.setattr("clinic.outgoing.socket.getaddrinfo", lambda *_, **__: found)

        def connect(address: Any, **options: Any) -> None:
            asked.append(address)
            raise ConnectionRefusedError

        monkeypatch.setattr("clinic.outgoing.socket.create_connection", connect)
        outgoing.post("https://stock.example.org/", b"{}", {}, private_hosts=())
        assert asked == [("93.184.215.14", 443)]

    @pytest.mark.parametrize("spelling", ["127.1", "0x7f.1", "2130706433", "017700000001"])
    def test_other_spellings_of_an_inner_address_are_not_called(self, spelling):
        answer = outgoing.post(f"https://{spelling}/", b"{}", {}, private_hosts=())
        assert answer.status is None

    def test_at_most_ten_and_none_twice(self, receiver, harbour, lead):
        agent = cast.agent_for(lead, harbour)
        for number in range(10):
            add_webhook(harbour, WebhookWish(f"{receiver.url}{number}", KINDS), agent=agent, at=cast.NOW)
        with pytest.raises(WebhookRefusedError, match="told already"):
            add_webhook(harbour, WebhookWish(f"{receiver.url}1", KINDS), agent=agent, at=cast.NOW)
        with pytest.raises(WebhookRefusedError, match="Stop one"):
            add_webhook(harbour, WebhookWish(f"{receiver.url}x", KINDS), agent=agent, at=cast.NOW)


class TestEvents:
    def test_every_one_is_a_kind_of_the_log(self):
        text = Path("docs/reference/log-kinds.md").read_text(encoding="utf-8")
        assert [kind for kind in webhook_events.EVENTS if f"| `{kind}` |" not in text] == []

    def test_the_reference_lists_them(self):
        text = Path("docs/reference/api.md").read_text(encoding="utf-8")
        assert [kind for kind in webhook_events.EVENTS if f"| `{kind}` |" not in text] == []

    def test_no_patient_is_named(self):
        assert "clinic.patient" not in webhook_events.THINGS
        assert all(thing != "patient" for things in webhook_events.THINGS.values() for thing, _ in things)


class TestPages:
    def test_the_secret_is_shown_once(self, receiver, lead, signed_in):
        browser = recently_confirmed(signed_in(lead))
        answer = browser.post(reverse("webhook_add"), {"url": receiver.url, "kinds": sorted(KINDS)})
        endpoint = WebhookEndpoint.objects.get()
        secret = f"whsec_{base64.b64encode(endpoint.secret).decode()}"
        assert secret in answer.content.decode()
        assert secret not in browser.get(reverse("webhook", args=[endpoint.pk])).content.decode()

    def test_adding_asks_who_is_there_first(self, lead, signed_in):
        assert signed_in(lead).get(reverse("webhook_add")).url.startswith("/accounts/reauthenticate/")

    def test_a_wrong_address_is_refused_at_its_field(self, lead, signed_in):
        browser = recently_confirmed(signed_in(lead))
        answer = browser.post(reverse("webhook_add"), {"url": "https://10.0.0.5/", "kinds": sorted(KINDS)})
        assert answer.status_code == 422
        assert "calls nobody" in answer.content.decode()

    def test_what_was_given_up_stands_first_and_is_sent_again(self, receiver, endpoint, lot, lead, signed_in):
        receiver.answers = [410]
        tell()
        browser = signed_in(lead)
        page = browser.get(reverse("webhook", args=[endpoint.pk])).content.decode()
        assert "Not delivered" in page
        assert "It answered 410." in page
        dead = WebhookDelivery.objects.get(state=DeliveryState.DEAD)
        assert browser.post(reverse("webhook_send_again", args=[dead.pk])).status_code == 302
        assert tell() == 1

    def test_an_auditor_reads_and_changes_nothing(self, endpoint, lot, auditor, signed_in):
        browser = signed_in(auditor)
        assert browser.get(reverse("webhooks")).status_code == 200
        assert browser.get(reverse("webhook", args=[endpoint.pk])).status_code == 200
        assert browser.post(reverse("webhook_stop", args=[endpoint.pk])).status_code == 403
        assert WebhookEndpoint.objects.get().stopped_at is None

    @pytest.mark.parametrize("who", ["practitioner"])
    def test_who_has_another_role_reads_why_not(self, who, endpoint, request, signed_in):
        browser = signed_in(request.getfixturevalue(who))
        assert browser.get(reverse("webhooks")).status_code == 403
        assert browser.get(reverse("webhook", args=[endpoint.pk])).status_code == 403

    def test_a_stranger_finds_nothing(self, endpoint, lot, stranger, signed_in):
        collect_messages(at=timezone.now())
        browser = signed_in(stranger)
        assert endpoint.url not in browser.get(reverse("webhooks")).content.decode()
        assert browser.get(reverse("webhook", args=[endpoint.pk])).status_code == 404
        assert browser.post(reverse("webhook_stop", args=[endpoint.pk])).status_code == 404
        message = WebhookDelivery.objects.first()
        assert browser.post(reverse("webhook_send_again", args=[message.pk])).status_code == 404
