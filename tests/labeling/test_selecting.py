"""Pairs that are selected as votes come in, rather than all at once."""

from collections import Counter

import numpy as np
import pytest
from django.utils import timezone

from collector.models import Message
from labeling.models import Candidate, Slot, Task
from labeling.services import selecting
from labeling.services.building import Built, build_tasks, top_up_all
from labeling.services.policies import set_policy
from labeling.services.selecting import select_tasks
from tests.factories import (
    make_answered_prompts,
    make_labeler,
    make_project,
    make_prompt,
    make_response,
)
from tests.labeling.work import claimed, judge, together

pytestmark = pytest.mark.django_db


def selecting_project(prompts, responses, *, selection="arena", tasks=10, **policy):
    project = make_project()
    set_policy(
        project=project,
        modes=["pair"],
        responses=2,
        selection=selection,
        selection_tasks=tasks,
        **policy,
    )
    make_answered_prompts(project, prompts, responses)
    return project


def pairs(project):
    """How often each two models meet in the project's tasks."""
    met = Counter()
    for task in Task.objects.filter(project=project):
        names = task.candidates.values_list("revision__generator__name", flat=True)
        met["".join(sorted(name[-1] for name in names))] += 1
    return met


@pytest.mark.parametrize("selection", ["arena", "d_optimal", "crowd_bt"])
def test_as_many_tasks_as_wanted_are_open_each_with_its_probability(selection):
    project = selecting_project(8, 4, selection=selection, overlap=2)
    leaked = selecting_project(3, 2)

    assert build_tasks(project=project) == Built(tasks=10, slots=20)
    assert build_tasks(project=project) == Built(tasks=0, slots=0)

    for task in Task.objects.all():
        assert task.project == project
        assert 1 / 6 * 0.1 <= task.selection_probability <= 1
        first, second = task.candidates.all()
        assert first.parent == second.parent == task.prompt
        assert first.revision.generator != second.revision.generator
    assert Slot.objects.filter(state="open", project=project).count() == 20
    assert Task.objects.filter(project=leaked).count() == 0


def test_the_first_choice_is_among_all_pairs_alike():
    project = selecting_project(3, 3, tasks=1)
    assert select_tasks(policy=project.policies.get()) == 1
    assert Task.objects.get().selection_probability == pytest.approx(1 / 3)


def test_fresh_prompts_come_before_used_ones():
    project = selecting_project(6, 6, tasks=6)
    build_tasks(project=project)
    assert Task.objects.values("prompt").distinct().count() == 6


def test_tasks_are_made_until_no_pair_is_left():
    project = selecting_project(3, 4, tasks=100)
    prompt = make_prompt(project)
    make_response(prompt, revision="model-a")
    make_response(prompt, revision="model-a")  # one model alone makes no pair
    assert build_tasks(project=project).tasks in (5, 6)  # a-a, b-b or c-d may be what is left
    assert Candidate.objects.values("response").distinct().count() == Candidate.objects.count()
    assert build_tasks(project=project).tasks == 0


def test_answered_tasks_are_made_up_for():
    project = selecting_project(20, 2, tasks=5)
    build_tasks(project=project)
    ana = make_labeler()
    judge(project, ana, "1", "2")
    assert top_up_all() == 1
    assert top_up_all() == 0


def test_few_missing_tasks_wait_for_more_votes():
    project = selecting_project(40, 2, tasks=30)
    build_tasks(project=project)
    ana = make_labeler()
    judge(project, ana, "1", "2")
    judge(project, ana, "1", "2")
    assert build_tasks(project=project).tasks == 0
    judge(project, ana, "1", "2")
    assert build_tasks(project=project).tasks == 3


def test_a_task_waiting_for_more_people_holds_nobody_up():
    project = selecting_project(20, 2, tasks=2, overlap=3)
    build_tasks(project=project)
    ana, bo = make_labeler(), make_labeler()
    for _ in range(2):
        judge(project, ana, "1", "2")
        judge(project, bo, "1", "2")
    assert build_tasks(project=project).tasks == 2  # the third judgments are still owed
    assert claimed(project, ana).responses


def test_pairs_owed_votes_are_not_asked_about_again():
    """Ten tasks at once are spread as ten tasks one after another are."""
    project = selecting_project(200, 3, tasks=90)
    build_tasks(project=project)
    met = pairs(project)
    assert set(met) == {"ab", "ac", "bc"}
    assert min(met.values()) >= 20


