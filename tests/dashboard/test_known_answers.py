"""Items with a known answer on the researchers' pages: made of tasks, listed, retired."""

from uuid import uuid4

import pytest

from collector.models import Membership
from labeling.models import GoldItem, Task
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.dashboard.test_new_project import words_of
from tests.dashboard.test_overview_page import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/settings/answers/"


@pytest.fixture
def project():
    project = factories.make_project("tea")
    set_policy(project=project, responses=3)
    prompt = factories.make_prompt(project, "How **long**?")
    for number in range(3):
        factories.make_response(prompt, f"Answer {number}", revision=f"secret-{number}")
    build_tasks(project=project)
    return project


@pytest.fixture
def researcher(project):
    return sign_in(factories.make_member(project, Membership.Role.RESEARCHER))


@pytest.fixture
def task(project):
    return project.tasks.get()


def responses_of(task):
    return [each.response_id for each in task.candidate_set.order_by("ordinal")]


def test_a_task_is_answered_and_becomes_a_known_answer(researcher, task):
    chosen = researcher.get(f"{PAGE}new/").content.decode()
    assert f'href="{PAGE}new/{task.uid}/"' in chosen
    page = researcher.get(f"{PAGE}new/{task.uid}/").content.decode()
    assert "How <strong>long</strong>?" in page
    assert "secret-" not in page  # an expert judges as blind as anybody
    typed = {"use": "gold", "place_1": "2", "place_2": "1", "place_3": "2", "explanation": "So."}
    listed = researcher.post(f"{PAGE}new/{task.uid}/", typed, follow=True)
    assert "The answer is known from now on." in words_of(listed)
    assert "Answer 1 Answer 0 Answer 2" in words_of(listed)
    first, second, third = responses_of(task)
    item = GoldItem.objects.get()
    assert (item.use, item.explanation) == ("gold", "So.")
    assert item.tiers == [[second], sorted([first, third])]
    task.refresh_from_db()
    assert task.state == Task.State.VOID  # nobody is given it as work
    assert "No task is open." in words_of(researcher.get(f"{PAGE}new/"))


def test_a_task_may_have_no_acceptable_response(researcher, task):
    researcher.post(f"{PAGE}new/{task.uid}/", {"use": "practice", "refused": "on"})
    assert GoldItem.objects.get().tiers is None
    assert "none is acceptable" in words_of(researcher.get(PAGE))


def test_every_response_needs_a_place(researcher, task):
    refused = researcher.post(f"{PAGE}new/{task.uid}/", {"use": "gold", "place_1": "1"})
    assert refused.status_code == 400
    assert words_of(refused).count("Every response needs a place.") == 2
    assert not GoldItem.objects.exists()


def test_what_the_policy_does_not_fit_is_refused_in_its_words(researcher, project, task):
    set_policy(project=project, responses=2)
    refused = researcher.post(f"{PAGE}new/{task.uid}/", {"use": "gold", "refused": "on"})
    assert refused.status_code == 400
    assert "A task of this project compares 2 responses" in words_of(refused)


def test_an_item_is_retired_once(researcher, task):
    researcher.post(f"{PAGE}new/{task.uid}/", {"use": "gold", "refused": "on"})
    item = GoldItem.objects.get()
    page = words_of(researcher.post(f"{PAGE}{item.uid}/retire/", follow=True))
    assert "It is given to nobody any more." in page
    item.refresh_from_db()
    retired = item.retired_at
    researcher.post(f"{PAGE}{item.uid}/retire/")
    item.refresh_from_db()
    assert item.retired_at == retired is not None


def test_items_of_other_projects_are_out_of_reach(researcher, task):
    researcher.post(f"{PAGE}new/{task.uid}/", {"use": "gold", "refused": "on"})
    item = GoldItem.objects.get()
    other = factories.make_project("coffee")
    stranger = sign_in(factories.make_member(other, Membership.Role.RESEARCHER))
    theirs = PAGE.replace("tea", "coffee")
    assert stranger.post(f"{theirs}{item.uid}/retire/").status_code == 404
    assert stranger.get(f"{theirs}new/{task.uid}/").status_code == 404
    assert stranger.post(f"{PAGE}{item.uid}/retire/").status_code == 404
    assert researcher.get(f"{PAGE}new/{uuid4()}/").status_code == 404
    item.refresh_from_db()
    assert item.retired_at is None


@pytest.mark.parametrize("items", [1, 3])
def test_the_list_costs_the_same_however_long(
    researcher, project, items, django_assert_max_num_queries
):
    factories.make_answered_prompts(project, items, responses=3)
    build_tasks(project=project)
    for task in list(project.tasks.all())[:items]:
        typed = {"use": "gold", "place_1": "1", "place_2": "2", "place_3": "3"}
        researcher.post(f"{PAGE}new/{task.uid}/", typed)
    with django_assert_max_num_queries(10):
        researcher.get(PAGE)
    assert researcher.get(f"{PAGE}?older=x").status_code == 404
