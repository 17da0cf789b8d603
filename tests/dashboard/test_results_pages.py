"""The pages of figures and of reviews as who manages the project sees them: among its places."""

import re

import pytest
from django.core.cache import cache

from collector.models import Membership
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from labeling.services.simulating import simulate_labelers
from labeling.tastes import longer
from tests import factories
from tests.dashboard.test_datasets_page import RECIPE
from tests.labeling.figures.voting import vote
from tests.labeling.pages import html, sign_in

pytestmark = pytest.mark.django_db
OVERSEEN = ("leaderboard/", "quality/", "labelers/", "conversations/")
REVIEWED = ("review/adjudications/", "review/people/", "review/reports/", "review/letters/")
PROJECT = "/admin/projects/tea/"
PLACES = '<nav class="places" aria-label="Pages of this project">'


@pytest.fixture
def project():
    cache.clear()
    project = factories.make_project("tea", name="Tea & <b>biscuits</b>")
    set_policy(project=project, responses=2)
    factories.make_answered_prompts(project, 3, responses=2)
    build_tasks(project=project)
    vote(project, factories.make_labeler(), "alpha", "beta", "first", times=6)
    return project


def member(project, *roles):
    user = factories.make_user()
    for role in roles:
        factories.make_member(project, role, user)
    return sign_in(user)


def here(response):
    """The links of the frame and of the tabs that say “you are here”."""
    return re.findall(r'<a href="[^"]*" aria-current="page">([^<]*)</a>', html(response))


def test_who_manages_the_project_finds_its_results_among_its_places(project):
    researcher = member(project, Membership.Role.RESEARCHER)
    found = {name: here(researcher.get(f"/projects/tea/{name}")) for name in OVERSEEN}
    assert found == {
        "leaderboard/": ["Results", "Leaderboard"],
        "quality/": ["Results", "Agreement"],
        "labelers/": ["Results", "Labelers"],
        "conversations/": ["Results", "Conversations"],
    }
    page = html(researcher.get("/projects/tea/leaderboard/"))
    assert '<a href="/admin/projects/tea/">Tea &amp; &lt;b&gt;biscuits' in page
    assert 'href="/projects/tea/leaderboard/" aria-current' in page
    overview = html(researcher.get("/admin/projects/tea/"))
    assert '<a href="/projects/tea/leaderboard/">Results</a>' in overview


def test_who_manages_and_reviews_does_both_in_one_frame(project):
    both = member(project, Membership.Role.RESEARCHER, Membership.Role.REVIEWER)
    for name in REVIEWED:
        assert here(both.get(f"/projects/tea/{name}"))[0] == "Results", name


def test_reviewers_and_trainers_keep_the_frame_that_they_know(project):
    manages_another = factories.make_member(
        factories.make_project("coffee"), Membership.Role.RESEARCHER
    )
    factories.make_member(project, Membership.Role.REVIEWER, manages_another)
    reviewer = sign_in(manages_another)
    for name in OVERSEEN + REVIEWED:
        response = reviewer.get(f"/projects/tea/{name}")
        assert PLACES not in html(response), name
        assert "unsafe-eval" not in response["Content-Security-Policy"], name
    trainer = member(project, Membership.Role.TRAINER)
    assert PLACES not in html(trainer.get("/projects/tea/leaderboard/"))


def test_the_frame_brings_the_policy_that_its_scripts_need(project):
    researcher = member(project, Membership.Role.RESEARCHER)
    response = researcher.get("/projects/tea/leaderboard/")
    assert "unsafe-eval" in response["Content-Security-Policy"]
    assert PLACES in html(response)


def test_the_frame_costs_few_queries(project, django_assert_max_num_queries):
    both = member(project, Membership.Role.RESEARCHER, Membership.Role.REVIEWER)
    for name in OVERSEEN + REVIEWED:
        both.get(f"/projects/tea/{name}")  # the first page keeps its token in the session
        # Of few votes agreement is computed while one waits; of many it is read.
        most = 18 if name == "quality/" else 15
        with django_assert_max_num_queries(most, info=name):
            assert both.get(f"/projects/tea/{name}").status_code == 200


def test_settings_are_one_place_wherever_they_stand(project):
    researcher = member(project, Membership.Role.RESEARCHER)
    sections = []
    for name in ("settings/", "settings/policy/", "prompts/templates/", "datasets/webhooks/"):
        place, section = here(researcher.get(f"/admin/projects/tea/{name}"))
        assert place == "Settings", name
        sections.append(section)
    assert sections == ["General", "Judging", "Templates of prompts", "Webhooks"]
    for name, place in (("prompts/", "Prompts"), ("datasets/", "Datasets"), ("", "Overview")):
        assert here(researcher.get(f"/admin/projects/tea/{name}")) == [place]


def test_pages_say_that_votes_are_simulated(project):
    researcher = member(project, Membership.Role.RESEARCHER)
    pages = ("/projects/tea/leaderboard/", "/admin/projects/tea/")
    preview = "/admin/projects/tea/datasets/preview/"
    for address in pages:
        assert "simulated:" not in html(researcher.get(address))
    assert "simulated" not in html(researcher.post(preview, RECIPE))
    elsewhere = factories.make_project("coffee")
    for each, prompts in ((project, 0), (elsewhere, 2)):
        set_policy(project=each, responses=2)
        factories.make_answered_prompts(each, prompts, responses=2)
        build_tasks(project=each)
        simulate_labelers(project=each, taste=longer, labelers=2, judgments=2, seed=1)
    for address in pages:
        assert "2 judgments here are simulated" in html(researcher.get(address)), address
    assert "2 simulated judgments are left out." in html(researcher.post(preview, RECIPE))
    both = RECIPE | {"purposes": ["work", "simulated"]}
    assert "2 judgments here are simulated" in html(researcher.post(preview, both))


def test_the_titles_of_pages_name_the_thing_and_the_project(project):
    researcher = member(project, Membership.Role.RESEARCHER)
    task = project.tasks.first()
    titles = {
        address: re.findall(r"<title>\s*([^<]*?)\s*</title>", html(researcher.get(address)))
        for address in (PROJECT, f"{PROJECT}settings/", f"{PROJECT}tasks/{task.uid}/")
    }
    name = "Tea &amp; &lt;b&gt;biscuits&lt;/b&gt;"
    assert list(titles.values()) == [
        [f"{name} | Concord"],
        [f"Settings · {name} | Concord"],
        [f"Task: {task.prompt.text} · {name} | Concord"],
    ]