@pytest.mark.parametrize("selection", ["arena", "d_optimal", "crowd_bt"])
def test_a_new_model_is_asked_about_most(selection):
    project = selecting_project(60, 2, selection=selection, tasks=40)
    build_tasks(project=project)
    ana, bo = make_labeler(), make_labeler()
    for labeler in (ana, bo) * 20:
        judge(project, labeler, "1", "2")
    for prompt in project_prompts(project):
        make_response(prompt, revision="model-c")
    set_policy(
        project=project, modes=["pair"], responses=2, selection=selection, selection_tasks=20
    )
    before = pairs(project)
    build_tasks(project=project)
    new = pairs(project) - before
    assert new["ac"] + new["bc"] > 2 * new["ab"]


def project_prompts(project):
    return Message.objects.filter(project=project, role="user").order_by("pk")


def test_a_model_nobody_was_asked_about_gets_tasks_however_many_are_open():
    project = selecting_project(40, 3, tasks=20)
    build_tasks(project=project)
    for prompt in project_prompts(project):
        make_response(prompt, revision="model-d")
    assert build_tasks(project=project).tasks == selecting.FOR_A_NEWCOMER
    newest = Task.objects.order_by("-pk")[: selecting.FOR_A_NEWCOMER]
    for task in newest:
        assert task.candidates.filter(revision__generator__name="model-d").count() == 1
        assert 1 / 3 * 0.1 <= task.selection_probability <= 1
    assert build_tasks(project=project).tasks == 0


def test_only_candidates_of_models_are_selected():
    project = selecting_project(0, 0)
    prompt = make_prompt(project)
    good = [make_response(prompt), make_response(prompt, revision="model-b")]
    make_response(prompt, revision=None, labeler=make_labeler(), origin="human")
    make_response(
        prompt, revision=None, origin="edit", edits=good[0], labeler=make_labeler(), text="Better."
    )
    gone = make_response(prompt, revision="model-c")
    Message.objects.filter(pk=gone.pk).update(text="", deleted_at=timezone.now())
    deleted = make_answered_prompts(project, 1, 2)
    Message.objects.filter(pk=deleted[0].pk).update(deleted_at=timezone.now())
    assert build_tasks(project=project).tasks == 1
    assert set(Candidate.objects.values_list("response", flat=True)) == {m.pk for m in good}


def test_samples_of_one_model_are_used_one_after_another():
    project = selecting_project(0, 0, tasks=10)
    prompt = make_prompt(project)
    for name in ("model-a", "model-b") * 3:
        make_response(prompt, revision=name)
    assert build_tasks(project=project).tasks == 3
    for task in Task.objects.all():
        assert task.candidates.values("revision__generator").distinct().count() == 2


def test_the_same_random_numbers_make_the_same_tasks():
    made = []
    for _ in range(2):
        project = selecting_project(1, 6, tasks=3)
        select_tasks(policy=project.policies.get(), random=np.random.default_rng(1))
        made.append(pairs(project))
    assert made[0] == made[1]


def test_projects_that_take_everything_are_not_topped_up():
    project = make_project()
    set_policy(project=project, modes=["pair"], responses=2, selection="arena")
    set_policy(project=project, modes=["pair"], responses=2)
    make_answered_prompts(project, 2, 2)
    archived = selecting_project(2, 2)
    archived.archived_at = timezone.now()
    archived.save()
    assert top_up_all() == 0
    assert build_tasks(project=project).tasks == 2
    assert set(Task.objects.values_list("selection_probability", flat=True)) == {None}


@pytest.mark.django_db(transaction=True)
def test_builders_at_once_make_no_more_than_wanted():
    project = selecting_project(30, 4, tasks=12)
    results = together(6, lambda _index: build_tasks(project=project))
    assert sum(built.tasks for built in results) == 12
    assert Task.objects.count() == 12


def test_a_tie_or_both_bad_is_a_vote_like_any_other():
    project = selecting_project(10, 2, tasks=4)
    build_tasks(project=project)
    ana = make_labeler()
    judge(project, ana, "12")
    judge(project, ana, tiers=None, not_rankable="both_bad")
    assert build_tasks(project=project).tasks == 2
