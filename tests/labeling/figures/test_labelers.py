"""What is said of labelers: each kind of bad work is flagged, good work is not."""

import numpy as np
import pytest

from labeling.figures.agreement import agreement
from labeling.figures.choice import Choice
from labeling.figures.labelers import labelers
from labeling.models import Comparison, Judgment, LabelerStanding, Task
from labeling.statistics.agreement import alpha
from tests.factories import make_labeler, make_project, make_prompt, make_response
from tests.labeling.figures.voting import generator, vote

STRENGTHS = {"a": 1.2, "b": 0.4, "c": -0.4, "d": -1.2}


@pytest.fixture
def project(db):
    return make_project()


@pytest.fixture
def crowd(project):
    """Eight honest labelers and one of each other kind, on the same 150 pairs of texts."""
    random = np.random.default_rng(11)
    kinds = [f"honest {n}" for n in range(8)] + ["random", "left", "adversarial", "longer"]
    people = {kind: make_labeler(pseudonym=kind) for kind in kinds}
    names = list(STRENGTHS)
    rows = []
    for number in range(150):
        pair = sorted(random.choice(4, 2, replace=False).tolist())
        prompt = make_prompt(project)
        sizes = random.integers(100, 900, 2).tolist()
        texts = [
            make_response(prompt, f"{number}{place}" + "x" * size, names[model])
            for place, (model, size) in enumerate(zip(pair, sizes, strict=True))
        ]
        gap = STRENGTHS[names[pair[0]]] - STRENGTHS[names[pair[1]]]
        for kind, labeler in people.items():
            first_left = bool(random.random() < 0.5)
            honest = bool(random.random() < 1 / (1 + np.exp(-2 * gap)))
            wins = {
                "random": bool(random.random() < 0.5),
                "left": first_left,
                "adversarial": not honest,
                "longer": sizes[0] > sizes[1],
            }.get(kind, honest)
            rows.append((labeler, prompt, texts, first_left, wins))
    _write(project, rows)
    return people


def _write(project, rows):
    from django.utils import timezone

    now = timezone.now()
    tasks = Task.objects.bulk_create(
        Task(project=project, prompt=prompt, state="complete") for _, prompt, *_ in rows
    )
    judgments = Judgment.objects.bulk_create(
        Judgment(
            task=task,
            labeler=labeler,
            purpose="imported",
            tiers=[],
            order=[text.pk for text in (texts if left else texts[::-1])],
            submit_key=str(number),
            body_hash=b"",
            seconds=30.0 if labeler.pseudonym != "left" else 0.5,
            created_at=now,
        )
        for number, (task, (labeler, _, texts, left, _)) in enumerate(zip(tasks, rows, strict=True))
    )
    Comparison.objects.bulk_create(
        Comparison(
            judgment=judgment,
            project=project,
            labeler=labeler,
            prompt=prompt,
            first=texts[0],
            second=texts[1],
            first_generator=generator(texts[0].revision.generator.name),
            second_generator=generator(texts[1].revision.generator.name),
            outcome="first" if wins else "second",
            first_shown_before=left,
            purpose="imported",
            created_at=now,
        )
        for judgment, (labeler, prompt, texts, left, wins) in zip(judgments, rows, strict=True)
    )


def test_bad_work_is_flagged_and_good_work_is_not(project, crowd):
    rows = {row["labeler"]: row for row in labelers(project=project)}
    flags = {name: {flag["kind"] for flag in row["flags"]} for name, row in rows.items()}
    assert {name for name, found in flags.items() if found} == {
        "random",
        "left",
        "adversarial",
        "longer",
    }
    assert "unreliable" in flags["random"]
    assert {"position", "fast"} <= flags["left"]
    assert "adversarial" in flags["adversarial"]
    assert "length" in flags["longer"]
    left = rows["left"]
    assert (left["position"]["first"], left["position"]["n"]) == (1.0, 150)
    assert left["seconds"] == pytest.approx(0.5)
    assert left["seconds_detail"]["fast"] == 150
    assert rows["longer"]["length"]["longer"] == 1.0
    assert rows["honest 0"]["reliability"] > 0.8 > 0.2 > rows["adversarial"]["reliability"]
    low, high = rows["honest 0"]["reliability_interval"]
    assert low < rows["honest 0"]["reliability"] <= high
    assert rows["honest 0"]["judgments"] == rows["honest 0"]["comparisons"] == 150


def test_the_excluded_have_no_say_in_what_others_are_measured_by(project):
    ana, bo, cy = (make_labeler(pseudonym=name) for name in ("ana", "bo", "cy"))
    prompt = make_prompt(project)
    texts = (make_response(prompt, revision="a"), make_response(prompt, revision="b"))
    for labeler, outcome in ((ana, "first"), (bo, "first"), (cy, "second")):
        vote(project, labeler, "a", "b", outcome, texts=texts)
    LabelerStanding.objects.create(project=project, labeler=bo, state="excluded")
    rows = {row["labeler"]: row for row in labelers(project=project)}
    assert rows["bo"]["standing"] == "excluded"
    assert rows["ana"]["leave_one_out"]["n"] == 1
    assert rows["ana"]["leave_one_out"]["agreement"] == 0  # cy alone has a say
    assert rows["bo"]["leave_one_out"] is None  # ana and cy disagree
    assert agreement(project=project)["pairs"] == 1


