"""projects/…/tasks/, tasks/{id}/ and task-jobs/{id}/: building, looking, taking back."""

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collector.services.generators import recorded_revision
from labeling.models import Judge, Slot, Task, TaskJob, Verdict
from labeling.services import withdrawing_tasks
from labeling.services.building import build_tasks
from labeling.services.claiming import claim, skip
from labeling.services.policies import set_policy
from labeling.services.task_jobs import run_task_job, unfinished_task_jobs
from labeling.services.withdrawing_tasks import withdraw_steps
from tests.factories import make_answered_prompts, make_labeler, make_project
from tests.labeling.work import claimed, judge, project_with_tasks, together

TASKS = "/api/v1/projects/poems/tasks/"


@pytest.fixture
def built(project):
    cache.clear()
    set_policy(project=project, responses=2, overlap=2)
    make_answered_prompts(project, 3, responses=2)
    build_tasks(project=project)
    return list(Task.objects.order_by("pk"))


def done(job):
    run_task_job(job_id=TaskJob.objects.get(uid=job["id"]).pk)


def test_tasks_are_listed_with_what_is_owed(researcher, project, built):
    judge(project, make_labeler())
    rows = researcher.get(TASKS).json()["results"]
    assert [row["id"] for row in rows] == [str(task.uid) for task in built]
    assert rows[0]["slots"] == {"submitted": 1, "open": 1}
    assert rows[1]["slots"] == {"open": 2}
    assert rows[0]["prompt"] == str(built[0].prompt.uid)
    judge(project, make_labeler())
    complete = researcher.get(TASKS + "?state=complete").json()["results"]
    assert [row["id"] for row in complete] == [str(built[0].uid)]
    assert researcher.get(TASKS + "?state=lost").status_code == 400
    disputed = researcher.get(TASKS + "?min_disagreement=1.5")
    assert disputed.json()["errors"][0]["attr"] == "min_disagreement"


def test_listing_costs_the_same_at_one_and_at_three_tasks(researcher, project):
    set_policy(project=project, responses=2)
    numbers = []
    for _ in range(2):
        make_answered_prompts(project, 2, responses=2)
        build_tasks(project=project)
        with CaptureQueriesContext(connection) as queries:
            researcher.get(TASKS)
        uid = Task.objects.order_by("pk")[0].uid
        with CaptureQueriesContext(connection) as single:
            researcher.get(f"/api/v1/tasks/{uid}/")
        numbers.append((len(queries), len(single)))
    assert numbers[0] == numbers[1]
    assert max(numbers[0]) <= 10


def test_one_task_names_its_responses_and_votes(researcher, project, built):
    labeler = make_labeler()
    judgment = judge(project, labeler, "1", "2")
    body = researcher.get(f"/api/v1/tasks/{built[0].uid}/").json()
    assert [each["author"] for each in body["responses"]] == ["model-a", "model-b"]
    assert [vote["judgment"] for vote in body["judgments"]] == [str(judgment.uid)]
    numbers = {each["message"]: each["number"] for each in body["responses"]}
    shown = [str(message.uid) for message in _shown(judgment)]
    assert body["judgments"][0]["tiers"] == [[numbers[shown[0]]], [numbers[shown[1]]]]
    assert body["judgments"][0]["labeler"] == labeler.pseudonym


def _shown(judgment):
    by_id = {each.pk: each for each in judgment.task.candidates.all()}
    return [by_id[pk] for pk in judgment.order]


def test_the_queue_says_what_is_ready_and_what_waits(researcher, project, built):
    make_answered_prompts(project, 2, responses=5)
    claimed(project, make_labeler())
    judge(project, make_labeler())
    body = researcher.get(TASKS + "queue/").json()
    assert body["ready"] == {"prompts": 2, "tasks": 4, "slots": 8, "short": 0}
    assert body["tasks"] == {"open": 3, "complete": 0, "void": 0}
    assert body["slots"]["leased"] + body["slots"]["open"] == 5
    assert sum(band["slots"] for band in body["bands"]) == body["slots"]["open"]


