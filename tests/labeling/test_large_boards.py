"""The pages of figures where there are too many votes to count them while somebody waits."""

import pytest
from django.core.cache import cache

from labeling.figures import snapshots
from labeling.figures.snapshots import FIGURES_TASK, take_snapshots
from labeling.tasks import take_figures
from tests.factories import make_labeler, make_member, make_project
from tests.labeling.figures.voting import vote
from tests.labeling.pages import html, sign_in

pytestmark = pytest.mark.django_db
COUNTING = "This is a large project: a worker is counting."


@pytest.fixture
def project(monkeypatch):
    """Three votes where two are counted while somebody waits."""
    cache.clear()
    monkeypatch.setattr(snapshots, "AT_ONCE", dict.fromkeys(snapshots.AT_ONCE, 2))
    project = make_project("tea")
    vote(project, make_labeler(pseudonym="ana"), "a", "b", "first", times=3)
    return project


@pytest.fixture
def asked(monkeypatch):
    """What workers were asked for; nobody works."""
    sent = []
    monkeypatch.setattr(
        snapshots.current_app, "send_task", lambda name, args, **given: sent.append((name, args))
    )
    return sent


@pytest.fixture(params=["researcher", "reviewer"])
def reader(request, project):
    return sign_in(make_member(project, request.param))


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("leaderboard/", ["LeaderboardSnapshot"]),
        ("leaderboard/?length_controlled=on", ["LeaderboardSnapshot"]),
        ("quality/", ["AgreementSnapshot", "LabelersSnapshot"]),
        ("labelers/", ["LabelersSnapshot"]),
    ],
)
def test_a_worker_counts_what_nobody_had_counted_yet(reader, project, asked, address, kinds):
    first = html(reader.get(f"/projects/tea/{address}"))
    assert COUNTING in first
    assert "js/counting" in first
    reader.get(f"/projects/tea/{address}")  # asks nobody again
    assert [(name, args[0]) for name, args in asked] == [(FIGURES_TASK, kind) for kind in kinds]
    for _name, args in asked:
        take_figures(*args)
    then = html(reader.get(f"/projects/tea/{address}"))
    assert COUNTING not in then
    assert "js/counting" not in then
    assert len(asked) == len(kinds)


def test_options_chosen_for_the_first_time_leave_the_way_back(reader, project, asked):
    take_snapshots(project=project)
    assert COUNTING not in html(reader.get("/projects/tea/leaderboard/"))
    chosen = html(reader.get("/projects/tea/leaderboard/?length_controlled=on"))
    assert COUNTING in chosen
    assert "All votes" in chosen


def test_figures_asked_for_twice_are_counted_once(reader, project, asked):
    reader.get("/projects/tea/labelers/")
    ((_name, args),) = asked
    take_figures(*args)
    (row,) = snapshots.LabelersSnapshot.objects.all()
    take_figures(*args)
    assert list(snapshots.LabelersSnapshot.objects.all()) == [row]


def test_few_votes_are_counted_at_once(reader, project, asked, monkeypatch):
    monkeypatch.setattr(snapshots, "AT_ONCE", dict.fromkeys(snapshots.AT_ONCE, 3))
    for address in ("leaderboard/", "quality/", "labelers/"):
        assert COUNTING not in html(reader.get(f"/projects/tea/{address}"))
    assert asked == []
