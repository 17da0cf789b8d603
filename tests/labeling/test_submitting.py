from datetime import timedelta
from functools import partial

import pytest
from django.db.models import F

from common.errors import NotFound
from labeling.errors import EditWindowClosed, InvalidAnswer, InvalidTiers, SubmitKeyReused
from labeling.models import Comparison, Judgment, ResponseRating, Slot, Task
from labeling.services.policies import current_policy, set_guidelines
from labeling.services.submitting import submit
from tests.factories import make_labeler
from tests.labeling.work import claimed, judge, project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db

ALL_MODES = ("rank", "strength", "overall", "rationale")


def later(judgment: Judgment, **by: int) -> None:
    """As if the judgment had been made that long ago."""
    Judgment.objects.filter(pk=judgment.pk).update(created_at=F("created_at") - timedelta(**by))


def test_an_answer_becomes_a_judgment_with_ratings_and_comparisons():
    project = project_with_tasks(1, responses=3, modes=ALL_MODES)
    guidelines = set_guidelines(project=project, text="Be fair.")
    labeler = make_labeler()
    task = claimed(project, labeler)
    slot = Slot.objects.get(uid=task.slot)
    one, two, three = slot.order
    author = {row.pk: row.revision.generator_id for row in slot.task.candidates.all()}

    returned = submit(
        slot_uid=task.slot,
        labeler=labeler,
        answer=ranking(
            "2",
            "13",
            submit_key="key",
            strength=1,
            ratings={"2": {"overall": 6}, "3": {"overall": 2}},
            rationale="It is – right.",
            seconds=12.5,
        ),
    )

    judgment = Judgment.objects.get()
    stored = {field.attname for field in Judgment._meta.concrete_fields} - {"body_hash"}
    assert {name: getattr(returned, name) for name in stored} == {
        name: getattr(judgment, name) for name in stored
    }
    assert bytes(judgment.body_hash) == returned.body_hash
    assert (judgment.task, judgment.slot, judgment.labeler) == (slot.task, slot, labeler)
    assert (judgment.purpose, judgment.submit_key) == ("work", "key")
    assert judgment.policy_version == current_policy(project=project)
    assert judgment.guideline_version == guidelines
    assert judgment.tiers == [[two], sorted([one, three])]
    assert (judgment.strength, judgment.not_rankable, judgment.answers) == (1, None, {})
    assert (judgment.rationale, judgment.seconds) == ("It is – right.", 12.5)
    assert judgment.order == [one, two, three]
    assert (judgment.supersedes, judgment.retired_at) == (None, None)
    assert list(judgment.ratings.order_by("overall").values_list("response", "overall")) == [
        (three, 2),
        (two, 6),
    ]
    assert {(str(row.attributes), str(row.flags)) for row in judgment.ratings.all()} == {
        ("{}", "{}")
    }
    wins = {
        (pair.first_id if pair.outcome == "first" else pair.second_id): pair
        for pair in Comparison.objects.exclude(outcome="tie")
    }
    assert set(wins) == {two}
    assert Comparison.objects.count() == 3
    for pair in Comparison.objects.all():
        assert pair.first_id < pair.second_id
        assert (pair.project, pair.labeler, pair.prompt) == (project, labeler, slot.task.prompt)
        assert pair.first_generator_id == author[pair.first_id]
        assert pair.second_generator_id == author[pair.second_id]
        assert (pair.purpose, pair.created_at) == ("work", judgment.created_at)
        shown = slot.order.index(pair.first_id) < slot.order.index(pair.second_id)
        assert pair.first_shown_before is shown
        assert pair.strength == (None if pair.outcome == "tie" else 1)
    assert Slot.objects.get().state == "submitted"
    assert Task.objects.get().state == "complete"


