"""Webhooks: signed, sent again, never twice at once, and only to allowed hosts."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from django.db.models.functions import Now
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from collector.models import Project, Webhook, WebhookDelivery
from collector.services.webhook_sending import RETRY_SECONDS, deliver, due_deliveries
from collector.services.webhooks import (
    announce,
    change_webhook,
    create_webhook,
    rotate_secret,
    secret_of,
    send_test,
)
from common.errors import Conflict, InvalidInput
from tests.factories import make_project

pytestmark = pytest.mark.django_db
READY = "dataset_version.ready"


class Receiver:
    """A real HTTP server that remembers what it was sent, and answers as told."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.location = ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append((headers, body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("location", receiver.location)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Not on the test's screen."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?from=concord"
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["127.0.0.1"]
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def project() -> Project:
    return make_project()


def make_webhook(project: Project, receiver: Receiver) -> Webhook:
    return create_webhook(project=project, url=receiver.url, events=[READY])


def send_all() -> None:
    for delivery_id in due_deliveries():
        deliver(delivery_id=delivery_id)


def make_due() -> None:
    WebhookDelivery.objects.filter(status="pending").update(next_attempt_at=Now())


def test_a_message_is_verified_by_the_standard_library_of_the_standard(
    project: Project, receiver: Receiver
) -> None:
    webhook = make_webhook(project, receiver)
    announce(project_id=project.pk, event=READY, data={"version": "é", "rows": 3})
    send_all()
    (headers, body), delivery = receiver.received[0], WebhookDelivery.objects.get()
    verified = Verifier(secret_of(webhook)).verify(body, headers)
    assert verified["type"] == READY
    assert verified["data"] == {"version": "é", "rows": 3}
    assert headers["webhook-id"] == str(delivery.uid)
    assert (delivery.status, delivery.response_status, delivery.attempts) == ("delivered", 204, 1)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(webhook)).verify(body.replace(b"3", b"4"), headers)


def test_a_new_secret_is_another_and_signs_from_then_on(
    project: Project, receiver: Receiver
) -> None:
    webhook = make_webhook(project, receiver)
    before = secret_of(webhook)
    rotate_secret(webhook=webhook)
    assert secret_of(webhook) != before
    send_test(webhook=webhook)
    send_all()
    headers, body = receiver.received[0]
    assert Verifier(secret_of(webhook)).verify(body, headers)["type"] == "webhook.test"
    with pytest.raises(WebhookVerificationError):
        Verifier(before).verify(body, headers)


def test_only_those_who_asked_are_told(project: Project, receiver: Receiver) -> None:
    webhook = make_webhook(project, receiver)
    announce(project_id=project.pk, event="dataset_version.failed", data={})
    announce(project_id=make_project("other").pk, event=READY, data={})
    change_webhook(webhook=webhook, enabled=False)
    announce(project_id=project.pk, event=READY, data={})
    assert WebhookDelivery.objects.count() == 0
    with pytest.raises(Conflict):
        send_test(webhook=webhook)


def test_what_is_refused_is_sent_again_with_the_same_id_and_bytes(
    project: Project, receiver: Receiver
) -> None:
    make_webhook(project, receiver)
    announce(project_id=project.pk, event=READY, data={"n": 1})
    receiver.status = 503
    send_all()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.error) == ("pending", "The server answered 503.")
    assert delivery.next_attempt_at is not None
    waits = delivery.next_attempt_at - delivery.created_at
    assert timedelta(seconds=RETRY_SECONDS[0]) <= waits
    assert due_deliveries() == []
    receiver.status = 200
    make_due()
    send_all()
    (first, body), (second, again) = receiver.received
    assert (first["webhook-id"], body) == (second["webhook-id"], again)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("delivered", 2)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (410, "The server said that the address is gone (410)."),
        (500, "Nothing was taken for three days."),
    ],
)
def test_an_address_that_takes_nothing_is_switched_off(
    project: Project, receiver: Receiver, status: int, reason: str
) -> None:
    webhook = make_webhook(project, receiver)
    announce(project_id=project.pk, event=READY, data={})
    receiver.status = status
    for _ in range(len(RETRY_SECONDS) + 1):
        make_due()
        send_all()
    webhook.refresh_from_db()
    assert (webhook.enabled, webhook.disabled_reason) == (False, reason)
    assert WebhookDelivery.objects.get().status == "failed"
    assert len(receiver.received) == (1 if status == 410 else len(RETRY_SECONDS) + 1)


