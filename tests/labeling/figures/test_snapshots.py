"""Figures of more votes than are counted while somebody waits: written down, told so, refreshed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from labeling.figures import snapshots
from labeling.figures.choice import Choice
from labeling.figures.leaderboard import Options
from labeling.figures.snapshots import (
    agreement_now,
    labelers_now,
    leaderboard_now,
    take_snapshots,
)
from labeling.models import AgreementSnapshot, LabelersSnapshot, LeaderboardSnapshot
from tests.factories import make_labeler, make_project
from tests.labeling.figures.voting import vote

LATER = timezone.now().replace(microsecond=0) + timedelta(days=1)


@pytest.fixture
def project(db, monkeypatch):
    """Three votes where two are counted while somebody waits."""
    monkeypatch.setattr(snapshots, "AT_ONCE", dict.fromkeys(snapshots.AT_ONCE, 2))
    project = make_project()
    vote(project, make_labeler(pseudonym="ana"), "a", "b", "first", times=3)
    return project


def asked(project):
    """Figures of each kind, with and without options: how many votes they tell, and if stale."""
    chosen = Choice(project, purposes=("work", "imported"), until=LATER)
    return {
        "board": leaderboard_now(project=project),
        "chosen board": leaderboard_now(
            project=project, options=Options(cluster="none", purposes=("imported",), since=None)
        ),
        "later board": leaderboard_now(project=project, options=Options(until=LATER)),
        "agreement": agreement_now(project=project),
        "chosen agreement": agreement_now(project=project, choice=chosen),
        "labelers": labelers_now(project=project),
        "chosen labelers": labelers_now(project=project, choice=chosen),
    }


def told(project):
    return {(body["comparisons"], body["stale"]) for body in asked(project).values()}


def test_what_was_asked_for_is_told_to_be_stale_and_refreshed(project):
    assert told(project) == {(3, False)}
    vote(project, make_labeler(pseudonym="bo"), "a", "b", "second")
    assert told(project) == {(3, True)}
    assert take_snapshots(project=project) == 7
    assert told(project) == {(4, False)}
    assert take_snapshots(project=project) == 0
    found = asked(project)
    assert found["chosen board"]["options"]["cluster"] == "none"
    assert found["chosen board"]["options"]["purposes"] == ["imported"]
    assert found["later board"]["options"]["until"] == LATER.isoformat()
    assert found["chosen agreement"]["options"]["purposes"] == ["work", "imported"]
    assert [row["pseudonym"] for row in found["chosen labelers"]["labelers"]] == ["ana", "bo"]
    # Only of figures with a history are those before kept.
    assert LeaderboardSnapshot.objects.filter(key="").count() == 2
    assert AgreementSnapshot.objects.filter(key="").count() == 2
    assert LeaderboardSnapshot.objects.exclude(key="").count() == 2
    assert AgreementSnapshot.objects.exclude(key="").count() == 1
    assert LabelersSnapshot.objects.count() == 2


def test_the_labelers_wait_for_nobody(project):
    assert take_snapshots(project=project) == 3
    assert LabelersSnapshot.objects.get().key == ""


def test_what_nobody_asks_for_any_more_is_dropped(project):
    asked(project)
    everything = (LeaderboardSnapshot, AgreementSnapshot, LabelersSnapshot)
    for kind in everything:
        kind.objects.update(asked_at=timezone.now() - timedelta(hours=25))
    leaderboard_now(project=project, options=Options(until=LATER))  # that one is wanted again
    vote(project, make_labeler(), "a", "b", "second")
    assert take_snapshots(project=project) == 4
    chosen = [row.options for kind in everything for row in kind.objects.exclude(key="")]
    assert chosen == [{"until": LATER.isoformat()}]


def test_few_votes_are_counted_while_somebody_waits(project, monkeypatch):
    monkeypatch.setattr(snapshots, "AT_ONCE", dict.fromkeys(snapshots.AT_ONCE, 4))
    assert told(project) == {(3, False)}
    vote(project, make_labeler(), "a", "b", "second")
    assert told(project) == {(4, False)}
    assert take_snapshots(project=project) == 2
    assert not LabelersSnapshot.objects.exists()


def test_each_kind_has_a_limit_of_its_own(project, monkeypatch):
    most = {LeaderboardSnapshot: 4, AgreementSnapshot: 4, LabelersSnapshot: 2}
    monkeypatch.setattr(snapshots, "AT_ONCE", most)
    assert told(project) == {(3, False)}
    vote(project, make_labeler(), "a", "b", "second")
    found = {name: (body["comparisons"], body["stale"]) for name, body in asked(project).items()}
    late = {name: each for name, each in found.items() if each != (4, False)}
    assert late == dict.fromkeys(["labelers", "chosen labelers"], (3, True))
    assert take_snapshots(project=project) == 4
    assert told(project) == {(4, False)}
