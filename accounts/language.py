"""The language of the pages: what the person chose, else what their browser asks for."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

from accounts.models import Preferences, User

SESSION_KEY = "interface_language"
Answer = Callable[[HttpRequest], HttpResponseBase]


def preferred_language(get_response: Answer) -> Answer:
    """Middleware after those of sessions, locale and authentication.

    The choice is read once a session and kept in it, so that pages do not ask for it again.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        language = _chosen(request)
        if language in dict(settings.LANGUAGES):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return get_response(request)

    return middleware


def remember_language(*, session: SessionBase, language: str) -> None:
    """Show this session's pages in a language from now on; empty: as the browser asks."""
    session[SESSION_KEY] = language


def _chosen(request: HttpRequest) -> str:
    if SESSION_KEY not in request.session:
        if not isinstance(request.user, User):
            return ""
        chosen = Preferences.objects.filter(labeler__user=request.user)
        language = chosen.values_list("interface_language", flat=True).first() or ""
        remember_language(session=request.session, language=language)
    return str(request.session[SESSION_KEY])