def test_a_redirect_is_not_followed(project: Project, receiver: Receiver) -> None:
    make_webhook(project, receiver)
    receiver.status, receiver.location = 302, receiver.url
    announce(project_id=project.pk, event=READY, data={})
    send_all()
    assert len(receiver.received) == 1
    assert WebhookDelivery.objects.get().error == "The server answered 302."


def test_a_message_that_is_being_sent_is_nobody_elses(project: Project, receiver: Receiver) -> None:
    make_webhook(project, receiver)
    announce(project_id=project.pk, event=READY, data={})
    delivery = WebhookDelivery.objects.get()
    WebhookDelivery.objects.update(lease_until=Now() + timedelta(seconds=60))
    deliver(delivery_id=delivery.pk)
    assert (receiver.received, due_deliveries()) == ([], [])
    WebhookDelivery.objects.update(lease_until=Now() - timedelta(seconds=1))  # it died
    send_all()
    send_all()
    assert len(receiver.received) == 1


def test_a_host_that_is_no_longer_allowed_is_not_asked(
    project: Project, receiver: Receiver, settings: Any
) -> None:
    make_webhook(project, receiver)
    announce(project_id=project.pk, event=READY, data={})
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = []
    send_all()
    assert receiver.received == []
    assert "CONCORD_ALLOWED_WEBHOOK_HOSTS" in WebhookDelivery.objects.get().error


@pytest.mark.parametrize(
    ("url", "events", "attr"),
    [
        ("http://10.0.0.1/", [READY], "url"),
        ("ftp://127.0.0.1/", [READY], "url"),
        ("http://user@127.0.0.1/", [READY], "url"),
        ("http://127.0.0.1/", [], "events"),
        ("http://127.0.0.1/", ["no.such"], "events"),
    ],
)
def test_what_cannot_be_told_is_refused(
    project: Project, settings: Any, url: str, events: list[str], attr: str
) -> None:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["127.0.0.1"]
    with pytest.raises(InvalidInput) as refused:
        create_webhook(project=project, url=url, events=events)
    assert refused.value.attr == attr
    assert not Webhook.objects.exists()


def test_an_address_is_told_once(project: Project, receiver: Receiver) -> None:
    make_webhook(project, receiver)
    with pytest.raises(Conflict):
        make_webhook(project, receiver)


def test_the_payload_is_json(project: Project, receiver: Receiver) -> None:
    make_webhook(project, receiver)
    announce(project_id=project.pk, event=READY, data={"a": [1, None]})
    send_all()
    headers, body = receiver.received[0]
    assert headers["content-type"] == "application/json"
    assert json.loads(body)["data"] == {"a": [1, None]}


@pytest.mark.parametrize("said", [b"x", b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_receiver_that_never_ends_its_reply_is_given_up_in_time(
    project: Project, settings: Any, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["127.0.0.1"]
    monkeypatch.setattr("collector.services.webhook_sending.TIMEOUT_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        speaking = Thread(target=_speak_without_end, args=[server, said])
        speaking.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        send_test(webhook=create_webhook(project=project, url=url, events=[READY]))
        began = monotonic()
        send_all()
        assert monotonic() - began < 10
        speaking.join()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.error) == ("pending", "No answer within 0.5 s.")


def _speak_without_end(server: socket.socket, said: bytes) -> None:
    """A start of headers, or interim replies: each comes well within a time between bytes."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(said if said.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        while True:
            sleep(0.02)
            connection.sendall(said)
