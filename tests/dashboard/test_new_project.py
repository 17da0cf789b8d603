"""The guided path to a new project, over HTTP: nothing is lost on the way, all made at its end."""

import re
from html import unescape
from typing import Any

import pytest
from django.core import mail

from collector.models import Invitation, Membership, Project
from labeling.models import GuidelineVersion
from tests import factories
from tests.dashboard.test_overview_page import sign_in

pytestmark = pytest.mark.django_db
PATH = "/admin/new-project/"
TYPED: dict[str, dict[str, Any]] = {
    "purpose": {"name": "Tea & biscuits", "slug": "", "description": "Which answer helps more?"},
    "terms": {"languages": "en, pt-BR", "licence": "CC-BY-4.0"},
    "guidelines": {"guidelines": "# Be fair\r\n\r\nShorter wins."},
    "judging": {
        "ordering": "pair",
        "responses": "2",
        "asks": ["rationale", "confidence"],
        "overlap": "2",
        "escalation": "3, 5",
        "stop_confidence": "90",
    },
    "checks": {
        "practice_items": "3",
        "qualification_items": "10",
        "qualification_share": "80",
        "qualification_attempts": "2",
        "gold_share": "5",
        "gold_evaluated_from": "10",
        "gold_minimum": "75",
        "repeat_share": "0",
    },
    "people": {"labelers": "Ana@example.org\nbo@example.org", "reviewers": "", "researchers": ""},
}


@pytest.fixture
def user():
    return factories.make_member(factories.make_project("coffee"), Membership.Role.RESEARCHER)


@pytest.fixture
def researcher(user):
    return sign_in(user)


def walk(client, **changed):
    """Through every step with what is TYPED, as far as it goes; the last answer."""
    for step, typed in (TYPED | changed).items():
        answer = client.post(f"{PATH}{step}/", typed)
        if answer.status_code != 302:
            break
    return answer


def words_of(answer):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_the_path_makes_a_project_with_all_that_was_said(researcher, user):
    assert walk(researcher)["Location"] == f"{PATH}review/"
    review = words_of(researcher.get(f"{PATH}review/"))
    assert "Tea & biscuits" in review
    assert "English (en), Português Brasileiro (pt-BR)" in review
    assert "choose between two: left, right, tie or both bad" in review
    assert "ana@example.org, bo@example.org" in review
    assert not Project.objects.filter(slug="tea-biscuits").exists()  # nothing is made before that
    made = researcher.post(f"{PATH}review/")
    assert made["Location"] == "/admin/projects/tea-biscuits/start/"
    project = Project.objects.get(slug="tea-biscuits")
    assert (project.name, project.description) == ("Tea & biscuits", "Which answer helps more?")
    assert (project.languages, project.licence) == (["en", "pt-BR"], "CC-BY-4.0")
    policy = project.policies.get()
    assert policy.modes == ["pair", "confidence", "rationale"]
    assert (policy.responses, policy.overlap, policy.escalation) == (2, 2, [3, 5])
    assert (policy.stop_confidence, policy.gold_share) == (0.9, 0.05)
    assert (policy.practice_items, policy.qualification_items) == (3, 10)
    assert GuidelineVersion.objects.get().text == "# Be fair\n\nShorter wins."
    assert list(project.memberships.values_list("user", "role")) == [(user.pk, "researcher")]
    invited = Invitation.objects.order_by("pk").values_list("email", "role")
    assert list(invited) == [("ana@example.org", "labeler"), ("bo@example.org", "labeler")]
    assert [message.to for message in mail.outbox] == [["ana@example.org"], ["bo@example.org"]]
    # The draft is over: the next project begins with empty fields.
    assert 'value="Tea' not in researcher.get(f"{PATH}purpose/").content.decode()


def test_going_back_loses_nothing_not_even_what_is_wrong(researcher):
    researcher.post(f"{PATH}purpose/", TYPED["purpose"])
    back = researcher.post(f"{PATH}terms/", {"languages": "e!", "licence": "MIT", "to": "purpose"})
    assert back["Location"] == f"{PATH}purpose/"
    assert 'value="Tea &amp; biscuits"' in researcher.get(f"{PATH}purpose/").content.decode()
    there = researcher.get(f"{PATH}terms/").content.decode()
    assert 'value="e!"' in there
    assert 'value="MIT"' in there
    assert "This is no code of a language: e!." in there
    assert researcher.get(PATH)["Location"] == f"{PATH}terms/"  # one goes on where one was


