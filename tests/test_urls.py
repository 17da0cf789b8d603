"""Who may call what: every address of Concord, as every role, nobody, and a stranger.

An address (or a method of the API) that the tables here do not name fails the test: whoever adds
one has to say who may call it.
"""

import re
from collections.abc import Iterable, Iterator
from typing import cast

import pytest
from django.conf import settings
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import User
from accounts.services import accept_consent, create_token, labeler_of
from collector.models import ImportJob, Membership, Message, Project, Run, Source
from collector.services.invitations import write_invitation
from exports.models import Dataset, DatasetVersion
from labeling.models import GoldItem
from labeling.services.building import build_tasks
from labeling.services.gold import create_gold_item
from labeling.services.policies import set_policy
from tests.factories import (
    make_answered_prompts,
    make_member,
    make_project,
    make_user,
)

Expected = dict[str, int]
ROLES = Membership.Role.values
EVERYBODY = ("nobody", "stranger", "other", *ROLES, "admin")
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
NO_SLOT = "01900000-0000-7000-8000-000000000000"


def everybody(status: int, **exceptions: int) -> Expected:
    return dict.fromkeys(EVERYBODY, status) | exceptions


def signed_in(status: int, nobody: int = 401, **exceptions: int) -> Expected:
    return everybody(status, nobody=nobody, **exceptions)


def members(status: int, *roles: str) -> Expected:
    """Those roles of the project and superusers; other members 403; who is no member 404."""
    refused = dict.fromkeys(ROLES, 403) | {"nobody": 401, "stranger": 404, "other": 404}
    return refused | dict.fromkeys((*roles, "admin"), status)


def researchers_anywhere(status: int) -> Expected:
    return signed_in(403, researcher=status, other=status, admin=status)


STAFF = ("reviewer", "researcher", "trainer")
# By route and method. The status of those who may is that of a request without a body.
API: dict[str, dict[str, Expected]] = {
    "": dict.fromkeys(METHODS, everybody(404)),
    "schema/": {"GET": everybody(200)},
    "docs/": {"GET": everybody(200)},
    "me/": {"GET": signed_in(200)},
    "me/consents/": {"POST": signed_in(201)},
    "projects/": {"GET": signed_in(200), "POST": researchers_anywhere(400)},
    "projects/<slug:slug>/": {
        "GET": members(200, *ROLES),
        "PATCH": members(200, "researcher"),
    },
    "projects/<slug:slug>/members/": {"POST": members(400, "researcher")},
    "projects/<slug:slug>/invitations/": {
        "GET": members(200, "researcher"),
        "POST": members(400, "researcher"),
    },
    "invitations/<uuid:uid>/": {"DELETE": members(204, "researcher")},
    "projects/<slug:slug>/imports/": {"POST": members(400, "researcher")},
    "projects/<slug:slug>/prompts/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/runs/": {"POST": members(400, "researcher")},
    "projects/<slug:slug>/tasks/": {"POST": members(200, "researcher")},
    "projects/<slug:slug>/claim/": {"POST": members(200, "labeler")},
    "projects/<slug:slug>/gold-items/": {
        "GET": members(200, "researcher", "reviewer"),
        "POST": members(400, "researcher", "reviewer"),
    },
    "gold-items/<uuid:uid>/retire/": {"POST": members(200, "researcher", "reviewer")},
    "projects/<slug:slug>/training/": {"GET": members(200, "labeler")},
    "projects/<slug:slug>/training/practice/": {"POST": members(204, "labeler")},
    "projects/<slug:slug>/training/test/": {"POST": members(409, "labeler")},
    "projects/<slug:slug>/standings/": {"POST": members(400, "reviewer", "researcher")},
    "projects/<slug:slug>/comparisons/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/progress/": {"GET": members(200, *STAFF)},
    "projects/<slug:slug>/export.jsonl": {"GET": members(400, "researcher", "trainer")},
    "imports/<uuid:uid>/": {"GET": members(200, "researcher")},
    "imports/<uuid:uid>/cancel/": {"POST": members(200, "researcher")},
    "messages/<uuid:uid>/": {"GET": members(200, *STAFF)},
    "generators/": {"GET": researchers_anywhere(200), "POST": researchers_anywhere(400)},
    "runs/<uuid:uid>/": {"GET": members(200, "researcher")},
    "runs/<uuid:uid>/cancel/": {"POST": members(200, "researcher")},
    # A slot is its holder's: to everybody else, whatever their role, there is none.
    "slots/<uuid:slot>/submit/": {"POST": signed_in(404)},
    "slots/<uuid:slot>/skip/": {"POST": signed_in(404)},
    "slots/<uuid:slot>/renew/": {"POST": signed_in(404)},
    # The project is in the body; without one there is nothing to be a member of.
    "datasets/": {"POST": signed_in(400)},
    "dataset-versions/<uuid:uid>/": {"GET": members(200, "researcher", "trainer")},
    "dataset-versions/<uuid:uid>/files/<str:name>": {"GET": members(409, "researcher", "trainer")},
}
REGEX_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^]]*\])*\)")
BODIES = {
    "slots/<uuid:slot>/submit/": {"submit_key": "x", "tiers": [["1"], ["2"]]},
    "slots/<uuid:slot>/skip/": {"reason": "other"},
}


