"""Crowds of synthetic labelers, and what each kind of person does."""

import json
from collections import Counter
from random import Random
from statistics import fmean, stdev

import pytest
from django.core.management import CommandError, call_command

from common.errors import InvalidInput
from labeling.crowds import UNREAD, Person, people, read_crowd
from labeling.models import Judgment
from labeling.tastes import Seen, tiers_of
from tests.labeling.work import project_with_tasks

STRENGTHS = {"ant": 2.0, "bee": 0.0, "cat": -2.0}
SHOWN = [
    Seen("1", "some words", "cat"),
    Seen("2", "a", "ant"),
    Seen("3", "very many words", "bee"),
]


def crowd(made: str, *, spread: float = 0.0, seed: int = 3) -> list[Person]:
    return people(read_crowd(made), strengths=STRENGTHS, spread=spread, seed=seed)


def first_places(person: Person, times: int = 4000) -> Counter[str]:
    """How often each generator came first."""
    author = {seen.place: seen.generator or "" for seen in SHOWN}
    return Counter(
        author[tiers_of(SHOWN, person.taste(SHOWN, person.rng))[0][0]] for _ in range(times)
    )


def test_a_crowd_is_written_as_kinds_and_numbers() -> None:
    assert read_crowd("tastes:8, random:2") == {"tastes": 8, "random": 2}
    names = [person.name for person in crowd("tastes:2,lazy:1")]
    assert names == ["tastes-3-1", "tastes-3-2", "lazy-3-1"]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "A crowd is made of"),
        ("kind:2", "A crowd is made of"),
        ("lazy:1,lazy:2", "A crowd is made of"),
        ("lazy", "“lazy” wants a number"),
        ("lazy:0", "“lazy” wants a number"),
        ("lazy:-1", "“lazy” wants a number"),
        ("lazy:10001", "“lazy” wants a number"),
    ],
)
def test_what_is_no_crowd_is_refused(written: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        read_crowd(written)


def test_each_kind_does_as_it_is_called() -> None:
    tastes, adversarial, lazy, length, at_random = crowd(
        "tastes:1,adversarial:1,lazy:1,length:1,random:1"
    )
    # Plackett–Luce: exp 2 : 1 : exp -2, and upside down.
    liked, disliked = first_places(tastes), first_places(adversarial)
    assert (liked["ant"] / 4000, liked["cat"] / 4000) == pytest.approx((0.867, 0.016), abs=0.02)
    assert disliked["cat"] > 3000 > 500 > disliked["ant"]
    assert tiers_of(SHOWN, lazy.taste(SHOWN, lazy.rng)) == [["1"], ["2"], ["3"]]
    assert tiers_of(SHOWN, length.taste(SHOWN, length.rng)) == [["3"], ["1"], ["2"]]
    assert all(abs(count - 4000 / 3) < 150 for count in first_places(at_random).values())


def test_people_differ_and_are_the_same_again() -> None:
    def said(made: str, seed: int = 3) -> dict[str, Counter[str]]:
        return {each.name: first_places(each, 50) for each in crowd(made, spread=1, seed=seed)}

    alone, among_others = said("tastes:3"), said("lazy:2,tastes:3")
    assert alone == {name: among_others[name] for name in alone}
    assert alone.values() != said("tastes:3", seed=4).values()
    shares = [first_places(each, 400)["ant"] / 400 for each in crowd("tastes:30", spread=1)]
    same = [first_places(each, 400)["ant"] / 400 for each in crowd("tastes:30")]
    assert stdev(shares) > 3 * stdev(same)


def test_who_does_not_read_is_fast() -> None:
    reader, lazy = crowd("tastes:1,lazy:1")
    long = [Seen("1", "word " * 400, "ant"), Seen("2", "word " * 400, "bee")]
    assert fmean(reader.seconds(long) for _ in range(200)) > 60
    assert fmean(lazy.seconds(long) for _ in range(200)) < 2 * UNREAD


@pytest.mark.django_db
def test_a_crowd_claims_and_submits(capsys: pytest.CaptureFixture[str]) -> None:
    project = project_with_tasks(12, responses=3, overlap=2)
    options = ["--judgments=20", "--seed=9", "--json"]
    call_command("simulate_labelers", project.slug, "--crowd=tastes:2,lazy:1", *options)

    assert json.loads(capsys.readouterr().out) == {"labelers": 3, "judgments": 20}
    judgments = Judgment.objects.select_related("labeler")
    names = {judgment.labeler.pseudonym for judgment in judgments}
    assert names == {"simulated-tastes-9-1", "simulated-tastes-9-2", "simulated-lazy-9-1"}
    for judgment in judgments:
        in_order = judgment.tiers == [[response] for response in judgment.order]
        assert in_order or "lazy" not in judgment.labeler.pseudonym
        assert (judgment.seconds or 0) > 0
        assert judgment.purpose == "simulated"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--crowd=lazy"], "“lazy” wants a number of people"),
        (["--crowd=lazy:1", "--spread=-1"], "--spread is 0 to 10."),
        (["--crowd=lazy:1", "--strengths=1"], "--strengths takes a JSON object"),
    ],
)
def test_bad_crowds_are_one_clear_line(options: list[str], error: str) -> None:
    project = project_with_tasks(1)
    with pytest.raises(CommandError) as failed:
        call_command("simulate_labelers", project.slug, "--judgments=1", "--seed=1", *options)
    assert str(failed.value).startswith(error)


def test_noise_is_drawn_from_ones_own_numbers() -> None:
    person = crowd("random:1")[0]
    person.taste(SHOWN, Random(0))
    assert person.rng.random() == crowd("random:1")[0].rng.random()
