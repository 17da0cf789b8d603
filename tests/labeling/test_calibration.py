"""Figures of one's own agreement: right, never too early, and telling nothing of anybody."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Message, Project
from labeling import calibration
from labeling.calibration import BATCH, Figure, calibrations_of
from labeling.models import GoldItem, Judgment, Task
from labeling.models.judgments import Purpose
from labeling.services.policies import set_policy
from tests import factories
from tests.exports.builders import compare_task, judge
from tests.labeling.pages import html, sign_in

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=2)


@pytest.fixture
def project() -> Project:
    project = factories.make_project("tea", name="Tea")
    set_policy(project=project, responses=2)
    return project


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def me(ana: User) -> Labeler:
    return labeler_of(user=ana)


def make_task(project: Project) -> tuple[Task, list[Message]]:
    prompt = factories.make_prompt(project)
    responses = [factories.make_response(prompt), factories.make_response(prompt)]
    return compare_task(prompt, responses), responses


def say(
    task: Task, order: Sequence[Message], labeler: Labeler, *, tie: bool = False, **fields: Any
) -> Judgment:
    tiers = [list(order)] if tie else [[response] for response in order]
    fields = {"created_at": timezone.now() - LONG_AGO} | fields
    return judge(task.about, tiers, labeler=labeler, order=order, task=task, **fields)


def co_judged(
    project: Project, me: Labeler, others: Sequence[Labeler], tasks: int, *, same: bool = True
) -> None:
    for _ in range(tasks):
        task, responses = make_task(project)
        say(task, responses, me)
        for other in others:
            say(task, responses if same else responses[::-1], other)


def figures(me: Labeler) -> tuple[Figure, Figure]:
    (found,) = calibrations_of(labeler=me)
    return found.experts, found.others


def two_others() -> list[Labeler]:
    return [factories.make_labeler(), factories.make_labeler()]


def test_agreement_is_over_all_pairs_with_all_others(project: Project, me: Labeler) -> None:
    others = two_others()
    co_judged(project, me, others, BATCH - 3)
    co_judged(project, me, others, 2, same=False)
    task, responses = make_task(project)
    say(task, responses, me)
    say(task, responses, others[0], tie=True)  # half a point
    pairs = 2 * (BATCH - 1) + 1
    same = 2 * (BATCH - 3) + 0.5
    assert figures(me)[1] == Figure(share=same / pairs, tasks=BATCH, pairs=pairs)


def test_below_a_batch_there_is_not_enough_data(project: Project, me: Labeler, ana: User) -> None:
    co_judged(project, me, two_others(), BATCH - 1)
    assert figures(me) == (Figure(), Figure())
    assert html(sign_in(ana).get("/me/calibration/")).count("not enough data") == 3


def test_figures_move_in_whole_batches(project: Project, me: Labeler) -> None:
    others = two_others()
    co_judged(project, me, others, BATCH)
    co_judged(project, me, others, BATCH - 1, same=False)
    assert figures(me)[1] == Figure(share=1.0, tasks=BATCH, pairs=2 * BATCH)
    co_judged(project, me, others, 1, same=False)
    assert figures(me)[1] == Figure(share=0.5, tasks=2 * BATCH, pairs=4 * BATCH)


def test_one_other_person_alone_is_not_shown(project: Project, me: Labeler) -> None:
    co_judged(project, me, [factories.make_labeler()], BATCH)
    assert figures(me)[1] == Figure()


def test_answers_that_can_still_be_changed_do_not_count(project: Project, me: Labeler) -> None:
    co_judged(project, me, two_others(), BATCH)
    newest = Judgment.objects.filter(labeler=me).order_by("-pk")[0]
    policy = project.policies.get()
    Judgment.objects.filter(pk=newest.pk).update(
        policy_version=policy, created_at=timezone.now() - timedelta(minutes=1)
    )
    assert policy.edit_window_minutes > 1
    assert figures(me)[1] == Figure()
    Judgment.objects.filter(pk=newest.pk).update(
        created_at=timezone.now() - timedelta(minutes=policy.edit_window_minutes + 1)
    )
    assert figures(me)[1].tasks == BATCH


@pytest.mark.parametrize("purpose", [Purpose.SIMULATED, Purpose.MACHINE, Purpose.ADJUDICATION])
def test_only_the_work_of_people_is_compared_with(
    project: Project, me: Labeler, purpose: str
) -> None:
    co_judged(project, me, two_others(), BATCH)
    Judgment.objects.exclude(labeler=me).update(purpose=purpose)
    assert figures(me)[1] == Figure()


def test_what_was_taken_back_does_not_count(project: Project, me: Labeler) -> None:
    co_judged(project, me, two_others(), BATCH)
    Judgment.objects.exclude(labeler=me).update(retired_at=timezone.now())
    assert figures(me)[1] == Figure()


def expert_items(project: Project, me: Labeler, tasks: int, *, right: bool, use: str) -> None:
    for _ in range(tasks):
        task, responses = make_task(project)
        expert = responses if right else responses[::-1]
        GoldItem.objects.create(
            project=project, task=task, use=use, tiers=[[message.pk] for message in expert]
        )
        say(task, responses, me, purpose=use)


def test_agreement_with_experts_is_over_training_and_checks(project: Project, me: Labeler) -> None:
    expert_items(project, me, BATCH - 4, right=True, use=Purpose.GOLD)
    expert_items(project, me, 3, right=True, use=Purpose.QUALIFICATION)
    assert figures(me)[0] == Figure()
    expert_items(project, me, 1, right=False, use=Purpose.PRACTICE)
    assert figures(me)[0] == Figure(share=0.9, tasks=BATCH, pairs=BATCH)


def test_the_oldest_leave_in_whole_batches_too(
    project: Project, me: Labeler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that leaves as one comes would be told by the difference of the two figures."""
    monkeypatch.setattr(calibration, "NEWEST", 2 * BATCH)
    others = two_others()
    elsewhere = factories.make_project("coffee", name="Coffee")
    co_judged(project, me, others, BATCH)
    expert_items(project, me, BATCH, right=True, use=Purpose.GOLD)
    co_judged(project, me, others, BATCH, same=False)
    expert_items(project, me, BATCH, right=False, use=Purpose.GOLD)
    for _ in range(BATCH - 1):
        co_judged(elsewhere, me, others, 1)
        co_judged(project, me, others, 1, same=False)
        expert_items(project, me, 1, right=False, use=Purpose.GOLD)
        assert [figure.share for figure in figures_in(project, me)] == [0.5, 0.5]
    co_judged(project, me, others, 1, same=False)
    expert_items(project, me, 1, right=False, use=Purpose.GOLD)
    assert [figure.share for figure in figures_in(project, me)] == [0, 0]
    assert [figure.tasks for figure in figures_in(project, me)] == [2 * BATCH, 2 * BATCH]


