"""Hidden items with a known answer, answered by somebody, for the tests of what follows."""

from typing import Any

from django.db import connection

from accounts.models import Labeler
from collector.models import Project
from labeling.models import GoldItem, Slot
from labeling.services.policies import current_policy
from labeling.services.showing import content_of
from labeling.services.standings import clock
from labeling.services.training_sql import GIVE
from tests.factories import make_project
from tests.labeling.training import add_items, answer, put_in_force


def checked_project(items: int = 20, **policy: Any) -> Project:
    """A project of pairs with hidden items and nothing else, evaluated from ten answers on."""
    project = make_project()
    put_in_force(project, responses=2)
    add_items(project, "gold", items)
    put_in_force(project, **({"gold_evaluated_from": 10, "gold_minimum": 0.75} | policy))
    return project


def answer_checks(project: Project, labeler: Labeler, answers: str) -> None:
    """Answer as many hidden items as `answers` has letters: r right, w wrong."""
    met = Slot.objects.filter(labeler=labeler).values("task")
    items = GoldItem.objects.filter(project=project, use="gold").exclude(task__in=met)
    for item, letter in zip(items.order_by("pk")[: len(answers)], answers, strict=True):
        params: dict[str, Any] = {
            "tasks": [item.task_id],
            "labeler": labeler.pk,
            "project": project.pk,
            "policy": current_policy(project=project).pk,
            "guideline": None,
            "at": clock(),
        }
        with connection.cursor() as cursor:
            cursor.execute(GIVE, params)
        slot = Slot.objects.get(task=item.task_id, labeler=labeler)
        answer(content_of(slot.pk), labeler, right=letter == "r")
