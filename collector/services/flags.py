"""Flags of messages: raised, dismissed and restored; none is ever deleted."""

from collections.abc import Iterable
from typing import Any

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import User
from collector.models import Message, MessageFlag
from common.errors import InvalidInput, NotFound

MAX_NOTE = 500


def flag_message(*, message: Message, kind: str, note: str = "") -> MessageFlag:
    """A flag that a person raises; one that was dismissed stands again. Raises InvalidInput."""
    if kind not in MessageFlag.Kind.values:
        raise InvalidInput(
            _("There is no flag “%(kind)s”; there are %(known)s.")
            % {"kind": kind, "known": ", ".join(MessageFlag.Kind.values)},
            attr="kind",
        )
    detail: dict[str, Any] = {"by_hand": True}
    if note := note.strip():
        detail["note"] = note[:MAX_NOTE]
    flag, made = MessageFlag.objects.get_or_create(
        message=message, kind=kind, defaults={"detail": detail}
    )
    if not made and flag.dismissed_at is not None:
        restore_flags(flags=[flag.pk])
        flag.refresh_from_db()
    return flag


def dismiss_flags(*, flags: Iterable[int], user: User) -> int:
    """Say of standing flags that they are wrong: new tasks may hold the messages. Their number."""
    standing = MessageFlag.objects.filter(pk__in=list(flags), dismissed_at__isnull=True)
    return standing.update(dismissed_at=Now(), dismissed_by=user)


def restore_flags(*, flags: Iterable[int]) -> int:
    """Let dismissed flags stand again. Their number. Tasks that were made meanwhile stay."""
    dismissed = MessageFlag.objects.filter(pk__in=list(flags), dismissed_at__isnull=False)
    return dismissed.update(dismissed_at=None, dismissed_by=None)


def flag_of(*, message: Message, kind: str) -> MessageFlag:
    """The message's flag of that kind. Raises NotFound."""
    flag = message.message_flags.filter(kind=kind).select_related("message").first()
    if flag is None:
        raise NotFound(_("The message has no such flag."))
    return flag
