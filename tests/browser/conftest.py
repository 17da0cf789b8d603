"""A project to work on, people to sign in, and a browser that reports what it should not do."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.services import accept_consent, create_user, labeler_of
from collector.models import Project
from labeling.services.building import build_tasks
from labeling.services.policies import set_guidelines, set_policy
from tests import factories

PASSWORD = "a-long-enough-password"
expect.set_options(timeout=15_000)


@dataclass
class Watch:
    """What the browser did that no page of ours may make it do."""

    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def forgive(self, *expected: str) -> None:
        """Drop what the browser logs about failures that the test itself brought about."""
        self.complaints[:] = [
            text for text in self.complaints if not any(part in text for part in expected)
        ]

    def on(self, page: Page, home: str) -> None:
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                self.complaints.append(f"{message.text} {message.location.get('url')}")
                if message.type == "error"
                else None
            ),
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((home, "data:", "blob:"))
                else self.strangers.append(request.url)
            ),
        )


@pytest.fixture
def project(transactional_db: None) -> Project:
    cache.clear()
    project = factories.make_project("tea", name="Tea and biscuits", description="All about tea.")
    set_policy(project=project, responses=3)
    set_guidelines(project=project, text="# Be fair\n\nShorter wins among equals.")
    factories.make_answered_prompts(project, prompts=4, responses=3)
    build_tasks(project=project)
    return project


@pytest.fixture
def ana(project: Project) -> User:
    """A labeler who has consented."""
    user = create_user(email="ana@example.org", password=PASSWORD)
    factories.make_member(project, "labeler", user)
    accept_consent(labeler=labeler_of(user=user))
    return user


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test if a page made an error, broke its policy or asked another host."""
    watch = Watch()
    yield watch
    assert watch.complaints == []
    assert watch.strangers == []


@pytest.fixture
def open_page(
    browser: Browser, live_server: LiveServer, watch: Watch
) -> Iterator[Callable[..., Page]]:
    """A function that opens a watched page of a given width and colour scheme."""
    contexts: list[BrowserContext] = []

    def open_(width: int = 1440, scheme: Any = "light", **options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            **options,
        )
        context.set_default_timeout(30_000)  # a busy machine is slow, and nothing is wrong
        contexts.append(context)
        page = context.new_page()
        watch.on(page, live_server.url)
        return page

    yield open_
    for context in contexts:
        context.close()
    _wait_for_requests()


def _wait_for_requests() -> None:
    """Pages fetch ahead: what is still worked on must not meet the emptying of the tables.

    A connection of the live server is a thread of this process, which ends when the browser has
    closed it and the last answer is written.
    """
    for _ in range(1000):
        if not any("process_request_thread" in thread.name for thread in threading.enumerate()):
            return
        time.sleep(0.01)


def sign_in_by_hand(page: Page, user: User) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="My projects").wait_for()


def sign_in(page: Page, user: User, live_server: LiveServer) -> None:
    """Enter with a session made beforehand."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])


@pytest.fixture
def enter(
    open_page: Callable[..., Page], ana: User, live_server: LiveServer
) -> Callable[..., Page]:
    """A function that opens a page as Ana, signed in."""

    def enter_(width: int = 1440, scheme: Any = "light", **options: Any) -> Page:
        page = open_page(width, scheme, **options)
        sign_in(page, ana, live_server)
        return page

    return enter_


@pytest.fixture
def desk(enter: Callable[..., Page]) -> Page:
    """The compare page with a task on it."""
    page = enter()
    page.goto("/projects/tea/label/")
    page.locator(".chip").first.wait_for()
    return page
