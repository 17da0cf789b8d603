import json
from collections import Counter
from itertools import combinations
from math import exp, sqrt
from random import Random

import pytest
from django.core.management import CommandError, call_command

from labeling.models import Comparison, ContentWarning, Judgment
from labeling.questions import NAMES
from labeling.services.simulating import Simulated, simulate_labelers
from labeling.tastes import Seen, longer, plackett_luce, shorter, tiers_of
from tests.labeling.work import project_with_tasks

STRENGTHS = {"model-a": 1.5, "model-b": 0.5, "model-c": 0.0, "model-d": -1.0}


def seen(*texts):
    return [Seen(str(place), text, None) for place, text in enumerate(texts, start=1)]


def test_tastes_for_length_tie_what_is_equally_long():
    responses = seen("aa", "b", "cc", "dddd")
    assert tiers_of(responses, longer(responses, Random(0))) == [["4"], ["1", "3"], ["2"]]
    assert tiers_of(responses, shorter(responses, Random(0))) == [["2"], ["1", "3"], ["4"]]


def test_known_strengths_come_back_as_win_rates():
    """Within four standard errors of Bradley–Terry for every pair, in tasks of four."""
    responses = [Seen(name, "", name) for name in STRENGTHS]
    taste, rng, rounds, wins = plackett_luce(STRENGTHS), Random(7), 20_000, Counter()
    for _ in range(rounds):
        order = [place for [place] in tiers_of(responses, taste(responses, rng))]
        wins.update(combinations(order, 2))
    for one, two in combinations(STRENGTHS, 2):
        expected = 1 / (1 + exp(STRENGTHS[two] - STRENGTHS[one]))
        error = sqrt(expected * (1 - expected) / rounds)
        assert abs(wins[one, two] / rounds - expected) < 4 * error


def outcomes():
    return [
        (pair.first_generator.name, pair.second_generator.name, pair.outcome)
        for pair in Comparison.objects.select_related("first_generator", "second_generator")
        .order_by("judgment_id", "first_id", "second_id")
    ]  # fmt: skip


@pytest.mark.django_db
def test_strengths_come_back_through_claim_and_submit():
    project = project_with_tasks(60, responses=4, overlap=3)
    taste = plackett_luce(STRENGTHS)
    done = simulate_labelers(project=project, taste=taste, labelers=5, judgments=180, seed=3)
    assert done == Simulated(labelers=5, judgments=180)
    wins = Counter()
    for first, second, outcome in outcomes():
        wins[(first, second) if outcome == "first" else (second, first)] += 1
    for one, two in combinations(STRENGTHS, 2):
        total = wins[one, two] + wins[two, one]
        expected = 1 / (1 + exp(STRENGTHS[two] - STRENGTHS[one]))
        assert total == 180
        assert abs(wins[one, two] / total - expected) < 4 * sqrt(expected * (1 - expected) / total)
    assert set(Judgment.objects.values_list("purpose", "labeler__kind")) == {
        ("simulated", "simulated")
    }


