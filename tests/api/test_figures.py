"""projects/{slug}/leaderboard/, agreement/ and labelers/."""

from datetime import datetime

import pytest
from django.utils import timezone

from labeling.models import LabelerStanding
from tests.factories import make_labeler, make_prompt, make_response
from tests.labeling.figures.voting import vote

URL = "/api/v1/projects/poems/"


@pytest.fixture
def voted(project):
    """Ana and Bo on three models, one of them unbeaten; two models met nobody else."""
    ana, bo = make_labeler(pseudonym="ana"), make_labeler(pseudonym="bo")
    for labeler in (ana, bo):
        vote(project, labeler, "alpha", "beta", "first", times=3)
        vote(project, labeler, "beta", "gamma", "first", times=2)
        vote(project, labeler, "beta", "gamma", "second")
        vote(project, labeler, "gamma", "alpha", "tie")
    vote(project, bo, "delta", "epsilon", "first")
    make_response(make_prompt(project), revision="new")
    return {"ana": ana, "bo": bo}


def test_the_leaderboard_rates_what_votes_connect(researcher, voted):
    response = researcher.get(URL + "leaderboard/")
    assert response.status_code == 200, response.content
    body = response.json()
    assert [row["model"] for row in body["models"]] == [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "new",
    ]
    assert [row["connected"] for row in body["models"]] == [True] * 3 + [False] * 3
    assert [row["votes"] for row in body["models"]] == [8, 12, 8, 1, 1, 0]
    assert [row["rank"] for row in body["models"]] == [1, 2, 3, None, None, None]
    alpha, *others = body["models"]
    assert (alpha["wins"], alpha["losses"], alpha["ties"]) == (6, 0, 2)
    assert alpha["lower"] < alpha["rating"] < alpha["upper"]
    assert sum(row["rating"] for row in body["models"][:3]) == pytest.approx(3000)
    assert {row["rating"] for row in others[2:]} == {None}
    assert body["groups"] == [["alpha", "beta", "gamma"], ["delta", "epsilon"]]
    assert (body["connected"], body["comparisons"], body["used"]) == (False, 15, 14)
    assert body["win_matrix"]["models"][:2] == ["alpha", "beta"]
    assert body["win_matrix"]["wins"][0][:3] == [0, 6, 1]
    assert body["win_matrix"]["votes"][1][:3] == [6, 0, 6]
    assert body["votes_to_flip_first"] == 3
    assert body["options"]["cluster"] == "labeler"


def test_votes_count_at_once_and_excluded_labelers_do_not(researcher, voted, project):
    def comparisons():
        return researcher.get(URL + "leaderboard/").json()["comparisons"]

    assert comparisons() == 15
    vote(project, voted["ana"], "alpha", "beta", "second")
    assert comparisons() == 16
    standing = LabelerStanding.objects.create(
        project=project, labeler=voted["ana"], state="excluded"
    )
    assert comparisons() == 8
    standing.delete()
    assert comparisons() == 16


def test_the_leaderboard_is_given_as_csv(researcher, voted):
    response = researcher.get(URL + "leaderboard/?format=csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    lines = response.content.decode().split("\r\n")
    assert lines[0].startswith("model,rating,lower,upper,standard_error,rank,")
    assert [line.split(",")[0] for line in lines[1:-1]] == [
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "new",
    ]
    assert lines[4] == "delta,,,,,,,,1,1,0,0,,False"


def test_options_that_make_no_sense_are_refused(researcher, voted):
    for query in (
        "?cluster=prompt",
        "?purposes=work,play",
        "?model=elo",
        "?until=tomorrow",
        "?length_controlled=perhaps",
        "?length_controlled=1&model=davidson",
        "?labels=1",
    ):
        assert researcher.get(URL + "leaderboard/" + query).status_code == 400, query
    for query in ("?cluster=none", "?purposes=work,gold", "?until=2020-01-01T00:00:00Z", "?tag=x"):
        assert researcher.get(URL + "leaderboard/" + query).status_code == 200, query


def test_an_empty_tag_or_language_is_everything(researcher, voted):
    asked = "?length_controlled=1&cluster=labeler&tag=&language="
    everything = researcher.get(URL + "leaderboard/?length_controlled=1").json()
    response = researcher.get(URL + "leaderboard/" + asked)
    assert response.status_code == 200, response.content
    assert response.json()["models"] == everything["models"]
    for figures in ("agreement", "labelers"):
        assert researcher.get(f"{URL}{figures}/?tag=&language=").status_code == 200


def test_agreement_is_of_votes_on_the_same_texts(researcher, project):
    ana, bo, cy = (make_labeler() for _ in range(3))
    for says in (("first", "first", "tie"), ("second", "second", "second"), ("tie", "first", None)):
        prompt = make_prompt(project)
        texts = (make_response(prompt, revision="a"), make_response(prompt, revision="b"))
        for labeler, outcome in zip((ana, bo, cy), says, strict=True):
            if outcome:
                vote(project, labeler, "a", "b", outcome, texts=texts)
    body = researcher.get(URL + "agreement/").json()
    assert (body["pairs"], body["items"], body["labelers"]) == (7, 3, 3)
    assert body["raw"] == pytest.approx(4 / 7)
    assert body["tie_discounted"] == pytest.approx((1 + 0.5 + 0.5 + 3 + 0.5) / 7)


def test_labelers_are_told_one_by_one(researcher, voted):
    page = researcher.get(URL + "labelers/?page_size=1").json()
    assert [row["labeler"] for row in page["results"]] == ["ana"]
    assert page["stale"] is False
    assert datetime.fromisoformat(page["as_of"]) <= timezone.now()
    row = page["results"][0]
    assert row["pseudonym"] == "ana"
    assert (row["judgments"], row["comparisons"], row["kind"]) == (7, 7, "person")
    assert row["position"]["n"] == 6
    assert "id" not in row
    assert row["gold"] is None
    second = researcher.get(page["next"]).json()
    assert [row["labeler"] for row in second["results"]] == ["bo"]
    assert second["next"] is None


def test_history_is_what_was_written_down(researcher, voted, project):
    from labeling.figures.snapshots import take_snapshots

    assert researcher.get(URL + "leaderboard/history/").json() == []
    assert take_snapshots(project=project) == 2
    assert take_snapshots(project=project) == 0  # nothing has changed
    vote(project, voted["ana"], "alpha", "beta", "second")
    assert take_snapshots(project=project) == 2
    moments = researcher.get(URL + "leaderboard/history/").json()
    assert [moment["comparisons"] for moment in moments] == [15, 16]
    assert moments[0]["models"][0]["model"] == "alpha"
    assert len(researcher.get(URL + "agreement/history/").json()) == 2


def test_labelers_may_see_none_of_it(clients, voted):
    expected = {
        "admin": 200,
        "researcher": 200,
        "reviewer": 200,
        "trainer": 200,
        "labeler": 403,
        "other": 404,
        "stranger": 404,
        "nobody": 401,
    }
    for path in ("leaderboard/", "leaderboard/history/", "agreement/", "agreement/history/"):
        found = {role: client.get(URL + path).status_code for role, client in clients.items()}
        assert found == expected, path
    found = {role: client.get(URL + "labelers/").status_code for role, client in clients.items()}
    assert found == expected | {"trainer": 403}


def test_figures_cost_the_same_whatever_there_is(
    researcher, voted, project, django_assert_num_queries
):
    for _ in range(2):
        # Token, project with roles, stamp, weights, (votes by COPY), names, writers, names.
        with django_assert_num_queries(7):
            researcher.get(URL + "leaderboard/")
        vote(project, make_labeler(), "alpha", "zeta", "first")
