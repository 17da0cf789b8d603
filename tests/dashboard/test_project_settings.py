"""The settings of a project on the researchers' pages: what is saved, what is refused, who may."""

import pytest
from django.test import Client

from collector.models import Membership
from labeling.services.policies import current_policy, set_guidelines, set_policy
from tests import factories
from tests.dashboard.test_new_project import words_of
from tests.dashboard.test_overview_page import sign_in

pytestmark = pytest.mark.django_db
PAGE = "/admin/projects/tea/settings/"
POLICY = {
    "ordering": "rank",
    "responses": "4",
    "overlap": "3",
    "stop_confidence": "85",
    "escalation": "",
    "lease_minutes": "30",
    "edit_window_minutes": "10",
    "daily_judgments": "0",
    "most_judgments": "0",
    "excluded_flags": ["repetitive", "truncated"],
    "selection": "all",
    "selection_tasks": "100",
    "practice_items": "0",
    "qualification_items": "0",
    "qualification_share": "75",
    "qualification_attempts": "2",
    "gold_share": "0",
    "gold_evaluated_from": "10",
    "gold_minimum": "75",
    "repeat_share": "0",
}


@pytest.fixture
def project():
    return factories.make_project("tea", name="Tea", description="Old.", languages=["en", "de"])


@pytest.fixture
def researcher(project):
    return sign_in(factories.make_member(project, Membership.Role.RESEARCHER))


def test_what_a_project_is_can_be_changed_but_for_its_slug(researcher, project):
    page = researcher.get(PAGE).content.decode()
    assert 'value="en, de"' in page
    assert 'name="slug"' not in page
    typed = {"name": "Tea 2", "description": "New.", "languages": "fr", "licence": "MIT"}
    assert researcher.post(PAGE, typed | {"slug": "x"})["Location"] == PAGE
    project.refresh_from_db()
    assert (project.slug, project.name, project.description) == ("tea", "Tea 2", "New.")
    assert (project.languages, project.licence) == (["fr"], "MIT")
    refused = researcher.post(PAGE, typed | {"name": ""})
    assert refused.status_code == 400
    assert "This field is required." in words_of(refused)


def test_budgets_are_bounds_and_empty_is_none(researcher, project):
    project.budget = 5
    project.save()
    answer = researcher.post(f"{PAGE}budgets/", {"budget": "", "monthly_budget": "12.50"})
    assert answer["Location"] == PAGE
    project.refresh_from_db()
    assert (project.budget, float(project.monthly_budget)) == (None, 12.5)
    assert 'value="12.5"' in researcher.get(PAGE).content.decode()
    refused = researcher.post(f"{PAGE}budgets/", {"budget": "-1", "monthly_budget": "9"})
    assert refused.status_code == 400
    assert "The budget is an amount of US dollars." in words_of(refused)
    project.refresh_from_db()
    assert float(project.monthly_budget) == 12.5


def test_an_archived_project_is_found_again_and_brought_back(researcher, project):
    researcher.post(f"{PAGE}archive/", {"archived": "yes"})
    project.refresh_from_db()
    archived = project.archived_at
    researcher.post(f"{PAGE}archive/", {"archived": "yes"})  # twice is once
    project.refresh_from_db()
    assert project.archived_at == archived
    listed = researcher.get("/admin/projects/")
    assert "Archived projects Tea" in words_of(listed)
    assert f'href="{PAGE}"' in listed.content.decode()
    researcher.post(f"{PAGE}archive/", {"archived": "no"})
    project.refresh_from_db()
    assert project.archived_at is None


