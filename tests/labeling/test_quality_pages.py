"""The pages of figures, over HTTP: what they say, to whom, and what they cost."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from labeling.figures.snapshots import take_snapshots
from labeling.models import LabelerStanding
from tests.factories import make_labeler, make_member, make_project, make_prompt, make_response
from tests.labeling.figures.voting import vote
from tests.labeling.pages import html, sign_in

pytestmark = pytest.mark.django_db
PAGES = ("leaderboard", "quality", "labelers")


@pytest.fixture
def project():
    cache.clear()
    return make_project("tea", name="Tea & biscuits")


@pytest.fixture
def reviewer(project):
    return sign_in(make_member(project, "reviewer"))


def get(client: Client, page: str, **query: str) -> str:
    response = client.get(f"/projects/tea/{page}/", query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", html(response))


def rows_of(page: str) -> list[str]:
    """The bodies' rows of the first table, without tags."""
    body = page.split("<tbody", 1)[1].split("</tbody>", 1)[0]
    return [
        " ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in body.split('<tr role="row">')[1:]
    ]


def shared_votes(project: Any, *answers: str) -> list[Any]:
    """One pair of texts, and a labeler for each answer."""
    prompt = make_prompt(project)
    texts = (make_response(prompt, revision="alpha"), make_response(prompt, revision="beta"))
    people = [make_labeler() for _answer in answers]
    for labeler, answer in zip(people, answers, strict=True):
        vote(project, labeler, "alpha", "beta", answer, texts=texts)
    return people


def test_nothing_is_claimed_before_there_is_a_vote(project, reviewer):
    assert "No votes yet" in get(reviewer, "leaderboard")
    assert "Not enough data" in get(reviewer, "quality")
    assert "Nobody has judged yet" in get(reviewer, "labelers")


def test_the_leaderboard_ranks_models_and_leaves_out_who_met_nobody(project, reviewer):
    ana = make_labeler()
    vote(project, ana, "alpha", "beta", "first", times=3)
    vote(project, ana, "alpha", "beta", "second", times=1)
    vote(project, ana, "lonely", "lonesome", "tie")
    elsewhere = make_project()
    vote(elsewhere, ana, "secret-model", "beta", "first")
    page = get(reviewer, "leaderboard")
    rows = rows_of(page)
    assert [name for row in rows for name in ("alpha", "beta", "lone") if name in row] == [
        "alpha",
        "beta",
        "lone",
        "lone",
    ]
    assert "unrated" in rows[2]
    assert "2 models are not rated" in page
    assert "secret-model" not in page
    assert re.search(r'<td data-shade="\d">75% ?<span class="basis">4</span>', page)
    assert re.search(r'<td data-shade="-\d">25% ?<span class="basis">4</span>', page)


def test_the_leaderboard_is_of_the_votes_one_chooses(project, reviewer):
    ana = make_labeler()
    german = make_prompt(project, language="de", meta={"tags": ["brewing"]})
    texts = (make_response(german, revision="alpha"), make_response(german, revision="beta"))
    vote(project, ana, "alpha", "beta", "first", texts=texts)
    vote(project, ana, "gamma", "beta", "first", times=2)
    vote(project, make_labeler(), "beta", "delta", "first", purpose="machine")
    project.languages = ["de"]
    project.save()
    assert [
        len(rows_of(get(reviewer, "leaderboard", **query))) for query in ({}, {"language": "de"})
    ]
    chosen = rows_of(get(reviewer, "leaderboard", language="de"))
    assert ["beta" in row or "alpha" in row for row in chosen if "unrated" not in row] == [True] * 2
    judges = get(reviewer, "leaderboard", who="machine")
    assert "delta" in rows_of(judges)[0] + rows_of(judges)[1]
    assert "format=csv" in judges
    assert "purposes=machine" in judges
    assert "Ratings over time" not in judges
    assert get(reviewer, "leaderboard", language="xx", who="nobody")  # no such choice: all votes


def test_equal_lengths_are_asked_for_and_shown_as_chosen(project, reviewer):
    shared_votes(project, "first", "second", "first")
    page = get(reviewer, "leaderboard", length_controlled="on")
    assert re.search(r'name="length_controlled"[^>]* checked', page)
    assert "length_controlled=True" in page
    # It is of the usual model alone: the file is what the page shows, and no refusal.
    page = get(reviewer, "leaderboard", length_controlled="on", model="davidson")
    (address,) = re.findall(r'href="(/api/v1/[^"]*format=csv[^"]*)"', page)
    assert "length_controlled" in address
    assert "davidson" not in address


