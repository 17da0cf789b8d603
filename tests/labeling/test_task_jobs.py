"""Jobs that make tasks or take them back, and what the queue says of itself."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db.models.functions import Now

from common.errors import Conflict
from labeling.figures.queue import count_queue, place_of
from labeling.models import Task, TaskJob
from labeling.services import building, task_jobs
from labeling.services.bands import band_of
from labeling.services.task_jobs import (
    run_task_job,
    start_build,
    start_withdrawal,
    unfinished_task_jobs,
)
from labeling.tasks import requeue_task_jobs
from tests.factories import make_answered_prompts, make_labeler
from tests.labeling.work import judge, project_with_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    cache.clear()
    project = project_with_tasks(2)
    make_answered_prompts(project, 3, responses=2)
    return project


def test_what_a_dead_worker_left_is_taken_up_and_undone_whole(project, monkeypatch):
    monkeypatch.setattr(building, "PROMPTS_A_BATCH", 1)
    job = start_build(project=project)
    run_task_job(job_id=job.pk, seconds=-1)  # one batch, then nobody goes on
    TaskJob.objects.update(
        status="running", lease_token=uuid4(), lease_until=Now() - timedelta(minutes=1)
    )
    assert unfinished_task_jobs() == [job.pk]
    assert Task.objects.count() == 3
    run_task_job(job_id=job.pk)
    run_task_job(job_id=job.pk)  # told twice
    job.refresh_from_db()
    assert (job.status, job.tasks, Task.objects.count()) == ("succeeded", 3, 5)
    undo = start_withdrawal(project=project, build=job, at_once=True)
    assert (undo.status, undo.tasks, undo.kept, Task.objects.count()) == ("succeeded", 3, 0, 2)


def test_a_forgotten_job_is_queued_again(project, monkeypatch):
    job = start_build(project=project)
    queued = []
    monkeypatch.setattr("labeling.tasks.run_task_job.delay", queued.append)
    requeue_task_jobs()
    assert queued == [job.pk]


def test_a_job_that_fails_says_why_and_can_be_undone(project, monkeypatch):
    monkeypatch.setattr(building, "PROMPTS_A_BATCH", 1)
    build, made = building._build_batch, []

    def breaks(policy, prompts):
        if made:
            raise ValueError("the disk is full\nand more")
        made.append(build(policy, prompts))
        return made[0]

    monkeypatch.setattr(building, "_build_batch", breaks)
    job = start_build(project=project, at_once=True)
    assert (job.status, job.tasks, job.error) == ("failed", 1, "the disk is full")
    assert start_withdrawal(project=project, build=job, at_once=True).tasks == 1


def test_a_build_under_way_cannot_be_undone(project):
    job = start_build(project=project)
    with pytest.raises(Conflict, match="has ended"):
        start_withdrawal(project=project, build=job)
    with pytest.raises(Conflict, match="already"):
        start_build(project=project)
    task_jobs.cancel_task_job(job=job)
    job.refresh_from_db()
    assert start_withdrawal(project=project, build=job, at_once=True).tasks == 0  # it made none
    assert Task.objects.count() == 2


@pytest.mark.parametrize("own", [-1, 0, 1])
@pytest.mark.parametrize("disagreement", [None, 0.9])
@pytest.mark.parametrize("missing", [1, 2, 3, 7])
def test_bands_are_told_in_words(own, disagreement, missing):
    band = band_of(task_band=own, votes=1, missing=missing, disagreement=disagreement)
    assert place_of(band) == (own, min(missing, 3), disagreement is not None)
    fresh = band_of(task_band=own, votes=0, missing=missing, disagreement=None)
    assert place_of(fresh) == (own, 0, False)


def test_the_oldest_and_the_states_are_counted(project):
    judge(project, make_labeler())
    body = count_queue(project=project)
    assert body["tasks"] == {"open": 1, "complete": 1, "void": 0}
    assert body["oldest"] == Task.objects.get(state="open").created_at.isoformat()
    assert body["bands"] == [{"band": 0, "slots": 1}]