@pytest.mark.django_db
def test_a_seed_gives_the_same_people_and_the_same_rankings():
    taste, runs = plackett_luce({}), []
    for _ in range(2):
        project = project_with_tasks(10, responses=3)
        simulate_labelers(project=project, taste=taste, labelers=3, judgments=10, seed=11)
        rows = Judgment.objects.filter(task__project=project).order_by("task_id", "pk")
        runs.append(
            [
                (
                    row.labeler.pseudonym,
                    [[pk - min(row.order) for pk in tier] for tier in row.tiers],
                )
                for row in rows
            ]
        )
    assert runs[0] == runs[1]
    assert len({pseudonym for pseudonym, _tiers in runs[0]}) == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("responses", "ordering"),
    [
        (4, ["rank", "strength"]),
        (3, ["best", "strength"]),
        (2, ["pair", "strength", "confidence", "safety"]),
        (2, ["pair_7", "confidence", "safety"]),
    ],
)
def test_every_mode_is_answered(responses, ordering):
    """What is good by their taste gets the good grades; every question has its answer."""
    every = ["overall", "attributes", "flags", "labels", "spans", "edit", "rationale"]
    project = project_with_tasks(
        3, responses=responses, modes=[*ordering, *every], span_labels=["wrong"]
    )
    simulate_labelers(project=project, taste=longer, labelers=1, judgments=3, seed=2)
    rows = Judgment.objects.prefetch_related("ratings", "spans")
    assert len(rows) == 3
    for row in rows:
        assert set(row.answers) == {"confidence", "safety"} & set(ordering)
        assert (row.strength is None) == (len(row.tiers) < 2)
        assert row.rationale
        assert row.edit.edits_id in row.tiers[0]
        assert row.spans.get().response_id in row.tiers[0]
        ratings = {rating.response_id: rating for rating in row.ratings.all()}
        assert set(ratings) == set(row.order)
        for rating in ratings.values():
            assert set(rating.attributes) == set(NAMES["attributes"])
            assert set(rating.flags) == set(NAMES["flags"])
            assert set(rating.labels) == set(NAMES["labels"])
        best = max(rating.overall for rating in ratings.values())
        assert ratings[row.tiers[0][0]].overall == best == 7
    assert not ContentWarning.objects.exists()


@pytest.mark.django_db
def test_an_empty_queue_ends_the_simulation():
    project = project_with_tasks(4, overlap=2)
    done = simulate_labelers(project=project, taste=longer, labelers=3, judgments=100, seed=1)
    assert done == Simulated(labelers=3, judgments=8)


@pytest.mark.django_db
def test_commands_build_simulate_and_rebuild(capsys):
    project = project_with_tasks(3, responses=2)
    Comparison.objects.all().delete()
    call_command("build_tasks", project.slug, "--json")
    assert json.loads(capsys.readouterr().out) == {"tasks": 0, "slots": 0}
    options = ["--labelers=2", "--judgments=3", "--seed=5"]
    call_command("simulate_labelers", project.slug, *options, "--taste=shorter", "--json")
    assert json.loads(capsys.readouterr().out) == {"labelers": 2, "judgments": 3}
    for pair in Comparison.objects.select_related("first", "second"):
        lengths = len(pair.first.text), len(pair.second.text)
        wanted = (
            "tie" if lengths[0] == lengths[1] else "first" if lengths[0] < lengths[1] else "second"
        )
        assert pair.outcome == wanted
    Comparison.objects.all().delete()
    call_command("rebuild_comparisons", project.slug, "--json")
    assert json.loads(capsys.readouterr().out) == {"changed": 3}
    call_command("rebuild_comparisons", project.slug)
    assert capsys.readouterr().out == "0 comparisons changed.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["build_tasks", "nowhere"], "There is no project “nowhere”."),
        (["rebuild_comparisons", "nowhere"], "There is no project “nowhere”."),
        (
            ["simulate_labelers", "nowhere", "--labelers=1", "--judgments=1", "--seed=1"],
            "There is no project “nowhere”.",
        ),
        (
            ["simulate_labelers", "here", "--labelers=0", "--judgments=1", "--seed=1"],
            "There must be at least one labeler, and no fewer than 0 judgments.",
        ),
        *(
            (
                ["simulate_labelers", "here", "--labelers=1", "--judgments=1", "--seed=1", bad],
                "--strengths takes a JSON object of numbers.",
            )
            for bad in (
                "--strengths=[1]",
                "--strengths={",
                '--strengths={"a": "x"}',
                '--strengths={"a": NaN}',
            )
        ),
    ],
)
def test_bad_input_is_one_clear_line(command, message):
    from tests.factories import make_project

    make_project("here")
    with pytest.raises(CommandError) as refused:
        call_command(*command)
    assert str(refused.value) == message
