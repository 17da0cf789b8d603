"""Counts that no reader waits for: small projects are counted at once, large ones by a worker."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collector.models import Membership
from labeling.figures import kept
from labeling.figures.funnel import counts_of
from labeling.figures.queue import forget_queue, queue_of
from labeling.figures.snapshots import TAKE_TASK
from labeling.models import ProjectCounts
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from labeling.tasks import count_for_readers, count_what_is_due, take_snapshots_of
from tests import factories
from tests.dashboard.test_overview_page import sign_in

pytestmark = pytest.mark.django_db
OVERVIEW = "/admin/projects/tea/"
TASKS = "/admin/projects/tea/tasks/"
COUNTING = "This is a large project: a worker is counting."
FEW_QUERIES = 15


@pytest.fixture
def project():
    cache.clear()
    project = factories.make_project("tea")
    set_policy(project=project, responses=2)
    factories.make_answered_prompts(project, 3, responses=2)
    return project


@pytest.fixture
def researcher(project):
    client = sign_in(factories.make_member(project, Membership.Role.RESEARCHER))
    client.get("/admin/projects/")  # the session is written
    return client


@pytest.fixture
def large(monkeypatch):
    """Everything is: of no kind of rows there may be more than eight."""
    monkeypatch.setattr(kept, "MOST", 8)


@pytest.fixture
def asked(monkeypatch):
    """Those that workers were asked for; nobody works."""
    sent = []
    monkeypatch.setattr(
        kept.current_app, "send_task", lambda name, args, **given: sent.append((name, *args))
    )
    return sent


def work(asked):
    """Do what workers were asked for."""
    tasks = {kept.TASK: count_for_readers, TAKE_TASK: take_snapshots_of}
    for name, *given in asked:
        tasks[name](*given)


@pytest.mark.parametrize(("most", "small"), [(8, False), (9, True)])
def test_a_project_is_small_up_to_so_many_rows(project, monkeypatch, most, small):
    factories.make_answered_prompts(factories.make_project("coffee"), 5, responses=2)
    monkeypatch.setattr(kept, "MOST", most)
    assert kept.is_small(project) is small  # three prompts with two responses each


def test_open_slots_make_a_project_large_too(project, monkeypatch):
    set_policy(project=project, responses=2, overlap=4)
    build_tasks(project=project)
    monkeypatch.setattr(kept, "MOST", 11)
    assert not kept.is_small(project)
    monkeypatch.setattr(kept, "MOST", 12)
    assert kept.is_small(project)


def test_a_small_project_is_counted_at_once(project, asked):
    assert counts_of(project=project)["prompts"] == 3
    forget_queue(project=project)
    assert queue_of(project=project)["ready"]["tasks"] == 3
    build_tasks(project=project)
    forget_queue(project=project)
    assert queue_of(project=project)["ready"]["tasks"] == 0
    assert (asked, ProjectCounts.objects.count()) == ([], 0)


def test_one_worker_is_asked_however_many_look(project, large, asked):
    other = factories.make_project("coffee")
    factories.make_answered_prompts(other, 3, responses=2)
    for _ in range(3):
        assert queue_of(project=project) is None
        cache.clear()  # the row knows that a worker was asked
    assert queue_of(project=other) is None
    assert asked == [(kept.TASK, "queue", project.pk), (kept.TASK, "queue", other.pk)]


def test_a_workers_counts_outlive_the_cache(project, large, asked):
    assert counts_of(project=project) is None
    count_for_readers("funnel", project.pk)
    cache.clear()
    found = counts_of(project=project)
    assert (found["prompts"], found["responses"], found["stale"]) == (3, 6, False)
    assert len(asked) == 1


def test_old_counts_are_shown_while_a_worker_counts_anew(project, large, asked):
    queue_of(project=project)
    count_for_readers("queue", project.pk)
    build_tasks(project=project)
    forget_queue(project=project)
    found = queue_of(project=project)
    assert (found["ready"]["tasks"], found["stale"]) == (3, True)
    count_for_readers("queue", project.pk)
    found = queue_of(project=project)
    assert (found["ready"]["tasks"], found["stale"]) == (0, False)
    assert len(asked) == 2


def test_what_takes_long_to_count_is_counted_less_often(project, large, asked):
    queue_of(project=project)
    count_for_readers("queue", project.pk)
    hour_ago = timezone.now() - timedelta(hours=1)
    ProjectCounts.objects.update(counted_at=hour_ago, seconds=3601 / kept.SHARE)
    cache.clear()
    assert queue_of(project=project)["stale"] is False
    ProjectCounts.objects.update(seconds=3599 / kept.SHARE)
    cache.clear()
    assert queue_of(project=project)["stale"] is True
    assert len(asked) == 2


def test_counting_twice_counts_once(project, large, asked):
    queue_of(project=project)
    count_for_readers("queue", project.pk)
    with CaptureQueriesContext(connection) as second:
        count_for_readers("queue", project.pk)
    assert not [query for query in second if "labeling_slot" in query["sql"]]


def test_beat_asks_again_for_what_the_broker_lost(project, large, asked):
    queue_of(project=project)
    assert kept.due_for_readers() == []  # it was asked for a moment ago
    ProjectCounts.objects.update(asked_at=timezone.now() - 2 * kept.LOST_AFTER)
    assert kept.due_for_readers() == [("queue", project.pk)]
    assert kept.due_for_readers() == []


def test_beat_keeps_up_what_somebody_looked_at_lately(project, large, asked):
    queue_of(project=project)
    count_for_readers("queue", project.pk)
    assert kept.due_for_readers() == []
    ProjectCounts.objects.update(counted_at=timezone.now() - 2 * kept.LOST_AFTER)
    old = ProjectCounts.objects.create(
        project=factories.make_project("old"),
        kind="queue",
        wanted_at=timezone.now() - 2 * kept.LATELY,
    )
    assert kept.due_for_readers() == [("queue", project.pk)]
    old.refresh_from_db()
    assert old.asked_at is None


def test_a_beat_without_anything_to_do_asks_nobody(project):
    count_what_is_due()
    assert not ProjectCounts.objects.exists()


@pytest.mark.parametrize("address", [OVERVIEW, TASKS])
def test_a_large_projects_first_look_counts_nothing(
    researcher, project, large, asked, address, django_assert_max_num_queries
):
    cache.clear()
    with django_assert_max_num_queries(FEW_QUERIES) as made:
        first = researcher.get(address).content.decode()
    assert COUNTING in first
    assert "js/counting" in first
    assert not [
        query for query in made if "FILTER (WHERE" in query["sql"] and "unused" in query["sql"]
    ]
    work(asked)
    cache.clear()
    with django_assert_max_num_queries(18):  # of so few votes, figures are computed too
        then = researcher.get(address).content.decode()
    assert COUNTING not in then
    assert "js/counting" not in then


def test_a_small_projects_first_look_is_bounded_too(researcher, django_assert_max_num_queries):
    for address in (OVERVIEW, TASKS):
        cache.clear()
        with django_assert_max_num_queries(19):
            assert COUNTING not in researcher.get(address).content.decode()


def test_the_rest_says_that_nothing_is_counted_yet(researcher, project, large, asked):
    body = researcher.get("/api/v1/projects/tea/overview/").json()
    assert body["funnel"]["as_of"] is None
    assert {step["count"] for step in body["funnel"]["steps"]} == {None}
    assert body["alerts"][0]["code"] == "no_labelers"
    count_for_readers("funnel", project.pk)
    body = researcher.get("/api/v1/projects/tea/overview/").json()
    assert [step["count"] for step in body["funnel"]["steps"]] == [3, 6, 0, 0, 0]
    assert body["funnel"]["stale"] is False
