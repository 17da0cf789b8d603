"""Who may call what: every address of Concord, as every role, nobody, and a stranger.

An address (or a method of the API) that `tests.url_table` does not name fails the test: whoever
adds one has to say who may call it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import cast

import pytest
from django.conf import settings
from django.db import transaction
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import User
from accounts.services import accept_consent, create_token, labeler_of
from collector.models import (
    Generator,
    GeneratorRevision,
    ImportJob,
    Membership,
    Message,
    Project,
    Run,
    Source,
    Webhook,
)
from collector.services.flags import flag_message
from collector.services.invitations import write_invitation
from exports.models import Dataset, DatasetVersion, HubPush
from labeling.models import Adjudication, GoldItem, Judge, Judgment, Report, Task, TaskJob
from labeling.services.building import build_tasks
from labeling.services.gold import create_gold_item
from labeling.services.policies import set_policy
from tests.factories import (
    make_answered_prompts,
    make_labeler,
    make_member,
    make_project,
    make_user,
)
from tests.url_roles import EVERYBODY, METHODS, NO_SLOT, ROLES, Expected
from tests.url_table import (
    ACCOUNTS,
    BODIES,
    PAGES,
    REGEX_GROUP,
    RESEARCHERS_PAGES,
    SIGN_IN_AND_OUT,
)
from tests.url_table_api import API

FLAG = "pii"


def routes(
    resolver: URLResolver | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route of the URL table with its pattern."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        else:
            yield route, entry


@pytest.fixture
def people(db) -> dict[str, User]:
    project = make_project("poems")
    people = {role: make_member(project, role) for role in ROLES}
    people["admin"] = make_user(is_superuser=True, is_staff=True)
    people["stranger"] = make_user()
    people["other"] = make_member(make_project("elsewhere"), Membership.Role.RESEARCHER)
    for user in people.values():
        accept_consent(labeler=labeler_of(user=user))
    return people


@pytest.fixture
def things(people) -> dict[str, str]:
    """One thing of every kind, in the project `poems`, by the first part of its address."""
    project = people["researcher"].memberships.get().project
    set_policy(project=project, responses=2, overlap=9)
    prompt = make_answered_prompts(project, 1, responses=2)[0]
    build_tasks(project=project)
    flag_message(message=prompt, kind=FLAG)
    source = Source.objects.create(project=project, kind="table", name="a file")
    dataset = Dataset.objects.create(project=project, name="a dataset")
    invitation = write_invitation(
        project=project, role="labeler", created_by=people["researcher"], now=timezone.now()
    ).invitation
    version = DatasetVersion.objects.create(
        dataset=dataset, number=1, formats=["preference"], container="jsonl"
    )
    webhook = Webhook.objects.create(project=project, url="http://a.test", events=[])
    return {
        "messages": str(prompt.uid),
        "imports": str(ImportJob.objects.create(source=source, preset="table").uid),
        "runs": str(Run.objects.create(project=project).uid),
        "datasets": str(dataset.uid),
        "dataset-versions": str(version.uid),
        "pushes": str(HubPush.objects.create(version=version, repository="a/b").uid),
        "gold-items": str(_gold_item(project).uid),
        "adjudications": str(_adjudication(project).uid),
        "judges": str(_judge(project).uid),
        "judgments": str(_judgment(project).uid),
        "reports": str(_report(project).uid),
        "tasks": str(_task(project).uid),
        "task-jobs": str(TaskJob.objects.create(project=project).uid),
        "invitations": str(invitation.uid),
        "webhooks": str(webhook.uid),
    }


def _judge(project: Project) -> Judge:
    generator = Generator.objects.create(name="mind", enabled=False)
    revision = GeneratorRevision.objects.create(
        generator=generator, number=1, provider="openai", model="m"
    )
    labeler = make_labeler(user=None, kind="machine")
    return Judge.objects.create(project=project, name="j", labeler=labeler, revision=revision)


def _judgment(project: Project) -> Judgment:
    prompt = make_answered_prompts(project, 1, responses=2)[0]
    order = list(Message.objects.filter(parent=prompt).values_list("pk", flat=True))
    return Judgment.objects.create(
        task=Task.objects.create(project=project, prompt=prompt, state="complete"),
        labeler=make_labeler(user=None, kind="imported"),
        purpose="imported",
        order=order,
        tiers=[[pk] for pk in order],
        submit_key="1",
        body_hash=b"",
        created_at=timezone.now(),
    )


def _report(project: Project) -> Report:
    return Report.objects.create(labeler=make_labeler(), project=project, category="other")


def _adjudication(project: Project) -> Adjudication:
    prompt = make_answered_prompts(project, 1, responses=2)[0]
    task = Task.objects.create(project=project, prompt=prompt, state="complete")
    return Adjudication.objects.create(project=project, task=task, disagreement=1)


def _task(project: Project) -> Task:
    """One that nobody has begun."""
    prompt = make_answered_prompts(project, 1, responses=2)[0]
    build_tasks(project=project)
    return Task.objects.get(prompt=prompt)


def _gold_item(project: Project) -> GoldItem:
    prompt = make_answered_prompts(project, 1, responses=2)[0]
    tiers = [[uid] for uid in Message.objects.filter(parent=prompt).values_list("uid", flat=True)]
    return create_gold_item(project=project, use="gold", tiers=tiers)


def fill(route: str, things: dict[str, str]) -> str:
    """An address of that route."""
    values = {
        "slug": "poems",
        **dict.fromkeys(("slot", "judgment", "labeler", "report"), NO_SLOT),
        "name": "README.md",
        "kind": FLAG,
        "uid": things.get(route.removeprefix("api/v1/").split("/")[0], NO_SLOT),
        "app_label": "auth",
        "key": "x",
        "uidb36": "x",
        "version": settings.CONSENT_VERSION,
        "provider_id": "nobody",
    }
    plain = REGEX_GROUP.sub(r"<\1>", route).replace("^", "").replace("$", "")
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "1"), plain)


class Caller:
    """One role, by token for the API and by session for pages."""

    def __init__(self, user: User | None) -> None:
        self.api, self.pages = Client(), Client()
        self.headers = {}
        if user is not None:
            self.headers = {"Authorization": f"Token {create_token(user=user)}"}
            self.pages.force_login(user)

    def call_api(self, method: str, url: str, body: dict[str, object] | None) -> int:
        call = getattr(self.api, method.lower())
        if method in ("POST", "PATCH") and not url.endswith("/imports/"):
            return finished(
                call(url, body or {}, content_type="application/json", headers=self.headers)
            )
        return finished(call(url, headers=self.headers))

    def open(self, method: str, url: str) -> tuple[int, str]:
        response = getattr(self.pages, method.lower())(url)
        return finished(response), response.get("Location", "")


def finished(response: HttpResponseBase) -> int:
    """The status, once the body has been read to its end."""
    if isinstance(response, StreamingHttpResponse):
        b"".join(cast(Iterable[bytes], response.streaming_content))
    return response.status_code


@pytest.fixture
def callers(people) -> dict[str, Caller]:
    return {role: Caller(people.get(role)) for role in EVERYBODY}


def found_below(prefix: str) -> dict[str, URLPattern]:
    return {
        route.removeprefix(prefix): pattern
        for route, pattern in routes()
        if route.startswith(prefix)
    }


def test_every_address_says_who_may_call_it():
    assert set(found_below("api/v1/")) == set(API)
    assert set(found_below("accounts/")) == set(ACCOUNTS)
    others = [route for route in found_below("") if not route.startswith(("api/v1/", "accounts/"))]
    assert {route for route in others if not route.startswith("admin/")} == set(PAGES)


def test_every_method_of_the_api_says_who_may_call_it():
    for route, pattern in found_below("api/v1/").items():
        view = pattern.callback.view_class
        handled = {method for method in METHODS - {"OPTIONS"} if hasattr(view, method.lower())}
        assert not route or handled == set(API[route]), route


def test_the_api_answers_each_role_as_it_says(callers, things):
    wrong = {}
    for route, methods in API.items():
        url = fill("api/v1/" + route, things)
        for method, expected in methods.items():
            body = BODIES.get(route)
            got = {}
            for role, caller in callers.items():
                undone = transaction.savepoint()  # what one role deletes the next may ask for
                got[role] = caller.call_api(method, url, body)
                transaction.savepoint_rollback(undone)
            if got != expected:
                wrong[method, route] = differences(got, expected)
    assert wrong == {}


def test_methods_that_no_address_has_are_refused(callers, things):
    for route, methods in API.items():
        for method in METHODS - set(methods):
            if route:
                url = fill("api/v1/" + route, things)
                got = callers["admin"].call_api(method, url, None)
                assert got == (404 if NO_SLOT in url and got == 404 else 405), (method, route)


def test_pages_answer_each_role_as_they_say(callers, things):
    wrong = {}
    for route, methods in PAGES.items():
        for method in ("GET", "POST"):
            url = fill(route, things)
            got = {role: caller.open(method, url)[0] for role, caller in callers.items()}
            if method not in methods:
                # Whether the method or the sign-in is looked at first is the view's own affair.
                assert set(got.values()) <= {302, 403, 404, 405}, (method, route)
            elif got != methods[method]:
                wrong[method, route] = differences(got, methods[method])
    assert wrong == {}


def test_account_pages_answer_each_role_as_they_say(callers, things):
    wrong = {}
    for route, expected in ACCOUNTS.items():
        url = fill("accounts/" + route, things)
        got = {role: caller.open("GET", url)[0] for role, caller in callers.items()}
        if got != expected:
            wrong[route] = differences(got, expected)
    assert wrong == {}


def test_the_admin_site_is_closed_to_all_but_staff(callers, things):
    addresses = found_below("admin/")
    assert len(addresses) > 20
    for route in set(addresses) - SIGN_IN_AND_OUT - set(RESEARCHERS_PAGES):
        url = fill("admin/" + route, things)
        for role, caller in callers.items():
            status, location = caller.open("GET", url)
            to_sign_in = status == 302 and "login" in location
            assert to_sign_in == (role != "admin"), (route, role)


def test_researchers_pages_answer_each_role_as_they_say(callers, things):
    wrong = {}
    for route, expected in RESEARCHERS_PAGES.items():
        url = fill("admin/" + route, things)
        got = {role: caller.open("GET", url)[0] for role, caller in callers.items()}
        if got != expected:
            wrong[route] = differences(got, expected)
    assert wrong == {}


def differences(got: Expected, expected: Expected) -> dict[str, str]:
    return {
        role: f"{got[role]}, not {expected[role]}"
        for role in EVERYBODY
        if got[role] != expected[role]
    }
