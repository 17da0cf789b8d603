"""The leaderboard's options: length, models of ties and of labelers, and what it warns of."""

import numpy as np
import pytest

from labeling.figures.leaderboard import Options, leaderboard, leaderboard_csv
from labeling.statistics import bradley_terry, ties
from tests.factories import make_labeler, make_project, make_prompt, make_response
from tests.labeling.figures.voting import vote


@pytest.fixture
def project(db):
    return make_project()


@pytest.fixture
def voted(project):
    """Four labelers; alpha > beta > gamma, with ties and votes against it."""
    for number in range(4):
        labeler = make_labeler(pseudonym=f"labeler {number}")
        vote(project, labeler, "alpha", "beta", "first", times=3)
        vote(project, labeler, "alpha", "beta", "second", times=1 + number % 2)
        vote(project, labeler, "beta", "gamma", "first", times=2)
        vote(project, labeler, "gamma", "beta", "first")
        vote(project, labeler, "gamma", "alpha", "tie", times=1 + number // 2)
    return project


def columns(project):
    from labeling.models import Comparison

    rows = Comparison.objects.filter(project=project).values_list(
        "first_generator__name", "second_generator__name", "outcome", "labeler"
    )
    first, second, outcome, labelers = zip(*rows, strict=True)
    worth = {"first": 1.0, "tie": 0.5, "both_bad": 0.5, "second": 0.0}
    return first, second, [worth[each] for each in outcome], labelers


NAMES = ["alpha", "beta", "gamma"]


@pytest.mark.parametrize("cluster", ["labeler", "none"])
def test_ratings_are_those_of_the_votes_one_by_one(voted, cluster):
    first, second, outcome, labelers = columns(voted)
    oracle = bradley_terry.fit(
        first,
        second,
        outcome,
        models=NAMES,
        clusters=labelers if cluster == "labeler" else None,
    )
    body = leaderboard(project=voted, options=Options(cluster=cluster))
    assert [row["model"] for row in body["models"]] == NAMES
    ratings = bradley_terry.rating(oracle.strengths)
    errors = oracle.standard_errors * 400 / np.log(10)
    assert [row["rating"] for row in body["models"]] == pytest.approx(ratings.tolist())
    assert [row["standard_error"] for row in body["models"]] == pytest.approx(errors.tolist())
    lower, _ = oracle.interval()
    assert body["models"][0]["lower"] == pytest.approx(float(bradley_terry.rating(lower[0])))
    assert body["votes_to_flip_first"] == bradley_terry.votes_to_flip_first(
        first, second, outcome, models=NAMES
    )


@pytest.mark.parametrize("model", ["davidson", "rao_kupper"])
def test_ties_may_be_an_outcome_of_their_own(voted, model):
    first, second, outcome, _ = columns(voted)
    oracle = getattr(ties, model)(first, second, outcome, models=NAMES)
    body = leaderboard(project=voted, options=Options(model=model))
    ratings = bradley_terry.rating(oracle.strengths)
    assert [row["rating"] for row in body["models"]] == pytest.approx(ratings.tolist(), abs=0.01)
    assert list(body["parameters"].values()) == pytest.approx([oracle.parameter], rel=1e-3)
    assert all(row["lower"] < row["rating"] < row["upper"] for row in body["models"])


def test_labelers_may_be_doubted(voted):
    contrary = make_labeler()
    vote(voted, contrary, "alpha", "beta", "second", times=8)
    vote(voted, contrary, "beta", "gamma", "second", times=8)
    plain = leaderboard(project=voted)
    doubted = leaderboard(project=voted, options=Options(model="crowd_bt"))

    def lead(body):
        rating = {row["model"]: row["rating"] for row in body["models"]}
        return rating["alpha"] - rating["beta"]

    assert lead(doubted) > lead(plain)
    assert all(row["standard_error"] > 0 for row in doubted["models"])


def test_length_can_be_controlled(project):
    """Whoever writes more wins, whichever model it is; alpha writes more most of the time."""
    random = np.random.default_rng(1)
    labelers = [make_labeler() for _ in range(5)]
    for number in range(60):
        prompt = make_prompt(project)
        longer, other = ("alpha", "beta") if number % 4 else ("beta", "alpha")
        size = {longer: int(random.integers(150, 450)), other: 100}
        texts = tuple(
            make_response(prompt, f"{number} {name} " + "x" * size[name], name) for name in size
        )
        wins = longer if number % 7 else other
        outcome = "first" if wins == longer else "second"
        vote(project, labelers[number % 5], longer, other, outcome, texts=texts)
    vote(project, labelers[0], "alpha", "beta", "second", prompt=None)
    plain = leaderboard(project=project)
    found = leaderboard(project=project, options=Options(length_controlled=True))
    rating = {row["model"]: row["rating"] for row in plain["models"]}
    controlled = {row["model"]: row["rating"] for row in found["models"]}
    assert rating["alpha"] - rating["beta"] > 100
    assert controlled["alpha"] - controlled["beta"] < rating["alpha"] - rating["beta"]
    assert found["length"]["coefficient"] > 2 * found["length"]["standard_error"]
    assert (plain["used"], found["used"]) == (61, 60)  # a vote without texts has no length
    assert plain["length"] is None


def test_chosen_votes_weigh_by_the_inverse_of_their_chance(project):
    labelers = [make_labeler() for _ in range(3)]
    for labeler in labelers:
        vote(project, labeler, "alpha", "beta", "first", times=2, probability=0.5)
        vote(project, labeler, "alpha", "beta", "second", probability=0.05)
    even = leaderboard(project=project)["models"][0]
    assert even["model"] == "beta"  # one vote of weight 20 against two of weight 2
    assert even["rank"] == 1


def test_a_project_without_votes_rates_nobody(project):
    make_response(make_prompt(project), revision="=alpha")
    body = leaderboard(project=project)
    assert [(row["model"], row["rating"]) for row in body["models"]] == [("=alpha", None)]
    assert (body["votes_to_flip_first"], body["comparisons"], body["connected"]) == (None, 0, True)
    assert leaderboard_csv(body).splitlines()[1].startswith("'=alpha,")
    for model in ("crowd_bt", "davidson"):
        assert leaderboard(project=project, options=Options(model=model))["groups"] == []
    assert leaderboard(project=project, options=Options(length_controlled=True))["used"] == 0
