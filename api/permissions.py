"""Who may call what. Views name their permission; without one nobody may."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from django.utils.translation import gettext as _
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.tokens import Scope, scope_of
from collector.models import Membership
from collector.selectors import is_researcher_somewhere
from common.errors import NotAllowed
from labeling.eligibility import check_may_judge

if TYPE_CHECKING:  # rest_framework.views itself imports this module, by the settings
    from rest_framework.views import APIView

    from accounts.models import User
    from api.views import ProjectView, View

Role = Membership.Role
Roles = Mapping[str, frozenset[str]]

MEMBERS = frozenset(Role.values)
STAFF = frozenset({Role.REVIEWER, Role.RESEARCHER, Role.TRAINER})  # everyone but labelers
RESEARCHERS = frozenset({Role.RESEARCHER})
TRAINERS = frozenset({Role.RESEARCHER, Role.TRAINER})


class ConsentRequired(NotAllowed):
    """Nobody works before having accepted the terms."""

    code = "consent_required"


class ScopeTooNarrow(NotAllowed):
    """The caller may do this, and this token of theirs may not."""

    code = "scope_too_narrow"


def check_scope(request: Request, view: "View") -> None:
    """What a token is good for, asked of every request after what its owner may do.

    `read` is for what changes nothing, `label` for what the page of a labeler does. Sessions and
    tokens without a scope are for everything. Raises ScopeTooNarrow.
    """
    scope = scope_of(request.auth)
    method = "GET" if request.method == "HEAD" else str(request.method)
    allowed = {
        Scope.ALL: True,
        Scope.READ: method == "GET" or method in view.reading,
        Scope.LABEL: method in view.judging,
    }[scope]
    if not allowed:
        raise ScopeTooNarrow(_("This token is for less than that: %s.") % scope.label)


class DenyAll(BasePermission):
    """The default: a view that names no permission is closed."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return False


class SignedIn(BasePermission):
    """Anybody with an account."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return request.user.is_authenticated


class ResearcherSomewhere(BasePermission):
    """Superusers, and people who are researchers in any project."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return request.user.is_authenticated and is_researcher_somewhere(user=request.user)


class SignedInReadsResearcherWrites(ResearcherSomewhere):
    """Reading is for anybody with an account, the rest for researchers."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.method in ("GET", "HEAD"):
            return request.user.is_authenticated
        return super().has_permission(request, view)


class InProject(BasePermission):
    """Members of the view's project whose role the view names for the method.

    Who is no member is told that there is no such project (NotFound).
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not request.user.is_authenticated:
            return False
        project_view = cast("ProjectView", view)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in project_view.roles:
            raise MethodNotAllowed(method)
        project_view.access = project_view.find_access(request.user)
        return not project_view.roles[method].isdisjoint(project_view.access.roles)


class InProjectAsJudge(InProject):
    """As `InProject`, for those who judge there and have consented to the terms in force."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        allowed = super().has_permission(request, view)
        if allowed:
            access = cast("ProjectView", view).access
            check_may_judge(user=cast("User", request.user), roles=access.roles)
            if not access.consented:
                raise ConsentRequired(
                    _("Please accept the terms first (POST /api/v1/me/consents/).")
                )
        return allowed
