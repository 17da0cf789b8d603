"""Letters and reports, on both sides; and what labelers have answered."""

import pytest

from accounts.services import labeler_of
from collector.models import Membership
from labeling.models import Letter, Report
from labeling.services.building import build_tasks
from labeling.services.letters import write_letter
from labeling.services.policies import set_policy
from labeling.services.reports import report
from tests.api.conftest import client_of
from tests.factories import make_answered_prompts, make_member, make_project
from tests.labeling.work import claimed, judge

POEMS = "/api/v1/projects/poems/"


def post(client, url, **body):
    return client.post(url, body, format="json")


def rows(client, url, **query):
    return client.get(url, query).json()["results"]


@pytest.fixture
def ana(people):
    return labeler_of(user=people["labeler"])


def test_a_labeler_appeals_and_is_answered(labeler, clients, people, project, ana):
    sent = post(labeler, "/api/v1/me/letters/", project="poems", kind="appeal", text="Why?")
    assert sent.status_code == 201
    write_letter(
        project=make_project(), labeler=labeler_of(user=people["stranger"]), text="Elsewhere."
    )
    (waiting,) = rows(clients["reviewer"], f"{POEMS}letters/", unread=True)
    assert (waiting["text"], waiting["labeler"], waiting["kind"]) == (
        "Why?",
        ana.pseudonym,
        "appeal",
    )
    assert people["labeler"].email not in str(waiting)
    read = post(clients["reviewer"], f"{POEMS}letters/read/", labeler=ana.pseudonym)
    assert (read.status_code, rows(clients["reviewer"], f"{POEMS}letters/", unread=True)) == (
        204,
        [],
    )
    answer = post(clients["reviewer"], f"{POEMS}letters/", labeler=ana.pseudonym, text="Because.")
    assert answer.status_code == 201
    mine = rows(labeler, "/api/v1/me/letters/")
    assert [(each["from_labeler"], each["text"]) for each in mine] == [
        (True, "Why?"),
        (False, "Because."),
    ]
    assert people["reviewer"].email not in str(mine)
    assert "writer" not in mine[0]
    assert Letter.objects.get(text="Because.").writer == people["reviewer"]


def test_nobody_answers_their_own_letters(people, project):
    make_member(project, Membership.Role.REVIEWER, people["labeler"])
    both = client_of(people["labeler"])
    mine = labeler_of(user=people["labeler"]).pseudonym
    assert post(both, f"{POEMS}letters/", labeler=mine, text="Yes.").status_code == 403
    assert post(both, f"{POEMS}letters/", labeler="nobody", text="Yes.").status_code == 404


def test_letters_go_to_projects_of_ones_own(clients):
    refused = post(clients["stranger"], "/api/v1/me/letters/", project="poems", text="Hello")
    assert (refused.status_code, refused.json()["errors"][0]["attr"]) == (404, "project")


def test_a_report_is_filed_and_resolved(labeler, clients, project, ana):
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 1, 2)
    build_tasks(project=project)
    task = claimed(project, ana)
    filed = post(
        labeler,
        "/api/v1/me/reports/",
        category="harmful",
        text="Look.",
        slot=str(task.slot),
        place=2,
    )
    assert (filed.status_code, filed.json()["project"]) == (201, "poems")
    assert "response" not in filed.json()
    (found,) = rows(clients["reviewer"], f"{POEMS}reports/", state="open")
    stored = Report.objects.get()
    assert found["response"] == str(stored.response.uid)
    assert found["labeler"] == ana.pseudonym
    url = f"/api/v1/reports/{found['id']}/resolve/"
    assert post(clients["reviewer"], url, answer="Removed.").json()["state"] == "resolved"
    assert post(clients["reviewer"], url).status_code == 409
    assert rows(labeler, "/api/v1/me/reports/")[0]["answer"] == "Removed."
    assert rows(clients["reviewer"], f"{POEMS}reports/", state="open") == []
    assert post(clients["other"], url).status_code == 404


def test_a_report_about_no_project_is_administrators_alone(clients, ana):
    stray = report(labeler=ana, category="other")
    assert post(clients["admin"], f"/api/v1/reports/{stray.uid}/resolve/").status_code == 404
    assert rows(clients["reviewer"], f"{POEMS}reports/") == []


def test_contributions_are_ones_own_by_places(labeler, people, project, ana):
    set_policy(project=project, responses=3, overlap=2)
    make_answered_prompts(project, 2, 3)
    build_tasks(project=project)
    first, second = judge(project, ana, "2", "13"), judge(project, ana, "1", "2", "3")
    judge(project, labeler_of(user=people["stranger"]))
    found = rows(labeler, "/api/v1/me/contributions/")
    assert [each["id"] for each in found] == [str(first.uid), str(second.uid)]
    assert found[0]["tiers"] == [[2], [1, 3]]
    assert found[0]["project"] == "poems"
    assert found[0]["correct_until"] is not None
    shown = str(found)
    for message in first.task.candidates.all():
        assert str(message.uid) not in shown
    after = first.created_at.isoformat()
    assert [
        each["id"] for each in rows(labeler, "/api/v1/me/contributions/", created_after=after)
    ] == [str(second.uid)]
    assert rows(labeler, "/api/v1/me/contributions/", project="elsewhere") == []


def test_lists_cost_the_same_at_any_length(
    labeler, clients, project, ana, django_assert_num_queries
):
    set_policy(project=project, responses=2)
    make_answered_prompts(project, 3, 2)
    build_tasks(project=project)
    for _ in range(3):
        judge(project, ana)
        write_letter(project=project, labeler=ana, text="Hello")
        report(labeler=ana, category="other", project=project)
        for client, url in (
            (clients["reviewer"], f"{POEMS}letters/"),
            (clients["reviewer"], f"{POEMS}reports/"),
        ):
            with django_assert_num_queries(3):
                client.get(url)
        for url in ("letters", "reports", "contributions"):
            with django_assert_num_queries(2):
                labeler.get(f"/api/v1/me/{url}/")