def test_a_build_in_the_background_is_a_job(researcher, project):
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 2, responses=2)
    started = researcher.post(TASKS, {"background": True}, format="json")
    assert (started.status_code, started.json()["status"]) == (202, "queued")
    assert researcher.post(TASKS, {"background": True}, format="json").status_code == 409
    done(started.json())
    job = researcher.get(f"/api/v1/task-jobs/{started.json()['id']}/").json()
    assert (job["status"], job["tasks"], job["slots"], job["progress"]) == ("succeeded", 2, 2, 1.0)
    assert researcher.post(f"/api/v1/task-jobs/{job['id']}/cancel/").status_code == 409
    undone = researcher.post(f"/api/v1/task-jobs/{job['id']}/undo/")
    assert undone.status_code == 202
    done(undone.json())
    assert not Task.objects.exists()
    assert researcher.post(TASKS).json() == {"tasks": 2, "slots": 2}  # built again


def test_a_cancelled_job_is_not_done(researcher, project):
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 2, responses=2)
    job = researcher.post(TASKS, {"background": True}, format="json").json()
    stopped = researcher.post(f"/api/v1/task-jobs/{job['id']}/cancel/").json()
    assert stopped["status"] == "cancelled"
    done(job)
    assert not Task.objects.exists()
    assert unfinished_task_jobs() == []


def test_what_anybody_began_stays(researcher, project, built):
    other = project_with_tasks(1)
    lent, _skipped, asked = built
    claimed(project, make_labeler())
    Slot.objects.filter(task=lent).exclude(state="leased").update(band=5)
    first = make_labeler()
    held = claimed(project, first)
    skip(slot_uid=held.slot, labeler=first, reason="other")
    _ask_a_machine(project, asked)
    job = researcher.post(TASKS + "withdraw/").json()
    done(job)
    told = researcher.get(job["url"]).json()
    assert (told["tasks"], told["kept"], told["status"]) == (0, 3, "succeeded")
    assert Task.objects.filter(project=project).count() == 3
    assert Task.objects.filter(project=other).count() == 1
    refused = researcher.post(f"/api/v1/tasks/{asked.uid}/withdraw/")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "conflict")


def _ask_a_machine(project, task):
    machine = Judge.objects.create(
        project=project,
        name="judge",
        labeler=make_labeler(user=None, kind="machine"),
        revision=recorded_revision(name="mind"),
    )
    Verdict.objects.create(judge=machine, task=task, number=0, order=[])


def test_one_task_is_taken_back(researcher, project, built):
    gone = f"/api/v1/tasks/{built[1].uid}/"
    assert researcher.post(gone + "withdraw/").status_code == 204
    assert researcher.get(gone).status_code == 404
    assert set(Task.objects.all()) == {built[0], built[2]}


@pytest.mark.django_db(transaction=True)
def test_taking_back_while_people_claim_loses_nobodys_task():
    project = project_with_tasks(40)
    people = [make_labeler() for _ in range(4)]

    def work(index):
        if index == 4:
            return list(withdraw_steps(project=project))[-1]
        return [task for _ in range(5) if (task := claim(project=project, labeler=people[index]))]

    *claims, (tasks, slots, kept, share) = together(5, work)
    given = {task.slot for one in claims for task in one}
    assert set(Slot.objects.values_list("uid", flat=True)) == given | set(
        Slot.objects.filter(state="open").values_list("uid", flat=True)
    )
    assert given <= set(Slot.objects.filter(state="leased").values_list("uid", flat=True))
    assert tasks + kept == 40
    assert Task.objects.count() == kept
    assert (slots, share) == (tasks, 1.0)


@pytest.mark.django_db
def test_taking_back_goes_in_batches(monkeypatch):
    monkeypatch.setattr(withdrawing_tasks, "TASKS_A_BATCH", 2)
    project = project_with_tasks(5)
    steps = list(withdraw_steps(project=project))
    assert [step[0] for step in steps] == [2, 4, 5]
    assert steps[-1][3] == 1.0


def test_an_archived_project_gets_no_tasks(researcher, project):
    project.archived_at = "2026-01-01T00:00:00Z"
    project.save()
    assert researcher.post(TASKS, {"background": True}, format="json").status_code == 409
    assert researcher.post(TASKS + "withdraw/").status_code == 409
    assert make_project().archived_at is None
