"""How disputed a task is, by the votes on its most disputed pair."""

import math

import pytest

from labeling.models import Judgment, LabelerStanding, Task
from labeling.services.disagreement import store_disagreement
from labeling.services.submitting import submit
from tests.factories import make_labeler
from tests.labeling.work import claimed, project_with_tasks, ranking

pytestmark = pytest.mark.django_db


def entropy(*shares):
    return -sum(share * math.log(share) for share in shares) / math.log(3)


def vote(project, best):
    """One more labeler puts the candidate of that number first, or ties (0), or refuses (-1)."""
    labeler = make_labeler()
    task = claimed(project, labeler)
    order = labeler.slots.get().order
    first = sorted(order)[best - 1] if best > 0 else order[0]
    places = [str(order.index(first) + 1)]
    rest = [shown.id for shown in task.responses if shown.id not in places]
    said = {1: (*places, *rest), 0: ("".join(places + rest),)}.get(min(best, 1))
    answer = ranking(*said) if said else ranking(tiers=None, not_rankable="bad")
    submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    return labeler


def disagreement(project):
    task = Task.objects.get()
    store_disagreement(project_id=project.pk, tasks=[task.pk])
    return Task.objects.get().disagreement


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([1], None),
        ([1, 1], 0.0),
        ([1, 2], entropy(1 / 2, 1 / 2)),
        ([1, 1, 2], entropy(2 / 3, 1 / 3)),
        ([1, 2, 0], 1.0),
        ([0, -1], 0.0),
        ([1, 1, 1, 1, 2], entropy(4 / 5, 1 / 5)),
    ],
)
def test_it_is_the_entropy_of_the_votes_on_the_pair(votes, expected):
    project = project_with_tasks(1, overlap=len(votes))
    for best in votes:
        vote(project, best)
    assert disagreement(project) == (expected if expected is None else pytest.approx(expected))


def test_only_people_who_count_have_a_say():
    project = project_with_tasks(1, overlap=3)
    vote(project, 1)
    vote(project, 1)
    odd = vote(project, 2)
    assert disagreement(project) > 0.5
    standing = LabelerStanding.objects.create(project=project, labeler=odd, state="excluded")
    assert disagreement(project) == 0
    standing.delete()
    Judgment.objects.filter(labeler=odd).update(purpose="machine")
    assert disagreement(project) == 0


def test_the_most_disputed_pair_decides():
    project = project_with_tasks(1, responses=3, overlap=2)
    for order in ([0, 1, 2], [0, 2, 1]):
        labeler = make_labeler()
        task = claimed(project, labeler)
        shown = labeler.slots.get().order
        wanted = [sorted(shown)[index] for index in order]
        tiers = [str(shown.index(response) + 1) for response in wanted]
        submit(slot_uid=task.slot, labeler=labeler, answer=ranking(*tiers))
    assert disagreement(project) == pytest.approx(entropy(1 / 2, 1 / 2))
