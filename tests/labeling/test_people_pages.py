"""Reviewers' pages of people, and what the labeler sees of a decision."""

import re

import pytest

from accounts.services import labeler_of
from labeling.models import Comparison, LabelerStanding, Letter, StandingChange
from labeling.pages.people import DECISIONS
from labeling.services.checking import check_gold
from labeling.services.letters import write_letter
from tests.factories import make_labeler, make_member, make_user
from tests.labeling.checks import answer_checks, checked_project
from tests.labeling.pages import html, sign_in
from tests.labeling.work import judge, project_with_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = project_with_tasks(3)
    project.slug = "tea"
    project.save(update_fields=["slug"])
    return project


@pytest.fixture
def ana(project):
    return labeler_of(user=make_member(project, "labeler"))


@pytest.fixture
def reviewer(project):
    return sign_in(make_member(project, "reviewer", make_user("rita@example.org", name="Rita")))


def page_of(labeler):
    return f"/projects/tea/review/people/{labeler.uid}/"


def test_who_waits_for_a_decision_comes_first(project, ana, reviewer):
    names = [ana.pseudonym]
    for state in ("excluded", "warned", "paused"):
        labeler = labeler_of(user=make_member(project, "labeler"))
        LabelerStanding.objects.create(
            project=project, labeler=labeler, state=state, reason=f"was {state}"
        )
        names.insert(0, labeler.pseudonym)
    elsewhere = make_labeler()  # of no project
    found = html(reviewer.get("/projects/tea/review/people/"))
    assert re.findall(r"labeler-[0-9a-f]{10}(?=</a>)", found) == names
    assert elsewhere.pseudonym not in found
    assert "was paused" in found
    paused = html(reviewer.get("/projects/tea/review/people/?state=paused"))
    assert re.findall(r"labeler-[0-9a-f]{10}(?=</a>)", paused) == names[:1]
    assert reviewer.get("/projects/tea/review/people/?state=nonsense&page=x").status_code == 200


def test_the_pages_name_no_person(project, ana, reviewer):
    ana.user.name = "Ana Real"
    ana.user.save()
    for address in ("/projects/tea/review/people/", page_of(ana)):
        found = html(reviewer.get(address))
        assert ana.pseudonym in found
        assert "Ana Real" not in found
        assert ana.user.email not in found


def test_a_reviewer_excludes_and_restores_with_a_reason(project, ana, reviewer):
    judge(project, ana)
    refused = reviewer.post(page_of(ana), {"state": "excluded", "reason": " "})
    assert refused.status_code == 400
    assert not StandingChange.objects.exists()
    sent = reviewer.post(page_of(ana), {"state": "excluded", "reason": "Two <b>accounts</b>."})
    assert sent["Location"] == page_of(ana)
    assert LabelerStanding.objects.get().state == "excluded"
    found = html(reviewer.get(page_of(ana)))
    assert "Two &lt;b&gt;accounts&lt;/b&gt;." in found
    assert "rita@example.org" in found  # reviewers know each other
    assert re.findall(r'name="state" value="(\w+)"', found) == ["active", "paused"]
    reviewer.post(page_of(ana), {"state": "active", "reason": "Explained."})
    assert [c.after for c in StandingChange.objects.all()] == ["excluded", "active"]
    assert Comparison.objects.filter(retired_at__isnull=True).count() == 1


def test_an_appeal_stands_beside_the_decision_on_both_sides(project, ana, reviewer):
    reviewer.post(page_of(ana), {"state": "paused", "reason": "Too fast."})
    write_letter(project=project, labeler=ana, text="I type quickly.", kind="appeal")
    listed = html(reviewer.get("/projects/tea/review/people/"))
    assert re.search(r'badge-soft">\s*appeal', listed)
    found = html(reviewer.get(page_of(ana)))
    assert "I type quickly." in found
    thread = html(reviewer.get(f"/projects/tea/review/letters/{ana.uid}/"))
    assert "Too fast." in thread
    assert page_of(ana) in thread
    own = html(sign_in(ana.user).get("/me/letters/tea/"))
    assert "Too fast." in own
    assert "I type quickly." in own
    assert "rita@example.org" not in own


def test_who_was_excluded_and_removed_may_still_appeal(project, ana, reviewer):
    LabelerStanding.objects.create(project=project, labeler=ana, state="excluded", reason="x")
    ana.user.memberships.all().delete()
    client = sign_in(ana.user)
    page = html(client.get("/me/letters/tea/?kind=appeal"))
    assert re.search(r'value="appeal"[^>]*checked', page)
    client.post("/me/letters/tea/", {"kind": "appeal", "text": "Please look again."})
    assert Letter.objects.get().kind == "appeal"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paused", "Your work here is paused"),
        ("excluded", "Your work here has ended"),
        ("warned", "A word about your answers"),
    ],
)
def test_labelers_read_where_they_stand_in_kind_words(project, ana, state, words):
    LabelerStanding.objects.create(project=project, labeler=ana, state=state, reason="Be <calm>.")
    found = html(sign_in(ana.user).get("/projects/tea/training/"))
    assert words in found
    assert "Be &lt;calm&gt;." in found
    assert ("/projects/tea/label/" in found) == (state == "warned")


def test_the_figures_of_checks_are_shown_to_both_and_to_no_other(reviewer):
    project = checked_project(10)
    project.slug = "checked"
    project.save(update_fields=["slug"])
    rita = sign_in(make_member(project, "reviewer"))
    ana = labeler_of(user=make_member(project, "labeler"))
    bo = make_member(project, "labeler")
    answer_checks(project, ana, "rwwwwwwwww")
    check_gold(project=project, labeler=ana)
    theirs = html(rita.get(f"/projects/checked/review/people/{ana.uid}/"))
    assert "1 of 10 known answers right" in theirs
    assert "by the hidden checks" in theirs
    own = html(sign_in(ana.user).get("/me/letters/checked/"))
    assert "1 of 10 answers agreed with known ones." in own
    assert "of 10" not in html(sign_in(bo).get("/me/letters/checked/"))
    assert reviewer.get(f"/projects/checked/review/people/{ana.uid}/").status_code == 404


def test_nobody_decides_on_themselves(project):
    admin = make_user(is_superuser=True)
    own = labeler_of(user=admin)
    LabelerStanding.objects.create(project=project, labeler=own, state="paused", reason="x")
    client = sign_in(admin)
    assert 'name="state"' not in html(client.get(page_of(own)))
    posted = client.post(page_of(own), {"state": "active", "reason": "I am fine."})
    assert posted.status_code == 403
    assert LabelerStanding.objects.get().state == "paused"


def test_every_state_has_decisions_and_none_leads_to_itself():
    assert set(DECISIONS) == {"", *LabelerStanding.State.values}
    assert all(state not in decisions for state, decisions in DECISIONS.items())


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_asks_the_same_however_long_it_is(
    project, ana, reviewer, rows, django_assert_num_queries
):
    for _ in range(rows - 1):
        labeler_of(user=make_member(project, "labeler"))
    reviewer.get("/projects/tea/review/people/")
    with django_assert_num_queries(8):
        reviewer.get("/projects/tea/review/people/")
