"""Reviewers' pages of people, in a browser: readable, accessible, and decided by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import Labeler, User
from accounts.services import accept_consent, labeler_of
from collector.models import Project
from labeling.models import LabelerStanding, StandingChange
from labeling.services.checking import check_gold
from labeling.services.deciding import decide
from labeling.services.letters import write_letter
from tests import factories
from tests.browser.conftest import Watch, sign_in
from tests.browser.looking import findings, sideways
from tests.labeling.checks import answer_checks, checked_project

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checked(transactional_db: None) -> Project:
    project = checked_project(20)
    Project.objects.filter(pk=project.pk).update(slug="tea", name="Tea and biscuits")
    project.refresh_from_db()
    return project


@pytest.fixture
def rita(checked: Project) -> User:
    return factories.make_member(checked, "reviewer", factories.make_user("rita@example.org"))


@pytest.fixture
def paused(checked: Project, rita: User) -> Labeler:
    """Warned and paused by the checks, who appeals; others stand elsewhere."""
    labeler = labeler_of(user=factories.make_member(checked, "labeler"))
    accept_consent(labeler=labeler)
    for _ in range(2):
        answer_checks(checked, labeler, "rwwwwwwwww")
        check_gold(project=checked, labeler=labeler)
    write_letter(project=checked, labeler=labeler, text="I read both, each time.", kind="appeal")
    for state in ("active", "excluded"):
        other = labeler_of(user=factories.make_member(checked, "labeler"))
        decide(project=checked, labeler=other, state=state, reason="We talked.", decided_by=rita)
    return labeler


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_people_are_accessible_and_fit(
    open_page: Callable[..., Page],
    paused: Labeler,
    rita: User,
    live_server: LiveServer,
    watch: Watch,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, rita, live_server)
    for address in (
        "/projects/tea/review/people/",
        f"/projects/tea/review/people/{paused.uid}/",
        f"/projects/tea/review/letters/{paused.uid}/",
    ):
        page.goto(address)
        assert findings(page) == [], address
        assert sideways(page) <= 0, address
    assert paused.user is not None
    sign_in(page, paused.user, live_server)
    for address in ("/projects/tea/training/", "/me/letters/tea/?kind=appeal"):
        page.goto(address)
        assert findings(page) == [], address
        assert sideways(page) <= 0, address


def test_a_reviewer_decides_by_keyboard(
    open_page: Callable[..., Page], paused: Labeler, rita: User, live_server: LiveServer
) -> None:
    page = open_page()
    sign_in(page, rita, live_server)
    page.goto("/projects/tea/review/people/")
    page.get_by_role("link", name=paused.pseudonym).press("Enter")
    page.get_by_role("button", name="Let them work").press("Enter")
    expect(page.get_by_label("Why?")).to_be_focused()  # nothing is decided without a reason
    page.keyboard.type("We went through the tasks together.")
    page.get_by_role("button", name="Let them work").press("Enter")
    expect(page.get_by_text("It is decided")).to_be_visible()
    assert LabelerStanding.objects.get(labeler=paused).state == "active"
    assert StandingChange.objects.latest("pk").decided_by == rita
