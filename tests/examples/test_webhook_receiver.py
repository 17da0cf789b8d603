"""The example that receives webhooks believes Concord and nobody else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest
from django.db.models.functions import Now

from collector.models import Webhook
from collector.services.webhook_sending import deliver
from collector.services.webhooks import announce, create_webhook, rotate_secret, secret_of
from tests.conftest import BASE_DIR
from tests.factories import make_project

pytestmark = pytest.mark.django_db
READY = "dataset_version.ready"


@pytest.fixture
def webhook(settings: Any) -> Webhook:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["127.0.0.1"]
    return create_webhook(project=make_project(), url="http://127.0.0.1:9/", events=[READY])


@contextmanager
def received_by(webhook: Webhook) -> Iterator[subprocess.Popen[str]]:
    """The example, listening where the webhook's messages go."""
    with subprocess.Popen(
        [sys.executable, "examples/webhook_receiver.py", "--port", "0"],
        cwd=BASE_DIR,
        env=os.environ | {"CONCORD_WEBHOOK_SECRET": secret_of(webhook)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        port = process.stdout.readline().split()[-1]
        webhook.url = f"http://127.0.0.1:{port}/"
        webhook.save()
        yield process
        process.terminate()


def test_what_concord_signed_is_printed_once(webhook: Webhook) -> None:
    for number in (1, 2):
        announce(project_id=webhook.project_id, event=READY, data={"number": number})
    first, second = webhook.deliveries.order_by("pk")
    with received_by(webhook) as process:
        for delivery in (first, first, second):
            webhook.deliveries.filter(pk=delivery.pk).update(
                status="pending", next_attempt_at=Now(), delivered_at=None
            )
            deliver(delivery_id=delivery.pk)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
    assert said == [f'{READY} {{"number": 1}}\n', f'{READY} {{"number": 2}}\n']
    assert list(webhook.deliveries.values_list("response_status", flat=True)) == [204, 204]


def test_what_somebody_else_signed_is_refused(webhook: Webhook) -> None:
    announce(project_id=webhook.project_id, event=READY, data={"number": 1})
    delivery = webhook.deliveries.get()
    with received_by(webhook):
        rotate_secret(webhook=webhook)
        deliver(delivery_id=delivery.pk)
        unsigned = httpx2.post(webhook.url, content=b"{}", trust_env=False)
    delivery.refresh_from_db()
    assert (delivery.response_status, unsigned.status_code) == (401, 401)
