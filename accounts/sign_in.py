"""The forms to sign in and up with; apart from the other forms, as allauth imports them early."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from allauth.core import context
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Plain:
    """The labels say what a field is for: allauth's placeholders only repeat them."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(Plain, LoginForm):
    """One can start to type at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True
        self.fields["remember"].label = _("Stay signed in")


class SignUpForm(Plain, SignupForm):
    """A new account. Who was invited at an address gets an account of that address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.invited = get_adapter().invited_address(context.request)
        if self.invited:
            self.fields["email"].initial = self.invited
            self.fields["email"].disabled = True  # whatever is posted, the initial value counts

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.account_already_exists:
            # As long as a new account would take: the time tells nobody that there is one.
            make_password(self.cleaned_data["password1"])
        saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
        return saved


class PlainChangePasswordForm(Plain, ChangePasswordForm):
    """Another password."""


class PlainSetPasswordForm(Plain, SetPasswordForm):
    """A first password, of who came by a service."""


class PlainResetPasswordForm(Plain, ResetPasswordForm):
    """The address of who forgot their password."""


class PlainResetPasswordKeyForm(Plain, ResetPasswordKeyForm):
    """A new password in place of a forgotten one."""


class PlainReauthenticateForm(Plain, ReauthenticateForm):
    """The password once more."""
