"""The pages of webhooks: made, told of other events, tested, switched, and their secret."""

import re

import pytest
from django.conf import settings
from django.test import Client

from collector.models import Webhook, WebhookDelivery
from collector.services.webhooks import secret_of
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/datasets/webhooks/"
NEW = {"url": "http://hooks.test/x", "events": ["dataset_version.ready"]}


def plain(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def project(settings):
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.test"]
    return factories.make_project("tea")


@pytest.fixture
def researcher(project):
    client = Client()
    client.force_login(
        factories.make_member(project, "researcher"), backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    return client


@pytest.fixture
def webhook(project):
    return Webhook.objects.create(project=project, url=NEW["url"], events=NEW["events"])


def test_a_webhook_is_made_and_its_secret_shown_once(researcher, project):
    assert "Nobody is told anything yet." in plain(researcher.get(PAGE))
    answer = researcher.post(PAGE, NEW)
    made = Webhook.objects.get()
    assert secret_of(made) in answer.content.decode()
    assert secret_of(made) not in researcher.get(f"{PAGE}{made.uid}/").content.decode()
    assert "The project has a webhook to that address." in plain(researcher.post(PAGE, NEW))
    refused = researcher.post(PAGE, NEW | {"url": "http://elsewhere.test/"})
    assert refused.status_code == 400
    assert "elsewhere.test" in plain(refused)
    assert Webhook.objects.count() == 1


def test_it_is_told_of_other_events_and_switched(researcher, webhook):
    address = f"{PAGE}{webhook.uid}/"
    researcher.post(address, {"events": ["dataset_version.failed"]})
    researcher.post(address + "switch/")
    webhook.refresh_from_db()
    assert (webhook.events, webhook.enabled) == (["dataset_version.failed"], False)
    assert "It is switched off" in plain(researcher.get(address))
    assert "switched off" in plain(researcher.post(address + "test/", follow=True))
    assert researcher.post(address, {"events": []}).status_code == 400
    assert not WebhookDelivery.objects.exists()


def test_a_test_is_owed_and_listed(researcher, webhook):
    address = f"{PAGE}{webhook.uid}/"
    page = plain(researcher.post(address + "test/", follow=True))
    assert WebhookDelivery.objects.get().event == "webhook.test"
    assert "webhook.test pending" in page
    for _ in range(30):
        WebhookDelivery.objects.create(webhook=webhook, event="webhook.test", payload={})
    page = researcher.get(address).content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', page)[1]
    assert plain(researcher.get(address + older)).count("webhook.test") == 6
    assert researcher.get(address + "?before=nothing").status_code == 200


def test_the_secret_is_made_anew(researcher, webhook):
    before = secret_of(webhook)
    page = researcher.post(f"{PAGE}{webhook.uid}/secret/").content.decode()
    webhook.refresh_from_db()
    assert secret_of(webhook) != before
    assert secret_of(webhook) in page
    assert before not in page


def test_it_is_deleted(researcher, webhook):
    assert "was deleted" in plain(researcher.post(f"{PAGE}{webhook.uid}/delete/", follow=True))
    assert not Webhook.objects.exists()


def test_one_of_another_project_is_not_found(researcher):
    other = Webhook.objects.create(
        project=factories.make_project(), url="http://hooks.test/", events=[]
    )
    for what in ("", "switch/", "test/", "secret/", "delete/"):
        assert researcher.post(f"{PAGE}{other.uid}/{what}").status_code == 404
    assert Webhook.objects.get().secret_number == 1


def test_the_pages_cost_few_queries(researcher, webhook, django_assert_max_num_queries):
    researcher.get(PAGE)  # the session is read the first time
    numbers = []
    for _ in range(2):
        WebhookDelivery.objects.create(webhook=webhook, event="webhook.test", payload={})
        counted = []
        for address in (PAGE, f"{PAGE}{webhook.uid}/"):
            with django_assert_max_num_queries(15) as queries:
                researcher.get(address)
            counted.append(len(queries))
        numbers.append(counted)
    assert numbers[0] == numbers[1]
