"""The admin site: django-unfold's, behind our own sign-in and with a content policy of its own."""

from collections.abc import Callable
from typing import Any, cast

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

# Unfold is built on Alpine.js, which evaluates expressions and sets style attributes
# (docs/decisions/0003-admin-content-policy.md). Nothing but the admin gets this.
POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class ConcordAdminSite(UnfoldAdminSite):
    """For superusers and staff; everybody else gets 403."""

    site_title = _("Concord")
    site_header = _("Concord")
    index_title = _("Administration")

    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        checked = csp_update(POLICY)(super().admin_view(view, cacheable))
        return cast(Callable[..., HttpResponse], checked)

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One place to sign in for everybody; who is signed in and still here may not enter."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or "/admin/")
