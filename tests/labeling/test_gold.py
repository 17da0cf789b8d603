"""Items with a known answer: made of responses, taken out of the work, told from other tasks."""

from uuid import uuid4

import pytest

from collector.models import Message
from common.errors import Conflict, InvalidInput
from labeling.models import GoldItem, Slot, Task
from labeling.services.building import build_tasks
from labeling.services.claiming import claim, skip
from labeling.services.gold import create_gold_item, items_of, retire_gold_item
from labeling.services.policies import set_policy
from labeling.services.submitting import submit
from labeling.services.training import next_practice
from labeling.texts.masking import MASK
from labeling.worklists import open_for
from tests.factories import (
    make_answered_prompts,
    make_labeler,
    make_project,
    make_prompt,
    make_response,
)
from tests.labeling.training import answer, put_in_force
from tests.labeling.work import claimed, expire, judge, project_with_tasks, ranking

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = make_project()
    set_policy(project=project, responses=2)
    return project


def pair(project):
    prompt = make_answered_prompts(project, 1, 2)[0]
    return list(Message.objects.filter(parent=prompt).order_by("pk"))


def item_of(project, first, second, **fields):
    given = {"use": "practice", "tiers": [[first.uid], [second.uid]]} | fields
    return create_gold_item(project=project, **given)


def test_an_item_stores_the_answer_in_a_task_of_its_own(project):
    first, second = pair(project)
    item = item_of(project, second, first, explanation=" Because. ")
    assert item.tiers == [[second.pk], [first.pk]]
    assert item.explanation == "Because."
    assert list(item.task.candidates.order_by("pk")) == [first, second]
    assert item.task.state == "void"
    assert not item.task.slots.exists()
    build_tasks(project=project)
    assert Task.objects.count() == 1  # its responses are no work any more


def test_a_task_that_nobody_was_given_becomes_the_items():
    project = project_with_tasks(1, overlap=2)
    task = Task.objects.get()
    first, second = task.candidates.order_by("pk")
    assert item_of(project, first, second).task == task
    assert list(Slot.objects.values_list("state", flat=True)) == ["void", "void"]
    assert claim(project=project, labeler=make_labeler()) is None


def test_work_that_was_given_out_stays_work():
    project = project_with_tasks(1)
    task = claimed(project, make_labeler())
    first, second = Task.objects.get().candidates.order_by("pk")
    item = item_of(project, first, second)
    assert Slot.objects.get(uid=task.slot).state == "leased"
    assert item.task != Task.objects.order_by("pk").first()
    assert list(item.task.candidate_set.values_list("repeat", flat=True)) == [True, True]


def test_what_an_item_shows_is_masked(project):
    prompt = make_prompt(project, "Who are you?")
    first, second = make_response(prompt, "I am ChatGPT."), make_response(prompt, "A model.")
    put_in_force(project, practice_items=1)
    item_of(project, first, second)
    shown = next_practice(project=project, labeler=make_labeler())
    assert {response.text for response in shown.responses} == {f"I am {MASK}.", "A model."}


def test_nobody_else_is_given_work_that_an_item_tells_the_answer_to():
    project = project_with_tasks(2, overlap=4)
    holder, late, judged = make_labeler(), make_labeler(), make_labeler()
    held, lost = claimed(project, holder), claimed(project, late)
    judge(project, judged)
    task = Task.objects.order_by("pk")[0]
    first, second = task.candidates.order_by("pk")
    item_of(project, first, second)

    task.refresh_from_db()
    assert task.state == "complete"
    assert states_of(task) == ["leased", "leased", "submitted", "void"]
    expire(lost.slot)
    put_in_force(project, practice_items=1)
    person = make_labeler()
    answer(next_practice(project=project, labeler=person), person)
    other = claimed(project, person)
    assert Slot.objects.get(uid=other.slot).task_id != task.pk
    assert open_for(labeler=person, projects=[project]) == {}
    skip(slot_uid=lost.slot, labeler=late, reason="unclear")
    submit(slot_uid=held.slot, labeler=holder, answer=ranking("1", "2"))
    assert states_of(task) == ["skipped", "submitted", "submitted", "void"]


def test_a_task_with_more_responses_than_the_item_is_told_in_part(project):
    """Tasks of an earlier policy compare more; any two of an item's are enough to be told."""
    told, other = (make_answered_prompts(project, 1, 3)[0] for _ in range(2))
    put_in_force(project, responses=3)
    build_tasks(project=project)
    put_in_force(project, responses=2)
    item_of(project, *Message.objects.filter(parent=told).order_by("pk")[:2])
    by_prompt = dict(Task.objects.filter(gold_item=None).values_list("prompt", "state"))
    assert by_prompt == {told.pk: "complete", other.pk: "open"}


def states_of(task):
    return sorted(Slot.objects.filter(task=task).values_list("state", flat=True))


def test_no_response_may_be_acceptable(project):
    first, second = pair(project)
    item = item_of(project, first, second, tiers=None, responses=[first.uid, second.uid])
    assert item.tiers is None


def test_the_same_responses_are_one_item_of_a_use(project):
    first, second = pair(project)
    item = item_of(project, first, second)
    with pytest.raises(Conflict):
        item_of(project, second, first)
    other = item_of(project, first, second, use="qualification")
    assert other.task != item.task
    retire_gold_item(item=item)
    item_of(project, second, first)
    assert list(items_of(project=project, use="qualification", responses=2)) == [other]
    assert items_of(project=project, use="practice", responses=2).count() == 1
    assert items_of(project=project, use="practice", responses=3).count() == 0


def test_an_item_says_what_its_prompt_is_about(project):
    prompt = make_prompt(project, language="pt-BR", meta={"tags": ["cooking", "", "cooking"]})
    item = item_of(project, make_response(prompt), make_response(prompt))
    task = Task.objects.get(pk=item.task_id)
    assert (task.language, task.topics) == ("pt-BR", ["cooking"])


def test_what_is_no_item_is_refused(project):
    first, second = pair(project)
    third, _fourth = pair(project)
    stranger, _other = pair(project_with_tasks(0))
    wrong = [
        ({"use": "fun"}, "use"),
        ({"explanation": "x" * 20_001}, "explanation"),
        ({"explanation": "\0"}, "explanation"),
        ({"tiers": [[first.uid]]}, "tiers"),
        ({"tiers": [[first.uid], [first.uid]]}, "tiers"),
        ({"tiers": [[first.uid, second.uid], []]}, "tiers"),
        ({"tiers": [[first.uid], [third.uid]]}, "tiers"),
        ({"tiers": [[first.uid], [stranger.uid]]}, "tiers"),
        ({"tiers": [[first.uid], [uuid4()]]}, "tiers"),
        ({"responses": [first.uid, third.uid]}, "tiers"),
        ({"tiers": None}, "responses"),
    ]
    for fields, attr in wrong:
        with pytest.raises(InvalidInput) as refused:
            item_of(project, first, second, **fields)
        assert refused.value.attr == attr, fields
    make_response(first.parent)
    set_policy(project=project, responses=3)
    with pytest.raises(InvalidInput, match="compares 3 responses"):
        item_of(project, first, second)
    assert not GoldItem.objects.exists()
