"""The place "People" and one's own tokens in a browser: accessible, fitting, usable by keyboard."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from collector.services.invitations import write_invitation
from labeling.models import LabelerStanding
from labeling.services.memberships import pause
from tests import factories
from tests.browser.conftest import sign_in
from tests.browser.looking import OURS, findings, sideways
from tests.labeling.work import judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PEOPLE = "/admin/projects/tea/people/"


@pytest.fixture
def rita(project: Project) -> User:
    user = factories.make_user("rita@example.org", name="Rita Researcher")
    return factories.make_member(project, "researcher", user)


@pytest.fixture
def busy(project: Project, ana: User, rita: User) -> Project:
    """People in every role and state, with work and invitations."""
    judge(project, labeler_of(user=ana), seconds=75)
    judge(project, labeler_of(user=ana), seconds=1200)
    for role in ("reviewer", "trainer"):
        factories.make_member(project, role)
    bo = factories.make_member(
        project, "labeler", factories.make_user("bo-with-a-long-address@department.example.org")
    )
    judge(project, labeler_of(user=bo), seconds=30)
    pause(project=project, user=bo, reason="Please read the guidelines.", decided_by=rita)
    for role, email in (("labeler", "cy@example.org"), ("trainer", "")):
        write_invitation(
            project=project, role=role, created_by=rita, now=timezone.now(), email=email
        )
    return project


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_pages_are_accessible_and_fit(
    open_page: Callable[..., Page],
    busy: Project,
    rita: User,
    ana: User,
    live_server: LiveServer,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, rita, live_server)
    day = timezone.now().date().isoformat()
    pay = f"pay/?since={day}&until={day}&per_hour=15&per_task=0.2&minutes=15"
    ids = [f"{user.memberships.get().uid}/" for user in (ana, rita)]
    paused = f"{LabelerStanding.objects.get().labeler.user.memberships.get().uid}/"  # type: ignore[union-attr]
    found = {}
    for address in ("", "invite/", pay, *ids, paused, "judges/new/"):
        page.goto(PEOPLE + address)
        found[address] = findings(page, OURS)
        assert sideways(page) <= 0, address
    page.goto("/settings/tokens/")
    page.get_by_label("What is it for?").fill("a notebook")
    page.get_by_role("button", name="Make a token").click()
    expect(page.get_by_label("Copy it now")).to_have_value(re.compile(r"\w{64}"))
    found["tokens"] = findings(page)
    assert sideways(page) <= 0
    assert {address: list_ for address, list_ in found.items() if list_} == {}


def test_people_are_invited_paused_and_paid_by_keyboard(
    open_page: Callable[..., Page], busy: Project, rita: User, ana: User, live_server: LiveServer
) -> None:
    page = open_page()
    sign_in(page, rita, live_server)
    page.goto(PEOPLE)
    page.get_by_role("link", name="Invite people").focus()
    page.keyboard.press("Enter")
    page.get_by_label("E-mail addresses").fill("dee@example.org\neve@example.org")
    page.get_by_role("button", name="Send invitations").press("Enter")
    expect(page.get_by_text("2 invitations were sent.")).to_be_visible()
    expect(page.get_by_role("row", name="dee@example.org")).to_be_visible()
    page.get_by_role("link", name="ana@example.org").press("Enter")
    page.get_by_label("Why?").fill("Take a day off.")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_text("They pause, and have a letter about it.")).to_be_visible()
    page.get_by_role("button", name="Let them work again").press("Enter")
    expect(page.get_by_text("They can work again")).to_be_visible()
    page.goto(PEOPLE)
    page.get_by_role("link", name="Pay report").press("Enter")
    day = timezone.now().date().isoformat()
    page.get_by_label("From").fill(day)
    page.get_by_label("To, this day included").fill(day)
    page.get_by_label("For an hour").fill("36")
    page.get_by_role("button", name="Count").press("Enter")
    expect(page.get_by_role("row", name="ana@example.org")).to_contain_text("9.75")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").press("Enter")
    assert download.value.suggested_filename == f"tea-pay-{day}-{day}.csv"
