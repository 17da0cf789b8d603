"""Inviting many addresses at once, and saying what became of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services import clean_email
from collector.models import Invitation, Membership, Project
from collector.services.invitations import MailNotSent, write_invitation
from common.errors import InvalidInput

MOST_ADDRESSES = 50  # each is a mail that is sent while its writer waits
_BETWEEN = re.compile(r"[\s,;]+")


class Outcome(TextChoices):
    """What became of one address."""

    INVITED = "invited", gettext_lazy("invited")
    MEMBER = "member", gettext_lazy("has this role already")
    WAITING = "waiting", gettext_lazy("was invited before, and has not answered yet")
    NOT_SENT = "not_sent", gettext_lazy("the mail could not be sent")


@dataclass(frozen=True, slots=True)
class Invited:
    """An address as it was read, and what became of it."""

    email: str
    outcome: Outcome

    @property
    def words(self) -> str:
        return str(self.outcome.label)


def addresses_in(text: str) -> list[str]:
    """The addresses of a text, each once, as stored: parted by commas, semicolons or white space.

    Raises InvalidInput, which names all that are none, and for more than MOST_ADDRESSES.
    """
    found, wrong = [], []
    for word in _BETWEEN.split(text.strip()):
        try:
            found.append(clean_email(word.strip("<>\"'")))
        except InvalidInput:
            wrong.append(word)
    if wrong:
        named = ", ".join(word[:254] or "''" for word in wrong[:5])
        raise InvalidInput(_("No e-mail address: %s.") % named, attr="addresses")
    if len(set(found)) > MOST_ADDRESSES:
        raise InvalidInput(
            _("Invite at most %d addresses at once.") % MOST_ADDRESSES, attr="addresses"
        )
    return list(dict.fromkeys(found))


def invite_all(
    *,
    project: Project,
    role: str,
    addresses: Sequence[str],
    created_by: User,
    now: datetime,
    days: int = 7,
) -> list[Invited]:
    """Invite each address by a mail of its own; who is in or invited already is left alone.

    One mail that cannot be sent keeps none of the others back. Raises InvalidInput for what
    cannot be of the role or the days, before anybody is invited.
    """
    known = _known(project, role, addresses, now)
    mailer = get_connection()
    try:
        _open(mailer)
        return [
            Invited(
                address,
                known.get(address)
                or _invite(project, role, address, created_by, now=now, days=days, mailer=mailer),
            )
            for address in addresses
        ]
    finally:
        mailer.close()


def _invite(
    project: Project,
    role: str,
    address: str,
    created_by: User,
    *,
    now: datetime,
    days: int,
    mailer: BaseEmailBackend,
) -> Outcome:
    try:
        write_invitation(
            project=project,
            role=role,
            email=address,
            created_by=created_by,
            now=now,
            days=days,
            mailer=mailer,
        )
    except MailNotSent:
        return Outcome.NOT_SENT
    return Outcome.INVITED


def _known(
    project: Project, role: str, addresses: Sequence[str], now: datetime
) -> dict[str, Outcome]:
    held = Membership.objects.filter(project=project, role=role, user__email__in=addresses)
    waiting = Invitation.objects.filter(project=project, role=role, email__in=addresses).live(now)
    return dict.fromkeys(waiting.values_list("email", flat=True), Outcome.WAITING) | dict.fromkeys(
        held.values_list("user__email", flat=True), Outcome.MEMBER
    )


def _open(mailer: BaseEmailBackend) -> None:
    """Connect once for all mails; where that fails, each mail says so itself."""
    try:
        mailer.open()
    except (OSError, SMTPException):
        mailer.close()
