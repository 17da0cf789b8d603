"""Getting in by an invitation: which one a browser brought, and what it lets its holder do."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from accounts import adapter
from collector.models import Invitation
from collector.services.invitations import InvitationGone, live_invitation

_KEY = "invitation"


class AccountAdapter(adapter.AccountAdapter):
    """Who brought an invitation may make an account, at the address it was mailed to."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return super().is_open_for_signup(request) or brought_invitation(request) is not None

    def invited_address(self, request: HttpRequest) -> str:
        invitation = brought_invitation(request)
        return invitation.email if invitation else ""

    def unstash_verified_email(self, request: HttpRequest) -> str | None:
        """Asked when an account is made: who reads the mail there has shown it."""
        return self.invited_address(request) or None

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        return bool(email) and email.lower() == self.invited_address(request)


def bring_invitation(request: HttpRequest, invitation: Invitation) -> None:
    """Remember in the session which invitation was brought – not its token."""
    request.session[_KEY] = str(invitation.uid)


def forget_invitation(request: HttpRequest) -> None:
    """Once it was accepted."""
    request.session.pop(_KEY, None)


def brought_invitation(request: HttpRequest) -> Invitation | None:
    """The invitation that this browser brought, if it is still good."""
    uid: Any = request.session.get(_KEY)
    if uid is None:
        return None
    try:
        return live_invitation(uid=UUID(uid), now=timezone.now())
    except InvitationGone:
        return None