def test_the_ratings_of_snapshots_are_behind_the_picture(project, reviewer):
    people = shared_votes(project, "first", "first")
    take_snapshots(project=project)
    page = get(reviewer, "leaderboard")
    assert "The picture begins with the second snapshot" in page
    assert "chart.umd" not in page
    vote(project, people[0], "alpha", "beta", "first")
    take_snapshots(project=project)
    page = get(reviewer, "leaderboard")
    assert len(re.findall(r'<td data-value="1\d\d\d\.\d{4}"', page)) == 2  # alpha, twice
    assert "chart.umd" in page


def test_agreement_is_told_with_its_reading(project, reviewer):
    shared_votes(project, "first", "first", "second")
    shared_votes(project, "second", "second", "second")
    page = get(reviewer, "quality")
    assert "66.7%" in page  # 4 of the 6 pairs of people
    assert "of 6 pairs" in page
    assert re.search(r'class="verdict bad">\s*poor', page)
    assert "2 pairs of texts that two or more of 6 labelers judged" in page
    assert "Judges beside people" not in page


def test_excluded_labelers_say_nothing_about_agreement(project, reviewer):
    people = shared_votes(project, "first", "first", "second")
    assert "33.3%" in get(reviewer, "quality")
    LabelerStanding.objects.create(project=project, labeler=people[2], state="excluded")
    page = get(reviewer, "quality")
    assert "100.0%" in page
    assert people[2].pseudonym in get(reviewer, "labelers")


def test_the_board_says_what_is_not_known_yet(project, reviewer):
    ana = shared_votes(project, "first")[0]
    (row,) = rows_of(get(reviewer, "labelers"))
    assert ana.pseudonym in row
    # Known answers, with others, with oneself, and time; one vote is not enough for any.
    assert row.count("not enough data") >= 4


def test_the_board_flags_who_always_chooses_the_first_and_shows_why(project, reviewer):
    lazy, fair = make_labeler(), make_labeler()
    vote(project, lazy, "alpha", "beta", "first", times=40)
    for outcome in ("first", "second"):
        vote(project, fair, "alpha", "beta", outcome, times=20)
    rows = {row.split()[0]: row for row in rows_of(get(reviewer, "labelers"))}
    told = "chooses by place the first in 100% of 40, q < 0.001"
    assert told in unescape(rows[lazy.pseudonym])
    assert "chooses by place" not in rows[fair.pseudonym]
    assert get(reviewer, "quality").count("chooses by place") == 1
    assert rows[lazy.pseudonym] in rows_of(get(reviewer, "labelers", flagged="on"))
    assert rows_of(get(reviewer, "labelers", q=fair.pseudonym)) == [rows[fair.pseudonym]]
    assert "Nobody found" in get(reviewer, "labelers", kind="machine")


def test_reviewers_come_from_a_name_to_the_person_and_researchers_do_not(project, reviewer):
    ana = shared_votes(project, "first")[0]
    path = f"/projects/tea/review/people/{ana.uid}/"
    assert path in get(reviewer, "labelers")
    researcher = sign_in(make_member(project, "researcher"))
    page = get(researcher, "labelers")
    assert ana.pseudonym in page
    assert path not in page


@pytest.mark.parametrize("name", PAGES)
def test_labelers_see_none_of_it(project, name):
    shared_votes(project, "first", "second")
    labeler = sign_in(make_member(project, "labeler"))
    response = labeler.get(f"/projects/tea/{name}/")
    assert response.status_code == 403
    assert "alpha" not in html(response)
    assert "leaderboard" not in html(labeler.get("/"))


def test_trainers_see_the_leaderboard_alone(project):
    trainer = sign_in(make_member(project, "trainer"))
    page = get(trainer, "leaderboard")
    assert "/projects/tea/labelers/" not in page
    assert [trainer.get(f"/projects/tea/{name}/").status_code for name in PAGES] == [200, 403, 403]
    assert "/projects/tea/leaderboard/" in html(trainer.get("/"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_costs_the_same_however_many_there_are(project, reviewer, name):
    people = shared_votes(project, "first", "second")
    get(reviewer, name)
    few = queries_of(reviewer, name)
    for names in (("gamma", "delta"), ("epsilon", "alpha")):
        vote(project, make_labeler(), *names, "first", times=2)
        vote(project, people[0], *names, "second")
    assert queries_of(reviewer, name) == few


def queries_of(client: Client, page: str) -> int:
    """Without figures that a slow machine found worth keeping."""
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        get(client, page)
    return len(captured)


def test_names_of_models_are_text(project, reviewer):
    vote(project, make_labeler(), "<script>alert(1)</script>", "beta", "first")
    page = get(reviewer, "leaderboard")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
