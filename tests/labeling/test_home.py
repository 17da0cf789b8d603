"""The page one comes home to: what is open, what was done, and nothing of anybody else."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Message, Project
from labeling import worklists
from labeling.models import Judgment, Letter, Report, Slot, Task
from labeling.models.judgments import TRAINING
from labeling.services.building import build_tasks
from labeling.services.claiming import claim
from labeling.services.letters import answer_letter, write_letter
from labeling.services.policies import set_policy
from labeling.services.preferences import save_preferences
from labeling.services.reports import report
from tests import factories
from tests.labeling.pages import held, html, make_tea, post_answer, sign_in
from tests.labeling.work import claimed, expire, judge

pytestmark = pytest.mark.django_db
FIGURES = r"<dt>([^<]*)</dt><dd>([^<]*)</dd>"


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def answered(client: Client, ana: User, *keys: str) -> None:
    for key in keys:
        client.get("/projects/tea/label/")
        post_answer(client, held(ana), submit_key=key)


def days_ago(key: str, days: int) -> None:
    Judgment.objects.filter(submit_key=key).update(created_at=timezone.now() - timedelta(days=days))


def figures(client: Client) -> dict[str, str]:
    page, _definitions = html(client.get("/")).split("What the figures mean")
    return dict(re.findall(FIGURES, page))


def test_home_shows_my_projects_with_what_is_open_for_me_and_what_i_did(
    project: Project, client: Client, ana: User
) -> None:
    factories.make_project("secret", name="Not for Ana")
    answered(client, ana, "one")
    page = html(client.get("/"))
    assert "Tea &amp; biscuits" in page
    assert "Somebody else&#x27;s" not in page
    assert re.findall(FIGURES, page.split("What the figures mean")[0]) == [
        ("judged today", "1"),
        ("judged in all", "1"),
        ("project", "1"),
        ("open for me", "2"),
        ("judged here today", "1"),
        ("my role", "labeler"),
    ]
    lacking = '<dd><span aria-hidden="true">–</span><span class="lacking">not enough data</span>'
    assert lacking in page  # for a time per task


def test_home_tells_today_from_before(project: Project, client: Client, ana: User) -> None:
    answered(client, ana, "one", "two")
    days_ago("one", 1)
    shown = figures(client)
    assert {name: shown[name] for name in shown if name.startswith("judged")} == {
        "judged today": "1",
        "judged in all": "2",
        "judged here today": "1",
    }


def test_home_stops_counting(
    project: Project, client: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(client, ana, "one", "two")
    monkeypatch.setattr(worklists, "DONE_COUNTED", 1)
    assert worklists.judged_in_all(labeler=labeler_of(user=ana)) == 1


def test_home_of_who_only_runs_projects_shows_the_api_and_no_figures_of_a_labeler(
    project: Project,
) -> None:
    user = factories.make_member(project, "researcher", factories.make_user("runs@example.org"))
    page = html(sign_in(user).get("/"))
    assert re.findall(FIGURES, page) == [("project", "1"), ("my role", "researcher")]
    assert 'href="/api/v1/docs/"' in page
    assert 'href="/admin/"' not in page
    assert "In the data you are" not in page


def test_home_of_somebody_without_a_project_says_what_to_do(client: Client) -> None:
    page = html(sign_in(factories.make_user("new@example.org")).get("/"))
    assert "No project yet" in page
    assert "new@example.org" in page


@pytest.mark.parametrize("projects", [1, 3])
def test_home_costs_the_same_however_many_projects(
    ana: User, projects: int, django_assert_num_queries: Any
) -> None:
    client = sign_in(ana)
    for _ in range(projects - 1):
        factories.make_member(factories.make_project(), "labeler", ana)
    client.get("/")
    with django_assert_num_queries(13):
        client.get("/")


def test_pseudonyms_are_shown_to_their_bearer_only(client: Client, ana: User) -> None:
    other = Labeler.objects.create(user=factories.make_user())
    page = html(client.get("/"))
    assert labeler_of(user=ana).pseudonym in page
    assert other.pseudonym not in page


def test_projects_with_open_tasks_come_first_then_what_one_worked_on_last(
    project: Project, client: Client, ana: User
) -> None:
    for name in ("Coffee", "Apples"):
        factories.make_member(factories.make_project(name.lower(), name=name), "labeler", ana)
    other = factories.make_project("zebras", name="Zebras")
    factories.make_member(other, "labeler", ana)
    set_policy(project=other, responses=3)
    factories.make_answered_prompts(other, prompts=2, responses=3)
    build_tasks(project=other)

    def order() -> list[str]:
        return re.findall(r"<h2>(.*?)</h2>", html(client.get("/")))

    assert order() == ["Tea &amp; biscuits", "Zebras", "Apples", "Coffee"]
    judge(other, labeler_of(user=ana))
    assert order() == ["Zebras", "Tea &amp; biscuits", "Apples", "Coffee"]
    judge(other, labeler_of(user=ana))
    assert order() == ["Tea &amp; biscuits", "Zebras", "Apples", "Coffee"]


# --- what is open ---


def test_open_work_is_told_by_language_and_topic(
    project: Project, client: Client, ana: User
) -> None:
    first, second, _third = Task.objects.order_by("pk")
    Task.objects.filter(pk=first.pk).update(language="de", topics=["cooking", "tea"])
    Task.objects.filter(pk=second.pk).update(language="de", topics=["tea"])
    page = html(client.get("/"))
    shares = re.findall(r"<li class=\"badge-soft\"><span[^>]*>(.*?)</span> <span.*?>(\d+)<", page)
    assert shares == [("Deutsch", "2"), ("tea", "2"), ("cooking", "1")]


def test_only_tasks_in_my_languages_and_topics_are_open_for_me(
    project: Project, client: Client, ana: User
) -> None:
    first, second, _third = Task.objects.order_by("pk")  # the third names neither
    Task.objects.filter(pk=first.pk).update(language="de", topics=["tea"])
    Task.objects.filter(pk=second.pk).update(language="fr", topics=["wine"])
    labeler = labeler_of(user=ana)
    assert figures(client)["open for me"] == "3"
    save_preferences(labeler=labeler, languages=["de"])
    assert figures(client)["open for me"] == "2"
    save_preferences(labeler=labeler, languages=["de", "fr"], topics=["wine"])
    assert figures(client)["open for me"] == "2"
    save_preferences(labeler=labeler, languages=["de"], topics=["wine"])
    assert figures(client)["open for me"] == "1"


def test_what_is_open_for_me_is_what_claims_give(
    project: Project, client: Client, ana: User
) -> None:
    first, second, third = Task.objects.order_by("pk")
    labeler = labeler_of(user=ana)
    Task.objects.filter(pk=first.pk).update(language="pt-BR")  # is a pt
    save_preferences(labeler=labeler, languages=["pt"])
    assert figures(client)["open for me"] == "3"
    Task.objects.filter(pk=second.pk).update(reserved_for=factories.make_labeler())
    assert figures(client)["open for me"] == "2"
    Message.objects.filter(pk__in=third.candidates.values("pk")).update(
        labeler=labeler, revision=None
    )
    assert figures(client)["open for me"] == "1"
    slot = claimed(project, factories.make_labeler()).slot
    Slot.objects.filter(task=first).exclude(uid=slot).update(state="void")
    assert figures(client)["open for me"] == "0"
    expire(slot)
    assert figures(client)["open for me"] == "1"
    assert claimed(project, labeler)
    assert claim(project=project, labeler=labeler, holding=[slot]) is None


# --- pace ---


@pytest.mark.parametrize("purpose", TRAINING)
def test_training_is_no_work_done(
    project: Project, client: Client, ana: User, purpose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "TIMED_AT_LEAST", 1)
    answered(client, ana, "one", "two")
    Judgment.objects.filter(submit_key="one").update(seconds=10)
    Judgment.objects.filter(submit_key="two").update(seconds=90, purpose=purpose)
    days_ago("one", 1)
    labeler = labeler_of(user=ana)
    assert worklists.judged_today(labeler=labeler).count() == 0
    assert worklists.judged_in_all(labeler=labeler) == 1
    assert worklists.pace_of(labeler=labeler) == worklists.Pace(streak=1, seconds=10)
    Judgment.objects.update(purpose=purpose)
    assert worklists.pace_of(labeler=labeler) == worklists.Pace(streak=0, seconds=None)


@pytest.mark.parametrize(
    ("days", "streak"),
    [([0], 1), ([0, 1, 2], 3), ([1, 2], 2), ([0, 2], 1), ([2, 3], 0), ([], 0)],
)
def test_a_streak_is_days_without_a_gap_up_to_today_or_yesterday(
    project: Project, client: Client, ana: User, days: list[int], streak: int
) -> None:
    keys = [f"key-{day}" for day in days]
    answered(client, ana, *keys)
    for key, day in zip(keys, days, strict=True):
        days_ago(key, day)
    assert worklists.pace_of(labeler=labeler_of(user=ana)).streak == streak


def test_a_streak_can_be_hidden(project: Project, client: Client, ana: User) -> None:
    answered(client, ana, "one", "two")
    days_ago("one", 1)
    assert figures(client)["days in a row"] == "2"
    save_preferences(labeler=labeler_of(user=ana), show_streak=False)
    assert "days in a row" not in html(client.get("/"))


def test_the_time_per_task_is_the_median_once_there_is_enough(
    project: Project, client: Client, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklists, "TIMED_AT_LEAST", 3)
    answered(client, ana, "one", "two")
    labeler = labeler_of(user=ana)
    assert worklists.pace_of(labeler=labeler).seconds is None
    answered(client, ana, "three")
    for key, seconds in (("one", 10), ("two", 65), ("three", 900)):
        Judgment.objects.filter(submit_key=key).update(seconds=seconds)
    assert worklists.pace_of(labeler=labeler).seconds == 65
    assert figures(client)["minutes a task"] == "1:05"


def test_a_goal_shows_how_far_one_is_today(project: Project, client: Client, ana: User) -> None:
    assert "<progress" not in html(client.get("/"))
    save_preferences(labeler=labeler_of(user=ana), daily_goal=20)
    answered(client, ana, "one")
    page = html(client.get("/"))
    assert 'max="20" value="1"' in page
    assert "1 of 20 today" in page


# --- what waits ---


def test_home_says_which_letters_wait_for_me(project: Project, client: Client, ana: User) -> None:
    reviewer = factories.make_member(project, "reviewer")
    assert "waiting for you" not in html(client.get("/"))
    answer_letter(project=project, labeler=labeler_of(user=ana), writer=reviewer, text="Hello")
    other = factories.make_labeler()
    answer_letter(project=project, labeler=other, writer=reviewer, text="Not hers")
    assert "1 letter of a reviewer is waiting for you." in html(client.get("/"))
    Letter.objects.update(read_at=timezone.now())
    assert "waiting for you" not in html(client.get("/"))


def test_reviewers_see_what_waits_for_them(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    report(labeler=labeler, category=Report.Category.BROKEN, project=project)
    write_letter(project=project, labeler=labeler, text="Why?")
    page = html(sign_in(factories.make_member(project, "reviewer")).get("/"))
    assert re.findall(r'aria-label="(\w+) in Tea &amp; biscuits">\w+ <span.*?>(\d+)<', page) == [
        ("Reports", "1"),
        ("Letters", "1"),
    ]
    assert "/projects/tea/review/" not in html(sign_in(ana).get("/"))


def test_researchers_are_led_to_the_pages_of_their_projects_and_nobody_else_is() -> None:
    project = factories.make_project("coffee")
    for role, leads in (("labeler", False), ("reviewer", False), ("researcher", True)):
        client = sign_in(factories.make_member(project, role))
        for _ in range(2):  # the menu knows it from the first look at the start page on
            page = client.get("/").content.decode()
            assert ('href="/admin/projects/coffee/"' in page) == leads, role
        assert ('href="/admin/projects/"' in client.get("/settings/").content.decode()) == leads
