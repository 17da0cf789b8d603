"""What labelers would see under a policy that nobody has saved: the same templates and scripts."""

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

from csp.constants import SELF
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from labeling.admin.policy_form import PreviewForm
from labeling.keymap import keymap_of
from labeling.pages.desk import desk_for
from labeling.services.showing import ClaimedTask, Shown

# Nothing of a preview is stored or sent: it needs a task's address, and no task.
NO_SLOT = UUID(int=0)
NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@xframe_options_sameorigin
@csp_replace({"frame-ancestors": [SELF]})
@require_safe
def preview(request: HttpRequest) -> HttpResponse:
    """The compare page of the policy in the query, with sample responses; or why there is none."""
    form = PreviewForm(request.GET)
    context: dict[str, object] = {
        "project": SimpleNamespace(slug="preview", name=""),
        "keymap": keymap_of({}),
    }
    if form.is_valid():
        settings = form.settings()
        context["desk"] = desk_for(
            _sample(settings["modes"], settings["responses"], settings["span_labels"])
        )
    else:
        context["why"] = [error for errors in form.errors.values() for error in errors]
    return render(request, "admin/labeling/policyversion/preview.html", context)


def _sample(modes: list[str], responses: int, span_labels: list[str]) -> ClaimedTask:
    texts = [
        _("Steep it for **three minutes**, then take the leaves out."),
        _("1. Boil the water.\n2. Pour it over the leaves.\n3. Wait for three minutes."),
        _("Any tea is done when it looks dark enough."),
        _("I cannot say that without knowing the tea. Green tea wants less than black tea."),
    ]
    return ClaimedTask(
        slot=NO_SLOT,
        expires_at=NEVER,
        kind="compare",
        guideline_version=None,
        guidelines_changed=False,
        modes=modes,
        span_labels=span_labels,
        prompt=[{"role": "user", "content": _("How long should tea steep?")}],
        responses=[
            Shown(str(place), texts[(place - 1) % len(texts)]) for place in range(1, responses + 1)
        ],
    )
