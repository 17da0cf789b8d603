"""Pages that ask once more who one is."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from allauth.account.decorators import reauthentication_required

View = TypeVar("View", bound=Callable[..., Any])


def confirmed(view: View) -> View:
    """The person has given their password or second factor again within minutes, or is asked."""
    return cast(View, reauthentication_required(view))
