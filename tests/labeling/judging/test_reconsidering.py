"""Opinions are shown to who has answered, and what they say then stands beside their answer."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Labeler, User
from accounts.services import accept_consent, labeler_of
from collector.models import Project
from common.errors import Conflict, NotFound
from labeling.errors import EditWindowClosed, InvalidAnswer
from labeling.judging.judgments import judge_what_is_complete
from labeling.models import Comparison, Judge, Judgment, Slot, Verdict
from labeling.models.judgments import Purpose
from labeling.services.judges import have_judged
from labeling.services.policies import set_policy
from labeling.services.reconsidering import change_mind, second_look, show_opinions
from labeling.services.reopening import reopen
from labeling.services.submitting import submit
from labeling.worklists import judged_today
from tests.factories import make_labeler, make_member, make_user
from tests.labeling.judging.conftest import make_tasks
from tests.labeling.work import claimed, ranking

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(project: Project, revision: Any) -> Project:
    """A project with one task, of which a judge prefers the longer response."""
    make_tasks(project, 1)
    set_policy(project=project, responses=2, overlap=9, show_opinions=True)
    judge = Judge.objects.create(
        project=project,
        name="judy",
        labeler=make_labeler(user=None, kind="machine"),
        revision=revision,
    )
    have_judged(judge=judge)
    for verdict in Verdict.objects.all():
        verdict.tiers = [[pk] for pk in sorted(verdict.order, reverse=True)]
        verdict.status = Verdict.Status.SUCCEEDED
        verdict.reply = '{"reason": "It is longer.", "preference": "1"}'
        verdict.save()
    judge_what_is_complete(judge=judge, tasks=[verdict.task_id])
    return project


@pytest.fixture
def revision(make_generator: Any) -> Any:
    return make_generator("mind").revisions.get()


@pytest.fixture
def ana(project: Project) -> User:
    user = make_member(project, "labeler")
    accept_consent(labeler=labeler_of(user=user))
    return user


def answer(project: Project, labeler: Labeler) -> Judgment:
    """The labeler prefers the shorter response, which the judge does not."""
    task = claimed(project, labeler)
    order = Slot.objects.get(uid=task.slot).order or []
    short = str(order.index(min(order)) + 1)
    return submit(
        slot_uid=task.slot, labeler=labeler, answer=ranking(short, "2" if short == "1" else "1")
    )


def test_opinions_come_after_the_answer_and_a_changed_mind_is_a_second_judgment(
    judged: Project, ana: User
) -> None:
    labeler = labeler_of(user=ana)
    given = answer(judged, labeler)
    short, long = sorted(given.order)
    before = second_look(labeler=labeler, uid=given.uid)
    assert before is not None
    assert (before.shown, before.opinions) == (False, [])

    kept = show_opinions(labeler=labeler, uid=given.uid)
    assert show_opinions(labeler=labeler, uid=given.uid) == kept
    assert (kept.purpose, kept.tiers) == ("reconsidered", given.tiers)
    seen = second_look(labeler=labeler, uid=given.uid)
    assert seen is not None
    place = {pk: n for n, pk in enumerate(given.order, start=1)}
    [opinion] = seen.opinions
    assert (opinion.tiers, opinion.reason) == ([[place[long]], [place[short]]], "It is longer.")
    assert seen.tiers == [[place[short]], [place[long]]]

    changed = change_mind(
        labeler=labeler, uid=given.uid, tiers=[[str(place[long])], [str(place[short])]]
    )

    given.refresh_from_db()
    assert given.retired_at is None
    assert given.tiers == [[short], [long]]
    assert changed.tiers == [[long], [short]]
    assert changed.supersedes == kept
    standing = Comparison.objects.filter(labeler=labeler, retired_at=None).order_by("pk")
    assert list(standing.values_list("purpose", "outcome")) == [
        ("work", "first"),
        ("reconsidered", "second"),
    ]
    assert judged_today(labeler=labeler).count() == 1


def test_who_has_seen_an_opinion_cannot_correct_the_answer(judged: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    given = answer(judged, labeler)
    slot = Slot.objects.get(judgments=given)
    assert reopen(project=judged, slot_uid=slot.uid, labeler=labeler).judgment == given
    show_opinions(labeler=labeler, uid=given.uid)
    with pytest.raises(EditWindowClosed):
        reopen(project=judged, slot_uid=slot.uid, labeler=labeler)
    with pytest.raises(EditWindowClosed):
        submit(slot_uid=slot.uid, labeler=labeler, answer=ranking("12"))


def test_nothing_is_shown_where_the_policy_does_not_say_so(judged: Project, ana: User) -> None:
    set_policy(project=judged, responses=2, overlap=9, show_opinions=False)
    labeler = labeler_of(user=ana)
    given = answer(judged, labeler)
    assert second_look(labeler=labeler, uid=given.uid) is None
    with pytest.raises(NotFound):
        show_opinions(labeler=labeler, uid=given.uid)


def test_answers_of_others_are_nobodys_to_look_at(judged: Project, ana: User) -> None:
    given = answer(judged, labeler_of(user=ana))
    for work in (show_opinions, second_look):
        with pytest.raises(NotFound):
            work(labeler=make_labeler(), uid=given.uid)


def test_nobody_changes_their_mind_before_having_looked(judged: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    given = answer(judged, labeler)
    with pytest.raises(Conflict):
        change_mind(labeler=labeler, uid=given.uid, tiers=[["2"], ["1"]])
    show_opinions(labeler=labeler, uid=given.uid)
    for tiers in ([["1"]], [["1"], ["3"]], None):
        with pytest.raises(InvalidAnswer):
            change_mind(labeler=labeler, uid=given.uid, tiers=tiers)
    assert Judgment.objects.filter(purpose=Purpose.RECONSIDERED).count() == 1


def test_a_hidden_repeat_has_the_opinion_of_its_original(judged: Project, ana: User) -> None:
    labeler = labeler_of(user=ana)
    given = answer(judged, labeler)
    Judgment.objects.filter(pk=given.pk).update(purpose=Purpose.REPEAT)
    assert second_look(labeler=labeler, uid=given.uid) is not None


def test_the_page_of_an_answer_shows_opinions_and_takes_second_thoughts(
    judged: Project, ana: User, client: Client
) -> None:
    client.force_login(ana)
    given = answer(judged, labeler_of(user=ana))
    url = f"/me/contributions/{given.uid}/"
    assert "It is longer." not in client.get(url).content.decode()
    shown = client.post(f"{url}opinions/", follow=True)
    assert "It is longer." in shown.content.decode()
    assert "You said:" in shown.content.decode()
    wrong = client.post(f"{url}reconsider/", {"ranking": "1 1"}, follow=True)
    assert "Ranked twice: 1." in wrong.content.decode()
    changed = client.post(f"{url}reconsider/", {"ranking": "1=2"}, follow=True)
    assert "You say now:" in changed.content.decode()
    latest = Judgment.objects.get(purpose="reconsidered", retired_at=None)
    assert latest.tiers == [sorted(given.order)]
    client.post(f"{url}reconsider/", {"unacceptable": "on"})
    assert Judgment.objects.get(purpose="reconsidered", retired_at=None).tiers is None
    kept = client.post(f"{url}reconsider/", {"keep": "1"}, follow=True)
    assert "Your answer is kept as it is." in kept.content.decode()


def test_a_stranger_finds_nothing(judged: Project, ana: User, client: Client) -> None:
    given = answer(judged, labeler_of(user=ana))
    client.force_login(make_user())
    url = f"/me/contributions/{given.uid}/"
    assert client.post(f"{url}opinions/").status_code == 404
    assert client.post(f"{url}reconsider/", {"keep": "1"}).status_code == 404


def test_the_pages_scripts_are_told_where_to_look(
    judged: Project, ana: User, client: Client
) -> None:
    client.force_login(ana)
    task = claimed(judged, labeler_of(user=ana))
    told = client.post(
        f"/projects/judged/label/{task.slot}/submit/",
        {"submit_key": "k", "ranking": "12"},
        headers={"accept": "application/json"},
    )
    given = Judgment.objects.get(purpose="work")
    assert told.json()["opinions"] == f"/me/contributions/{given.uid}/#opinions"
