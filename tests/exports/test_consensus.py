"""Several votes on one pair as one row, and how many rows a prompt and a stratum give."""

from collections import Counter
from typing import Any

import orjson
import pytest

from collector.models import Message, Project
from exports.items import Pair
from exports.services.stream import stream_rows
from labeling.models import Comparison
from tests.exports.builders import judge, thread_of
from tests.exports.test_reading import answers, items
from tests.factories import make_project, make_prompt, make_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def prompt(project: Project) -> Message:
    prompt = make_prompt(project)
    thread_of(prompt)
    return prompt


def pairs(project: Project, **recipe: Any) -> dict[str, Pair]:
    """By the two texts, the chosen one first."""
    found = items(project, "comparisons", **recipe)
    return {pair.chosen.text + pair.rejected.text + pair.undecided: pair for pair in found}


def rows(project: Project, **recipe: Any) -> list[dict[str, Any]]:
    blocks = stream_rows(project=project, format="preference", recipe=recipe)
    return [orjson.loads(line) for block in blocks for line in block.splitlines()]


def vote(prompt: Message, tiers: list[list[Message]], times: int = 1, **fields: Any) -> None:
    for _ in range(times):
        judge(prompt, tiers, **fields)


def test_most_votes_decide_a_pair(prompt: Message, project: Project) -> None:
    a, b = answers(prompt, "ab")
    vote(prompt, [[b], [a]], 3, strength=2)
    vote(prompt, [[b], [a]], strength=3)
    vote(prompt, [[a], [b]], 2, strength=1)
    vote(prompt, [[a, b]], 2)
    (pair,) = items(project, "comparisons", votes="consensus")
    assert (pair.chosen.text, pair.rejected.text, pair.undecided) == ("b", "a", "")
    assert (pair.votes, pair.agreement, pair.probability) == (8, 4 / 8, (4 + 2 / 2) / 8)
    assert (pair.strength, pair.responses) == (9 / 4, 2)
    (row,) = rows(
        project,
        votes="consensus",
        columns=["margin", "weight", "agreement", "votes", "probability"],
        margin_table="large",
    )
    assert {key: row[key] for key in ("margin", "weight", "agreement", "votes", "probability")} == {
        "margin": 9 / 4,
        "weight": 1.0,
        "agreement": 0.5,
        "votes": 8,
        "probability": 0.625,
    }


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ("12", "ab-tie"),  # even sides
        ("11--", "ab-"),  # as many for one side as ties
        ("1--", "ab-tie"),
        ("1--22", "ba-"),
        ("1---22", "ab-tie"),
        ("xx1", "ab-both_bad"),
        ("xx-1", "ab-both_bad"),
        ("x-", "ab-tie"),
        ("xx112", "ab-"),
        ("xx1122-", "ab-tie"),
    ],
)
def test_ties_by_count_are_left_out_and_counted(
    prompt: Message, project: Project, votes: str, outcome: str
) -> None:
    a, b = answers(prompt, "ab")
    for said in votes:
        tiers = {"1": [[a], [b]], "2": [[b], [a]], "-": [[a, b]], "x": [[a, b]]}[said]
        judgment = judge(prompt, tiers)
        if said == "x":
            judgment.comparisons.update(outcome=Comparison.Outcome.BOTH_BAD)
    (pair,) = items(project, "comparisons", votes="consensus")
    texts, undecided = outcome.split("-")
    assert {pair.chosen.text, pair.rejected.text} == {"a", "b"}
    if undecided:
        assert pair.undecided == undecided
        assert rows(project, votes="consensus") == []
        (kept,) = items(project, "comparisons", votes="consensus", min_agreement=1)
        assert kept.undecided == undecided  # a tie is counted, whatever a pair must reach
    else:
        assert (pair.chosen.text + pair.rejected.text, pair.undecided) == (texts, "")


def test_pairs_with_few_votes_or_little_agreement_are_left_out(
    prompt: Message, project: Project
) -> None:
    a, b, c = answers(prompt, "abc")
    vote(prompt, [[a], [b]], 3)
    vote(prompt, [[b], [a]])
    vote(prompt, [[a], [c]], 2)
    assert set(pairs(project, votes="consensus")) == {"ab", "ac"}
    assert set(pairs(project, votes="consensus", min_votes=3)) == {"ab"}
    assert set(pairs(project, votes="consensus", min_agreement=0.8)) == {"ac"}
    assert set(pairs(project, votes="consensus", min_agreement=0.75)) == {"ab", "ac"}
    each = items(project, "comparisons", min_votes=3)
    assert Counter(pair.chosen.text for pair in each) == {"a": 3, "b": 1}
    assert {(pair.votes, pair.agreement) for pair in each} == {(4, 0.75), (4, 0.25)}
    assert len(items(project, "comparisons", min_votes=3, min_agreement=0.5)) == 3


