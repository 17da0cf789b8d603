"""The admin site: who enters, that every page of every model opens, and what may be changed."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.services import create_user, labeler_of
from collector.models import (
    Generation,
    Generator,
    Invitation,
    Membership,
    Message,
    Project,
)
from collector.services.generators import recorded_revision
from collector.services.invitations import find_invitation
from common.admin import COUNTED, QuickPaginator
from exports.models import Dataset
from labeling.models import (
    Judgment,
    PolicyVersion,
)
from labeling.services.policies import current_guidelines, set_policy
from tests import factories
from tests.dashboard.rows import fill

pytestmark = pytest.mark.django_db

OURS = ("accounts", "collector", "labeling", "exports")
MODELS = [model for model, _site in admin.site._registry.items() if model._meta.app_label in OURS]
Budget = Callable[..., AbstractContextManager[Any]]


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def client() -> Client:
    return sign_in(create_user(email="root@example.org", is_superuser=True))


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_is_registered_but_those_shown_within_others() -> None:
    ours = {model for label in OURS for model in apps.get_app_config(label).get_models()}
    missing = {model.__name__ for model in ours - set(MODELS)}
    assert missing == {
        *("GeneratorRevision", "DatasetFile", "ClaimCursor", "HandedToken", "Tally"),
        *("ImportDraft", "ImportedRange", "ImportUndo"),  # on the page of the import
        *("Notification", "NotificationMail", "Notice"),  # kept for days, on their way
        *("NotificationSwitches", "PersonalToken"),  # everybody's own, in their settings
    }


def test_everybody_signs_in_at_the_same_place() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=/admin/"


def test_labelers_are_refused_without_a_loop() -> None:
    client = sign_in(factories.make_member(factories.make_project(), "labeler"))
    response = client.get("/admin/", follow=True)
    assert response.status_code == 403
    assert b"Not for this account" in response.content


def test_staff_without_permissions_see_no_model() -> None:
    user = create_user(email="staff@example.org")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.refresh_from_db()
    client = sign_in(user)
    assert client.get("/admin/").status_code == 200
    assert {client.get(address(model, "changelist")).status_code for model in MODELS} == {403}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_list_and_detail_opens(client: Client, model: type[Model]) -> None:
    fill(1)
    row = model._default_manager.first()
    assert row is not None
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "changelist") + "?q=abc").status_code == 200
    assert client.get(address(model, "change", row.pk)).status_code == 200


def test_lists_cost_the_same_at_one_and_at_three_rows(
    client: Client, django_assert_max_num_queries: Budget
) -> None:
    fill(1)
    costs = {model: _cost(client, model, django_assert_max_num_queries) for model in MODELS}
    for number in (7, 8):
        Project.objects.filter(slug="p0").update(slug=f"q{number}")
        fill_more(number)
    grown = {
        model.__name__: (cost, now)
        for model, cost in costs.items()
        if (now := _cost(client, model, django_assert_max_num_queries)) > cost
    }
    assert grown == {}
    assert Judgment.objects.count() == 3


def fill_more(number: int) -> None:
    """Another round beside the ones there are."""
    Dataset.objects.filter(name="d0").update(name=f"e{number}")
    fill(1)


def _cost(client: Client, model: type[Model], budget: Budget) -> int:
    with budget(25) as captured:
        assert client.get(address(model, "changelist")).status_code == 200
    return len(captured)


def test_what_is_immutable_has_no_form(client: Client) -> None:
    fill(1)
    for model in (Message, Judgment, PolicyVersion, Generation):
        row = model._default_manager.first()
        assert row
        assert client.post(address(model, "change", row.pk), {}).status_code == 403
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert client.get(address(Judgment, "add")).status_code == 403


def test_a_uid_is_found_exactly(client: Client) -> None:
    fill(1)
    message = Message.objects.order_by("pk").first()
    assert message
    response = client.get(address(Message, "changelist"), {"q": str(message.uid)})
    assert list(response.context["cl"].result_list) == [message]
    nothing = client.get(address(Message, "changelist"), {"q": "no uid"})
    assert list(nothing.context["cl"].result_list) == []


def test_only_the_admin_may_evaluate(client: Client) -> None:
    relaxed = client.get("/admin/")["Content-Security-Policy"]
    strict = client.get("/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in relaxed
    assert "style-src 'self' 'unsafe-inline'" in relaxed
    assert "unsafe" not in strict


def test_projects_are_made_and_changed_through_the_service(client: Client) -> None:
    fields = {"name": "Tea", "description": "", "licence": "CC0-1.0", "languages": "en,de"}
    response = client.post(address(Project, "add"), fields | {"slug": "tea"})
    assert response.status_code == 302
    project = Project.objects.get(slug="tea")
    assert project.languages == ["en", "de"]
    client.post(address(Project, "change", project.pk), fields | {"name": "Coffee"})
    project.refresh_from_db()
    assert (project.slug, project.name) == ("tea", "Coffee")


def test_members_and_people_are_added_through_the_services(client: Client) -> None:
    project = factories.make_project("tea")
    data = {"email": "New@Example.org", "role": "labeler", "project": project.pk}
    assert client.post(address(Membership, "add"), data).status_code == 302
    assert Membership.objects.get(user__email="new@example.org").project == project
    person = {"email": "Ana@Example.org", "name": "Ana", "password": "a-long-enough-password"}
    assert client.post(address(User, "add"), person).status_code == 302
    ana = User.objects.get(email="ana@example.org")
    assert ana.check_password("a-long-enough-password")
    assert labeler_of(user=ana).user == ana


NOTHING_CHECKED = {
    "stop_confidence": 0.85,
    "daily_judgments": 0,
    "most_judgments": 0,
    "gold_share": 0,
    "gold_evaluated_from": 10,
    "gold_minimum": 0.75,
    "repeat_share": 0,
    "selection": "all",
    "selection_tasks": 100,
    "practice_items": 0,
    "qualification_items": 0,
    "qualification_share": 0.75,
    "qualification_attempts": 2,
}


def test_invitations_are_written_and_revoked_and_their_links_shown_once(client: Client) -> None:
    project = factories.make_project("tea")
    data = {"project": project.pk, "role": "labeler", "email": "", "days": 3, "uses": 2}
    response = client.post(address(Invitation, "add"), data)
    said = [str(message) for message in get_messages(response.wsgi_request)]
    token = said[0].rpartition("/join/#")[2]
    invitation = find_invitation(token=token, now=timezone.now())
    assert (invitation.project, invitation.role, invitation.uses_left) == (project, "labeler", 2)
    pages = [
        client.get(address(Invitation, "change", invitation.pk)).content.decode() for _ in range(2)
    ]
    assert [token in page for page in pages] == [True, False]
    assert invitation.token_hash not in pages[1]
    chosen = {"action": "revoke", "_selected_action": [invitation.pk]}
    assert client.post(address(Invitation, "changelist"), chosen).status_code == 302
    assert not Invitation.objects.live(timezone.now()).exists()


def test_policies_and_guidelines_get_new_versions(client: Client) -> None:
    project = factories.make_project("tea")
    set_policy(project=project, responses=4)
    policy = {
        "project": project.pk,
        "ordering": "rank",
        "asks": ["strength", "spans"],
        "span_labels": "wrong\nunclear\n",
        "responses": 3,
        "overlap": 2,
        "lease_minutes": 20,
        "edit_window_minutes": 5,
        **NOTHING_CHECKED,
    }
    assert client.post(address(PolicyVersion, "add"), policy).status_code == 302
    newest = project.policies.order_by("-number").first()
    assert newest
    assert (newest.number, newest.overlap) == (2, 2)
    assert newest.modes == ["rank", "strength", "spans"]
    assert newest.span_labels == ["wrong", "unclear"]
    guideline = reverse("admin:labeling_guidelineversion_add")
    assert client.post(guideline, {"project": project.pk, "text": "Fair."}).status_code == 302
    guidelines = current_guidelines(project=project)
    assert guidelines
    assert guidelines.text == "Fair."


def test_what_a_service_refuses_is_said_and_changes_nothing(client: Client) -> None:
    project = factories.make_project("tea")
    policy = {
        "project": project.pk,
        "ordering": "pair",
        "responses": 3,
        "overlap": 2,
        "lease_minutes": 20,
        "edit_window_minutes": 5,
        **NOTHING_CHECKED,
    }
    response = client.post(address(PolicyVersion, "add"), policy)
    assert response.status_code == 200
    assert response.context["adminform"].form.errors == {
        "asks": ["These modes compare two responses, so a task must have 2: pair."]
    }
    assert not PolicyVersion.objects.exists()


def test_generators_are_switched_off_here_and_nothing_else(client: Client) -> None:
    generator = recorded_revision(name="heron").generator
    empty = {"revisions-TOTAL_FORMS": 0, "revisions-INITIAL_FORMS": 0}
    client.post(address(Generator, "change", generator.pk), empty | {"name": "renamed"})
    generator.refresh_from_db()
    assert (generator.name, generator.enabled) == ("heron", False)


def test_counting_stops_where_it_would_take_long(
    client: Client, django_assert_num_queries: Budget
) -> None:
    User.objects.bulk_create(User(email=f"u{n}@example.org") for n in range(COUNTED + 2))
    everybody = User.objects.order_by("pk")
    with django_assert_num_queries(2):
        assert QuickPaginator(everybody, 50).count >= COUNTED + 1
    with django_assert_num_queries(1):
        assert QuickPaginator(everybody.filter(is_staff=True), 50).count == 1


@pytest.mark.parametrize(
    "query",
    [
        "role__exact=%00",
        "role__in=%00",
        "project__id__exact=%00",
        "project__id__exact=99999999999999999999",
        "q=%00",
        "p=99999999999999999999",
        "p=x",
        "o=%00",
    ],
)
def test_a_filter_that_makes_no_sense_filters_nothing(client: Client, query: str) -> None:
    response = client.get(f"/admin/collector/message/?{query}")
    assert response.status_code in {200, 302}
    if response.status_code == 302:
        assert response["Location"].endswith("?e=1")


@pytest.mark.parametrize(
    "query",
    [
        "collector/project/?slug__regex=(",
        "collector/message/?role__regex=(",
        "collector/message/?labeler__user__password__startswith=a",
        "accounts/user/?password__startswith=a",
    ],
)
def test_a_list_is_filtered_by_its_filters_only(client: Client, query: str) -> None:
    assert client.get(f"/admin/{query}").status_code == 400


def test_a_policy_can_be_seen_before_it_is_saved(client: Client) -> None:
    seen = client.get(
        reverse("admin:labeling_policyversion_preview"),
        {"ordering": "pair", "asks": ["safety", "flags"], "responses": "2"},
    )
    page = seen.content.decode()
    assert (seen.status_code, seen["X-Frame-Options"]) == (200, "SAMEORIGIN")
    assert "frame-ancestors 'self'" in seen["Content-Security-Policy"]
    assert re.findall(r'data-question="(safety|pair|rank|strength|flags)"', page) == [
        "safety",
        "pair",
    ]
    assert page.count('data-question="hallucination"') == 2
    assert not PolicyVersion.objects.exists()


def test_a_policy_that_cannot_be_is_explained_in_its_preview(client: Client) -> None:
    seen = client.get(
        reverse("admin:labeling_policyversion_preview"),
        {"ordering": "rank", "asks": ["spans"], "responses": "4"},
    )
    assert "Marked stretches need labels to choose from." in seen.content.decode()


def test_plurals_are_words() -> None:
    plurals = {str(model._meta.verbose_name_plural) for model in MODELS}
    assert {name for name in plurals if name.endswith(("ss", "ys"))} == set()
