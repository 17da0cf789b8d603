"""Appeals, pauses, falling agreement and waiting disagreements are told to whom they concern."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from collector.models import Notice, Notification, Project, WebhookDelivery
from collector.services.webhooks import create_webhook
from labeling.models import AgreementSnapshot, LabelerStanding
from labeling.services.letters import answer_letter, write_letter
from labeling.services.noticing import notice
from labeling.services.privacy import anonymise
from labeling.services.standings import lock_standing, move, set_standing
from tests.factories import make_labeler, make_member, make_project, make_user
from tests.labeling.disputes import disputed, opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project("poems")


def member(project: Project, role: str, email: str) -> User:
    return make_member(project, role, make_user(email, password="x"))


def told() -> dict[str, set[str]]:
    """Who is to be told of what, by event."""
    found: dict[str, set[str]] = {}
    for each in Notice.objects.select_related("notification", "user"):
        found.setdefault(each.notification.event, set()).add(each.user.email)
    return found


def test_an_appeal_is_told_to_reviewers_and_researchers_and_other_letters_are_not(
    project: Project,
) -> None:
    rita = member(project, "reviewer", "rita@example.org")
    member(project, "researcher", "rosa@example.org")
    labeler = make_labeler()
    write_letter(project=project, labeler=labeler, text="A question.")
    answer_letter(project=project, labeler=labeler, writer=rita, text="An answer.")
    assert told() == {}
    letter = write_letter(project=project, labeler=labeler, text="Unfair!", kind="appeal")
    assert told() == {"appeal.waiting": {"rita@example.org", "rosa@example.org"}}
    notification = Notification.objects.get()
    assert notification.data == {
        "letter": str(letter.uid),
        "labeler": {"id": str(labeler.uid), "pseudonym": labeler.pseudonym},
    }
    assert notification.address == f"/projects/poems/review/letters/{labeler.uid}/"


def test_who_pauses_somebody_is_not_told_of_it_and_the_others_are(project: Project) -> None:
    rita = member(project, "reviewer", "rita@example.org")
    member(project, "researcher", "rosa@example.org")
    labeler = make_labeler()
    set_standing(project=project, labeler=labeler, state="warned", reason="Hm.", decided_by=rita)
    assert told() == {}
    for _ in range(2):
        set_standing(
            project=project, labeler=labeler, state="paused", reason="Enough.", decided_by=rita
        )
    assert told() == {"labeler.paused": {"rosa@example.org"}}
    data = Notification.objects.get().data
    assert (data["reason"], data["automatic"]) == ("Enough.", False)


def test_a_pause_that_nobody_decided_says_so(project: Project) -> None:
    member(project, "reviewer", "rita@example.org")
    move(lock_standing(project, make_labeler()), LabelerStanding.State.PAUSED, "Too many slips.")
    assert told() == {"labeler.paused": {"rita@example.org"}}
    assert Notification.objects.get().data["automatic"] is True


def test_nothing_is_kept_that_names_a_labeler_who_left(project: Project, settings: Any) -> None:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.example.org"]
    url = "https://hooks.example.org/"
    create_webhook(project=project, url=url, events=["appeal.waiting"])
    member(project, "reviewer", "rita@example.org")
    leaver, other = make_labeler(), make_labeler()
    for labeler in (leaver, other):
        write_letter(project=project, labeler=labeler, text="Unfair!", kind="appeal")
    anonymise(labeler=leaver)
    [kept] = Notification.objects.all()
    assert kept.data["labeler"]["id"] == str(other.uid)
    assert kept.notices.count() == Notice.objects.count() == 1
    [owed] = WebhookDelivery.objects.all()
    assert owed.payload["data"] == kept.data


def snapshot(project: Project, raw: float, *, days: int = 0) -> None:
    """Figures written down so many days ago."""
    then = timezone.now() - timedelta(days=days)
    body: dict[str, Any] = {"raw": raw, "raw_lower": raw - 0.1, "raw_upper": raw + 0.1}
    row = AgreementSnapshot.objects.create(
        project=project,
        stamp="",
        comparisons=9,
        body=body | {"as_of": then.isoformat()},
        seconds=0,
    )
    AgreementSnapshot.objects.filter(pk=row.pk).update(created_at=then)


def test_agreement_that_fell_is_told_once_a_week(project: Project) -> None:
    member(project, "researcher", "rosa@example.org")
    member(project, "reviewer", "rita@example.org")
    snapshot(project, 0.9, days=9)
    snapshot(project, 0.85)
    assert notice() == 0
    snapshot(project, 0.7)
    assert notice() == 1
    assert told() == {"agreement.fell": {"rosa@example.org"}}
    data = Notification.objects.get().data
    assert (data["before"], data["now"]) == (0.9, 0.7)
    snapshot(project, 0.6)
    assert notice() == 0
    Notification.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert notice() == 1


def test_a_fall_of_projects_without_new_votes_or_archived_is_no_news(project: Project) -> None:
    snapshot(project, 0.9, days=20)
    snapshot(project, 0.5, days=2)
    archived = make_project(archived_at=timezone.now())
    snapshot(archived, 0.9, days=9)
    snapshot(archived, 0.5)
    assert notice() == 0


def test_waiting_disagreements_are_told_to_reviewers_once_a_day_if_there_are_new_ones() -> None:
    project = disputed(3)
    member(project, "reviewer", "rita@example.org")
    member(project, "researcher", "rosa@example.org")
    assert notice() == 0
    *_others, newest = opened(project)
    assert notice() == 1
    assert told() == {"adjudications.waiting": {"rita@example.org"}}
    assert Notification.objects.get().data == {"count": 3}
    assert notice() == 0
    Notification.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert notice() == 0
    newest.delete()
    assert opened(project)
    assert notice() == 1
