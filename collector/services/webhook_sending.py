"""Sending what is owed to webhooks: leased in PostgreSQL, sent again until it is taken."""

import asyncio
import logging
from datetime import timedelta
from secrets import SystemRandom
from typing import Any
from uuid import UUID, uuid4

import httpx2
from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from collector.models import Webhook, WebhookDelivery
from collector.services.webhooks import body_of, signed_headers, webhook_guard
from common.errors import InvalidInput
from common.outgoing import BadReply, async_client

logger = logging.getLogger(__name__)

# What Standard Webhooks proposes: about three days in all, then the webhook is switched off.
RETRY_SECONDS = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
LEASE = timedelta(seconds=60)
TIMEOUT_SECONDS = 15.0
_REPLY_BYTES = 64 << 10
_GONE = 410
_random = SystemRandom()


def due_deliveries() -> list[int]:
    """Messages that nobody is sending and whose time has come, oldest first; at most 500."""
    return list(_due().order_by("next_attempt_at").values_list("pk", flat=True)[:500])


def deliver(*, delivery_id: int) -> None:
    """Send one message if it is due and nobody else is sending it."""
    token = uuid4()
    taken = (
        _due()
        .filter(pk=delivery_id)
        .update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1)
    )
    if not taken:
        return
    delivery = WebhookDelivery.objects.select_related("webhook").get(pk=delivery_id)
    status, error = _sent(delivery)
    _settle(delivery, token, status, error)


def _due() -> Any:
    return WebhookDelivery.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        status=WebhookDelivery.Status.PENDING,
        next_attempt_at__lte=Now(),
        webhook__enabled=True,
    )


def _sent(delivery: WebhookDelivery) -> tuple[int | None, str]:
    """The status that came back and what was wrong, empty if it was taken."""
    webhook, body = delivery.webhook, body_of(delivery)
    headers = signed_headers(webhook=webhook, delivery=delivery, body=body, at=timezone.now())
    headers |= {"content-type": "application/json", "user-agent": "Concord"}
    try:
        webhook_guard().check(webhook.url, query=True)
        reply = async_to_sync(_posted)(webhook.url, body, headers)
    except InvalidInput as error:
        return None, error.detail
    except TimeoutError:
        return None, f"No answer within {TIMEOUT_SECONDS:g} s."
    except (httpx2.HTTPError, BadReply) as error:
        return None, f"{type(error).__name__}: {error}"
    if reply.is_success:
        return reply.status_code, ""
    return reply.status_code, f"The server answered {reply.status_code}."


async def _posted(url: str, body: bytes, headers: dict[str, str]) -> httpx2.Response:
    """The reply, TimeoutError where it is not whole in time, however slowly it comes."""
    async with (
        asyncio.timeout(TIMEOUT_SECONDS),
        async_client(webhook_guard(), reply_bytes=_REPLY_BYTES) as session,
    ):
        return await session.post(url, content=body, headers=headers)


@transaction.atomic
def _settle(delivery: WebhookDelivery, token: UUID, status: int | None, error: str) -> None:
    held = WebhookDelivery.objects.filter(pk=delivery.pk, lease_token=token)
    free: dict[str, Any] = {
        "lease_token": None,
        "lease_until": None,
        "response_status": status,
        "error": error[:500],
    }
    if not error:
        held.update(
            status=WebhookDelivery.Status.DELIVERED,
            delivered_at=Now(),
            next_attempt_at=None,
            **free,
        )
    elif status == _GONE or delivery.attempts > len(RETRY_SECONDS):
        gone = "The server said that the address is gone (410)."
        given_up = "Nothing was taken for three days."
        if held.update(status=WebhookDelivery.Status.FAILED, next_attempt_at=None, **free):
            _switch_off(delivery.webhook, gone if status == _GONE else given_up)
    else:
        wait = RETRY_SECONDS[delivery.attempts - 1] * _random.uniform(1.0, 1.2)
        held.update(next_attempt_at=Now() + timedelta(seconds=wait), **free)


def _switch_off(webhook: Webhook, reason: str) -> None:
    Webhook.objects.filter(pk=webhook.pk).update(enabled=False, disabled_reason=reason)
    logger.warning("Webhook %s was switched off: %s", webhook.uid, reason)
