"""Every page: accessible in light and dark, fits a phone, keeps its policy and tells no names."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import create_user, labeler_of
from collector.models import MessageFlag, Project
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy
from tests import factories
from tests.browser.conftest import Watch, sign_in, sign_in_by_hand
from tests.browser.looking import RESULTS, findings, sideways
from tests.labeling.figures.voting import vote
from tests.labeling.work import judge

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIGNED_OUT = ("/accounts/login/", "/accounts/password/reset/", "/accounts/signup/", "/join/")
SIGNED_IN = (
    "/",
    "/consent/",
    "/settings/keys/",
    "/settings/mails/",
    "/projects/tea/label/",
    "/projects/tea/guidelines/",
    "/accounts/password/change/",
    "/accounts/security/",
    "/accounts/services/",
    "/accounts/logout/",
    "/nowhere/",
)
FIGURES = ("/projects/tea/leaderboard/", "/projects/tea/quality/", "/projects/tea/labelers/")
REVIEWS = tuple(
    f"/projects/tea/review/{name}/" for name in ("adjudications", "people", "reports", "letters")
)
RICH = """# Title

### Deeper

| a wide table | with | many | columns | and | long | headings | that | do | not | fit |
|:-:|--:|---|---|---|---|---|---|---|---|---|
| 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 |

```python
# a comment that is much longer than the box it stands in, so that the box has to scroll sideways
@decorator
def sum(items: list[int]) -> int:
    '''Add "up".'''
    return len([x for x in items if x is not None]) + 0x1F  # done
```

