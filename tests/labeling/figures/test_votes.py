"""Votes between models as columns: what counts, how it is numbered, and what it weighs."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone

from labeling.figures.votes import Model, read_votes
from labeling.models import LabelerStanding
from tests.factories import make_labeler, make_project
from tests.labeling.figures.voting import generator, prompt_of, vote


@pytest.fixture
def project(db):
    return make_project()


def rows(table):
    """Every row in words, so that a test reads as what was voted."""
    return sorted(
        zip(
            [table.models[place].name for place in table.first],
            [table.models[place].name for place in table.second],
            table.outcome.tolist(),
            table.labelers.tolist(),
            table.votes.tolist(),
            strict=True,
        )
    )


def test_votes_alike_are_one_row_whichever_text_is_older(project):
    ana, bo = make_labeler(), make_labeler()
    vote(project, ana, "beta", "alpha", "first")
    vote(project, ana, "alpha", "beta", "second", times=2)
    vote(project, bo, "alpha", "beta", "tie")
    vote(project, bo, "alpha", "beta", "both_bad")
    table = read_votes(project=project)
    assert table.models == [
        Model(generator("alpha").pk, "alpha"),
        Model(generator("beta").pk, "beta"),
    ]
    beta_first = generator("beta").pk < generator("alpha").pk
    names, outcome = (("beta", "alpha"), 1.0) if beta_first else (("alpha", "beta"), 0.0)
    assert rows(table) == sorted([(*names, outcome, ana.pk, 3.0), (*names, 0.5, bo.pk, 2.0)])
    assert table.total == 5
    assert table.weights.tolist() == table.votes.tolist() == table.squares.tolist()


def test_only_votes_on_two_models_that_stand_and_count_are_read(project):
    ana, shut_out = make_labeler(), make_labeler()
    LabelerStanding.objects.create(project=project, labeler=shut_out, state="excluded")
    # Excluded elsewhere is not excluded here.
    LabelerStanding.objects.create(project=make_project(), labeler=ana, state="excluded")
    vote(project, ana, "alpha", "beta", "first")
    vote(project, shut_out, "alpha", "beta", "first")
    vote(make_project(), ana, "alpha", "beta", "first")
    now = timezone.now()
    vote(project, ana, "alpha", "beta", "first", created_at=now, retired_at=now)
    vote(project, ana, "alpha", None, "first")
    vote(project, ana, "alpha", "alpha", "first")
    for purpose in ("machine", "repeat", "adjudication", "reconsidered"):
        vote(project, ana, "alpha", "beta", "first", purpose=purpose)
    assert read_votes(project=project).total == 1
    assert read_votes(project=project, purposes=["machine", "repeat"]).total == 2


def test_votes_are_chosen_by_tag_language_and_time(project):
    ana = make_labeler()
    poem = prompt_of(project, language="pt-BR", meta={"tags": ["poem", "short"]})
    code = prompt_of(project, language="en", meta={"tags": ["code"]})
    early, late = timezone.now() - timedelta(days=2), timezone.now()
    vote(project, ana, "alpha", "beta", "first", prompt=poem, created_at=early)
    vote(project, ana, "alpha", "beta", "first", prompt=code, created_at=late)
    vote(project, ana, "alpha", "beta", "first", prompt=None, created_at=late, purpose="imported")

    def total(**chosen):
        return read_votes(project=project, **chosen).total

    assert total() == 3
    assert total(tag="poem") == total(language="pt") == total(language="pt-BR") == 1
    assert total(tag="poe") == total(language="p") == total(language="pt-PT") == 0
    assert total(language="p_") == total(language="%") == 0
    assert total(tag="poem", language="en") == 0
    assert total(since=late) == 2
    assert total(until=early) == 1
    assert total(since=early, until=late) == 3


def test_votes_of_chosen_tasks_weigh_by_the_inverse_of_the_chance(project):
    ana = make_labeler()
    vote(project, ana, "alpha", "beta", "first", probability=0.5)
    vote(project, ana, "alpha", "gamma", "first", probability=0.25)
    table = read_votes(project=project)
    # 2 and 4, brought to a mean of one.
    assert sorted(table.weights.tolist()) == pytest.approx([2 / 3, 4 / 3])
    assert sorted(table.squares.tolist()) == pytest.approx([4 / 9, 16 / 9])
    vote(project, ana, "beta", "gamma", "first", times=2)
    assert sorted(read_votes(project=project).weights.tolist()) == pytest.approx([2 / 3, 4 / 3, 2])


def test_no_votes_are_an_empty_table(project):
    table = read_votes(project=project)
    assert (table.models, table.total) == ([], 0)
    assert table.first.dtype == np.intp
    assert len(table.first) == len(table.weights) == 0
