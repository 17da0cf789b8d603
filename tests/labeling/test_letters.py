"""Letters between labelers and reviewers, and reports: who sees what, and who is told."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from common.errors import Conflict, InvalidInput
from labeling.models import Letter, Report
from labeling.services.letters import answer_letter, write_letter
from labeling.services.reports import report, resolve
from tests import factories
from tests.labeling.pages import held, html, make_tea, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_tea()


@pytest.fixture
def ana(project: Project) -> User:
    return factories.make_member(project, "labeler", factories.make_user("ana@example.org"))


@pytest.fixture
def rita(project: Project) -> User:
    return factories.make_member(
        project, "reviewer", factories.make_user("rita@example.org", name="Rita")
    )


@pytest.fixture
def client(ana: User) -> Client:
    return sign_in(ana)


# --- letters ---


def test_a_letter_goes_to_the_reviewers_and_their_answer_comes_back(
    project: Project, ana: User, rita: User, client: Client
) -> None:
    sent = client.post("/me/letters/tea/", {"kind": "appeal", "text": " Why was I paused? "})
    assert sent["Location"] == "/me/letters/tea/"
    reviewer = sign_in(rita)
    inbox = html(reviewer.get("/projects/tea/review/letters/"))
    pseudonym = labeler_of(user=ana).pseudonym
    assert re.findall(r"badge-soft\">(.*?)<", inbox) == ["appeal", "1 new"]
    assert pseudonym in inbox
    address = f"/projects/tea/review/letters/{labeler_of(user=ana).uid}/"
    thread = html(reviewer.get(address))
    assert "Why was I paused?" in thread
    assert "ana@example.org" not in thread + inbox
    assert "1 new" not in html(reviewer.get("/projects/tea/review/letters/"))
    assert reviewer.post(address, {"text": "It was a mistake."})["Location"] == address
    mine = html(client.get("/me/letters/"))
    assert re.findall(r"badge-soft\">(.*?)<", mine) == ["1 new"]
    opened = html(client.get("/me/letters/tea/"))
    assert "It was a mistake." in opened
    assert "Rita" not in opened
    assert "rita@example.org" not in opened
    assert "1 new" not in html(client.get("/me/letters/"))
    assert list(Letter.objects.order_by("pk").values_list("kind", "from_labeler", "text")) == [
        ("appeal", True, "Why was I paused?"),
        ("message", False, "It was a mistake."),
    ]


def test_the_labelers_own_visit_does_not_mark_their_letters_as_read_by_reviewers(
    project: Project, ana: User, client: Client
) -> None:
    write_letter(project=project, labeler=labeler_of(user=ana), text="Hello")
    client.get("/me/letters/tea/")
    assert Letter.objects.get().read_at is None


def test_letters_of_others_are_nowhere(project: Project, ana: User, client: Client) -> None:
    bo = factories.make_member(project, "labeler")
    write_letter(project=project, labeler=labeler_of(user=bo), text="Secret of Bo")
    for address in ("/me/letters/", "/me/letters/tea/"):
        assert "Secret of Bo" not in html(client.get(address))
    write_letter(project=factories.make_project("coffee"), labeler=labeler_of(user=bo), text="x")
    assert client.get("/me/letters/coffee/").status_code == 404


@pytest.mark.parametrize(("text", "kind"), [("  ", "message"), ("x", "order"), ("x" * 5001, "")])
def test_a_letter_without_words_or_kind_is_not_sent(
    project: Project, client: Client, text: str, kind: str
) -> None:
    assert client.post("/me/letters/tea/", {"kind": kind, "text": text}).status_code == 400
    assert not Letter.objects.exists()


def test_who_was_removed_from_a_project_can_still_appeal(
    project: Project, ana: User, rita: User, client: Client
) -> None:
    answer_letter(project=project, labeler=labeler_of(user=ana), writer=rita, text="Goodbye")
    ana.memberships.all().delete()
    response = client.post("/me/letters/tea/", {"kind": "appeal", "text": "Please look again."})
    assert response.status_code == 302
    assert Letter.objects.filter(from_labeler=True, kind="appeal").count() == 1


def test_reviewers_write_first_to_labelers_of_their_project_only(
    project: Project, ana: User, rita: User
) -> None:
    reviewer = sign_in(rita)
    mine, other = labeler_of(user=ana), factories.make_labeler()
    for labeler, status in ((mine, 302), (other, 404)):
        address = f"/projects/tea/review/letters/{labeler.uid}/"
        assert reviewer.post(address, {"text": "Welcome"}).status_code == status
    assert [letter.labeler for letter in Letter.objects.all()] == [mine]


def test_nobody_answers_their_own_letters(project: Project, ana: User) -> None:
    write_letter(project=project, labeler=labeler_of(user=ana), text="Let me in")
    factories.make_member(project, "reviewer", ana)
    address = f"/projects/tea/review/letters/{labeler_of(user=ana).uid}/"
    assert sign_in(ana).post(address, {"text": "Granted"}).status_code == 403


def test_letters_to_a_pseudonym_without_a_person_are_refused(project: Project, rita: User) -> None:
    nobody = factories.make_labeler(user=None)
    with pytest.raises(InvalidInput):
        answer_letter(project=project, labeler=nobody, writer=rita, text="Hello?")


def test_one_chooses_whom_to_write_to(project: Project, ana: User, client: Client) -> None:
    other = factories.make_member(factories.make_project("soap", name="Soap"), "labeler", ana)
    write_letter(project=project, labeler=labeler_of(user=other), text="Hello")
    page = html(client.get("/me/letters/"))
    assert re.findall(r'id="write-to"><option value="([^"]*)">Soap</option></select>', page) == [
        "soap"
    ]
    assert client.get("/me/letters/?project=soap")["Location"] == "/me/letters/soap/"
    assert client.get("/me/letters/?project=/no/slug").status_code == 404


@pytest.mark.parametrize("threads", [1, 3])
def test_lists_of_letters_cost_the_same_however_many(
    project: Project, ana: User, rita: User, threads: int, django_assert_num_queries: Any
) -> None:
    me = labeler_of(user=ana)
    for _ in range(threads):
        write_letter(project=project, labeler=factories.make_labeler(), text="Hello")
        answer_letter(project=factories.make_project(), labeler=me, writer=rita, text="Hello")
        report(labeler=me, category="broken", project=project)
    mine, theirs = sign_in(ana), sign_in(rita)
    mine.get("/")
    theirs.get("/")
    with django_assert_num_queries(7):
        mine.get("/me/letters/")
    with django_assert_num_queries(5):
        theirs.get("/projects/tea/review/letters/")


# --- reports ---


def test_every_page_of_somebody_signed_in_has_the_report_dialog(client: Client) -> None:
    for address in ("/", "/projects/tea/label/", "/me/letters/", "/settings/", "/consent/", "/no/"):
        page = html(client.get(address))
        assert page.count('id="report-dialog"') == 1, address
        assert f'value="{address}"' in page, address
    assert "report-dialog" not in html(Client().get("/accounts/login/"))


def test_a_report_from_the_compare_page_is_about_the_task_and_the_response_shown(
    project: Project, ana: User, client: Client
) -> None:
    client.get("/projects/tea/label/")
    slot = held(ana)
    form = {
        "category": "harmful",
        "text": "Look at this.",
        "page": "/projects/tea/label/",
        "slot": str(slot.uid),
        "place": "2",
    }
    response = client.post("/report/", form, headers={"Accept": "application/json"})
    assert (response.status_code, response.content) == (201, b"{}")
    filed = Report.objects.get()
    assert (filed.project, filed.task, filed.labeler) == (project, slot.task, labeler_of(user=ana))
    assert slot.order
    assert filed.response_id == slot.order[1]
    assert (filed.category, filed.text, filed.page) == (
        "harmful",
        "Look at this.",
        "/projects/tea/label/",
    )


def test_a_report_cannot_name_somebody_elses_task(
    project: Project, ana: User, client: Client
) -> None:
    bo = factories.make_member(project, "labeler")
    sign_in(bo).get("/projects/tea/label/")
    for slot in (held(bo).uid, uuid4()):
        form = {"category": "other", "slot": str(slot), "place": "1", "page": "/"}
        client.post("/report/", form)
    named = [(row.task_id, row.response_id, row.project_id) for row in Report.objects.all()]
    assert named == [(None, None, None)] * 2


@pytest.mark.parametrize(
    ("at", "kept", "about"),
    [
        ("/projects/tea/guidelines/", "/projects/tea/guidelines/", "tea"),
        ("/projects/secret/label/", "/projects/secret/label/", None),
        ("https://evil.example/", "", None),
        ("javascript:alert(1)", "", None),
    ],
)
def test_a_report_knows_its_page_and_only_projects_of_ones_own(
    project: Project, client: Client, at: str, kept: str, about: str | None
) -> None:
    factories.make_project("secret")
    client.post("/report/", {"category": "broken", "page": at})
    filed = Report.objects.get()
    assert (filed.page, filed.project and filed.project.slug) == (kept, about)


def test_a_report_without_scripts_is_a_page(client: Client) -> None:
    page = html(client.get("/report/?page=/settings/"))
    assert 'value="/settings/"' in page
    assert client.post("/report/", {"text": "no category"}).status_code == 400
    response = client.post("/report/", {"category": "broken", "page": "/settings/"})
    assert response["Location"] == "/me/letters/"


def test_the_dialog_is_told_in_words_what_is_missing(client: Client) -> None:
    response = client.post("/report/", {"text": "x"}, headers={"Accept": "application/json"})
    assert response.status_code == 400
    assert response.json() == {"detail": "This field is required."}


def test_a_reviewer_resolves_a_report_and_who_filed_it_reads_the_answer(
    project: Project, ana: User, rita: User, client: Client
) -> None:
    filed = report(labeler=labeler_of(user=ana), category="unfair", text="Hm.", project=project)
    reviewer = sign_in(rita)
    listed = html(reviewer.get("/projects/tea/review/reports/"))
    assert "<strong>Unfair treatment" in listed
    assert "ana@example.org" not in listed
    address = f"/projects/tea/review/reports/{filed.uid}/"
    reviewer.post(address, {"answer": "We talked to them."})
    filed.refresh_from_db()
    assert (filed.state, filed.answer) == ("resolved", "We talked to them.")
    assert filed.resolved_at is not None
    assert "We talked to them." in html(client.get("/me/letters/"))
    assert "<strong>Unfair treatment" not in html(reviewer.get("/projects/tea/review/reports/"))
    assert "Unfair" in html(reviewer.get("/projects/tea/review/reports/?state=resolved"))
    again = html(reviewer.post(address, {"answer": "Twice"}, follow=True))
    assert "Somebody else has resolved this report." in again


def test_a_report_is_resolved_once(project: Project, ana: User) -> None:
    filed = report(labeler=labeler_of(user=ana), category="other", project=project)
    resolve(report=filed, answer="one")
    with pytest.raises(Conflict):
        resolve(report=filed, answer="two")
    assert Report.objects.get().answer == "one"


def test_reports_of_another_project_are_out_of_reach(project: Project, rita: User) -> None:
    other = factories.make_project("coffee")
    filed = report(labeler=factories.make_labeler(), category="other", text="x7", project=other)
    reviewer = sign_in(rita)
    assert reviewer.post(f"/projects/tea/review/reports/{filed.uid}/").status_code == 404
    assert reviewer.get("/projects/coffee/review/reports/").status_code == 404
    assert "x7" not in html(reviewer.get("/projects/tea/review/reports/"))
    assert Report.objects.get().state == "open"


def test_reports_about_no_project_are_the_administrators(ana: User, rita: User) -> None:
    filed = report(labeler=labeler_of(user=ana), category="broken", text="The settings!")
    admin = sign_in(factories.make_user(is_superuser=True))
    assert "The settings!" in html(admin.get("/reports/"))
    assert sign_in(rita).get("/reports/").status_code == 403
    admin.post(f"/reports/{filed.uid}/", {"answer": ""})
    assert Report.objects.get().state == "resolved"


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_reports_costs_the_same_however_many(
    project: Project, rita: User, number: int, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        report(labeler=factories.make_labeler(), category="other", project=project)
    client = sign_in(rita)
    client.get("/")
    with django_assert_num_queries(3):
        client.get("/projects/tea/review/reports/")