def test_a_vote_by_itself_says_what_others_said_of_its_pair(
    prompt: Message, project: Project
) -> None:
    a, b = answers(prompt, "ab")
    vote(prompt, [[a], [b]], 2)
    vote(prompt, [[b], [a]])
    found = rows(project, columns=["agreement", "votes", "probability"])
    assert [(row["chosen"][0]["content"], row["agreement"], row["votes"]) for row in found] == [
        ("a", 2 / 3, 3),
        ("a", 2 / 3, 3),
        ("b", 1 / 3, 3),
    ]
    assert [row["probability"] for row in found] == [2 / 3, 2 / 3, 1 / 3]


def test_best_and_worst_of_a_consensus_are_of_the_order_of_all_votes(
    prompt: Message, project: Project
) -> None:
    a, b, c = answers(prompt, "abc")
    vote(prompt, [[a], [b], [c]], 2)
    vote(prompt, [[a], [c], [b]])
    assert set(pairs(project, votes="consensus", pairs="best_worst")) == {"ac"}
    assert set(pairs(project, votes="consensus", pairs="adjacent")) == {"ab", "bc"}
    vote(prompt, [[a], [c], [b]])
    for between in ("best_worst", "adjacent"):  # b and c are one tier now
        assert set(pairs(project, votes="consensus", pairs=between)) == {"ab", "ac"}


def test_votes_out_of_the_frame_do_not_count(prompt: Message, project: Project) -> None:
    a, b = answers(prompt, "ab")
    vote(prompt, [[a], [b]])
    vote(prompt, [[b], [a]], 2, purpose="gold")
    vote(prompt, [[b], [a]], 2, purpose="simulated")
    (pair,) = items(project, "comparisons", votes="consensus")
    assert (pair.chosen.text, pair.votes) == ("a", 1)
    (pair,) = items(project, "comparisons", votes="consensus", purposes=["work", "simulated"])
    assert (pair.chosen.text, pair.votes) == ("b", 3)


def test_a_prompt_gives_at_most_so_many_fit_pairs(project: Project) -> None:
    wanted = {}
    for number in range(4):
        prompt = make_prompt(project, text=f"p{number}")
        thread_of(prompt)
        texts = [*"abcd"[: number + 1], "<|im_end|>"]
        responses = [make_response(prompt, text=text, revision=f"m{text}") for text in texts]
        vote(prompt, [[response] for response in responses])
        wanted[f"p{number}"] = min(number * (number + 1) // 2, 2)  # pairs without the mark
    for seed in range(3):
        made = rows(project, max_pairs=2, split_seed=seed)
        found = Counter(row["prompt"][0]["content"] for row in made)
        assert found == {name: number for name, number in wanted.items() if number}
    # p0 and p1 have too few fit pairs, and those they give are refused and counted.
    assert len(items(project, "comparisons", max_pairs=2)) == 1 + 2 + 2 + 2


def test_models_are_compared_equally_often_when_balanced(project: Project) -> None:
    for number in range(30):
        prompt = make_prompt(project)
        thread_of(prompt)
        names = "ab" if number < 18 else "bc" if number < 26 else "ac"
        a, b = answers(prompt, names)
        vote(prompt, [[a], [b]] if number % 2 else [[b], [a]])
    made = items(project, "comparisons", balance="model")
    assert Counter("".join(sorted(p.chosen.text + p.rejected.text)) for p in made) == {
        "ab": 4,
        "bc": 4,
        "ac": 4,
    }
    assert made == items(project, "comparisons", balance="model")
    others = items(project, "comparisons", balance="model", split_seed=1)
    assert {p.prompt.uid for p in made} != {p.prompt.uid for p in others}


def test_the_longer_response_wins_as_often_as_the_shorter_when_balanced(project: Project) -> None:
    for number in range(20):
        prompt = make_prompt(project)
        thread_of(prompt)
        short, long = (make_response(prompt, text="x" * (n + number + 1)) for n in (0, 1))
        vote(prompt, [[long], [short]] if number < 14 else [[short], [long]])
    equal = make_prompt(project)
    thread_of(equal)
    vote(equal, [[make_response(equal, text="no")], [make_response(equal, text="so")]])
    for votes in ("each", "consensus"):
        made = items(project, "comparisons", balance="length", votes=votes)
        lead = Counter(len(pair.chosen.text) - len(pair.rejected.text) for pair in made)
        assert lead == {1: 6, -1: 6, 0: 1}


def test_one_direction_of_length_alone_cannot_be_balanced(
    prompt: Message, project: Project
) -> None:
    short, long = (make_response(prompt, text="x" * n) for n in (1, 2))
    vote(prompt, [[long], [short]])
    assert items(project, "comparisons", balance="length") == []