def figures_in(project: Project, me: Labeler) -> tuple[Figure, Figure]:
    (found,) = (row for row in calibrations_of(labeler=me) if row.project == project)
    return found.experts, found.others


def test_projects_are_apart(project: Project, me: Labeler) -> None:
    other = factories.make_project("coffee", name="Coffee")
    co_judged(project, me, two_others(), BATCH)
    co_judged(other, me, two_others(), 1)
    rows = calibrations_of(labeler=me)
    assert [(row.project.name, row.others.share) for row in rows] == [
        ("Coffee", None),
        ("Tea", 1.0),
    ]


def test_the_page_names_nobody(project: Project, me: Labeler, ana: User) -> None:
    others = two_others()
    co_judged(project, me, others, BATCH)
    page = html(sign_in(ana).get("/me/calibration/"))
    assert re.findall(r"<dd>(\d+%)<span class=\"basis\">(.*?)<", page) == [("100%", "10 tasks")]
    for other in others:
        assert other.user
        assert other.pseudonym not in page
        assert other.user.email not in page
        assert str(other.uid) not in page


def test_a_labeler_without_answers_is_told_so(ana: User) -> None:
    assert "Not enough data" in html(sign_in(ana).get("/me/calibration/"))


@pytest.mark.parametrize("projects", [1, 3])
def test_the_page_costs_the_same_however_many_projects(
    me: Labeler, ana: User, projects: int, django_assert_num_queries: Any
) -> None:
    for _ in range(projects):
        co_judged(factories.make_project(), me, two_others(), 1)
    client = sign_in(ana)
    client.get("/")
    with django_assert_num_queries(4):
        client.get("/me/calibration/")
