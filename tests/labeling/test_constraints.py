"""What the database itself refuses, whichever way it is written to."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.models import Candidate, Comparison, Judgment, PolicyVersion, Skip, Slot, Task
from tests.factories import make_labeler, make_project
from tests.labeling.work import claimed, judge, project_with_tasks

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def refused(name, write):
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        write()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("slot_granted_whole", {"state": "leased"}),
        ("slot_granted_whole", {"state": "submitted", "order": []}),
        (
            "slot_expires_after_grant",
            {"granted_at": NOW, "expires_at": NOW - timedelta(seconds=1)},
        ),
    ],
)
def test_a_slot_is_granted_whole_or_not_at_all(name, change):
    project_with_tasks(1)
    refused(name, lambda: Slot.objects.update(**change))


def test_a_lease_has_the_policy_it_was_granted_under():
    claimed(project_with_tasks(1), make_labeler())
    refused("slot_lease_has_a_policy", lambda: Slot.objects.update(policy_version=None))


def test_an_open_slot_is_nobodys():
    project_with_tasks(1)
    labeler = make_labeler()
    refused("slot_open_is_nobodys", lambda: Slot.objects.update(labeler=labeler))


def test_the_state_of_a_slot_is_known():
    project = project_with_tasks(1)
    judge(project, make_labeler())
    refused("slot_state_known", lambda: Slot.objects.update(state="lost"))


@pytest.mark.parametrize("state", ["leased", "submitted", "skipped", "void"])
def test_a_task_has_one_slot_a_labeler_in_every_state(state):
    project = project_with_tasks(1, overlap=2)
    labeler = make_labeler()
    taken = Slot.objects.get(uid=claimed(project, labeler).slot)
    Slot.objects.filter(pk=taken.pk).update(state=state)
    other = Slot.objects.exclude(pk=taken.pk)
    refused("slot_once_a_labeler", lambda: other.update(labeler=labeler, state="void"))
    refused("slot_numbered", lambda: other.update(ordinal=taken.ordinal))


def test_a_response_is_in_one_task_unless_it_is_a_repeat():
    project_with_tasks(2)
    first, second = Task.objects.order_by("id")
    response = first.candidates.first()
    again = {"task": second, "response": response, "ordinal": 3}
    refused("candidate_in_one_task", lambda: Candidate.objects.create(**again))
    Candidate.objects.create(**again, repeat=True)
    refused(
        "candidate_once_a_task",
        lambda: Candidate.objects.create(**again | {"ordinal": 4}, repeat=True),
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("judgment_purpose_known", {"purpose": "fun"}),
        ("judgment_ranks_or_says_why_not", {"tiers": None}),
        ("judgment_ranks_or_says_why_not", {"not_rankable": "Both."}),
        ("judgment_strength_0_to_3", {"strength": 4}),
        ("judgment_seconds_positive", {"seconds": -1}),
        ("judgment_work_has_slot", {"slot": None}),
        ("judgment_retired_after_creation", {"retired_at": NOW - timedelta(days=1)}),
    ],
)
def test_a_judgment_makes_sense(name, change):
    judge(project_with_tasks(1), make_labeler())
    refused(name, lambda: Judgment.objects.update(**change))


def test_a_slot_has_one_standing_judgment_and_a_key_one_use():
    project = project_with_tasks(2)
    labeler = make_labeler()
    first, second = judge(project, labeler), judge(project, labeler)
    rows = Judgment.objects.filter(pk=second.pk)
    refused("judgment_one_a_slot", lambda: rows.update(slot=first.slot))
    refused("judgment_submitted_once", lambda: rows.update(submit_key=first.submit_key))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("comparison_outcome_known", {"outcome": "third"}),
        ("comparison_purpose_known", {"purpose": "fun"}),
        ("comparison_texts_null_for_imports_only", {"first": None, "second": None}),
        ("comparison_texts_null_for_imports_only", {"prompt": None}),
    ],
)
def test_a_comparison_makes_sense(name, change):
    judge(project_with_tasks(1), make_labeler())
    refused(name, lambda: Comparison.objects.update(**change))


def test_first_is_the_lower_id_and_a_pair_is_written_once():
    judge(project_with_tasks(1, responses=3), make_labeler())
    pair, other = Comparison.objects.order_by("pk")[:2]
    rows = Comparison.objects.filter(pk=pair.pk)
    refused(
        "comparison_first_is_lower",
        lambda: rows.update(first=pair.second_id, second=pair.first_id),
    )
    refused(
        "comparison_once_a_pair",
        lambda: rows.update(first=other.first_id, second=other.second_id),
    )


def test_a_skip_is_said_once_with_a_known_reason():
    project = project_with_tasks(1)
    skip = Skip(task=project.tasks.get(), labeler=make_labeler(), reason="other")
    skip.save()
    refused("skip_reason_known", lambda: Skip.objects.update(reason="bored"))
    refused(
        "skip_once_a_task",
        lambda: Skip.objects.create(task=skip.task, labeler=skip.labeler, reason="unclear"),
    )


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("policy_responses_2_to_9", {"responses": 10}),
        ("policy_overlap_1_to_50", {"overlap": 0}),
        ("policy_lease_at_least_a_minute", {"lease_minutes": 0}),
        ("policy_one_ordering", {"modes": ["overall"]}),
        ("policy_one_ordering", {"modes": ["rank", "best"]}),
        ("policy_modes_of_two", {"modes": ["pair"], "responses": 3}),
    ],
)
def test_a_policy_makes_sense(name, change):
    policy = {"project": make_project(), "number": 1, "modes": ["rank"]} | change
    refused(name, lambda: PolicyVersion.objects.create(**policy))


def test_a_repeat_is_reserved():
    project_with_tasks(2)
    first, second = Task.objects.order_by("id")
    refused(
        "task_repeat_is_reserved",
        lambda: Task.objects.filter(pk=first.pk).update(repeats=second),
    )
