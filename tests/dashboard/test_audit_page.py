"""The audit's pages: whose they are, what they say and filter, what they cost, and the file."""

import csv
import io
import re

import pytest
from django.conf import settings
from django.test import Client

from audit.acting import acting
from audit.models import Event
from audit.reading import described
from collector.models import Membership
from tests import factories

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/audit/"
FILE = "/admin/projects/tea/audit.csv"


def sign_in(user):
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


@pytest.fixture
def project():
    return factories.make_project("tea", name="Tea")


@pytest.fixture
def ana(project):
    return factories.make_member(
        project, Membership.Role.RESEARCHER, factories.make_user("ana@example.org")
    )


def rename(project, user, name, address="203.0.113.7"):
    told = {"user": user.pk, "address": address, "via": "page", "place": "/admin/x/"}
    with acting(lambda: told):
        project.name = name
        project.save()


def plain(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_says_who_did_what_from_where(project, ana):
    rename(project, ana, "Green <b>tea")
    words = plain(sign_in(ana).get(PAGE))
    assert "changed project tea" in words
    assert "ana@example.org · page /admin/x/ · from 203.0.113.7" in words
    assert "Name Tea → Green &lt;b&gt;tea" in words


def test_each_page_is_for_its_people(project, ana):
    factories.make_project("coffee")
    pages = (PAGE, FILE, "/admin/audit/", "/admin/audit.csv", "/admin/projects/coffee/audit/")
    boss = factories.make_user(is_superuser=True, is_staff=True)
    reviewer = factories.make_member(project, Membership.Role.REVIEWER)
    got = {
        name: [sign_in(user).get(address).status_code for address in pages]
        for name, user in (("ana", ana), ("boss", boss), ("reviewer", reviewer))
    }
    assert got == {
        "ana": [200, 200, 403, 403, 404],
        "boss": [200, 200, 200, 200, 200],
        "reviewer": [403, 403, 403, 403, 404],
    }
    assert Client().get(PAGE).status_code == 302


def test_a_project_shows_its_own_events_alone(project, ana):
    other = factories.make_project("coffee", name="Coffee")
    rename(other, ana, "Espresso")
    assert "Espresso" not in plain(sign_in(ana).get(PAGE))
    boss = sign_in(factories.make_user(is_superuser=True, is_staff=True))
    words = plain(boss.get("/admin/audit/"))
    assert "Espresso" in words
    assert "account" in words  # accounts are of no project


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", 4),
        ("?kind=member", 2),
        ("?action=changed", 1),
        ("?via=page", 1),
        ("?person=bo@", 2),  # bo did it once, and is a member
        ("?label=tea", 2),
        ("?since=2001-01-01", 4),
        ("?since=2100-01-01", 0),
        ("?until=2001-01-01", 0),
        ("?kind=nonsense", 4),
        ("?kind=member&person=bo@", 1),
    ],
)
def test_the_list_is_filtered(project, ana, asked, found):
    bo = factories.make_member(
        project, Membership.Role.LABELER, factories.make_user("bo@example.org")
    )
    rename(project, bo, "Green tea")
    page = sign_in(ana).get(PAGE + asked).content.decode()
    assert page.count('class="tile event"') == found


def test_older_events_are_on_further_pages(project, ana):
    for number in range(60):
        rename(project, ana, f"Tea {number}")
    client = sign_in(ana)
    first = client.get(PAGE + "?kind=project").content.decode()
    assert first.count('class="tile event"') == 50
    link = re.search(r'href="([^"]+before=\d+)"', first).group(1).replace("&amp;", "&")
    rest = client.get(link).content.decode()
    assert rest.count('class="tile event"') == 11
    assert "Tea 59" in first
    assert "Tea 9<" in rest
    assert client.get(PAGE + "?before=nonsense").status_code == 200


@pytest.mark.parametrize("events", [1, 40])
def test_a_page_costs_few_queries(project, ana, events, django_assert_max_num_queries):
    for number in range(events):
        rename(project, ana, f"Tea {number}")
    client = sign_in(ana)
    with django_assert_max_num_queries(12):
        assert client.get(PAGE + "?person=ana").status_code == 200


def test_the_file_holds_what_was_asked_for(project, ana):
    rename(project, ana, "=1+1")
    answer = sign_in(ana).get(FILE + "?kind=project")
    assert answer["Content-Disposition"] == 'attachment; filename="audit-tea.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["action"] for row in rows] == ["made", "changed"]
    assert rows[1]["actor"] == "ana@example.org"
    assert rows[1]["changes"] == '{"name": ["Tea", "=1+1"]}'
    assert len(rows[1]) == 13


def test_cells_of_the_file_compute_nothing(project, ana):
    Event.objects.create(
        kind="project", action="made", project_id=project.pk, label="\n=1+1", changes={}, via="page"
    )
    answer = sign_in(ana).get(FILE + "?label==1")
    assert "'\n=1+1" in b"".join(answer.streaming_content).decode()


def test_values_of_several_parts_are_read_as_lines():
    rules = {"modes": ["rank", "rate"], "gold": {"share": 0.1, "on": True}, "note": None}
    event = Event(kind="project", changes={"languages": [["en"], rules]})
    (change,) = described([event])[0].changes
    assert change.before == "en"
    assert change.after == "modes: rank, rate\ngold: (share: 0.1; on: yes)\nnote: –"
