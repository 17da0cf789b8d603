"""Recipes that put an expert's answer in place of the votes."""

from typing import Any

import pytest

from collector.models import Message, Project
from exports.items import Pair
from labeling.models import Comparison, Judgment
from tests.exports.builders import compare_task, judge, now, thread_of
from tests.exports.test_reading import answers, items
from tests.factories import make_project, make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def prompt(project: Project) -> Message:
    prompt = make_prompt(project)
    thread_of(prompt)
    return prompt


def pair_of(project: Project, **recipe: Any) -> Pair:
    pair: Pair
    (pair,) = items(project, "comparisons", votes="consensus", **recipe)
    return pair


def disputed(prompt: Message) -> tuple[Message, Message]:
    """Three votes for b over a, two against, and an expert who is against."""
    a, b = answers(prompt, "ab")
    for tiers, times in (([[b], [a]], 3), ([[a], [b]], 2)):
        for _ in range(times):
            judge(prompt, tiers, strength=1)
    judge(prompt, [[a], [b]], purpose="adjudication", strength=3)
    return a, b


def test_an_experts_answer_stands_in_place_of_the_votes(prompt: Message, project: Project) -> None:
    disputed(prompt)
    ignored = pair_of(project)
    assert (ignored.chosen.text, ignored.votes, ignored.agreement) == ("b", 5, 3 / 5)
    preferred = pair_of(project, adjudicated="prefer")
    assert (preferred.chosen.text, preferred.votes, preferred.agreement) == ("a", 1, 1.0)
    assert preferred.strength == 3


def test_what_is_asked_of_votes_is_not_asked_of_an_expert(
    prompt: Message, project: Project
) -> None:
    disputed(prompt)
    asked = {"adjudicated": "prefer", "min_votes": 5, "min_agreement": 0.6}
    assert pair_of(project, **asked).chosen.text == "a"
    assert pair_of(project, **asked, min_labeler_quality=0.9).chosen.text == "a"
    assert items(project, "comparisons", votes="consensus", min_votes=6) == []


def test_what_no_expert_decided_is_left_to_the_votes(prompt: Message, project: Project) -> None:
    disputed(prompt)
    other = make_prompt(project)
    thread_of(other)
    c, d = answers(other, "cd")
    judge(other, [[d], [c]])
    found = items(project, "comparisons", votes="consensus", adjudicated="prefer")
    assert [pair.chosen.text for pair in found] == ["a", "d"]
    assert (
        items(project, "comparisons", votes="consensus", adjudicated="prefer", min_votes=2)[
            0
        ].chosen.text
        == "a"
    )


def test_an_answer_that_was_superseded_counts_no_more(prompt: Message, project: Project) -> None:
    disputed(prompt)
    stamp = now()
    Judgment.objects.filter(purpose="adjudication").update(retired_at=stamp)
    Comparison.objects.filter(purpose="adjudication").update(retired_at=stamp)
    assert pair_of(project, adjudicated="prefer").chosen.text == "b"


def test_experts_that_are_asked_for_as_votes_are_votes(prompt: Message, project: Project) -> None:
    disputed(prompt)
    purposes = ["work", "adjudication"]
    assert pair_of(project, purposes=purposes).votes == 6
    assert pair_of(project, purposes=purposes, adjudicated="prefer").votes == 1


def test_an_order_of_all_votes_takes_an_experts_for_those_on_its_task(
    prompt: Message, project: Project
) -> None:
    a, b, c = answers(prompt, "abc")
    task = compare_task(prompt, [a, b, c])
    for _ in range(3):
        judge(prompt, [[c], [b], [a]], task=task)
    judge(prompt, [[a], [b], [c]], task=task, purpose="adjudication")

    def order(**recipe: Any) -> list[list[str]]:
        (ranking,) = items(project, "rankings", votes="consensus", **recipe)
        return [[ranking.responses[place].text for place in tier] for tier in ranking.tiers]

    assert order() == [["c"], ["b"], ["a"]]
    assert order(adjudicated="prefer") == [["a"], ["b"], ["c"]]
    assert order(adjudicated="prefer", min_votes=2) == [["a"], ["b"], ["c"]]
    adjacent = items(
        project, "comparisons", votes="consensus", pairs="adjacent", adjudicated="prefer"
    )
    assert [pair.chosen.text + pair.rejected.text for pair in adjacent] == ["ab", "bc"]