def test_nothing_acceptable_is_counted_as_both_bad():
    project = project_with_tasks(1, responses=3)
    judgment = judge(project, make_labeler(), tiers=None, not_rankable="All wrong.")
    assert (judgment.tiers, judgment.not_rankable) == (None, "All wrong.")
    assert list(Comparison.objects.values_list("outcome", flat=True)) == ["both_bad"] * 3


def test_a_task_is_complete_with_its_last_judgment():
    project = project_with_tasks(1, overlap=3)
    states = []
    for _ in range(3):
        judge(project, make_labeler())
        states.append(Task.objects.get().state)
    assert states == ["open", "open", "complete"]


@pytest.mark.parametrize(("kind", "purpose"), [("simulated", "simulated"), ("machine", "machine")])
def test_who_is_no_person_does_no_work(kind, purpose):
    project = project_with_tasks(1)
    judgment = judge(project, make_labeler(user=None, kind=kind))
    assert judgment.purpose == purpose
    assert set(Comparison.objects.values_list("purpose", flat=True)) == {purpose}


def test_a_hidden_repeat_says_so():
    project = project_with_tasks(2)
    labeler = make_labeler()
    first, second = Task.objects.order_by("id")
    Task.objects.filter(pk=first.pk).update(repeats=second, reserved_for=labeler)
    assert judge(project, labeler).purpose == "repeat"


def test_the_same_answer_twice_is_one_judgment():
    project = project_with_tasks(1)
    labeler = make_labeler()
    task = claimed(project, labeler)
    answer = ranking("1", "2")
    first = submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    again = submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    assert again == first
    later(first, hours=1)
    assert submit(slot_uid=task.slot, labeler=labeler, answer=answer) == first
    assert Judgment.objects.count() == Comparison.objects.count() == 1


def test_a_key_is_good_for_one_answer_only():
    project = project_with_tasks(2)
    labeler = make_labeler()
    task = claimed(project, labeler)
    submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2", submit_key="k"))
    with pytest.raises(SubmitKeyReused):
        submit(slot_uid=task.slot, labeler=labeler, answer=ranking("2", "1", submit_key="k"))
    following = claimed(project, labeler)
    with pytest.raises(SubmitKeyReused):
        submit(slot_uid=following.slot, labeler=labeler, answer=ranking("1", "2", submit_key="k"))
    assert Judgment.objects.count() == 1
    other = make_labeler()
    assert judge(project_with_tasks(1), other, submit_key="k").labeler == other


def test_a_correction_supersedes_and_retires_at_the_same_moment():
    project = project_with_tasks(1, responses=3)
    labeler = make_labeler()
    task = claimed(project, labeler)
    keys = ["first", "second", "third"]
    made = [
        submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2", "3", submit_key=key))
        for key in keys
    ]
    old, middle, new = (Judgment.objects.get(pk=judgment.pk) for judgment in made)
    assert (old.retired_at, middle.supersedes) == (middle.created_at, old)
    assert (middle.retired_at, new.supersedes) == (new.created_at, middle)
    assert new.retired_at is None
    standing = Comparison.objects.filter(retired_at__isnull=True)
    assert set(standing.values_list("judgment", flat=True)) == {new.pk}
    retired = Comparison.objects.filter(judgment=old).values_list("retired_at", flat=True)
    assert list(retired) == [old.retired_at] * 3
    assert Task.objects.get().state == "complete"


def test_the_edit_window_counts_from_the_first_answer():
    project = project_with_tasks(1, edit_window_minutes=10)
    labeler = make_labeler()
    task = claimed(project, labeler)
    first = submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2"))
    later(first, minutes=9)
    second = submit(slot_uid=task.slot, labeler=labeler, answer=ranking("2", "1"))
    later(first, minutes=2)
    with pytest.raises(EditWindowClosed) as refused:
        submit(slot_uid=task.slot, labeler=labeler, answer=ranking("12"))
    assert refused.value.status == 409
    assert Judgment.objects.get(retired_at__isnull=True) == second


