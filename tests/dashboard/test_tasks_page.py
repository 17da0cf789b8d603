"""The place "Tasks": what is ready, making tasks, taking them back, the list and one of them."""

import re

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from labeling.models import Task, TaskJob
from labeling.services import task_jobs
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.labeling.work import claimed, judge

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/tasks/"


def plain(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def project():
    cache.clear()
    project = factories.make_project("tea", name="Tea")
    set_policy(project=project, responses=2, overlap=2)
    factories.make_answered_prompts(project, 3, responses=2)
    factories.make_answered_prompts(project, 1, responses=1)
    factories.make_answered_prompts(factories.make_project("coffee"), 2, responses=4)
    return project


@pytest.fixture
def researcher(project):
    client = Client()
    user = factories.make_member(project, "researcher")
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def test_the_page_says_what_is_ready_and_makes_it(researcher, project):
    page = plain(researcher.get(PAGE))
    assert "prompts with enough responses 3" in page
    assert "judgments these will ask for 6" in page
    assert "prompts that wait for more responses 1" in page
    made = researcher.post(PAGE + "build/", follow=True)
    assert "3 tasks were made." in plain(made)
    assert "judgments that wait 6" in plain(made)
    assert "Nothing to make" in plain(made)
    assert set(Task.objects.values_list("project", flat=True)) == {project.pk}


def test_undo_takes_back_what_one_build_made_and_nobody_began(researcher, project):
    build_tasks(project=project)  # before: not of the build that is undone
    factories.make_answered_prompts(project, 3, responses=2)
    researcher.post(PAGE + "build/")
    newest = list(Task.objects.order_by("-pk")[:3])
    labeler = factories.make_labeler()
    for _ in range(4):  # the three older tasks, and one of the newer ones
        judge(project, labeler)
    job = TaskJob.objects.get()
    page = plain(researcher.post(f"{PAGE}jobs/{job.uid}/undo/", follow=True))
    assert "2 tasks were taken back. 1 stays, as somebody has begun it." in page
    assert Task.objects.count() == 4
    assert Task.objects.filter(pk__in=[task.pk for task in newest]).count() == 1
    assert "tasks to make of them 2" in page


def test_a_build_that_takes_long_is_a_job_with_a_bar(
    researcher, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(task_jobs, "AT_ONCE_SECONDS", -1)
    monkeypatch.setattr("labeling.services.building.PROMPTS_A_BATCH", 1)
    with django_capture_on_commit_callbacks() as later:
        answer = researcher.post(PAGE + "build/", follow=True)
    job = TaskJob.objects.get()
    assert (job.status, job.tasks, len(later)) == ("queued", 1, 1)
    assert f'data-job="/api/v1/task-jobs/{job.uid}/"' in answer.content.decode()
    assert "Tasks are being made" in plain(answer)
    again = researcher.post(PAGE + "build/", follow=True)
    assert "Tasks are being made or taken back already." in plain(again)
    task_jobs.run_task_job(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.tasks, job.slots, job.progress) == ("succeeded", 3, 6, 1.0)
    assert "3 tasks were made." in plain(researcher.get(PAGE))


def test_the_list_is_filtered_and_paged(researcher, project):
    factories.make_answered_prompts(project, 30, responses=2)
    build_tasks(project=project)
    first = Task.objects.order_by("pk").first()
    for _ in range(2):
        judge(project, factories.make_labeler())
    assert Task.objects.get(state="complete") == first
    uids = [str(task.uid) for task in Task.objects.order_by("-pk")]
    page = researcher.get(PAGE).content.decode()
    assert re.findall(r'tasks/([\w-]{36})/"', page) == uids[:25]
    older = re.search(r'rel="next" href="(\?older=[\w-]+)', page)[1]
    assert (
        re.findall(r'tasks/([\w-]{36})/"', researcher.get(PAGE + older).content.decode())
        == (uids[25:])
    )
    done = researcher.get(PAGE + "?state=complete").content.decode()
    assert re.findall(r'tasks/([\w-]{36})/"', done) == [str(first.uid)]
    assert "No task is like that." in plain(researcher.get(PAGE + "?disagreement=0.7"))
    assert researcher.get(PAGE + "?older=nothing").status_code == 404


def test_one_task_shows_what_it_compares_and_what_was_said(researcher, project):
    build_tasks(project=project)
    labeler = factories.make_labeler()
    judge(project, labeler, "2", "1")
    begun, other = Task.objects.order_by("pk")[:2]
    page = plain(researcher.get(f"{PAGE}{begun.uid}/"))
    assert labeler.pseudonym in page
    assert "model-a" in page
    assert re.search(r"[12] &gt; [12]", page)
    assert "cannot be taken back" in page
    refused = researcher.post(f"{PAGE}{begun.uid}/withdraw/", follow=True)
    assert "The task was begun" in plain(refused)
    assert Task.objects.filter(pk=begun.pk).exists()
    taken = researcher.post(f"{PAGE}{other.uid}/withdraw/", follow=True)
    assert "The task was taken back." in plain(taken)
    assert not Task.objects.filter(pk=other.pk).exists()
    assert researcher.get(f"{PAGE}{other.uid}/").status_code == 404


def test_all_that_nobody_began_is_taken_back(researcher, project):
    build_tasks(project=project)
    claimed(project, factories.make_labeler())
    page = plain(researcher.post(PAGE + "withdraw/", follow=True))
    assert "2 tasks were taken back." in page
    assert Task.objects.count() == 1
    assert Task.objects.get().slots.filter(state="leased").count() == 1


def test_the_pages_cost_few_queries(researcher, project, django_assert_max_num_queries):
    numbers = []
    for _ in range(2):
        factories.make_answered_prompts(project, 3, responses=2)
        build_tasks(project=project)
        judge(project, factories.make_labeler())
        cache.clear()
        researcher.get(PAGE)
        with django_assert_max_num_queries(15) as listed:
            researcher.get(PAGE)
        uid = Task.objects.order_by("pk")[0].uid
        with django_assert_max_num_queries(15) as one:
            researcher.get(f"{PAGE}{uid}/")
        numbers.append((len(listed), len(one)))
    assert numbers[0] == numbers[1]


def test_a_task_of_another_project_is_not_found(researcher):
    other = factories.make_project("milk")
    factories.make_answered_prompts(other, 1)
    build_tasks(project=other)
    uid = Task.objects.get(project=other).uid
    assert researcher.get(f"{PAGE}{uid}/").status_code == 404
    assert researcher.post(f"{PAGE}{uid}/withdraw/").status_code == 404
    job = TaskJob.objects.create(project=other)
    assert researcher.post(f"{PAGE}jobs/{job.uid}/undo/").status_code == 404
