"""Projects on whose tasks labelers disagree, for the tests of adjudication."""

from typing import Any

from accounts.models import Labeler, User
from collector.models import Project
from labeling.models import Adjudication, Judgment
from labeling.services.adjudicating import open_disputed
from labeling.services.claiming import claim
from labeling.services.disagreement import store_disagreement
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_member
from tests.labeling.work import project_with_tasks, ranking


def vote(project: Project, best: int, labeler: Labeler | None = None, **fields: Any) -> Judgment:
    """Put the task's response of that number (by id) first; 0 ties them all."""
    labeler = labeler or make_labeler()
    task = claim(project=project, labeler=labeler)
    assert task is not None
    slot = labeler.slots.get(uid=task.slot)
    order = slot.order or []
    if best == 0:
        tiers = ["".join(shown.id for shown in task.responses)]
    else:
        first = str(order.index(sorted(order)[best - 1]) + 1)
        tiers = [first, *(shown.id for shown in task.responses if shown.id != first)]
    judgment = submit(slot_uid=task.slot, labeler=labeler, answer=ranking(*tiers, **fields))
    store_disagreement(project_id=project.pk, tasks=[slot.task_id])
    return judgment


def disputed(tasks: int = 1, **policy: Any) -> Project:
    """A project whose tasks of two responses were each judged twice, this way and that."""
    project = project_with_tasks(tasks, overlap=2, **policy)
    for best in (1, 2):
        labeler = make_labeler()
        for _ in range(tasks):
            vote(project, best, labeler)
    return project


def opened(project: Project) -> list[Adjudication]:
    """What is put before an expert, oldest first."""
    open_disputed(project=project)
    return list(Adjudication.objects.filter(project=project).order_by("pk"))


def expert(project: Project) -> User:
    return make_member(project, "reviewer")
