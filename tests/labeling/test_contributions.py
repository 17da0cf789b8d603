"""One's own answers: found, paged, corrected in time; nobody else's."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from labeling import contributions
from labeling.contributions import contributions_page
from labeling.models import Judgment, Mask
from labeling.models.judgments import Purpose
from tests import factories
from tests.labeling.pages import html, make_tea, sign_in
from tests.labeling.work import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


def found(ana: User, **query: Any) -> list[Any]:
    page = contributions_page(labeler=labeler_of(user=ana), **query)
    return [item.uid for item in page.items]


def test_answers_are_listed_by_places_as_shown_newest_first(
    project: Project, ana: User, client: Client
) -> None:
    labeler = labeler_of(user=ana)
    first = judge(project, labeler, "3", "12")
    second = judge(project, labeler, tiers=None, not_rankable="All are wrong.")
    judge(project, labeler_of(user=factories.make_member(project, "labeler")))
    page = contributions_page(labeler=labeler)
    assert [(item.uid, item.tiers, item.not_rankable) for item in page.items] == [
        (second.uid, None, "All are wrong."),
        (first.uid, [[3], [1, 2]], None),
    ]
    shown = html(client.get("/me/contributions/"))
    assert shown.count('class="card-box"') == 2
    assert re.findall(r'class="place">(\d)<', shown) == ["3", "1", "2"]


@pytest.mark.parametrize(
    ("stored", "words"), [("both_bad", "Both are bad"), ("neither_valid", "Neither is valid")]
)
def test_a_choice_of_the_page_is_told_in_its_words(
    project: Project, ana: User, client: Client, stored: str, words: str
) -> None:
    judgment = judge(project, labeler_of(user=ana), tiers=None, not_rankable=stored)
    for address in ("/me/contributions/", f"/me/contributions/{judgment.uid}/"):
        page = html(client.get(address))
        assert (page.count(words), page.count(stored)) == (1, 0), address


def test_times_say_their_zone_and_how_long_an_answer_can_be_corrected(
    project: Project, ana: User, client: Client
) -> None:
    judgment = judge(project, labeler_of(user=ana))
    stamp = judgment.created_at.isoformat()
    for address in ("/me/contributions/", f"/me/contributions/{judgment.uid}/"):
        shown = re.findall(
            r'<time datetime="([^"]*)" data-local>[^<]*\(UTC\)</time>', html(client.get(address))
        )
        assert shown == [stamp], address
    assert "10 minutes left" in html(client.get("/me/contributions/"))
    Judgment.objects.update(created_at=judgment.created_at - timedelta(minutes=9, seconds=30))
    assert "1 minute left" in html(client.get("/me/contributions/"))


def test_a_corrected_answer_is_listed_once(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    old = judge(project, labeler)
    Judgment.objects.filter(pk=old.pk).update(retired_at=timezone.now())
    assert found(ana) == []


def test_the_training_is_not_listed_and_hidden_checks_look_like_work(
    project: Project, ana: User, client: Client
) -> None:
    labeler = labeler_of(user=ana)
    purposes = [Purpose.GOLD, Purpose.PRACTICE, Purpose.QUALIFICATION]
    judged = [judge(project, labeler) for _ in purposes]
    for judgment, purpose in zip(judged, purposes, strict=True):
        Judgment.objects.filter(pk=judgment.pk).update(purpose=purpose)
    assert found(ana) == [judged[0].uid]
    assert "gold" not in html(client.get("/me/contributions/")).lower()


def test_search_looks_into_prompts_and_reasons_of_ones_own(project: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    first, second = judge(project, labeler), judge(project, labeler)
    Judgment.objects.filter(pk=second.pk).update(rationale="Too VERBOSE by half")
    prompt = first.task.about.text
    assert found(ana, search=prompt.upper()) == [first.uid]
    assert found(ana, search="verbose") == [second.uid]
    assert found(ana, search="100%_") == []


def test_answers_are_filtered_by_project_and_kind(
    project: Project, ana: User, client: Client
) -> None:
    labeler = labeler_of(user=ana)
    ranked = judge(project, labeler)
    none = judge(project, labeler, tiers=None, not_rankable="Bad.")
    assert found(ana, rankable=True) == [ranked.uid]
    assert found(ana, rankable=False) == [none.uid]
    assert found(ana, project=project) == [none.uid, ranked.uid]
    assert found(ana, project=factories.make_project("other")) == []
    page = html(client.get("/me/contributions/?answer=none&project=tea&q="))
    assert page.count('class="card-box"') == 1
    assert "Nothing found" in html(client.get("/me/contributions/?q=zzzz"))
    assert client.get("/me/contributions/?q=%00&page=x&project=nope&answer=?").status_code == 200


def test_pages_follow_each_other(
    project: Project, ana: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    labeler = labeler_of(user=ana)
    judged = [judge(project, labeler).uid for _ in range(3)]
    monkeypatch.setattr(contributions, "PAGE", 2)
    assert found(ana) == judged[:0:-1]
    assert found(ana, number=2) == judged[:1]
    first = html(client.get("/me/contributions/?q="))
    assert "Older" in first
    assert "Newer" not in first
    assert 'href="?q=&amp;page=2"' in first
    last = html(client.get("/me/contributions/?page=2"))
    assert "Newer" in last
    assert "Older" not in last
    assert found(ana, number=10**9) == []


def test_an_answer_can_be_corrected_within_the_window_of_its_first_version(
    project: Project, ana: User
) -> None:
    labeler = labeler_of(user=ana)
    judgment = judge(project, labeler)
    minutes = judgment.policy_version.edit_window_minutes if judgment.policy_version else 0
    until = judgment.created_at + timedelta(minutes=minutes)
    assert contributions_page(labeler=labeler).items[0].correct_until == until
    Judgment.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))
    assert contributions_page(labeler=labeler).items[0].correct_until is None


def test_one_answer_is_shown_with_its_texts_as_they_were_shown(
    project: Project, ana: User, client: Client
) -> None:
    judgment = judge(project, labeler_of(user=ana), "2", "13", rationale="")
    named = judgment.order[0]
    Mask.objects.create(response_id=named, text="As ▒▒▒ I cannot.", spans=[[3, 10]])
    page = html(client.get(f"/me/contributions/{judgment.uid}/"))
    assert judgment.task.about.text in page
    texts = dict(judgment.task.candidates.values_list("pk", "text"))
    assert texts.pop(named) not in page
    assert "As ▒▒▒ I cannot." in page
    assert all(text in page for text in texts.values())
    assert re.findall(r"Response (\d)(?: <span class=\"badge-soft\">my place (\d))?", page) == [
        ("1", "2"),
        ("2", "1"),
        ("3", "2"),
    ]
    for candidate in judgment.task.candidates.select_related("revision__generator"):
        assert candidate.revision
        assert candidate.revision.generator.name not in page


def test_answers_of_others_cannot_be_opened(project: Project, client: Client) -> None:
    theirs = judge(project, labeler_of(user=factories.make_member(project, "labeler")))
    assert client.get(f"/me/contributions/{theirs.uid}/").status_code == 404


@pytest.mark.parametrize("answers", [1, 3])
def test_the_list_costs_the_same_however_many_answers(
    project: Project, ana: User, client: Client, answers: int, django_assert_num_queries: Any
) -> None:
    for _ in range(answers):
        judge(project, labeler_of(user=ana))
    client.get("/me/contributions/")
    with django_assert_num_queries(4):
        client.get("/me/contributions/")
