"""Mails of what happened: gathered for a while, one to a person and project, sent until taken."""

from datetime import timedelta
from itertools import islice
from smtplib import SMTPException
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.models import Preferences
from collector.models import Notice, NotificationMail
from collector.notification_words import told
from collector.services.notifications import unsubscribe_token, wanting_mail

Status = NotificationMail.Status
GATHERED = timedelta(minutes=1)
"""A first mail waits so long for what happens at the same time."""
APART = timedelta(minutes=15)
"""At least, between two mails to one person about one project."""
RETRY_SECONDS = (60, 300, 1800, 7200, 18_000)
LEASE = timedelta(minutes=5)
TIMEOUT_SECONDS = 30
SHOWN = 50  # of one mail; the rest is counted
_AT_ONCE = 500


def gather_mails() -> int:
    """Make a mail of what each person waits to be told of each project; how many."""
    lately = NotificationMail.objects.filter(
        user=OuterRef("user"),
        project=OuterRef("notification__project"),
        created_at__gt=Now() - APART,
    )
    waiting = (
        Notice.objects.filter(~Exists(lately), mail__isnull=True)
        .values_list("user_id", "notification__project_id")
        .annotate(first=Min("notification__created_at"))
        .filter(first__lt=Now() - GATHERED)
        .order_by("first")
    )
    return sum(_gather(user, project) for user, project, _first in waiting[:_AT_ONCE])


@transaction.atomic
def _gather(user_id: int, project_id: int) -> bool:
    notices = Notice.objects.filter(
        mail__isnull=True, user=user_id, notification__project=project_id
    ).select_for_update(skip_locked=True, of=("self",))
    taken = list(notices.values_list("pk", flat=True))
    if not taken:  # another worker's by now
        return False
    mail = NotificationMail.objects.create(
        user_id=user_id, project_id=project_id, next_attempt_at=Now()
    )
    Notice.objects.filter(pk__in=taken).update(mail=mail)
    return True


def due_mails() -> list[int]:
    """Mails that nobody is sending and whose time has come, oldest first; at most 500."""
    return list(_due().order_by("next_attempt_at").values_list("pk", flat=True)[:_AT_ONCE])


def send_mail(*, mail_id: int) -> None:
    """Send one mail if it is due and nobody else is sending it."""
    token = uuid4()
    taken = (
        _due()
        .filter(pk=mail_id)
        .update(lease_token=token, lease_until=Now() + LEASE, attempts=F("attempts") + 1)
    )
    if not taken:
        return
    mail = NotificationMail.objects.select_related("user", "project").get(pk=mail_id)
    notices = _still_wanted(mail)
    if not notices:
        _settle(mail, token, status=Status.DROPPED, next_attempt_at=None)
        return
    try:
        _written(mail, notices).send()
    except (OSError, SMTPException) as error:
        _try_later(mail, token, f"{type(error).__name__}: {error}"[:500])
    else:
        _settle(mail, token, status=Status.SENT, sent_at=Now(), next_attempt_at=None, error="")


def _due() -> QuerySet[NotificationMail]:
    return NotificationMail.objects.filter(
        Q(lease_until__isnull=True) | Q(lease_until__lt=Now()),
        status=Status.PENDING,
        next_attempt_at__lte=Now(),
    )


def _still_wanted(mail: NotificationMail) -> list[Notice]:
    """Without what was switched off since, and without anything for who is no member any more."""
    notices = list(mail.notices.select_related("notification").order_by("pk"))
    wanted = {
        event
        for event in {notice.notification.event for notice in notices}
        if wanting_mail(project_id=mail.project_id, event=event).filter(pk=mail.user_id).exists()
    }
    return [notice for notice in notices if notice.notification.event in wanted]


def _settle(mail: NotificationMail, token: UUID, **fields: Any) -> None:
    held = NotificationMail.objects.filter(pk=mail.pk, lease_token=token)
    held.update(lease_token=None, lease_until=None, **fields)


def _try_later(mail: NotificationMail, token: UUID, error: str) -> None:
    if mail.attempts > len(RETRY_SECONDS):
        _settle(mail, token, status=Status.FAILED, next_attempt_at=None, error=error)
        return
    later = Now() + timedelta(seconds=RETRY_SECONDS[mail.attempts - 1])
    _settle(mail, token, next_attempt_at=later, error=error)


def _written(mail: NotificationMail, notices: list[Notice]) -> EmailMultiAlternatives:
    """The mail in its reader's language, as text and as HTML."""
    chosen = Preferences.objects.filter(labeler__user=mail.user_id)
    language = chosen.values_list("interface_language", flat=True).first()
    with translation.override(language or settings.LANGUAGE_CODE):
        context = _context(mail, notices)
        subject = render_to_string("collector/email/notifications_subject.txt", context)
        text = render_to_string("collector/email/notifications_message.txt", context)
        html = render_to_string("collector/email/notifications_message.html", context)
    headers = {
        "Message-ID": f"<{mail.uid}@concord>",
        "Auto-Submitted": "auto-generated",
        "List-Unsubscribe": f"<{context['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    written = EmailMultiAlternatives(
        " ".join(subject.split()),
        text.strip() + "\n",
        to=[mail.user.email],
        headers=headers,
        connection=get_connection(timeout=TIMEOUT_SECONDS),
    )
    written.attach_alternative(html, "text/html")
    return written


def _context(mail: NotificationMail, notices: list[Notice]) -> dict[str, Any]:
    token = unsubscribe_token(user_id=mail.user_id, project_id=mail.project_id)
    entries = [
        {
            "told": told(notice.notification.event, notice.notification.data),
            "link": notice.notification.address and _link(notice.notification.address),
        }
        for notice in islice(notices, SHOWN)
    ]
    return {
        "project": mail.project,
        "entries": entries,
        "more": len(notices) - len(entries),
        "language": translation.get_language(),
        "right_to_left": translation.get_language_bidi(),
        "switches": _link(reverse("notifications")),
        "unsubscribe": _link(reverse("unsubscribe", args=[token])),
    }


def _link(path: str) -> str:
    return f"{settings.SITE_URL}{path}"
