import uuid
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from collector.models import Message, Thread
from labeling.models import Candidate, Slot, Task
from labeling.services import building
from labeling.services.building import Built, build_tasks
from labeling.services.policies import set_policy
from tests.factories import (
    make_answered_prompts,
    make_labeler,
    make_project,
    make_prompt,
    make_response,
)
from tests.labeling.work import together

pytestmark = pytest.mark.django_db


def compared(task):
    """Generators of a task's candidates, in their order."""
    rows = Candidate.objects.filter(task=task).order_by("ordinal")
    return [row.response.revision.generator.name for row in rows]


def test_every_k_responses_of_a_prompt_become_a_task_with_its_slots():
    project, other = make_project(), make_project()
    set_policy(project=project, responses=3, overlap=2)
    prompts = make_answered_prompts(project, 2, responses=7)
    make_answered_prompts(other, 1, responses=4)

    assert build_tasks(project=project) == Built(tasks=4, slots=8)

    tasks = list(Task.objects.order_by("id"))
    assert [task.prompt for task in tasks] == [prompts[0], prompts[0], prompts[1], prompts[1]]
    names = compared(tasks[0]) + compared(tasks[1])
    assert len(names) == len(set(names)) == 6
    slots = Slot.objects.order_by("seq").values_list("task_id", "ordinal", "state", "project_id")
    assert list(slots) == [
        (task.pk, ordinal, "open", project.pk) for task in tasks for ordinal in (1, 2)
    ]
    assert Thread.objects.filter(prompt__in=prompts).count() == 2
    assert {slot.uid.version for slot in Slot.objects.all()} == {4}  # tells no time
    assert {task.uid.variant for task in tasks} == {uuid.RFC_4122}


def test_different_authors_meet_before_samples_of_one():
    project = make_project()
    set_policy(project=project, responses=2)
    prompt = make_prompt(project)
    for name in ("model-a", "model-a", "model-b", "model-b", "model-c", "model-c"):
        make_response(prompt, revision=name)
    build_tasks(project=project)
    assert sorted("".join(sorted(name[-1] for name in compared(task))) for task in tasks()) == [
        "ab",
        "ac",
        "bc",
    ]


@pytest.mark.parametrize("models", [3, 4])
def test_of_more_models_than_a_task_shows_every_two_meet(models):
    """In the order in which they came, the first two would meet under every prompt."""
    project = make_project()
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 40, responses=models)
    build_tasks(project=project)
    met = Counter(frozenset(compared(task)) for task in tasks())
    assert len(met) == models * (models - 1) / 2
    assert min(met.values()) >= 4


def tasks():
    return Task.objects.order_by("id")


def test_building_again_uses_only_what_is_new():
    project = make_project()
    set_policy(project=project, responses=2)
    [prompt] = make_answered_prompts(project, 1, responses=3)
    assert build_tasks(project=project).tasks == 1
    assert build_tasks(project=project) == Built(tasks=0, slots=0)
    with CaptureQueriesContext(connection) as idle:
        build_tasks(project=project)
    assert len(idle) == 2  # the policy, and which prompts have enough that is new: none
    make_response(prompt, revision="model-new")
    assert build_tasks(project=project).tasks == 1
    first, newest = (set(compared(task)) for task in tasks())
    assert newest == {"model-a", "model-b", "model-c", "model-new"} - first


def test_only_candidates_are_compared():
    project = make_project()
    set_policy(project=project, responses=2)
    prompt = make_prompt(project)
    good = [make_response(prompt), make_response(prompt, revision="model-b")]
    make_response(prompt, revision=None, origin="edit", edits=good[0], labeler=make_labeler())
    gone = make_response(prompt)
    Message.objects.filter(pk=gone.pk).update(text="", deleted_at=timezone.now())
    assert build_tasks(project=project).tasks == 1
    used = set(Candidate.objects.values_list("response", flat=True))
    assert used == set(prompt.children.candidates().values_list("pk", flat=True))
    assert used == {response.pk for response in good}


def test_a_deleted_prompt_gets_no_task():
    project = make_project()
    set_policy(project=project, responses=2)
    [prompt] = make_answered_prompts(project, 1, responses=2)
    Message.objects.filter(pk=prompt.pk).update(deleted_at=timezone.now())
    assert build_tasks(project=project).tasks == 0


def test_batches_serve_prompts_in_their_order(monkeypatch):
    monkeypatch.setattr(building, "PROMPTS_A_BATCH", 2)
    monkeypatch.setattr(building, "ANALYZE_FROM", 5)
    project = make_project()
    set_policy(project=project, responses=2)
    prompts = make_answered_prompts(project, 5, responses=2)
    seen = []
    assert build_tasks(project=project, on_progress=seen.append).tasks == 5
    in_queue = Slot.objects.order_by("seq").values_list("task__prompt_id", flat=True)
    assert list(in_queue) == [prompt.pk for prompt in prompts]
    assert seen == [2, 4, 5]


@pytest.mark.django_db(transaction=True)
def test_builders_at_once_make_every_task_once():
    project = make_project()
    set_policy(project=project, responses=2, overlap=2)
    make_answered_prompts(project, 30, responses=4)
    results = together(6, lambda _index: build_tasks(project=project))
    assert sum(built.tasks for built in results) == 60
    assert Task.objects.count() == 60
    assert Slot.objects.count() == 120
    assert Candidate.objects.count() == 120
