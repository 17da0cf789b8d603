"""Getting in, in a browser: an invitation's link, passkeys, and the pages about them."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.utils import timezone
from playwright.sync_api import Page, Request, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from collector.models import Project
from collector.services.invitations import write_invitation
from tests import factories
from tests.browser.conftest import PASSWORD, Watch, sign_in_by_hand
from tests.browser.looking import findings, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def token(project: Project) -> str:
    rita = factories.make_member(project, "researcher")
    written = write_invitation(
        project=project, role="labeler", created_by=rita, now=timezone.now(), uses=3
    )
    return str(written.link).rpartition("#")[2]


def add_authenticator(page: Page) -> Any:
    """A passkey-keeping device in the browser, whose owner always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def test_a_link_opens_its_invitation_and_its_token_goes_no_further(
    open_page: Callable[..., Page], project: Project
) -> None:
    page, secret = open_page(390), token(project)
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request))
    page.goto(f"/join/#{secret}")
    expect(page.get_by_role("heading", name="You are invited")).to_be_visible()
    expect(page.get_by_text("Tea and biscuits")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_role("heading", name="Create an account")).to_be_visible()
    assert findings(page) == []
    sent = [request for request in requests if secret in (request.post_data or "")]
    assert [(request.method, request.url.rpartition("/join/")[2]) for request in sent] == [
        ("POST", "")
    ]
    assert [request.url for request in requests if secret in request.url] == []
    referers = [request.headers.get("referer", "") for request in requests]
    assert [referer for referer in referers if secret in referer] == []
    page.go_back()
    page.go_back()
    assert secret not in page.url


def test_a_link_without_scripts_is_pasted(open_page: Callable[..., Page], project: Project) -> None:
    page, secret = open_page(java_script_enabled=False), token(project)
    page.goto(f"/join/#{secret}")
    page.get_by_label("Invitation link").fill(page.url)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="You are invited")).to_be_visible()


def test_a_passkey_is_made_and_signs_in_alone(
    open_page: Callable[..., Page], ana: User, live_server: LiveServer
) -> None:
    page = open_page()
    add_authenticator(page)
    sign_in_by_hand(page, ana)
    page.goto("/accounts/security/")
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/consent/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Taking part")).to_be_visible()
    page.goto("/accounts/security/keys/")
    expect(page.get_by_role("heading", name="Laptop")).to_be_visible()


def test_a_passkey_is_the_second_step_after_the_password_and_says_who_one_is(
    open_page: Callable[..., Page], ana: User
) -> None:
    page = open_page()
    add_authenticator(page)
    sign_in_by_hand(page, ana)
    page.goto("/accounts/security/keys/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Sign in with it alone, without a password").uncheck()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(ana.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert findings(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="My projects").wait_for()
    page.goto("/accounts/security/app/activate/")
    page.goto("/accounts/security/keys/reauthenticate/?next=/accounts/security/app/activate/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Set up the authenticator app")).to_be_visible()


def test_the_code_of_an_app_is_switched_on_and_asked_for(
    open_page: Callable[..., Page], ana: User
) -> None:
    page = open_page(390)
    sign_in_by_hand(page, ana)
    page.goto("/accounts/security/app/activate/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("code.secret").inner_text()
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    code = auth.format_hotp_value(auth.hotp_value(secret, counter))
    page.get_by_label("Authenticator code").fill(code)
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = page.locator(".codes code").first.inner_text()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(ana.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator("input[name=code]").fill(recovery)
    page.locator("main form").first.get_by_role("button").first.click()
    expect(page.get_by_role("heading", name="My projects")).to_be_visible()


def test_a_passkey_that_is_not_there_is_said_in_words(
    open_page: Callable[..., Page], ana: User
) -> None:
    page = open_page()
    session = add_authenticator(page)
    session.send("WebAuthn.disable")
    page.goto("/accounts/login/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    assert findings(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_about_signing_in_are_accessible_and_fit_a_phone(
    open_page: Callable[..., Page], ana: User, watch: Watch, scheme: str
) -> None:
    page = open_page(390, scheme, reduced_motion="reduce")
    found: dict[str, list[str]] = {}

    def look(address: str) -> None:
        page.goto(address)
        found[address] = findings(page)
        assert sideways(page) <= 0, address

    for address in ("join/", "accounts/signup/", "accounts/confirm/", "accounts/confirm/x/"):
        look(f"/{address}")
    sign_in_by_hand(page, ana)
    page.goto("/accounts/security/app/activate/")
    found["reauthenticate"] = findings(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    for part in ("", "app/activate/", "keys/", "keys/add/", "codes/generate/"):
        look(f"/accounts/security/{part}")
    look("/accounts/services/")
    assert {address: list_ for address, list_ in found.items() if list_} == {}
