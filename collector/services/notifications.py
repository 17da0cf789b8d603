"""Telling people and webhooks what happened in a project, and who wants to hear of what.

What happened is written down once, with the messages that are owed for it, in the transaction of
what it tells of. Mails are gathered and sent by `notification_mails`.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Labeler, User
from collector.events import EVENTS
from collector.models import (
    Membership,
    Notice,
    Notification,
    NotificationSwitches,
    Project,
    WebhookDelivery,
)
from collector.services.webhooks import announce
from common.errors import InvalidInput, NotFound

_SALT = "collector.notifications.off"


@transaction.atomic
def notify(
    *,
    project_id: int,
    event: str,
    key: str,
    data: Mapping[str, Any],
    address: str = "",
    by: User | None = None,
) -> bool:
    """Owe webhooks a message and people a mail; False if `key` was told of before.

    `data` is JSON data, and the message's; `address` the path of the page about it. Who did it
    (`by`) needs no mail. Nothing is owed unless the caller's transaction commits.
    """
    if event not in EVENTS:
        raise ValueError(f"There is no event {event!r}.")
    notification, made = Notification.objects.get_or_create(
        project_id=project_id,
        event=event,
        key=key,
        defaults={"data": dict(data), "address": address},
    )
    if not made:
        return False
    announce(project_id=project_id, event=event, data=data)
    people = wanting_mail(project_id=project_id, event=event)
    if by is not None:
        people = people.exclude(pk=by.pk)
    Notice.objects.bulk_create(
        Notice(notification=notification, user_id=pk) for pk in people.values_list("pk", flat=True)
    )
    return True


def wanting_mail(*, project_id: int, event: str) -> QuerySet[User]:
    """Members whose role the event is for, whose address counts, and who did not switch it off."""
    rows = {"user": OuterRef("pk"), "project": project_id}
    roles = Membership.objects.filter(role__in=EVENTS[event].roles, **rows)
    off = NotificationSwitches.objects.filter(off__contains=[event], **rows)
    verified = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=True
    )
    return User.objects.filter(Exists(roles), ~Exists(off), Exists(verified), is_active=True)


def switches_of(*, user: User) -> list[dict[str, Any]]:
    """By project, which mails the user gets: `{"project", "on", "off"}`, events by name.

    Only projects in which one of the user's roles is told of anything, by name. Two queries.
    """
    held: dict[Project, set[str]] = {}
    memberships = user.memberships.filter(project__archived_at__isnull=True)
    for each in memberships.select_related("project").order_by("project__name", "project_id"):
        held.setdefault(each.project, set()).add(each.role)
    off = dict(NotificationSwitches.objects.filter(user=user).values_list("project_id", "off"))
    found = [
        {"project": project, **_parted(roles, off.get(project.pk, []))}
        for project, roles in held.items()
    ]
    return [row for row in found if row["on"] or row["off"]]


def set_switches(*, user: User, project: Project, off: Iterable[str]) -> dict[str, Any]:
    """Send the user mails of the project's events, but not of those; a row of `switches_of`.

    Raises NotFound where the user is told of nothing there, and InvalidInput at `off` for an event
    that is not for them.
    """
    roles = set(user.memberships.filter(project=project).values_list("role", flat=True))
    known = _for_roles(roles)
    if not known:
        raise NotFound(_("You are told of nothing in this project."), attr="project")
    unwanted = list(dict.fromkeys(off))
    for event in unwanted:
        if event not in known:
            raise InvalidInput(
                _("There is no event “%(name)s” (there are: %(known)s).")
                % {"name": event, "known": ", ".join(known)},
                attr="off",
            )
    NotificationSwitches.objects.update_or_create(
        user=user, project=project, defaults={"off": unwanted}
    )
    return {"project": project, **_parted(roles, unwanted)}


@transaction.atomic
def forget_labeler(*, labeler: Labeler) -> None:
    """Keep nothing that names a labeler who leaves; what is owed of it yet is not sent."""
    uid = str(labeler.uid)
    Notification.objects.filter(data__labeler__id=uid).delete()
    WebhookDelivery.objects.filter(payload__data__labeler__id=uid).delete()


def unsubscribe_token(*, user_id: int, project_id: int) -> str:
    """What a mail's link says: whose mails about which project are to end. It stays good."""
    return signing.dumps([user_id, project_id], salt=_SALT)


def unsubscribed_project(*, token: str) -> Project:
    """The project of such a token. Raises NotFound for one that we did not write."""
    return _read_token(token)[1]


def unsubscribe(*, token: str) -> Project:
    """Send the person no mails about the project any more. Twice is once. Raises NotFound."""
    user, project = _read_token(token)
    NotificationSwitches.objects.update_or_create(
        user=user, project=project, defaults={"off": list(EVENTS)}
    )
    return project


def _read_token(token: str) -> tuple[User, Project]:
    try:
        user_id, project_id = signing.loads(token, salt=_SALT)
    except signing.BadSignature as error:
        raise NotFound(_("This link is not whole. Copy it again.")) from error
    user = User.objects.filter(pk=user_id).first()
    project = Project.objects.filter(pk=project_id).first()
    if user is None or project is None:
        raise NotFound(_("There is no such project or account any more."))
    return user, project


def _for_roles(roles: Collection[str]) -> list[str]:
    return [name for name, event in EVENTS.items() if not event.roles.isdisjoint(roles)]


def _parted(roles: Collection[str], off: Collection[str]) -> dict[str, list[str]]:
    known = _for_roles(roles)
    return {
        "on": [event for event in known if event not in off],
        "off": [event for event in known if event in off],
    }
