"""Experts' answers and decisions on labelers, made in the admin site."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.services import create_user
from labeling.models import GoldItem, LabelerStanding, Task
from tests.factories import make_labeler
from tests.labeling.work import project_with_tasks

pytestmark = pytest.mark.django_db
ADD = reverse("admin:labeling_golditem_add")


@pytest.fixture
def client():
    client = Client()
    root = create_user(email="root@example.org", is_superuser=True)
    client.force_login(root, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def task():
    project_with_tasks(1, responses=3)
    return Task.objects.get()


def post(client, task, **fields):
    given = {"task_uid": task.uid, "use": "practice", "ranking": "2 1=3", "explanation": "Why."}
    return client.post(ADD, given | fields)


def test_an_expert_comes_from_a_task_to_its_answer(client, task):
    way = client.get(reverse("admin:labeling_task_make_item", args=[task.pk]))
    assert way["Location"] == f"{ADD}?task_uid={task.uid}"
    page = client.get(way["Location"]).content.decode()
    texts = task.candidate_set.order_by("ordinal").values_list("response__text", flat=True)
    for place, text in enumerate(texts, start=1):
        assert f"[{place}] {text}" in page
    assert f"USER: {task.prompt.text}" in page


def test_an_expert_stores_an_answer(client, task):
    assert post(client, task).status_code == 302
    item = GoldItem.objects.get()
    first, second, third = task.candidate_set.order_by("ordinal").values_list("response", flat=True)
    assert (item.task, item.use, item.explanation) == (task, "practice", "Why.")
    assert item.tiers == [[second], [first, third]]
    assert client.get(reverse("admin:labeling_golditem_change", args=[item.pk])).status_code == 200


def test_no_answer_means_that_none_is_acceptable(client, task):
    assert post(client, task, ranking="", use="gold").status_code == 302
    assert GoldItem.objects.get().tiers is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ranking": "2 1"}, "Still to rank: 3."),
        ({"task_uid": "01900000-0000-7000-8000-000000000000"}, "There is no such task."),
        ({"use": "fun"}, "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_in_the_form(client, task, fields, words):
    response = post(client, task, **fields)
    assert response.status_code == 200
    assert words in response.content.decode()
    assert not GoldItem.objects.exists()


def test_items_are_retired_by_hand(client, task):
    post(client, task)
    item = GoldItem.objects.get()
    client.post(
        reverse("admin:labeling_golditem_changelist"),
        {"action": "retire", "_selected_action": [item.pk]},
    )
    item.refresh_from_db()
    assert item.retired_at


def test_a_pause_needs_a_reason(client, task):
    labeler = make_labeler()
    add = reverse("admin:labeling_labelerstanding_add")
    fields = {"project": task.project_id, "labeler": labeler.pk, "state": "paused", "reason": ""}
    refused = client.post(add, fields, follow=True)
    assert "Say why: the labeler reads it." in refused.content.decode()
    assert not LabelerStanding.objects.exists()
    client.post(add, fields | {"reason": "Too fast."})
    standing = LabelerStanding.objects.get()
    assert (standing.labeler, standing.state, standing.reason) == (labeler, "paused", "Too fast.")
    change = reverse("admin:labeling_labelerstanding_change", args=[standing.pk])
    assert client.post(change, {"state": "active", "reason": ""}).status_code == 302
    standing.refresh_from_db()
    assert standing.state == "active"