def page(status: int, *roles: str) -> Expected:
    """A page of a project: as in the API, but nobody is sent to the sign-in page."""
    return members(status, *roles) | {"nobody": 302}


# Pages by route and method: 302 for nobody is the way to the sign-in page.
PAGES: dict[str, dict[str, Expected]] = {
    "healthz": {"GET": everybody(200)},
    "readyz": {"GET": everybody(200)},
    "metrics": {"GET": everybody(401)},  # for the bearer of the operator's token
    "": {"GET": signed_in(200, nobody=302)},
    "consent/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "consent/<slug:version>/": {"GET": signed_in(200, nobody=302)},
    "join/": {"GET": everybody(200), "POST": everybody(400)},
    "join/accept/": {"POST": everybody(302)},  # to sign in, or to bring an invitation first
    "settings/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "settings/keys/": {"GET": signed_in(200, nobody=302), "POST": everybody(302)},
    "report/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "reports/": {"GET": signed_in(403, nobody=302, admin=200)},
    "reports/<uuid:report>/": {"POST": signed_in(403, nobody=302, admin=404)},
    "projects/<slug:slug>/review/reports/": {"GET": page(200, "reviewer")},
    "projects/<slug:slug>/review/reports/<uuid:report>/": {"POST": page(404, "reviewer")},
    "projects/<slug:slug>/review/letters/": {"GET": page(200, "reviewer")},
    "projects/<slug:slug>/review/letters/<uuid:labeler>/": {
        "GET": page(404, "reviewer"),
        "POST": page(404, "reviewer"),
    },
    "me/contributions/": {"GET": signed_in(200, nobody=302)},
    "me/contributions/<uuid:judgment>/": {"GET": signed_in(404, nobody=302)},
    "me/calibration/": {"GET": signed_in(200, nobody=302)},
    "me/letters/": {"GET": signed_in(200, nobody=302)},
    "me/letters/<slug:slug>/": {
        "GET": signed_in(200, nobody=302, stranger=404, other=404),
        "POST": signed_in(400, nobody=302, stranger=404, other=404),
    },
    # With a password or a second factor, these ask for it again first.
    "me/data/": {"GET": signed_in(200, nobody=302)},
    "me/data/download/": {"GET": signed_in(200, nobody=302)},
    "me/data/anonymise/": {
        "GET": signed_in(200, nobody=302),
        "POST": signed_in(400, nobody=302),
    },
    "me/data/erase/": {"GET": signed_in(200, nobody=302), "POST": signed_in(400, nobody=302)},
    "projects/<slug:slug>/label/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/guidelines/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/guidelines/read/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/guidelines/history/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/training/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/training/practice/": {"GET": page(302, "labeler")},
    "projects/<slug:slug>/training/test/": {
        "GET": page(302, "labeler"),
        "POST": page(302, "labeler"),
    },
    "projects/<slug:slug>/training/<uuid:slot>/": {"GET": page(404, "labeler")},
    "projects/<slug:slug>/training/<uuid:slot>/submit/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/training/<uuid:slot>/skip/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/label/next/": {"GET": page(200, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/": {"GET": page(404, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/submit/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/skip/": {"POST": page(404, "labeler")},
    "projects/<slug:slug>/label/<uuid:slot>/renew/": {"POST": page(404, "labeler")},
}
# Pages of django-allauth, asked for with GET. Open ones tell nothing about anybody.
OPEN, CLOSED = everybody(200), signed_in(200, nobody=302)
ACCOUNTS: dict[str, Expected] = {
    "login/": signed_in(302, nobody=200),
    "logout/": CLOSED,
    "inactive/": OPEN,
    "signup/": signed_in(302, nobody=200),
    "confirm/": OPEN,
    "confirm/<str:key>/": OPEN,
    "security/": CLOSED,
    "security/authenticate/": everybody(302),  # only in the middle of signing in
    "security/reauthenticate/": signed_in(403, nobody=302),
    "security/app/activate/": CLOSED,
    "security/app/deactivate/": signed_in(404, nobody=302),
    "security/codes/": signed_in(404, nobody=302),
    "security/codes/generate/": CLOSED,
    "security/codes/download/": signed_in(404, nobody=302),
    "security/keys/": CLOSED,
    "security/keys/add/": CLOSED,
    "security/keys/login/": everybody(302),
    "security/keys/reauthenticate/": signed_in(403, nobody=302),
    "security/keys/<int:pk>/edit/": signed_in(404, nobody=302),
    "security/keys/<int:pk>/remove/": signed_in(404, nobody=302),
    "services/": CLOSED,
    "services/cancelled/": OPEN,
    "services/error/": everybody(401),
    "services/signup/": everybody(302),  # only on the way back from a service
    # No service is set up here.
    "services/github/login/": everybody(404),
    "services/github/login/callback/": everybody(404),
    "services/oidc/<slug:provider_id>/login/": everybody(404),
    "services/oidc/<slug:provider_id>/login/callback/": everybody(404),
    "reauthenticate/": signed_in(403, nobody=302),  # these accounts have no password
    "password/change/": everybody(302),
    "password/set/": CLOSED,
    "password/reset/": OPEN,
    "password/reset/done/": OPEN,
    "password/^reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": OPEN,
    "password/reset/key/done/": OPEN,
}
SIGN_IN_AND_OUT = {"login/", "logout/"}


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
    source = Source.objects.create(project=project, kind="table", name="a file")
    dataset = Dataset.objects.create(project=project, name="a dataset")
    invitation = write_invitation(
        project=project, role="labeler", created_by=people["researcher"], now=timezone.now()
    ).invitation
    version = DatasetVersion.objects.create(
        dataset=dataset, number=1, formats=["preference"], container="jsonl"
    )
    return {
        "messages": str(prompt.uid),
        "imports": str(ImportJob.objects.create(source=source, preset="table").uid),
        "runs": str(Run.objects.create(project=project).uid),
        "dataset-versions": str(version.uid),
        "gold-items": str(_gold_item(project).uid),
        "invitations": str(invitation.uid),
    }


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
            got = {role: caller.call_api(method, url, body) for role, caller in callers.items()}
            if got != expected:
                wrong[method, route] = differences(got, expected)
    assert wrong == {}


def test_methods_that_no_address_has_are_refused(callers, things):
    for route, methods in API.items():
        for method in METHODS - set(methods):
            if route:
                url = fill("api/v1/" + route, things)
                got = callers["admin"].call_api(method, url, None)
                assert got == 405, (method, route)


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
    for route in set(addresses) - SIGN_IN_AND_OUT:
        url = fill("admin/" + route, things)
        for role, caller in callers.items():
            status, location = caller.open("GET", url)
            to_sign_in = status == 302 and "login" in location
            assert to_sign_in == (role != "admin"), (route, role)


def differences(got: Expected, expected: Expected) -> dict[str, str]:
    return {
        role: f"{got[role]}, not {expected[role]}"
        for role in EVERYBODY
        if got[role] != expected[role]
    }
