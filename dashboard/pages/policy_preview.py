"""What labelers would see under a policy that nobody has saved."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from collector.selectors import is_researcher_somewhere
from dashboard.pages.access import of_everybody, user_of
from labeling.admin.preview import preview


@require_safe
@of_everybody
def policy_preview(request: HttpRequest) -> HttpResponseBase:
    """For whoever may make a project, and so a policy."""
    if not is_researcher_somewhere(user=user_of(request)):
        raise PermissionDenied(_("These pages are for researchers."))
    return preview(request)