> a quotation with a [link](https://example.org/) and `code`

- [ ] aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
"""
HOSTILE = (
    "<script>document.title = 'owned'</script><svg onload=\"document.title='owned'\">"
    "<style>body{display:none}</style>\n\n![x](https://evil.example/a.png)"
    "[j](javascript:document.title='owned') [d](data:text/html,<script>1</script>)\n\n"
    "\u202egnitirw desrever Z\u0351\u0343\u0342\u0341\u0340\u033f\u033e\u033d " + "- " * 1500
)


@pytest.fixture
def rich_project(project: Project) -> Project:
    """Its first task shows rich, hostile and endless responses, and asks every question."""
    set_policy(project=project, responses=3, modes=["rank", "strength", "overall", "rationale"])
    project.tasks.all().delete()
    prompt = factories.make_prompt(project, "Compare **these**:\n\n" + RICH)
    for index, text in enumerate((RICH, HOSTILE, "x" * 200_000)):
        factories.make_response(prompt, text, revision=f"secret-model-{index}")
    build_tasks(project=project)
    return project


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_fits(
    open_page: Callable[..., Page],
    ana: User,
    rich_project: Project,
    live_server: LiveServer,
    watch: Watch,
    width: int,
    scheme: str,
) -> None:
    page = open_page(width, scheme, reduced_motion="reduce")
    found: dict[str, list[str]] = {}
    for address in SIGNED_OUT:
        page.goto(address)
        found[address] = findings(page)
        assert sideways(page) <= 0, address
    sign_in(page, ana, live_server)
    for address in SIGNED_IN:
        page.goto(address)
        assert page.locator("html").get_attribute("data-bs-theme") == scheme
        found[address] = findings(page)
        assert sideways(page) <= 0, address
    assert {address: list_ for address, list_ in found.items() if list_} == {}
    watch.forgive("404 (Not Found)")


@pytest.mark.parametrize("role", ["reviewer", "researcher"])
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_pages_of_figures_are_accessible_and_fit(
    open_page: Callable[..., Page],
    project: Project,
    live_server: LiveServer,
    width: int,
    scheme: str,
    role: str,
) -> None:
    """In the frame of each: that of labelers for reviewers, that of the places for others."""
    for names in (("alpha", "beta"), ("beta", "gamma"), ("lonely", "lonesome")):
        vote(project, factories.make_labeler(), *names, "first", times=12)
    page = open_page(width, scheme, reduced_motion="reduce")
    person = factories.make_member(project, "reviewer")
    if role == "researcher":
        factories.make_member(project, role, person)
    sign_in(page, person, live_server)
    found: dict[str, list[str]] = {}
    for address in (*FIGURES, *REVIEWS):
        page.goto(address)
        found[address] = findings(page, RESULTS if role == "researcher" else "")
        assert sideways(page) <= 0, address
    assert {address: list_ for address, list_ in found.items() if list_} == {}


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_conversations_are_accessible_and_fit(
    open_page: Callable[..., Page],
    rich_project: Project,
    live_server: LiveServer,
    watch: Watch,
    width: int,
    scheme: str,
) -> None:
    judge(rich_project, factories.make_labeler(), strength=1, rationale="Clear.")
    prompt = rich_project.messages.get(text__startswith="Compare")
    answer = prompt.children.order_by("pk")[0]
    factories.make_prompt(rich_project, "Why?", parent=answer, root=prompt, depth=2)
    MessageFlag.objects.create(message=answer, kind="pii")
    page = open_page(width, scheme, reduced_motion="reduce")
    sign_in(page, factories.make_member(rich_project, "researcher"), live_server)
    found: dict[str, list[str]] = {}
    for address in ("", "?q=number", "?q=nowhere", "?q=-no", "?flag=pii", f"{prompt.uid}/"):
        page.goto(f"/projects/tea/conversations/{address}")
        found[address] = findings(page, RESULTS)
        assert sideways(page) <= 0, address
    assert {address: list_ for address, list_ in found.items() if list_} == {}
    watch.forgive("400 (Bad Request)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_compare_page_is_accessible_in_the_middle_of_a_ranking(
    enter: Callable[..., Page], rich_project: Project, scheme: str
) -> None:
    page = enter(1440, scheme, reduced_motion="reduce")
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    page.keyboard.type("2=1")
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_contain_text("Still to rank: 3.")
    assert findings(page) == []
    for key, heading in (("?", "Keys"), ("s", "Skip this task"), ("g", "Be fair")):
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert findings(page) == [], key
        page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_label("Why not?")).to_be_focused()
    assert findings(page) == []


def test_hostile_responses_run_nothing_and_stay_in_their_box(
    enter: Callable[..., Page], rich_project: Project
) -> None:
    page = enter(390)
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    assert "owned" not in page.title()
    assert page.locator(".prose :is(script, style, svg, img, iframe)").count() == 0
    assert page.locator(".prose a[href^='javascript'], .prose a[href^='data']").count() == 0
    assert sideways(page) <= 0
    expect(page.locator("#answer")).to_be_visible()


def test_model_names_are_nowhere_in_what_the_browser_got(
    enter: Callable[..., Page], rich_project: Project
) -> None:
    page = enter()
    replies: list[Response] = []
    page.on("response", lambda reply: replies.append(reply))
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    page.keyboard.press("g")
    expect(page.get_by_role("heading", name="Be fair")).to_be_visible()
    bodies = [reply.text() for reply in replies if "/projects/" in reply.url]
    assert len(bodies) >= 2  # the page, its guidelines, and what was fetched ahead
    assert all("secret-model" not in body for body in [*bodies, page.content()])


def test_the_admin_works_within_its_own_policy(
    open_page: Callable[..., Page], rich_project: Project, live_server: LiveServer
) -> None:
    admin = create_user(email="admin@example.org", is_superuser=True)
    page = open_page()
    sign_in(page, admin, live_server)
    page.goto("/admin/")
    page.get_by_role("link", name="Messages", exact=True).first.click()
    expect(page.get_by_text("secret-model-1").first).to_be_visible()
    page.goto("/admin/collector/project/add/")
    page.locator("[name=slug]").fill("new")
    page.locator("[name=name]").fill("New")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert Project.objects.filter(slug="new").exists()


def test_the_switch_between_light_and_dark_is_remembered(
    open_page: Callable[..., Page], ana: User
) -> None:
    page = open_page(scheme="light")
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Dark colours").click()
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    sign_in_by_hand(page, ana)
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"
    expect(page.get_by_role("button", name="Dark colours")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_a_new_labeler_consents_and_comes_to_the_first_task(
    enter: Callable[..., Page], ana: User
) -> None:
    labeler_of(user=ana).consents.all().delete()
    page = enter()
    page.goto("/")
    page.get_by_role("link", name="Compare responses in Tea and biscuits").click()
    expect(page.get_by_role("heading", name="Taking part")).to_be_visible()
    page.get_by_label("I have read this and take part").check()
    page.get_by_role("button", name="Take part").click()
    page.locator(".chip").first.wait_for()
    assert labeler_of(user=ana).consents.count() == 1


def test_signing_out_from_the_menu(enter: Callable[..., Page]) -> None:
    page = enter(390)
    page.goto("/")
    page.get_by_label("Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_one_can_start_to_type_the_address_at_once(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/accounts/login/")
    expect(page.get_by_label("Email")).to_be_focused()
