"""How much one person may do, in a project and in a day."""

from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from accounts.services import accept_consent, create_token, labeler_of
from labeling.errors import DailyLimitReached, LimitReached
from labeling.models import LabelerStanding, Tally
from labeling.services.claiming import claim
from labeling.services.policies import set_policy
from labeling.services.submitting import submit
from tests.factories import make_labeler, make_member
from tests.labeling.work import claimed, judge, project_with_tasks, ranking, together

pytestmark = pytest.mark.django_db


def tally_of(labeler):
    return Tally.objects.values_list("total", "today").get(labeler=labeler)


def test_a_person_who_did_all_that_one_person_may_has_no_further_task():
    project = project_with_tasks(4, most_judgments=2)
    ana = make_labeler()
    judge(project, ana), judge(project, ana)
    with pytest.raises(LimitReached) as reached:
        claim(project=project, labeler=ana)
    assert (reached.value.status, reached.value.code) == (409, "limit_reached")
    assert claim(project=project, labeler=make_labeler()) is not None


def test_what_one_holds_counts_and_comes_back():
    project = project_with_tasks(4, most_judgments=2)
    ana = make_labeler()
    judge(project, ana)
    held = claimed(project, ana)
    with pytest.raises(LimitReached):
        claim(project=project, labeler=ana, holding=[held.slot])
    assert claimed(project, ana).slot == held.slot
    assert judge(project, ana).slot.uid == held.slot


def test_a_day_ends_and_the_next_one_begins_anew():
    project = project_with_tasks(4, daily_judgments=2)
    ana = make_labeler()
    judge(project, ana), judge(project, ana)
    with pytest.raises(DailyLimitReached) as reached:
        claim(project=project, labeler=ana)
    assert (reached.value.status, reached.value.code) == (409, "daily_limit_reached")
    Tally.objects.update(day=date(2020, 2, 29))
    judge(project, ana)
    assert tally_of(ana) == (3, 1)


def test_corrections_and_the_work_in_other_projects_do_not_count():
    project, other = (project_with_tasks(3, most_judgments=2) for _ in range(2))
    ana = make_labeler()
    judge(other, ana), judge(other, ana)
    first = judge(project, ana)
    submit(slot_uid=first.slot.uid, labeler=ana, answer=ranking("2", "1"))
    assert Tally.objects.get(labeler=ana, project=project).total == 1
    judge(project, ana)


def test_limits_are_for_people_and_may_be_raised():
    project = project_with_tasks(4, most_judgments=1)
    machine, ana = make_labeler(user=None, kind="machine"), make_labeler()
    judge(project, machine), judge(project, machine)
    judge(project, ana)
    set_policy(project=project, responses=2, most_judgments=2)
    judge(project, ana)
    with pytest.raises(LimitReached):
        claim(project=project, labeler=ana)


def test_who_is_warned_works_on():
    project = project_with_tasks(1, practice_items=1)
    ana = make_labeler()
    LabelerStanding.objects.create(project=project, labeler=ana, state="warned")
    assert judge(project, ana).purpose == "work"


def test_what_was_done_before_is_counted_once():
    """The migration's statement gives what counting by the way gave."""
    from importlib import import_module

    project = project_with_tasks(3)
    ana = make_labeler()
    first = judge(project, ana)
    submit(slot_uid=first.slot.uid, labeler=ana, answer=ranking("2", "1"))
    judge(project, ana)
    counted = Tally.objects.values_list("project", "labeler", "total", "day", "today").get()
    Tally.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(import_module("labeling.migrations.0011_tallies").COUNT)
    assert Tally.objects.values_list("project", "labeler", "total", "day", "today").get() == counted


@pytest.mark.django_db(transaction=True)
def test_tabs_at_once_keep_the_limit():
    project = project_with_tasks(30, most_judgments=5)
    ana = make_labeler()

    def tab(index):
        while True:
            try:
                task = claim(project=project, labeler=ana)
            except LimitReached:
                return "reached"
            answer = ranking("1", "2", submit_key=str(task.slot))
            submit(slot_uid=task.slot, labeler=ana, answer=answer)

    assert together(4, tab) == ["reached"] * 4
    assert tally_of(ana) == (5, 5)


def test_the_page_says_that_it_is_enough_for_today(client):
    project = project_with_tasks(3, daily_judgments=1)
    user = make_member(project, "labeler")
    ana = labeler_of(user=user)
    accept_consent(labeler=ana)
    judge(project, ana)
    client.force_login(user)
    page = client.get(reverse("label", args=[project.slug]))
    assert page.status_code == 200
    assert "That is all for today" in page.content.decode()
    assert "Look again" not in page.content.decode()


def test_the_api_says_that_it_is_enough(client):
    project = project_with_tasks(3, most_judgments=1)
    user = make_member(project, "labeler")
    accept_consent(labeler=labeler_of(user=user))
    judge(project, labeler_of(user=user))
    reply = client.post(
        f"/api/v1/projects/{project.slug}/claim/",
        {"holding": []},
        content_type="application/json",
        headers={"authorization": f"Token {create_token(user=user)}"},
    )
    assert reply.status_code == 409
    [error] = reply.json()["errors"]
    assert error["code"] == "limit_reached"
    assert "all that one person does" in error["detail"]
