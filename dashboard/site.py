"""The admin site: django-unfold's, behind our own sign-in and with a content policy of its own.

Models are for staff. The pages below `projects/` are for researchers too, each in their own
projects (`dashboard.pages`).
"""

from collections.abc import Callable
from typing import Any, cast

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

from accounts.models import User
from collector.selectors import is_researcher_somewhere
from dashboard.projects import projects_of

# Unfold is built on Alpine.js, which evaluates expressions and sets style attributes
# (docs/decisions/0003-admin-content-policy.md). Nothing but the admin gets this.
POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}
LISTED = 12  # projects of the sidebar, newest first; the page of projects has them all


class ConcordAdminSite(UnfoldAdminSite):
    """For superusers and staff; researchers see the pages of their projects and nothing else."""

    site_title = _("Concord")
    site_header = _("Concord")
    index_title = _("Administration")

    def admin_view(
        self, view: Callable[..., HttpResponse], cacheable: bool = False
    ) -> Callable[..., HttpResponse]:
        checked = csp_update(POLICY)(super().admin_view(view, cacheable))
        return cast(Callable[..., HttpResponse], checked)

    def extra_urls(self) -> list[URLPattern | URLResolver]:
        """The researchers' pages, which look after their own access."""
        from dashboard.urls import urlpatterns  # noqa: PLC0415 - models are not loaded before

        return urlpatterns

    def page_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page of the site has, for somebody who was let in by the page itself."""
        staff = self.has_permission(request)
        return {
            **self.each_context(request),
            "has_permission": True,
            "sidebar_navigation": self.get_sidebar_list(request),
            "sidebar_show_search": staff,
            "sidebar_show_all_applications": staff,
        }

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """The person's projects, then for staff the models of each app."""
        user = cast(User, request.user)
        newest = projects_of(user).order_by("-pk").values_list("slug", "name")[:LISTED]
        projects = [
            _link(request, name, reverse("admin:overview", args=[slug])) for slug, name in newest
        ]
        every = _link(request, _now("All projects"), reverse("admin:projects"))
        groups = [{"title": _now("Projects"), "items": [*projects, every]}]
        if user.is_superuser:
            audit = _link(request, _now("Audit of the whole site"), reverse("admin:site-audit"))
            groups.append({"title": _now("Site"), "items": [audit]})
        for app in self.get_app_list(request):
            links = [
                _link(request, str(model["name"]), model["admin_url"], whole=False)
                for model in app["models"]
                if model["admin_url"]
            ]
            groups.append({"title": conditional_escape(app["name"]), "items": links})
        return groups

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The models, for staff; of nobody else are permissions even asked for."""
        if not self.has_permission(request):
            return []
        found: list[dict[str, Any]] = super().get_app_list(request, app_label)
        return found

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One place to sign in for everybody; who is signed in and still here may not enter.

        Researchers who ask for the site itself are led to what it has for them.
        """
        asked = request.GET.get(REDIRECT_FIELD_NAME) or "/admin/"
        if not request.user.is_authenticated:
            return redirect_to_login(asked)
        user = request.user
        if asked == reverse("admin:index") and is_researcher_somewhere(user=user):
            return redirect("admin:projects")
        raise PermissionDenied


def _link(request: HttpRequest, title: str, link: str, *, whole: bool = True) -> dict[str, Any]:
    """An entry of the sidebar; `whole`: it is this very page, not one below it."""
    here = request.path == link if whole else request.path.startswith(link)
    # The sidebar takes titles for HTML.
    return {
        "title": conditional_escape(title),
        "link": link,
        "active": here,
        "has_permission": True,
    }