def test_nobody_comes_past_a_step_that_is_not_right(researcher):
    refused = walk(researcher, judging={**TYPED["judging"], "responses": "4"})
    assert refused.status_code == 400
    assert "These modes compare two responses" in refused.content.decode()
    for method in (researcher.get, researcher.post):
        assert method(f"{PATH}review/")["Location"] == f"{PATH}judging/"
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("step", "typed", "complaint"),
    [
        ("purpose", {"name": "", "slug": ""}, "This field is required."),
        ("purpose", {"name": "お茶", "slug": ""}, "No short name can be made from this name."),
        ("purpose", {"name": "Mine", "slug": "coffee"}, "There is a project with the slug coffee."),
        ("purpose", {"name": "Mine", "slug": "a/b"}, "Enter a valid “slug”"),
        ("guidelines", {"guidelines": "a\0b"}, "Null characters are not allowed."),
        ("checks", {**TYPED["checks"], "gold_share": "51"}, "from 0 to 50 percent"),
        ("checks", {**TYPED["checks"], "practice_items": "-1"}, "greater than or equal to 0"),
        ("judging", {**TYPED["judging"], "escalation": "1"}, "Steps are above the overlap of 2"),
        ("judging", {**TYPED["judging"], "escalation": "many"}, "whole numbers, separated"),
        ("people", {"labelers": "ana"}, "ana is no e-mail address."),
        ("people", {"labelers": " ".join(f"p{n}@a.org" for n in range(21))}, "at most 20 people"),
    ],
)
def test_what_is_wrong_is_said_at_once(researcher, step, typed, complaint):
    answer = researcher.post(f"{PATH}{step}/", typed)
    assert answer.status_code == 400
    assert complaint in words_of(answer)


def test_a_name_that_was_taken_meanwhile_makes_nothing(researcher):
    walk(researcher)
    factories.make_project("tea-biscuits")
    answer = researcher.post(f"{PATH}review/", follow=True)
    assert "There is a project with the slug tea-biscuits." in words_of(answer)
    assert mail.outbox == []
    assert not Membership.objects.filter(project__slug="tea-biscuits").exists()


def test_the_project_is_made_though_no_mail_goes_out(researcher, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody listens
    walk(researcher)
    answer = researcher.post(f"{PATH}review/", follow=True)
    assert Project.objects.filter(slug="tea-biscuits").exists()
    assert "These people were not invited: ana@example.org, bo@example.org" in words_of(answer)
    assert not Invitation.objects.exists()


def test_the_guidelines_begin_with_a_text_and_can_be_previewed(researcher):
    researcher.post(f"{PATH}purpose/", TYPED["purpose"])
    proposed = researcher.get(f"{PATH}guidelines/").content.decode()
    assert "# Tea &amp; biscuits" in proposed
    assert "Judge in this order" in proposed
    seen = researcher.post(f"{PATH}guidelines/", {"guidelines": "So **fair**", "to": "preview"})
    assert "<strong>fair</strong>" in seen.content.decode()
    assert seen.status_code == 200


def test_starting_over_forgets_the_draft(researcher):
    walk(researcher)
    assert researcher.post(f"{PATH}start-over/")["Location"] == f"{PATH}purpose/"
    assert 'value="Tea' not in researcher.get(f"{PATH}purpose/").content.decode()


def test_only_researchers_make_projects(researcher):
    labeler = sign_in(
        factories.make_member(Project.objects.get(slug="coffee"), Membership.Role.LABELER)
    )
    addresses = [PATH, f"{PATH}purpose/", f"{PATH}review/", "/admin/policy-preview/"]
    assert [labeler.get(address).status_code for address in addresses] == [403] * 4
    assert labeler.post(f"{PATH}start-over/").status_code == 403
    assert researcher.get(f"{PATH}nowhere/").status_code == 404
    admin = sign_in(factories.make_user(is_superuser=True))
    assert admin.get(f"{PATH}purpose/").status_code == 200


def test_the_first_steps_say_what_is_done(researcher):
    walk(researcher)
    page = words_of(researcher.post(f"{PATH}review/", follow=True))
    assert "Write guidelines done" in page


def test_each_first_step_says_whether_it_is_done():
    project = factories.make_project("oolong")
    client = sign_in(factories.make_member(project, "researcher"))
    address = "/admin/projects/oolong/start/"
    assert client.get(address).content.decode().count("not yet") == 6
    factories.make_answered_prompts(project, 1)
    page = client.get(address).content.decode()
    assert page.count("not yet") == 4
    assert page.count('<span class="badge good">done</span>') == 2