def test_a_refused_answer_changes_nothing():
    project = project_with_tasks(1)
    labeler = make_labeler()
    task = claimed(project, labeler)
    for answer, error in (
        (ranking("1"), InvalidTiers),
        (ranking("1", "2", "3"), InvalidTiers),
        (ranking("1", "2", strength=1), InvalidAnswer),
    ):
        with pytest.raises(error):
            submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    assert not Judgment.objects.exists()
    assert Slot.objects.get().state == "leased"
    assert submit(slot_uid=task.slot, labeler=labeler, answer=ranking("1", "2")).pk


def test_an_answered_slot_is_nobody_elses_to_correct():
    project = project_with_tasks(1)
    judgment = judge(project, make_labeler())
    with pytest.raises(NotFound):
        submit(slot_uid=judgment.slot.uid, labeler=make_labeler(), answer=ranking("2", "1"))


@pytest.mark.parametrize("responses", [2, 9])
@pytest.mark.django_db(transaction=True)
def test_a_submit_is_two_statements_in_a_transaction(responses, django_assert_num_queries):
    project = project_with_tasks(1, responses=responses, modes=ALL_MODES)
    labeler = make_labeler()
    task = claimed(project, labeler)
    places = [shown.id for shown in task.responses]
    answer = ranking(*places, strength=1, ratings={place: {"overall": 4} for place in places})
    with django_assert_num_queries(4):  # BEGIN and COMMIT are counted
        submit(slot_uid=task.slot, labeler=labeler, answer=answer)
    assert Comparison.objects.count() == responses * (responses - 1) // 2
    assert ResponseRating.objects.count() == responses


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_judgment():
    project = project_with_tasks(10)
    labeler = make_labeler()
    for _ in range(10):
        task = claimed(project, labeler)
        answer = ranking("1", "2")
        click = partial(submit, slot_uid=task.slot, labeler=labeler, answer=answer)
        results = together(4, lambda _i, click=click: click())
        assert len({judgment.pk for judgment in results}) == 1
    assert Judgment.objects.count() == Comparison.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_two_tabs_with_different_answers_leave_one_standing():
    project = project_with_tasks(10)
    labeler = make_labeler()
    for _ in range(10):
        task = claimed(project, labeler)
        tab = partial(submit, slot_uid=task.slot, labeler=labeler)
        together(2, lambda index, tab=tab: tab(answer=ranking(*("12", "21")[index])))
    assert Judgment.objects.count() == 20
    assert Judgment.objects.filter(retired_at__isnull=True).count() == 10
    assert Comparison.objects.filter(retired_at__isnull=True).count() == 10


@pytest.mark.django_db(transaction=True)
def test_the_last_judgments_at_once_complete_the_task():
    project = project_with_tasks(5, overlap=4)
    people = [make_labeler() for _ in range(4)]
    for _ in range(5):
        last = [
            partial(submit, slot_uid=claimed(project, person).slot, labeler=person)
            for person in people
        ]
        together(4, lambda index, last=last: last[index](answer=ranking("1", "2")))
    assert Judgment.objects.count() == 20
    assert Task.objects.filter(state="complete").count() == 5


@pytest.mark.django_db(transaction=True)
def test_one_key_on_two_slots_at_once_is_good_for_one_of_them():
    project = project_with_tasks(20)
    labeler = make_labeler()
    for _ in range(10):
        first = claimed(project, labeler)
        second = claimed(project, labeler, holding=[first.slot])
        slots = [first.slot, second.slot]
        answer = ranking("1", "2")
        post = partial(submit, labeler=labeler, answer=answer)
        results = together(2, lambda index, post=post, slots=slots: post(slot_uid=slots[index]))
        assert sorted(type(result).__name__ for result in results) == [
            "Judgment",
            "SubmitKeyReused",
        ]
        Slot.objects.filter(state="leased").update(state="void")
    assert Judgment.objects.count() == Comparison.objects.count() == 10
