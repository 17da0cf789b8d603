"""Pages that stand in two frames: that of labelers, and that of who manages the project.

The researchers' frame is drawn by a layer above this one, so a page only says whose it is.
"""

from django.http import HttpResponse
from django.template.response import TemplateResponse

from collector.models import Membership
from collector.selectors import Access

MANAGED = "managed"  # the project that the reader of a page manages, among what it is drawn with


def framed(response: HttpResponse, access: Access) -> HttpResponse:
    """Mark a page for the researchers' frame, where its reader is a researcher of the project.

    Whatever is no page of its own stays as it is: ways on, fragments, files.
    """
    if isinstance(response, TemplateResponse) and Membership.Role.RESEARCHER in access.roles:
        response.context_data = {**(response.context_data or {}), MANAGED: access.project}
    return response
