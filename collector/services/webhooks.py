"""Webhooks: whom to tell of a project's events, and the messages that are owed to them.

Messages follow Standard Webhooks 1.0 (headers `webhook-id`, `webhook-timestamp` and
`webhook-signature`, a v1 signature by HMAC-SHA256), so that any of its libraries verifies them.
They are written in the transaction of what they tell of, and sent at least once.
"""

import base64
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from collector.events import EVENTS
from collector.models import Project, Webhook, WebhookDelivery
from common.errors import Conflict, InvalidInput
from common.outgoing import Guard

TEST_EVENT = "webhook.test"
MOST_WEBHOOKS = 20  # of one project


def webhook_guard() -> Guard:
    """Where the operator lets webhooks go."""
    return Guard(settings.CONCORD_ALLOWED_WEBHOOK_HOSTS, setting="CONCORD_ALLOWED_WEBHOOK_HOSTS")


def secret_of(webhook: Webhook) -> str:
    """The secret that its messages are signed with, `whsec_` and 32 bytes in Base64."""
    name = f"webhook:{webhook.uid}:{webhook.secret_number}"
    key = hmac.digest(settings.SECRET_KEY.encode(), name.encode(), "sha256")
    return f"whsec_{base64.b64encode(key).decode()}"


@transaction.atomic
def create_webhook(
    *, project: Project, url: str, events: Iterable[str], user: User | None = None
) -> Webhook:
    """Tell that address of these events from now on.

    Raises InvalidInput for an unknown event or an address that the operator has not allowed, and
    Conflict if the project tells that address already or has `MOST_WEBHOOKS`.
    """
    wanted = _checked_events(events)
    webhook_guard().check(url, attr="url", query=True)
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.webhooks.filter(url=url).exists():
        raise Conflict(_("The project has a webhook to that address."), attr="url")
    if project.webhooks.count() >= MOST_WEBHOOKS:
        raise Conflict(_("A project has at most %(most)d webhooks.") % {"most": MOST_WEBHOOKS})
    return Webhook.objects.create(project=project, url=url, events=wanted, created_by=user)


def change_webhook(
    *, webhook: Webhook, events: Iterable[str] | None = None, enabled: bool | None = None
) -> Webhook:
    """Other events, or switched on or off. Switched off, what is still owed is not sent."""
    if events is not None:
        webhook.events = _checked_events(events)
    if enabled is not None:
        webhook.enabled = enabled
        webhook.disabled_reason = ""
    webhook.save(update_fields=["events", "enabled", "disabled_reason"])
    return webhook


def rotate_secret(*, webhook: Webhook) -> Webhook:
    """A new secret, by which everything sent from now on is signed."""
    Webhook.objects.filter(pk=webhook.pk).update(secret_number=F("secret_number") + 1)
    webhook.refresh_from_db(fields=["secret_number"])
    return webhook


def announce(*, project_id: int, event: str, data: Mapping[str, Any]) -> None:
    """Owe a message to each of the project's webhooks that wants the event.

    Nothing is owed unless the caller's transaction commits. `data` is JSON data.
    """
    if event not in EVENTS:
        raise ValueError(f"There is no event {event!r}.")
    wanting = Webhook.objects.filter(project=project_id, enabled=True, events__contains=[event])
    _owe(wanting, event, data)


def send_test(*, webhook: Webhook) -> WebhookDelivery:
    """Owe a message that says nothing; Conflict if the webhook is switched off."""
    if not webhook.enabled:
        raise Conflict(_("The webhook is switched off."))
    delivery = _owe([webhook], TEST_EVENT, {"webhook": str(webhook.uid)})[0]
    delivery.refresh_from_db()
    return delivery


def signed_headers(
    *, webhook: Webhook, delivery: WebhookDelivery, body: bytes, at: datetime
) -> dict[str, str]:
    """The three headers by which a receiver knows the message, its age and its sender."""
    seconds = str(int(at.timestamp()))
    key = base64.b64decode(secret_of(webhook).removeprefix("whsec_"))
    signed = f"{delivery.uid}.{seconds}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return {
        "webhook-id": str(delivery.uid),
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{signature}",
    }


def body_of(delivery: WebhookDelivery) -> bytes:
    """The message, the same bytes whenever it is sent again."""
    return orjson.dumps(delivery.payload)


@transaction.atomic
def _owe(webhooks: Iterable[Webhook], event: str, data: Mapping[str, Any]) -> list[WebhookDelivery]:
    payload = {"type": event, "timestamp": timezone.now().isoformat(), "data": dict(data)}
    owed = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=webhook, event=event, payload=payload, next_attempt_at=Now())
        for webhook in webhooks
    )
    from collector.tasks import deliver_webhook as task  # noqa: PLC0415 - tasks are above services

    for delivery in owed:
        task.delay_on_commit(delivery.pk)  # type: ignore[attr-defined]
    return owed


def _checked_events(events: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(events))
    if not wanted:
        raise InvalidInput(_("Name at least one event."), attr="events")
    for event in wanted:
        if event not in EVENTS:
            raise InvalidInput(
                _("There is no event “%(name)s” (there are: %(known)s).")
                % {"name": event, "known": ", ".join(EVENTS)},
                attr="events",
            )
    return wanted
