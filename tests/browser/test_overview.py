"""The researchers' overview in a browser: accessible in light and dark, fits a phone, draws."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from collector.models import Project, Run, Spending
from labeling.models import AgreementSnapshot, Letter
from tests import factories
from tests.browser.conftest import Watch, sign_in
from tests.browser.looking import OURS, findings, sideways
from tests.labeling.figures.voting import vote
from tests.labeling.work import judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def busy(project: Project) -> Project:
    """Work done and owed, votes, money spent, and something to do for everybody."""
    labeler = factories.make_labeler()
    for _ in range(3):
        judge(project, labeler)
    for names in (("alpha", "beta"), ("beta", "gamma"), ("gamma", "delta-with-a-long-name")):
        vote(project, labeler, *names, "first", times=6)
    project.budget = 20
    project.save()
    Spending.objects.create(
        project=project, month=timezone.now().date().replace(day=1), spent="17.5"
    )
    Run.objects.create(project=project, status="paused", error="Paused: the money is gone.")
    Letter.objects.create(
        project=project, labeler=labeler, from_labeler=True, kind="appeal", text="Why?"
    )
    alpha = {"nominal": 0.6, "ordinal": 0.7, "interval": 0.7}
    for days, raw in ((3, 0.74), (2, 0.71), (1, 0.66)):
        when = timezone.now() - timedelta(days=days)
        body = {
            "raw": raw,
            "raw_lower": raw - 0.06,
            "raw_upper": raw + 0.06,
            "alpha": alpha,
            "reading": "poor",
            "pairs": 300,
            "comparisons": 10**6,
            "as_of": when.isoformat(),
        }
        AgreementSnapshot.objects.create(
            project=project, stamp=str(days), comparisons=10**6, body=body, seconds=1
        )
    return project


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_overview_is_accessible_fits_and_draws(
    open_page: Callable[..., Page],
    busy: Project,
    live_server: LiveServer,
    watch: Watch,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, factories.make_member(busy, "researcher"), live_server)
    page.goto("/admin/projects/")
    page.locator("main").get_by_role("link", name="Tea and biscuits").click()
    expect(page.get_by_text("1 appeal is unread.")).to_be_visible()
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart] canvas')].length === 3"
        " && [...document.querySelectorAll('[data-chart] canvas')].every((c) => Chart.getChart(c))"
    )
    ticks = page.evaluate(
        "() => [...document.querySelectorAll('[data-chart] canvas')]"
        ".flatMap((c) => Chart.getChart(c).scales.x.ticks.map(({ value }) => value))"
    )
    assert len(ticks) > 6
    assert [value for value in ticks if value % 3_600_000] == []  # whole hours and days
    assert sideways(page) <= 0
    assert findings(page, OURS) == []
    page.get_by_text("As a table").first.click()
    expect(page.get_by_role("cell", name="66.0%")).to_be_visible()
