"""Projects with items of a known answer, and people who answer them, for the tests of training."""

from typing import Any

from accounts.models import Labeler
from collector.models import Message, Project
from labeling.models import GoldItem, PolicyVersion, Slot
from labeling.services.building import build_tasks
from labeling.services.claiming import ClaimedTask
from labeling.services.gold import create_gold_item
from labeling.services.policies import current_policy
from labeling.services.submitting import submit
from tests.factories import make_answered_prompts, make_project
from tests.labeling.work import ranking


def put_in_force(project: Project, **fields: Any) -> PolicyVersion:
    """A new version of the policy, other settings as before."""
    policy = current_policy(project=project)
    policy.pk, policy.number = None, policy.number + 1
    for name, value in fields.items():
        setattr(policy, name, value)
    policy._state.adding = True
    policy.save()
    return policy


def add_items(project: Project, use: str, count: int, **fields: Any) -> list[GoldItem]:
    """Items of two responses each; the expert finds the first written one better."""
    return [
        create_gold_item(
            project=project,
            use=use,
            tiers=[[first.uid], [second.uid]],
            explanation=fields.get("explanation", "The first is *right*."),
        )
        for first, second in (
            Message.objects.filter(parent=prompt).order_by("pk")
            for prompt in make_answered_prompts(project, count, 2)
        )
    ]


def training_project(
    *, practice: int = 0, test: int = 0, items: int | None = None, **policy: Any
) -> Project:
    """A project with as many items as its policy asks for (or `items` of each), and one task."""
    project = make_project()
    put_in_force(project, responses=2)
    add_items(project, "practice", practice if items is None else items)
    add_items(project, "qualification", test if items is None else items)
    make_answered_prompts(project, 1, 2)
    build_tasks(project=project)
    put_in_force(project, practice_items=practice, qualification_items=test, **policy)
    return project


def answer(task: ClaimedTask | None, labeler: Labeler, *, right: bool = True) -> None:
    """Submit what the expert said, or the opposite."""
    assert task is not None
    slot = Slot.objects.select_related("task__gold_item").get(uid=task.slot)
    assert slot.order
    tiers_of_expert = slot.task.gold_item.tiers or []
    best = tiers_of_expert[0 if right else 1][0]
    place = slot.order.index(best) + 1
    tiers = ("1", "2") if place == 1 else ("2", "1")
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking(*tiers))
