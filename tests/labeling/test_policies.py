import pytest
from django.db import DatabaseError, transaction

from common.errors import InvalidInput
from labeling.models import PolicyVersion
from labeling.services.policies import (
    current_guidelines,
    current_policy,
    set_guidelines,
    set_policy,
)
from tests.factories import make_project
from tests.labeling.work import together

pytestmark = pytest.mark.django_db


def test_a_change_is_a_new_version_and_the_newest_is_in_force():
    project, other = make_project(), make_project()
    set_policy(project=other, responses=9)
    first = set_policy(project=project, responses=3)
    second = set_policy(project=project, responses=5, modes=["strength", "rank"])
    assert (first.number, second.number) == (1, 2)
    assert current_policy(project=project) == second
    assert second.modes == ["rank", "strength"]


@pytest.mark.parametrize(
    "modes",
    [
        ["rank", "confidence", "safety", "strength"],
        ["best", "strength"],
        ["pair", "strength", "confidence", "safety"],
        ["pair_7", "confidence", "safety", "overall", "attributes", "flags", "labels"],
    ],
)
def test_modes_that_make_sense_for_two_go_together(modes):
    assert set(set_policy(project=make_project(), modes=modes, responses=2).modes) == set(modes)


def test_labels_of_spans_are_trimmed_and_kept_in_order():
    policy = set_policy(
        project=make_project(), modes=["rank", "spans"], span_labels=[" wrong", "made up", "wrong"]
    )
    assert policy.span_labels == ["wrong", "made up"]


def test_the_same_policy_again_is_no_new_version():
    project = make_project()
    first = set_policy(project=project, responses=3)
    assert set_policy(project=project, responses=3) == first


def test_a_project_without_a_policy_gets_the_default_once():
    project = make_project()
    policy = current_policy(project=project)
    assert (policy.responses, policy.overlap, policy.modes) == (4, 1, ["rank"])
    assert current_policy(project=project) == policy


@pytest.mark.parametrize(
    ("settings", "attr"),
    [
        ({"responses": 1}, "responses"),
        ({"responses": 10}, "responses"),
        ({"responses": True}, "responses"),
        ({"overlap": 0}, "overlap"),
        ({"overlap": 51}, "overlap"),
        ({"lease_minutes": 0}, "lease_minutes"),
        ({"edit_window_minutes": -1}, "edit_window_minutes"),
        ({"modes": ["rank", "guess"]}, "modes"),
        ({"modes": ["overall"]}, "modes"),
        ({"modes": []}, "modes"),
        ({"modes": ["rank", "best"]}, "modes"),
        ({"modes": ["pair"], "responses": 3}, "modes"),
        ({"modes": ["pair_7"], "responses": 4}, "modes"),
        ({"modes": ["rank", "confidence"]}, "modes"),
        ({"modes": ["rank", "safety"]}, "modes"),
        ({"modes": ["pair_7", "strength"], "responses": 2}, "modes"),
        ({"modes": ["rank", "spans"]}, "span_labels"),
        ({"span_labels": [" "]}, "span_labels"),
        ({"span_labels": ["x" * 65]}, "span_labels"),
        ({"span_labels": ["a\0"]}, "span_labels"),
        ({"span_labels": [str(number) for number in range(21)]}, "span_labels"),
        ({"practice_items": -1}, "practice_items"),
        ({"qualification_items": 201}, "qualification_items"),
        ({"qualification_attempts": 0}, "qualification_attempts"),
        ({"qualification_share": 1.1}, "qualification_share"),
        ({"qualification_share": float("nan")}, "qualification_share"),
        ({"qualification_share": True}, "qualification_share"),
    ],
)
def test_a_policy_out_of_range_names_the_setting(settings, attr):
    with pytest.raises(InvalidInput) as refused:
        set_policy(project=make_project(), **settings)
    assert refused.value.attr == attr
    assert not PolicyVersion.objects.exists()


def test_versions_never_change():
    policy = set_policy(project=make_project())
    guidelines = set_guidelines(project=policy.project, text="Be fair.")
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        PolicyVersion.objects.filter(pk=policy.pk).update(overlap=2)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        type(guidelines).objects.filter(pk=guidelines.pk).update(text="Be unfair.")


def test_guidelines_are_numbered_and_the_newest_is_in_force():
    project = make_project()
    assert current_guidelines(project=project) is None
    set_guidelines(project=project, text="Be fair.")
    again = set_guidelines(project=project, text=" Be fair.\n")
    second = set_guidelines(project=project, text="Be fair and kind.")
    assert (again.number, second.number) == (1, 2)
    assert current_guidelines(project=project) == second


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "x" * 100_001])
def test_guidelines_that_are_no_text_are_refused(text):
    with pytest.raises(InvalidInput) as refused:
        set_guidelines(project=make_project(), text=text)
    assert refused.value.attr == "guidelines"


@pytest.mark.django_db(transaction=True)
def test_versions_set_at_once_are_numbered_without_gaps():
    project = make_project()
    together(8, lambda index: set_policy(project=project, overlap=index + 1))
    numbers = PolicyVersion.objects.filter(project=project).values_list("number", flat=True)
    assert sorted(numbers) == list(range(1, 9))
