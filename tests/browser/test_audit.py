"""The audit in a browser: accessible in light and dark, fits a phone, filters by keyboard."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit.acting import acting
from collector.models import Project, Run
from labeling.services.policies import set_policy
from tests import factories
from tests.browser.conftest import sign_in
from tests.browser.looking import OURS, findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def researcher(project: Project) -> User:
    """Who decided a few things, some of them in many words."""
    person = factories.make_user("researcher-with-a-long-name@university.example.org")
    told = {"user": person.pk, "address": "2001:db8:85a3:8d3:1319:8a2e:370:7348", "via": "page"}
    with acting(lambda: {**told, "place": "/admin/projects/<slug:slug>/settings/policy/"}):
        factories.make_member(project, "researcher", person)
        set_policy(project=project, responses=2, modes=["pair", "rationale"], overlap=3)
        project.description = "A long description of what this is all about. " * 20
        project.name = "Green tea"
        project.save()
        run = Run.objects.create(project=project, prompts="all", budget=5)
        run.status = "cancelled"
        run.save()
        project.memberships.exclude(user=person).delete()
    return person


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_audit_is_accessible_fits_and_filters(
    open_page: Callable[..., Page],
    live_server: LiveServer,
    project: Project,
    researcher: User,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme)
    sign_in(page, researcher, live_server)
    page.goto(f"/admin/projects/{project.slug}/audit/")
    expect(page.locator("#content h1")).to_have_text("Audit")
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=Path(shots) / f"audit-{width}.png", full_page=True)
    assert findings(page, OURS) == []
    assert sideways(page) <= 0
    page.get_by_text("Filter", exact=True).press("Enter")
    page.get_by_label("What").select_option("run")
    page.get_by_label("Was").select_option("changed")
    page.get_by_label("Was").press("Tab")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_text("queued")).to_be_visible()
    expect(page.locator(".event")).to_have_count(1)
    assert findings(page, OURS) == []
    if shots:
        page.screenshot(path=Path(shots) / f"audit-filtered-{width}.png", full_page=True)
    page.get_by_role("link", name="Show everything").click()
    expect(page.locator(".event").nth(5)).to_be_visible()