def test_a_change_of_the_policy_is_a_new_version_and_no_change_is_none(researcher, project):
    set_policy(project=project, overlap=2)
    answer = researcher.post(f"{PAGE}policy/", POLICY | {"escalation": "5 7"}, follow=True)
    assert "Version 2 is in force." in words_of(answer)
    policy = current_policy(project=project)
    assert (policy.number, policy.overlap, policy.escalation) == (2, 3, [5, 7])
    assert policy.excluded_flags == ["repetitive", "truncated"]
    assert "Judgments a task: 2 → 3" in words_of(answer)
    assert "More where they disagree: – → 5, 7" in words_of(answer)
    again = researcher.post(f"{PAGE}policy/", POLICY | {"escalation": "5, 7"}, follow=True)
    assert "Nothing changed: version 2 stays in force." in words_of(again)
    assert project.policies.count() == 2


def test_an_earlier_policy_can_be_loaded_and_is_not_in_force_by_that(researcher, project):
    set_policy(project=project, overlap=7)
    set_policy(project=project, overlap=2)
    page = researcher.get(f"{PAGE}policy/?from=1").content.decode()
    assert 'name="overlap" value="7"' in page
    assert current_policy(project=project).overlap == 2
    for wrong in ("3", "x", "-1", "9" * 30, "²"):
        assert researcher.get(f"{PAGE}policy/?from={wrong}").status_code == 404


def test_what_does_not_go_together_is_said_at_the_field(researcher, project):
    refused = researcher.post(f"{PAGE}policy/", POLICY | {"selection": "arena"})
    assert refused.status_code == 400
    assert "Pairs are selected for tasks of 2 responses only." in words_of(refused)
    refused = researcher.post(f"{PAGE}policy/", POLICY | {"asks": ["pair_7"]})
    assert "Select a valid choice." in words_of(refused)
    assert project.policies.count() == 1


def test_a_change_of_the_guidelines_is_a_new_version(researcher, project):
    first = researcher.post(
        f"{PAGE}guidelines/", {"guidelines": "# Be fair\r\n\r\nShort."}, follow=True
    )
    assert "Version 1 is in force." in words_of(first)
    same = researcher.post(
        f"{PAGE}guidelines/", {"guidelines": "# Be fair\r\n\r\nShort."}, follow=True
    )
    assert "Nothing changed: version 1 stays in force." in words_of(same)
    seen = researcher.post(f"{PAGE}guidelines/", {"guidelines": "**Long**.", "to": "preview"})
    assert "<strong>Long</strong>" in seen.content.decode()
    assert project.guidelines.count() == 1
    changed = researcher.post(
        f"{PAGE}guidelines/", {"guidelines": "# Be fair\n\nLong."}, follow=True
    )
    assert "<ins>Long</ins>" in changed.content.decode()
    assert researcher.post(f"{PAGE}guidelines/", {"guidelines": " "}).status_code == 400
    assert project.guidelines.count() == 2


def test_nobody_else_changes_anything(project, researcher):
    addresses = [PAGE, f"{PAGE}budgets/", f"{PAGE}archive/", f"{PAGE}policy/", f"{PAGE}guidelines/"]
    elsewhere = factories.make_member(factories.make_project(), Membership.Role.RESEARCHER)
    expected = {role: 403 for role in Membership.Role.values if role != "researcher"}
    people = {role: factories.make_member(project, role) for role in expected} | {
        "other": elsewhere
    }
    for role, user in people.items():
        client = sign_in(user)
        got = [client.post(address, {"archived": "yes"}).status_code for address in addresses]
        assert got == [expected.get(role, 404)] * 5, role
    assert [Client().post(address).status_code for address in addresses] == [302] * 5
    project.refresh_from_db()
    assert (project.archived_at, project.policies.count()) == (None, 0)


def test_every_page_costs_few_queries(researcher, project, django_assert_max_num_queries):
    for number in range(1, 30):
        set_policy(project=project, overlap=number)
        set_guidelines(project=project, text=f"Version {number}.")
    for page in (PAGE, f"{PAGE}policy/", f"{PAGE}guidelines/", "/admin/projects/tea/start/"):
        with django_assert_max_num_queries(12):
            answer = researcher.get(page)
        assert answer.status_code == 200
    assert "The newest 20." in words_of(researcher.get(f"{PAGE}policy/"))
