"""Flagged messages and the tasks that a policy keeps them out of."""

import pytest

from collector.services.flags import dismiss_flags, flag_message, restore_flags
from common.errors import InvalidInput
from labeling.models import Candidate, Task
from labeling.services.building import build_tasks
from labeling.services.policies import current_policy, set_policy
from tests.factories import make_answered_prompts, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = make_project()
    set_policy(project=project, responses=2, excluded_flags=["repetitive", "pii"])
    return project


def test_a_flagged_response_is_in_no_task_until_the_flag_is_dismissed(project):
    first, second = make_answered_prompts(project, 2, responses=2)
    flag = flag_message(message=first.children.first(), kind="repetitive")
    flag_message(message=second.children.first(), kind="refusal")  # the policy lets it in
    assert build_tasks(project=project).tasks == 1
    assert Task.objects.get().prompt == second
    dismiss_flags(flags=[flag.pk], user=make_user())
    assert build_tasks(project=project).tasks == 1
    assert set(Task.objects.values_list("prompt", flat=True)) == {first.pk, second.pk}


def test_the_other_responses_of_a_prompt_still_make_a_task(project):
    (prompt,) = make_answered_prompts(project, 1, responses=3)
    flagged, *others = prompt.children.order_by("id")
    flag_message(message=flagged, kind="repetitive")
    build_tasks(project=project)
    shown = Candidate.objects.order_by("response").values_list("response", flat=True)
    assert list(shown) == [other.pk for other in others]


def test_a_flagged_prompt_has_no_task(project):
    first, second = make_answered_prompts(project, 2, responses=2)
    flag = flag_message(message=first, kind="pii")
    build_tasks(project=project)
    assert Task.objects.get().prompt == second
    dismiss_flags(flags=[flag.pk], user=make_user())
    restore_flags(flags=[flag.pk])
    assert build_tasks(project=project).tasks == 0


def test_flags_of_a_kind_by_hand_stand_once_and_again_after_they_were_dismissed(project):
    (prompt,) = make_answered_prompts(project, 1, responses=2)
    flag = flag_message(message=prompt, kind="pii", note=" a name ")
    assert flag.detail == {"by_hand": True, "note": "a name"}
    dismiss_flags(flags=[flag.pk], user=make_user())
    assert flag_message(message=prompt, kind="pii") == flag
    flag.refresh_from_db()
    assert (flag.dismissed_at, flag.dismissed_by) == (None, None)
    with pytest.raises(InvalidInput):
        flag_message(message=prompt, kind="ugly")


def test_a_policy_names_flags_that_there_are_in_their_order(project):
    assert current_policy(project=make_project()).excluded_flags == ["repetitive", "truncated"]
    made = set_policy(project=project, responses=2, excluded_flags=["truncated", "pii", "pii"])
    assert made.excluded_flags == ["pii", "truncated"]
    assert set_policy(project=project, responses=2, excluded_flags=[]).excluded_flags == []
    with pytest.raises(InvalidInput) as refused:
        set_policy(project=project, excluded_flags=["ugly"])
    assert refused.value.attr == "excluded_flags"
