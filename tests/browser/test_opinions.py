"""A machine's opinion, from the desk to a second thought."""

import pytest
from playwright.sync_api import Page, expect

from collector.models import Generator, GeneratorRevision, Project
from labeling.models import Judge, Judgment, Task
from labeling.services.policies import set_policy
from tests import factories
from tests.browser.conftest import Watch
from tests.browser.flow import Enter, open_desk, rank, wait_until_sent
from tests.browser.looking import findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PLACES = 3


@pytest.fixture
def judged(project: Project) -> Project:
    """Every task has a machine's judgment: all alike, and why."""
    set_policy(project=project, responses=PLACES, overlap=1, show_opinions=True)
    generator = Generator.objects.create(name="mind")
    revision = GeneratorRevision.objects.create(
        generator=generator, number=1, provider="openai", model="m"
    )
    labeler = factories.make_labeler(user=None, kind="machine")
    Judge.objects.create(project=project, name="judy", labeler=labeler, revision=revision)
    for task in Task.objects.filter(project=project):
        responses = sorted(each.pk for each in task.candidates.all())
        Judgment.objects.create(
            task=task,
            labeler=labeler,
            purpose="machine",
            tiers=[responses],
            rationale="All of them are much the same.",
            order=responses,
            submit_key=f"judge-{task.pk}",
            body_hash=b"",
            created_at=task.created_at,
        )
    return project


def check(page: Page) -> None:
    """Accessible, and as wide as the window, in every look."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 800})
            assert findings(page) == []
            assert sideways(page) <= 0
    page.set_viewport_size({"width": 1440, "height": 800})


def test_after_the_answer_one_may_look_and_change_ones_mind(
    judged: Project, enter: Enter, watch: Watch
) -> None:
    page = open_desk(enter())
    link = page.locator("[data-opinions]")
    expect(link).to_be_hidden()
    rank(page, "123")
    wait_until_sent(page)
    expect(link).to_be_visible()

    link.click()
    expect(page.get_by_text("A machine judge has compared these responses too.")).to_be_visible()
    expect(page.get_by_text("All of them are much the same.")).to_have_count(0)
    page.get_by_role("button", name="Show me").click()
    expect(page.get_by_text("All of them are much the same.")).to_be_visible()
    page.get_by_text("Change my mind").click()
    check(page)
    page.get_by_label("Your order now").fill("1=2=3")
    page.get_by_role("button", name="Store my second thought").click()
    expect(page.get_by_text("You say now:")).to_be_visible()

    first = Judgment.objects.get(purpose="work")
    second = Judgment.objects.get(purpose="reconsidered", retired_at=None)
    assert [len(tier) for tier in first.tiers or []] == [1, 1, 1]
    assert second.tiers == [sorted(first.order)]
    assert first.retired_at is None