def test_answers_given_twice_are_consistency_and_count_once(project):
    ana, bo = make_labeler(pseudonym="ana"), make_labeler(pseudonym="bo")
    prompt = make_prompt(project)
    texts = (make_response(prompt, revision="a"), make_response(prompt, revision="b"))
    vote(project, ana, "a", "b", "first", texts=texts)
    vote(project, ana, "a", "b", "second", texts=texts, purpose="repeat")
    vote(project, bo, "a", "b", "first", texts=texts)
    rows = {row["labeler"]: row for row in labelers(project=project)}
    assert rows["ana"]["self_consistency"]["n"] == 1
    assert rows["ana"]["self_consistency"]["agreement"] == 0
    assert rows["ana"]["judgments"] == 1
    assert rows["bo"]["self_consistency"] is None
    assert agreement(project=project)["raw"] == 1


def test_alpha_is_krippendorffs_of_the_votes(project):
    random = np.random.default_rng(3)
    people = [make_labeler() for _ in range(3)]
    ratings = random.choice([0.0, 0.5, 1.0, np.nan], (3, 12), p=[0.3, 0.2, 0.3, 0.2])
    words = {0.0: "second", 0.5: "tie", 1.0: "first"}
    for column in ratings.T:
        prompt = make_prompt(project)
        texts = (make_response(prompt, revision="a"), make_response(prompt, revision="b"))
        for labeler, value in zip(people, column, strict=True):
            if not np.isnan(value):
                vote(project, labeler, "a", "b", words[value], texts=texts)
    found = agreement(project=project)
    for level in ("nominal", "ordinal", "interval"):
        assert found["alpha"][level] == pytest.approx(alpha(ratings, level))
        low, high = found["alpha_intervals"][level]
        assert low < found["alpha"][level] < high
    assert found["position"]["n"] == int((ratings[~np.isnan(ratings)] != 0.5).sum())


def test_both_bad_is_an_answer_of_its_own_and_a_tie_of_worth(project):
    ana, bo = make_labeler(), make_labeler()
    prompt = make_prompt(project)
    texts = (make_response(prompt, revision="a"), make_response(prompt, revision="b"))
    vote(project, ana, "a", "b", "both_bad", texts=texts)
    vote(project, bo, "a", "b", "tie", texts=texts)
    found = agreement(project=project)
    assert (found["raw"], found["tie_discounted"]) == (0, 1)


def test_judgments_and_seconds_are_of_what_was_asked_for(project):
    ana, bo = make_labeler(pseudonym="ana"), make_labeler(pseudonym="bo")
    verse = make_prompt(project, language="pt-BR", meta={"tags": ["verse"]})
    texts = (make_response(verse, revision="a"), make_response(verse, revision="b"))
    vote(project, ana, "a", "b", "first", texts=texts, times=2, seconds=40.0)
    vote(project, ana, "a", "b", "first", times=5, seconds=10.0)
    vote(project, ana, "a", "b", "first", prompt=None)
    vote(project, bo, "a", "b", "second", seconds=10.0)
    Task.objects.filter(prompt=None).update(topics=["verse"], language="pt")
    for asked, judgments in (({"tag": "verse"}, 3), ({"language": "pt"}, 3)):
        (row,) = labelers(project=project, choice=Choice(project, **asked))
        assert (row["labeler"], row["judgments"], row["comparisons"]) == ("ana", judgments, 3)
        assert (row["seconds_detail"]["n"], row["seconds"]) == (2, pytest.approx(40.0))
    before = Judgment.objects.order_by("pk")[6].created_at
    (row,) = labelers(project=project, choice=Choice(project, until=before))
    assert (row["judgments"], row["comparisons"]) == (7, 7)


def test_without_shared_texts_nothing_is_known(project):
    vote(project, make_labeler(), "a", "b", "first")
    found = agreement(project=project)
    assert (found["raw"], found["pairs"], found["reading"]) == (None, 0, None)
    assert found["alpha"] == {"nominal": None, "ordinal": None, "interval": None}
    row = labelers(project=project)[0]
    assert (row["gold"], row["leave_one_out"], row["self_consistency"]) == (None, None, None)
    assert row["flags"] == []


def test_an_imported_order_that_nobody_knows_says_nothing_of_places(project):
    vote(project, make_labeler(), "a", "b", "first", times=3)
    Judgment.objects.update(origin={"order": None})
    assert labelers(project=project)[0]["position"] is None
    Judgment.objects.update(origin={"id": "x"})
    assert labelers(project=project)[0]["position"]["n"] == 3
