"""How django-allauth behaves here. Invitations are added to it in `collector.joining`."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Who signs up alone, and where people are sent."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGNUP == "open")

    def invited_address(self, request: HttpRequest) -> str:
        """The address an account has to have that is made now; empty where any will do."""
        return ""

    def is_safe_url(self, url: str) -> bool:
        """Pages of this very host only; allauth would send people to any allowed one."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def pre_login(
        self,
        request: HttpRequest,
        user: User,
        *,
        signal_kwargs: dict[str, Any] | None,
        **kwargs: Any,
    ) -> HttpResponse | None:
        """Asked once it is clear who signs in – and once a stranger's password was taken away."""
        sociallogin = (signal_kwargs or {}).get("sociallogin")
        if sociallogin and _verified_by(sociallogin, user):
            EmailAddress.objects.update_or_create(
                user=user, email=user.email, defaults={"verified": True, "primary": True}
            )
        refused: HttpResponse | None = super().pre_login(
            request, user, signal_kwargs=signal_kwargs, **kwargs
        )
        return refused

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: Any, **kwargs: Any
    ) -> None:
        """Tell people what happened to their account – at an address that is known to be theirs."""
        if EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
            super().send_notification_mail(template_prefix, user, *args, **kwargs)


def _verified_by(sociallogin: SocialLogin, user: User) -> bool:
    """Whether the service says that it verified the address of the account."""
    return any(
        address.verified and address.email.lower() == user.email
        for address in sociallogin.email_addresses
    )


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in by other services."""

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.name = (data.get("name") or "")[: User._meta.get_field("name").max_length]
        return user
