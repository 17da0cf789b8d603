"""The form to sign in with; apart from the other forms, as allauth imports it early."""

from typing import Any

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """One can start to type at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True
