"""Flags are decided and templates written on the admin site, by those who may."""

import pytest
from django.test import Client
from django.urls import reverse

from collector.models import MessageFlag, PromptTemplate
from collector.services.flags import flag_message
from tests.dashboard.test_admin import sign_in
from tests.factories import make_project, make_prompt, make_user

pytestmark = pytest.mark.django_db
FLAGS = "admin:collector_messageflag_changelist"
ADD = "admin:collector_prompttemplate_add"


@pytest.fixture
def client() -> Client:
    return sign_in(make_user(is_superuser=True, is_staff=True))


def act(client: Client, action: str, *flags: MessageFlag) -> str:
    chosen = {"action": action, "_selected_action": [flag.pk for flag in flags]}
    return client.post(reverse(FLAGS), chosen, follow=True).content.decode()


def test_flags_are_dismissed_and_restored(client: Client) -> None:
    project = make_project()
    one, other = (flag_message(message=make_prompt(project), kind="pii") for _ in range(2))
    assert "1 flag dismissed." in act(client, "dismiss", one)
    one.refresh_from_db()
    other.refresh_from_db()
    assert one.dismissed_by is not None
    assert other.dismissed_at is None
    assert "1 flag restored." in act(client, "restore", one, other)
    one.refresh_from_db()
    assert one.dismissed_at is None


def test_staff_who_may_only_look_decide_nothing() -> None:
    flag = flag_message(message=make_prompt(make_project()), kind="pii")
    act(sign_in(make_user(is_staff=True)), "dismiss", flag)
    flag.refresh_from_db()
    assert flag.dismissed_at is None


def test_a_template_is_written_as_the_next_number(client: Client) -> None:
    project = make_project()
    fields = {"project": project.pk, "name": "t", "shots": 0, "draw": "seed", "seed": 0}
    for text in ("{{ a }}", "{{ b }}"):
        response = client.post(reverse(ADD), fields | {"text": text})
        assert response.status_code == 302
    found = PromptTemplate.objects.order_by("number").values_list("number", "text")
    assert list(found) == [(1, "{{ a }}"), (2, "{{ b }}")]


def test_a_template_that_cannot_be_used_is_said_beside_its_field(client: Client) -> None:
    fields = {"project": make_project().pk, "name": "t", "draw": "seed", "seed": 0}
    response = client.post(reverse(ADD), fields | {"shots": 1, "text": "{{ a }}"})
    assert response.context["adminform"].form.errors["text"] == [
        "Examples need answers: the template has no bars ||| with a target after them."
    ]
    assert not PromptTemplate.objects.exists()
