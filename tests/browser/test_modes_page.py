"""The compare page with everything asked at once, and the form that asks for it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import create_user
from collector.models import Project
from labeling.models import PolicyVersion
from tests.browser.asking import make_asking, open_desk
from tests.browser.conftest import PASSWORD, sign_in
from tests.browser.looking import findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EVERYTHING = (
    *("pair", "strength", "confidence", "safety", "overall", "attributes", "flags", "labels"),
    *("spans", "edit", "rationale"),
)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1024, "dark"), (390, "light")])
def test_everything_at_once_is_accessible_and_fits(
    enter: Callable[..., Page], ana: User, width: int, scheme: str
) -> None:
    make_asking(ana, *EVERYTHING, span_labels=["wrong", "unclear"])
    page = enter(width, scheme)
    open_desk(page)
    for summary in page.locator("#desk summary").all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()
    page.get_by_role("radio", name="Both are bad").click()
    page.locator('[name="flag_1_hallucination"][value="yes"]').check()
    assert findings(page) == []
    assert sideways(page) <= 0  # a scroll bar is not content
    small = page.eval_on_selector_all(
        ".option, #desk summary, .link-button:not([hidden])",
        "found => found.map(each => each.getBoundingClientRect())"
        ".filter(box => box.width < 24 || box.height < 24).length",
    )
    assert small == 0


def test_the_preview_of_a_policy_changes_as_one_ticks_and_saves_nothing(
    project: Project, open_page: Callable[..., Page], live_server: LiveServer
) -> None:
    boss = create_user(email="boss@example.org", password=PASSWORD, is_superuser=True)
    page = open_page()
    sign_in(page, boss, live_server)
    page.goto("/admin/labeling/policyversion/add/")
    seen = page.frame_locator("#policy-preview iframe")
    expect(seen.get_by_label("Best to worst")).to_be_visible()
    page.get_by_label("choose between two: left, right, tie or both bad").check()
    expect(seen.get_by_text("so a task must have 2: pair.")).to_be_visible()
    page.locator("#id_responses").select_text()
    page.keyboard.type("2")
    expect(seen.locator(".response")).to_have_count(2)  # before one leaves the box
    boxes = [
        each.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
        for each in (page.locator("#id_asks"), page.locator("#policy-preview iframe"))
    ]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[1]["y"] < 900
    page.get_by_label("which of the two is safe, before the preference").check()
    expect(seen.get_by_role("group", name="Which response is safe?")).to_be_visible()
    seen.get_by_role("radio", name="neither").click()
    expect(seen.locator(".current")).to_have_attribute("data-question", "safety")
    seen.get_by_role("button", name="Submit").click()
    expect(seen.locator("#message")).to_contain_text("Not answered yet: Which response is better?")
    page.get_by_label("which of the two is safe, before the preference").uncheck()
    expect(seen.get_by_role("group", name="Which response is safe?")).to_have_count(0)
    assert PolicyVersion.objects.count() == 1
