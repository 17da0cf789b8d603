"""What happened is told once: to webhooks, and by mail to whom it concerns and who wants it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Preferences, User
from accounts.services import labeler_of
from collector.events import EVENTS
from collector.models import (
    Notice,
    Notification,
    NotificationMail,
    Project,
    WebhookDelivery,
)
from collector.notification_words import told
from collector.services.notification_mails import (
    APART,
    GATHERED,
    RETRY_SECONDS,
    due_mails,
    gather_mails,
    send_mail,
)
from collector.services.notifications import notify, set_switches
from collector.services.webhooks import create_webhook
from tests.factories import make_member, make_project, make_user
from tests.mail_server import MailServer, mail_server

pytestmark = pytest.mark.django_db

APPEAL = {"letter": "x", "labeler": {"id": "y", "pseudonym": "brave-otter"}}
PAUSED = {"labeler": {"id": "y", "pseudonym": "calm-heron"}, "reason": "Asleep.", "automatic": True}


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.SITE_URL = "https://concord.example"
        yield server


@pytest.fixture
def project() -> Project:
    return make_project("poems", name="Poems")


def member(project: Project, role: str, email: str) -> User:
    """With a password, so that the address counts."""
    return make_member(project, role, make_user(email, password="x"))


def appeal(project: Project, key: str = "1", **fields: Any) -> bool:
    return notify(project_id=project.pk, event="appeal.waiting", key=key, data=APPEAL, **fields)


def time_passes(by: timedelta) -> None:
    """Everything that happened is that much longer ago."""
    Notification.objects.update(created_at=F("created_at") - by)
    NotificationMail.objects.update(
        created_at=F("created_at") - by, next_attempt_at=F("next_attempt_at") - by
    )


def deliver() -> None:
    """What beat and the workers do a minute later."""
    time_passes(GATHERED)
    gather_mails()
    for mail_id in due_mails():
        send_mail(mail_id=mail_id)


def part(mail: Any, kind: str) -> str:
    return str(mail.get_body((kind,)).get_content())


def test_a_mail_says_what_happened_where_and_how_to_hear_no_more(
    server: MailServer, project: Project
) -> None:
    user = member(project, "reviewer", "rita@example.org")
    appeal(project, address="/projects/poems/review/letters/1/")
    deliver()
    [mail] = server.taken
    assert (mail["To"], mail["Subject"]) == (
        "rita@example.org",
        "Poems: brave-otter asks for a decision",
    )
    text, html = part(mail, "plain"), part(mail, "html")
    for said in (text, html):
        assert "https://concord.example/projects/poems/review/letters/1/" in said
        assert "https://concord.example/settings/mails/" in said
    stop = mail["List-Unsubscribe"].strip("<> ")
    assert stop.startswith("https://concord.example/mails/stop/")
    assert stop in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    sent = NotificationMail.objects.get()
    assert (sent.user, sent.status, str(sent.uid) in mail["Message-ID"]) == (user, "sent", True)


def test_those_are_told_whose_role_it_concerns_and_whose_address_counts(
    server: MailServer, project: Project
) -> None:
    member(project, "reviewer", "rita@example.org")
    member(project, "researcher", "rosa@example.org")
    member(project, "labeler", "lena@example.org")
    member(project, "trainer", "tom@example.org")
    member(make_project("elsewhere"), "reviewer", "eve@example.org")
    make_member(project, "reviewer", make_user("unverified@example.org"))
    gone = member(project, "reviewer", "gone@example.org")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    doer = member(project, "reviewer", "doer@example.org")
    appeal(project, by=doer)
    deliver()
    assert {mail["To"] for mail in server.taken} == {"rita@example.org", "rosa@example.org"}


def test_the_same_thing_is_told_once(server: MailServer, project: Project) -> None:
    member(project, "reviewer", "rita@example.org")
    assert appeal(project)
    assert not appeal(project)
    deliver()
    assert not appeal(project)
    time_passes(APART)
    deliver()
    assert len(server.taken) == 1
    assert appeal(make_project("elsewhere"))


def test_what_happens_close_together_comes_in_one_mail_and_the_next_comes_later(
    server: MailServer, project: Project
) -> None:
    member(project, "reviewer", "rita@example.org")
    appeal(project)
    gather_mails()
    assert not NotificationMail.objects.exists()  # others may join it yet
    notify(project_id=project.pk, event="labeler.paused", key="1", data=PAUSED)
    deliver()
    assert [mail["Subject"] for mail in server.taken] == ["Poems: 2 things happened"]
    assert "brave-otter" in part(server.taken[0], "plain")
    assert "Asleep." in part(server.taken[0], "plain")
    appeal(project, key="2")
    deliver()
    assert len(server.taken) == 1
    time_passes(APART)
    deliver()
    assert len(server.taken) == 2


def test_what_was_switched_off_is_not_mailed_even_if_it_waits_already(
    server: MailServer, project: Project
) -> None:
    rita = member(project, "reviewer", "rita@example.org")
    elsewhere = make_project("elsewhere", name="Elsewhere")
    make_member(elsewhere, "reviewer", rita)
    set_switches(user=rita, project=project, off=["appeal.waiting"])
    appeal(project)
    assert not Notice.objects.filter(notification__project=project).exists()
    appeal(elsewhere)
    notify(project_id=elsewhere.pk, event="labeler.paused", key="1", data=PAUSED)
    set_switches(user=rita, project=elsewhere, off=["appeal.waiting"])
    deliver()
    assert [mail["Subject"] for mail in server.taken] == ["Elsewhere: calm-heron was paused"]
    notify(project_id=elsewhere.pk, event="labeler.paused", key="2", data=PAUSED)
    time_passes(APART)
    gather_mails()
    rita.memberships.filter(project=elsewhere).delete()
    deliver()
    assert len(server.taken) == 1
    assert NotificationMail.objects.filter(status="dropped").count() == 1


def test_mails_are_in_the_readers_language(server: MailServer, project: Project) -> None:
    rita = member(project, "reviewer", "rita@example.org")
    Preferences.objects.create(labeler=labeler_of(user=rita), interface_language="ar")
    appeal(project)
    deliver()
    html = part(server.taken[0], "html")
    assert '<html lang="ar" dir="rtl">' in html


def test_a_mail_is_sent_again_until_it_is_taken_and_is_the_same_mail(
    server: MailServer, project: Project
) -> None:
    member(project, "reviewer", "rita@example.org")
    appeal(project)
    server.refuses = True
    deliver()
    mail = NotificationMail.objects.get()
    assert (mail.status, mail.attempts, "451" in mail.error) == ("pending", 1, True)
    assert due_mails() == []
    server.refuses = False
    time_passes(timedelta(seconds=RETRY_SECONDS[0]))
    deliver()
    [taken] = server.taken
    assert str(mail.uid) in taken["Message-ID"]
    mail.refresh_from_db()
    assert (mail.status, mail.error, mail.lease_token) == ("sent", "", None)
    send_mail(mail_id=mail.pk)
    assert len(server.taken) == 1


def test_a_mail_that_nobody_takes_is_given_up(server: MailServer, project: Project) -> None:
    member(project, "reviewer", "rita@example.org")
    appeal(project)
    server.refuses = True
    for seconds in (0, *RETRY_SECONDS):
        time_passes(timedelta(seconds=seconds))
        deliver()
    mail = NotificationMail.objects.get()
    assert (mail.status, mail.attempts) == ("failed", len(RETRY_SECONDS) + 1)


def test_a_mail_that_a_worker_is_sending_is_left_to_it(
    server: MailServer, project: Project
) -> None:
    member(project, "reviewer", "rita@example.org")
    appeal(project)
    time_passes(GATHERED)
    assert gather_mails() == 1
    assert gather_mails() == 0
    mail = NotificationMail.objects.get()
    NotificationMail.objects.update(
        lease_token=mail.uid, lease_until=timezone.now() + timedelta(minutes=1)
    )
    send_mail(mail_id=mail.pk)
    assert server.taken == []
    NotificationMail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    send_mail(mail_id=mail.pk)
    assert len(server.taken) == 1


def test_webhooks_are_told_the_same(project: Project, settings: Any) -> None:
    settings.CONCORD_ALLOWED_WEBHOOK_HOSTS = ["hooks.example.org"]
    url = "https://hooks.example.org/"
    create_webhook(project=project, url=url, events=["appeal.waiting"])
    appeal(project)
    appeal(project)
    notify(project_id=project.pk, event="labeler.paused", key="1", data=PAUSED)
    [owed] = WebhookDelivery.objects.all()
    assert (owed.event, owed.payload["type"], owed.payload["data"]) == (
        "appeal.waiting",
        "appeal.waiting",
        APPEAL,
    )


def test_an_unknown_event_is_a_mistake_of_ours(project: Project) -> None:
    with pytest.raises(ValueError, match="no event"):
        notify(project_id=project.pk, event="x", key="1", data={})


def test_every_event_has_words_for_its_mail_and_its_switch() -> None:
    samples: dict[str, dict[str, Any]] = {
        "run.finished": {
            "status": "failed",
            "succeeded": 0,
            "failed": 2,
            "cost": "0",
            "error": "E",
        },
        "run.paused": {"reason": "Spent."},
        "budget.near": {"budget": "run", "limit": "5", "spent": "4"},
        "generator.paused": {"name": "model-a", "reason": "401."},
        "agreement.fell": {"before": 0.8, "now": 0.6},
        "dataset_version.ready": {"dataset": {"name": "d"}, "number": 1, "error": None},
        "dataset_version.failed": {"dataset": {"name": "d"}, "number": 1, "error": "E"},
        "dataset_version.withdrawn": {"dataset": {"name": "d"}, "number": 1, "error": None},
        "appeal.waiting": APPEAL,
        "labeler.paused": PAUSED,
        "adjudications.waiting": {"count": 2},
    }
    titles = {event: told(event, data).title for event, data in samples.items()}
    assert titles.keys() == EVENTS.keys()
    assert titles["agreement.fell"] == "Agreement fell from 80% to 60%"
    assert titles["adjudications.waiting"] == "2 disagreements wait for an expert"
    assert titles["run.finished"] == "A run has failed"
    assert all(re.fullmatch(r"\S.*\S", title) for title in titles.values())
