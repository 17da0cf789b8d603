"""The researchers' frame around pages of the apps below, for readers who manage the project."""

from collections.abc import Callable

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse

from dashboard.pages.access import frame_of
from dashboard.site import POLICY
from labeling.pages.frame import MANAGED

FRAME = "dashboard/results.html"  # what the page extends instead of its own base


class ResearchersFrame:
    """Middleware: a page that says which project its reader manages stands among its places."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Nothing of its own: only pages that are still to be drawn are changed."""
        return self.get_response(request)

    def process_template_response(
        self, request: HttpRequest, response: TemplateResponse
    ) -> HttpResponse:
        """Give the page the frame, and the content policy that the frame's scripts need."""
        own = response.context_data or {}
        project = own.get(MANAGED)
        if project is None:
            return response
        response.context_data = {**frame_of(request, project), **own, "frame": FRAME}
        csp_update(POLICY)(lambda _request: response)(request)  # notes it on the response
        return response
