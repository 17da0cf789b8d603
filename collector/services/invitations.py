"""Writing, finding, accepting and revoking invitations to projects."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from smtplib import SMTPException
from typing import ClassVar
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import clean_email
from collector.models import Invitation, Membership, Project
from collector.models.invitations import InvitationQuerySet
from collector.selectors import EVERY_ROLE
from common.errors import Conflict, DomainError, Gone, InvalidInput, NotAllowed

MOST_DAYS = 90
MOST_USES = 1000
TOKEN_BYTES = 32
RESENT_AFTER = timedelta(minutes=1)


class InvitationGone(Gone):
    """There is no such invitation, or it is no longer good: which of them is told to nobody."""

    code = "invitation_gone"


class AnotherAddress(NotAllowed):
    """The invitation is for the account of another address."""

    code = "another_address"


class MailNotSent(DomainError):
    """The mail server did not take the mail; nothing was written."""

    code = "mail_not_sent"
    status: ClassVar[int] = 502


@dataclass(frozen=True, slots=True)
class Written:
    """A new invitation, with the link to hand on – None where it was mailed."""

    invitation: Invitation
    link: str | None


@transaction.atomic
def write_invitation(
    *,
    project: Project,
    role: str,
    created_by: User,
    now: datetime,
    email: str = "",
    uses: int = 1,
    days: int = 7,
    mailer: BaseEmailBackend | None = None,
) -> Written:
    """Invite whoever holds the link; with an address, the link is mailed there and shown to nobody.

    Were it shown, an account could be made for an address that its maker does not read. Of many
    mails, each goes by the same `mailer`. Raises InvalidInput for what cannot be, and MailNotSent.
    """
    address = clean_email(email) if email else ""
    _check(role=role, uses=uses, days=days, address=address)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = Invitation.objects.create(
        project=project,
        role=role,
        token_hash=_hash(token),
        email=address,
        uses_left=uses,
        expires_at=now + timedelta(days=days),
        created_by=created_by,
    )
    return _written(invitation, token, mailer)


@transaction.atomic
def renew_invitation(
    *, invitation: Invitation, renewed_by: User, now: datetime, days: int = 7
) -> Written:
    """Send an invitation once more, or make its link anew; the link before is good for nothing.

    From now on it is `renewed_by`'s. Raises Conflict for one that was revoked or used, and for
    one that was mailed within the last minute; MailNotSent.
    """
    _check(role=invitation.role, uses=1, days=days, address="")
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if invitation.revoked_at is not None or not invitation.uses_left:
        raise Conflict(_("This invitation was used or revoked. Write a new one."))
    if invitation.email and now - invitation.created_at < RESENT_AFTER:
        raise Conflict(_("It was sent a moment ago. Wait a minute before you send it again."))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.token_hash = _hash(token)
    invitation.created_at, invitation.expires_at = now, now + timedelta(days=days)
    invitation.created_by = renewed_by
    invitation.save(update_fields=["token_hash", "created_at", "expires_at", "created_by"])
    return _written(invitation, token)


def _written(invitation: Invitation, token: str, mailer: BaseEmailBackend | None = None) -> Written:
    # Behind the “#”, which browsers send to nobody: no log and no Referer ever has it.
    link = f"{settings.SITE_URL}{reverse('join')}#{token}"
    if not invitation.email:
        return Written(invitation, link)
    _mail(invitation, link, mailer)
    return Written(invitation, None)


def _check(*, role: str, uses: int, days: int, address: str) -> None:
    if role not in EVERY_ROLE:
        raise InvalidInput(_("%s is no role.") % role, attr="role")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(_("An invitation is good for 1 to %d days.") % MOST_DAYS, attr="days")
    if not 1 <= uses <= MOST_USES:
        raise InvalidInput(_("An invitation is used 1 to %d times.") % MOST_USES, attr="uses")
    if address and uses != 1:
        raise InvalidInput(_("An invitation to an address is used once."), attr="uses")


def _mail(invitation: Invitation, link: str, mailer: BaseEmailBackend | None) -> None:
    context = {"invitation": invitation, "project": invitation.project, "link": link}
    subject = render_to_string("collector/email/invitation_subject.txt", context).strip()
    body = render_to_string("collector/email/invitation_message.txt", context)
    try:
        send_mail(" ".join(subject.split()), body, None, [invitation.email], connection=mailer)
    except (OSError, SMTPException) as error:
        raise MailNotSent(_("The mail could not be sent. Nobody was invited.")) from error


def find_invitation(*, token: str, now: datetime) -> Invitation:
    """The invitation of a link's token. Raises InvitationGone."""
    return _one_of(Invitation.objects.filter(token_hash=_hash(token)).live(now))


def live_invitation(*, uid: UUID, now: datetime) -> Invitation:
    """The invitation of that uid. Raises InvitationGone."""
    return _one_of(Invitation.objects.filter(uid=uid).live(now))


@transaction.atomic
def accept_invitation(*, uid: UUID, user: User, now: datetime) -> Membership:
    """Make the user a member. Who has that role already keeps it, and no use is spent.

    A labeler who cut the link to their pseudonym joins anew: nothing tells that they were here, so
    they may be given what they answered before. A link of many uses is best revoked in time.

    Raises InvitationGone, and AnotherAddress for one that was mailed to somebody else.
    """
    locked = Invitation.objects.filter(uid=uid).select_for_update(of=("self",))
    invitation = _one_of(locked.live(now))
    if invitation.email and invitation.email != user.email:
        raise AnotherAddress(
            _("This invitation is for %s. Sign in with the account of that address.")
            % invitation.email
        )
    membership, made = Membership.objects.get_or_create(
        project=invitation.project, user=user, role=invitation.role
    )
    if made:
        invitation.uses_left -= 1
        invitation.save(update_fields=["uses_left"])
    return membership


def revoke_invitations(*, invitations: Sequence[Invitation], now: datetime) -> int:
    """Make links good for nothing from now on; who came by them stays. Twice is once."""
    pks = [invitation.pk for invitation in invitations]
    return Invitation.objects.filter(pk__in=pks, revoked_at__isnull=True).update(revoked_at=now)


def _one_of(found: InvitationQuerySet) -> Invitation:
    invitation = found.select_related("project").first()
    if invitation is None:
        raise InvitationGone(
            _("This invitation is not good any more, or never was. Ask for a new one.")
        )
    return invitation


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
