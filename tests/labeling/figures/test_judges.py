"""Judges beside people, by hand: shares, intervals, and what there is not enough of."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Labeler
from collector.models import Generator, GeneratorRevision, Message, Project
from labeling.figures.judges import judges, minds_changed
from labeling.models import Judge, Judgment, LabelerStanding, Task, Verdict
from labeling.services.rebuilding import write_comparisons
from tests.factories import make_labeler, make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(db: None) -> Project:
    return make_project()


@pytest.fixture
def judge(project: Project) -> Judge:
    generator = Generator.objects.create(name="mind")
    revision = GeneratorRevision.objects.create(
        generator=generator, number=1, provider="openai", model="m"
    )
    labeler = make_labeler(user=None, kind="machine")
    return Judge.objects.create(project=project, name="judy", labeler=labeler, revision=revision)


def make_task(project: Project) -> tuple[Task, list[int]]:
    prompt = make_prompt(project)
    pair = [make_response(prompt, revision=f"model-{letter}").pk for letter in "ab"]
    return Task.objects.create(project=project, prompt=prompt, state="complete"), pair


def vote(task: Task, pair: list[int], labeler: Labeler, said: str, **fields: object) -> Judgment:
    """`said` is first, second, tie or bad, of the pair by id."""
    first, second = pair
    tiers = {"first": [[first], [second]], "second": [[second], [first]], "tie": [[first, second]]}
    judgment = Judgment.objects.create(
        task=task,
        labeler=labeler,
        tiers=tiers.get(said),
        not_rankable=None if said in tiers else "both_bad",
        order=pair,
        body_hash=b"",
        created_at=timezone.now(),
        **({"purpose": "imported", "submit_key": f"{task.pk}"} | fields),
    )
    write_comparisons(project=task.project, judgments=[judgment])
    return judgment


def test_agreement_with_people_and_of_people(project: Project, judge: Judge) -> None:
    ana, bo, shut_out = (make_labeler(user=None, kind="imported") for _ in range(3))
    LabelerStanding.objects.create(project=project, labeler=shut_out, state="excluded")
    said = [  # the judge, ana, bo
        ("first", "first", "first"),
        ("first", "first", "second"),
        ("tie", "first", "tie"),
        ("tie", "bad", "bad"),
    ]
    for machine, one, other in said:
        task, pair = make_task(project)
        vote(task, pair, judge.labeler, machine, purpose="machine")
        vote(task, pair, ana, one)
        vote(task, pair, bo, other)
        vote(task, pair, shut_out, "second")
    make_task(project)

    [row] = judges(project=project)

    assert (row["name"], row["generator"], row["judgments"], row["texts"]) == ("judy", "mind", 4, 4)
    # Same: 2, 1, 1, 0 of 2 each; with ties at half and both bad a tie: 2, 1, 1½, 2.
    assert row["people"]["raw"]["share"] == 0.5
    assert row["people"]["raw"]["n"] == 8
    assert row["people"]["tie_discounted"] == 6.5 / 8
    # Ana and Bo: yes, no, no, yes; with ties at half 1, 0, ½, 1.
    assert row["between_people"]["raw"]["share"] == 0.5
    assert row["between_people"]["raw"]["n"] == 4
    assert row["between_people"]["tie_discounted"] == 2.5 / 4
    raw = row["people"]["raw"]
    assert 0 <= raw["lower"] < 0.5 < raw["upper"] <= 1


def test_without_people_there_is_nothing_to_say(project: Project, judge: Judge) -> None:
    task, pair = make_task(project)
    vote(task, pair, judge.labeler, "first", purpose="machine")
    nothing = {"share": None, "lower": None, "upper": None, "n": 0}
    [row] = judges(project=project)
    assert row["people"] == {"raw": nothing, "tie_discounted": None}
    assert row["between_people"] == {"raw": nothing, "tie_discounted": None}
    assert row["position"] == {"consistency": nothing, "first": nothing}


def test_two_orders_tell_of_a_habit(project: Project, judge: Judge) -> None:
    for steady in (True, False, False):
        task, pair = make_task(project)
        for number, order in enumerate([pair, pair[::-1]]):
            tiers = [[pk] for pk in (pair if steady else order)]
            Verdict.objects.create(
                judge=judge, task=task, number=number, order=order, tiers=tiers, status="succeeded"
            )
    [row] = judges(project=project)
    assert row["position"]["consistency"]["share"] == pytest.approx(1 / 3)
    assert (row["position"]["first"]["share"], row["position"]["first"]["n"]) == (
        pytest.approx(5 / 6),
        6,
    )


def test_how_often_minds_change_and_where_to(project: Project, judge: Judge) -> None:
    for said in ("first", "second", "tie"):
        task, pair = make_task(project)
        vote(task, pair, judge.labeler, "second", purpose="machine")
        ana = make_labeler(user=None, kind="imported")
        own = vote(task, pair, ana, "first")
        fields = {"purpose": "reconsidered", "submit_key": f"opinion-{own.pk}"}
        former = vote(task, pair, ana, "first", **fields)
        if said != "first":
            later = timezone.now() + timedelta(seconds=1)
            Judgment.objects.filter(pk=former.pk).update(retired_at=later)
            fields["submit_key"] += f"-{former.pk}"
            vote(task, pair, ana, said, supersedes=former, **fields)
    found = minds_changed(project=project)
    assert (found["shown"], found["changed"]["n"], found["towards"]) == (3, 3, 1)
    assert found["changed"]["share"] == pytest.approx(2 / 3)
    assert Message.objects.filter(project=project).count() == 9
