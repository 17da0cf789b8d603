"""The researchers' pages on the admin site: who sees them, what they say, what they cost."""

import re

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from accounts.services import create_user
from collector.models import Membership
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.labeling.figures.voting import vote

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/"


def sign_in(user):
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def project():
    cache.clear()
    project = factories.make_project("tea", name="Tea & <b>biscuits</b>")
    set_policy(project=project, responses=2)
    factories.make_answered_prompts(project, 3, responses=2)
    build_tasks(project=project)
    for _ in range(2):
        vote(project, factories.make_labeler(), "alpha", "beta", "first", times=6)
    return project


@pytest.fixture
def researcher(project):
    return sign_in(factories.make_member(project, Membership.Role.RESEARCHER))


def test_the_page_shows_the_projects_figures(researcher):
    page = researcher.get(PAGE).content.decode()
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "prompts 15" in plain
    assert "responses 30" in plain
    assert "still owed 3" in plain
    assert "Nobody is a labeler here yet." in plain
    assert page.index("alpha") < page.index("beta")
    assert "<b>biscuits" not in page


def test_the_page_costs_few_queries(researcher, django_assert_max_num_queries):
    researcher.get(PAGE)  # counts are kept for a minute, figures for half of one
    with django_assert_max_num_queries(12):
        assert researcher.get(PAGE).status_code == 200
    cache.clear()
    with django_assert_max_num_queries(20):  # with the session and all that is kept gone
        researcher.get(PAGE)


def test_each_role_sees_what_is_theirs(project):
    factories.make_project("coffee", name="Coffee")
    people = {role: factories.make_member(project, role) for role in Membership.Role.values}
    got = {
        role: [sign_in(user).get(url).status_code for url in (PAGE, "/admin/projects/")]
        for role, user in people.items()
    }
    assert got == {
        "labeler": [403, 403],
        "reviewer": [403, 403],
        "trainer": [403, 403],
        "researcher": [200, 200],
    }
    stranger = sign_in(factories.make_user())
    assert stranger.get(PAGE).status_code == 404
    assert stranger.get("/admin/projects/").status_code == 403
    researcher = sign_in(people["researcher"])
    assert researcher.get("/admin/projects/coffee/").status_code == 404
    listed = researcher.get("/admin/projects/").content.decode()
    assert ("biscuits" in listed, "Coffee" in listed) == (True, False)


def test_researchers_get_no_models_and_staff_do(project, researcher):
    page = researcher.get(PAGE).content.decode()
    assert "/admin/collector/" not in page
    assert 'name="s"' not in page
    assert researcher.get("/admin/collector/project/").status_code == 302
    admin = sign_in(create_user(email="root@example.org", is_superuser=True))
    assert "/admin/collector/message/" in admin.get(PAGE).content.decode()
    assert PAGE in admin.get("/admin/").content.decode()


def test_a_researcher_who_asks_for_the_admin_site_gets_their_projects(researcher):
    answer = researcher.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == "/admin/projects/"
    assert answer.status_code == 200
    assert sign_in(factories.make_user()).get("/admin/", follow=True).status_code == 403


def test_nothing_inline_runs_on_the_page(researcher):
    answer = researcher.get(PAGE)
    policy = answer["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy + ";"
    assert "'unsafe-inline'" not in re.search(r"script-src[^;]*", policy)[0]
    assert "no-store" in answer["Cache-Control"]
