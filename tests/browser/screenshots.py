"""Pictures of every page with the demo's data: `make screenshots` writes docs/screenshots/.

Collected only when named (its name is no test's), as it proves nothing: people look at pictures.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import Labeler, User
from accounts.services import labeler_of
from collector.models import Project
from labeling.demo import SLUG, create_demo
from labeling.figures.snapshots import take_snapshots
from labeling.models import Letter
from labeling.services.adjudicating import open_disputed
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests.browser.conftest import Watch, sign_in
from tests.labeling.work import judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = Path(settings.BASE_DIR) / "docs/screenshots"
SIGNED_OUT = {
    "sign-in": "/accounts/login/",
    "reset": "/accounts/password/reset/",
}
SIGNED_IN = {
    "home": "/",
    "compare": f"/projects/{SLUG}/label/",
    "guidelines": f"/projects/{SLUG}/guidelines/",
    "guidelines-history": f"/projects/{SLUG}/guidelines/history/",
    "training": f"/projects/{SLUG}/training/",
    "contributions": "/me/contributions/",
    "calibration": "/me/calibration/",
    "letters": f"/me/letters/{SLUG}/",
    "privacy": "/me/data/",
    "settings": "/settings/",
    "keys": "/settings/keys/",
    "security": "/accounts/security/",
    "consent": "/consent/",
    "not-found": "/nowhere/",
}
REVIEWING = {
    "leaderboard": f"/projects/{SLUG}/leaderboard/",
    "agreement": f"/projects/{SLUG}/quality/",
    "labelers": f"/projects/{SLUG}/labelers/",
    "review-people": f"/projects/{SLUG}/review/people/",
    "review-disagreements": f"/projects/{SLUG}/review/adjudications/",
    "review-disagreement": f"/projects/{SLUG}/review/adjudications/next/",
    "review-letters": f"/projects/{SLUG}/review/letters/",
    "review-reports": f"/projects/{SLUG}/review/reports/",
}
LOOKS: dict[str, tuple[int, Any]] = {"desktop": (1440, "light"), "phone": (390, "dark")}


@pytest.fixture
def demo(transactional_db: None, tmp_path: Path, settings: Any) -> dict[str, User]:
    """The demo's people by name."""
    cache.clear()
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    people = create_demo()["users"]
    return {name: User.objects.get(email=person["email"]) for name, person in people.items()}


@pytest.fixture
def people(demo: dict[str, User]) -> dict[str, User]:
    """The demo's people, of whom one has judged a little and got a letter; and a crowd's votes."""
    project = Project.objects.get(slug=SLUG)
    for seed in (1, 2):
        crowd = "tastes:3,random:1,lazy:1"
        call_command("simulate_labelers", SLUG, crowd=crowd, judgments=25, seed=seed)
        take_snapshots(project=project)
    open_disputed(project=project)
    labeler = labeler_of(user=demo["labeler"])
    for _ in range(5):
        judge(project, labeler)
    _write_to(labeler, project)
    return demo


def _write_to(labeler: Labeler, project: Project) -> None:
    Letter.objects.create(
        project=project,
        labeler=labeler,
        from_labeler=False,
        text="Your reasons are a pleasure to read. Please mind the guideline on lengths.",
    )


def picture(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


@pytest.mark.parametrize("look", LOOKS)
def test_pictures_of_every_page(
    open_page: Callable[..., Page],
    people: dict[str, User],
    live_server: LiveServer,
    watch: Watch,
    look: str,
) -> None:
    width, scheme = LOOKS[look]
    for user, pages in ((None, SIGNED_OUT), ("labeler", SIGNED_IN), ("reviewer", REVIEWING)):
        page = open_page(width, scheme, reduced_motion="reduce")
        if user:
            sign_in(page, people[user], live_server)
        for name, address in pages.items():
            page.goto(address)
            picture(page, f"{name}-{look}")
        page.context.close()
    watch.forgive("404 (Not Found)")


ORDERINGS: dict[str, dict[str, Any]] = {
    "everything": {
        "responses": 4,
        "modes": ["rank", "strength", "overall", "attributes", "edit", "spans", "rationale"],
        "span_labels": ["wrong", "unclear", "well said"],
    },
    "pair": {"responses": 2, "modes": ["pair", "confidence", "safety"]},
    "seven-points": {"responses": 2, "modes": ["pair_7", "flags"]},
    "best-of-four": {"responses": 4, "modes": ["best", "labels"]},
}


@pytest.mark.parametrize("name", ORDERINGS)
@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_pictures_of_the_modes(
    open_page: Callable[..., Page],
    demo: dict[str, User],
    live_server: LiveServer,
    name: str,
    width: int,
) -> None:
    project = Project.objects.get(slug=SLUG)
    set_policy(project=project, **ORDERINGS[name])
    project.tasks.all().delete()
    build_tasks(project=project)
    page = open_page(width, "light", reduced_motion="reduce")
    sign_in(page, demo["labeler2"], live_server)
    page.goto(f"/projects/{SLUG}/label/")
    picture(page, f"modes-{name}-{width}")


def test_a_picture_in_arabic_in_the_dark(
    open_page: Callable[..., Page], demo: dict[str, User], live_server: LiveServer
) -> None:
    page = open_page(1440, "dark", reduced_motion="reduce", locale="ar")
    sign_in(page, demo["labeler2"], live_server)
    page.goto(f"/projects/{SLUG}/label/")
    picture(page, "compare-arabic")
