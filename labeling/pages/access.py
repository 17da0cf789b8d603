"""Who may open a labeling page: signed in, in the project, allowed to label, consented."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.services import labeler_of
from collector.models import Project
from collector.selectors import Access, access_to
from common.errors import DomainError, NotFound
from labeling.eligibility import NotAJudge, check_may_judge
from labeling.errors import TrainingNeeded

View = Callable[..., HttpResponse]


def labeler_page(view: View) -> View:
    """Give a view the project and the labeler, or answer for it.

    Signed out: to the sign-in page (401 and words for a request made by the page's own scripts).
    Not a member: 404, as if there were no project. A member who does not judge: 403. Both in words
    for the page's own scripts, beside what was typed. Not yet consented: to the terms. A script of
    a page that was made for another labeler, who has signed out since: 401. Who has to train first,
    or is paused: to the training page.
    """

    @never_cache
    @wraps(view)
    def checked(request: HttpRequest, slug: str, **kwargs: Any) -> HttpResponse:
        if not isinstance(request.user, User):
            return _sign_in(request)
        try:
            access = _access_to_label(request.user, slug)
        except (NotFound, NotAJudge) as error:
            return _refuse(request, error)
        if not access.consented:
            return _ask_consent(request, access.project)
        labeler = labeler_of(user=request.user)
        if request.headers.get("X-Labeler", str(labeler.uid)) != str(labeler.uid):
            return _somebody_else(request)
        try:
            return view(request, access.project, labeler, **kwargs)
        except TrainingNeeded as error:
            return _to_training(request, access.project, error)

    return checked


def _access_to_label(user: User, slug: str) -> Access:
    access = access_to(user=user, slug=slug)
    if access.project.archived_at:
        raise NotFound(_("The project is archived."))
    check_may_judge(user=user, roles=access.roles)
    return access


def wants_json(request: HttpRequest) -> bool:
    """Whether the page's scripts ask, and want to know what became of it rather than a page."""
    return request.headers.get("Accept", "").startswith("application/json")


def refusal(code: str, detail: str, *, status: int) -> JsonResponse:
    """Why something was not done, for the page's scripts to act on and to say."""
    return JsonResponse({"code": code, "detail": detail}, status=status)


def _refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    if wants_json(request):
        return refusal(error.code, error.detail, status=error.status)
    if request.headers.get("HX-Request"):
        return render_message(request, error.detail, status=error.status)
    if isinstance(error, NotFound):
        raise Http404 from error
    raise PermissionDenied(error.detail) from error


def _to_training(request: HttpRequest, project: Project, error: TrainingNeeded) -> HttpResponse:
    """No task before the training, or during a pause: its page says why, and what to do."""
    if wants_json(request):
        return refusal(error.code, error.detail, status=error.status)
    if request.headers.get("HX-Request"):
        context = {"project": project, "words": error.detail}
        return render(request, "labeling/gate.html", context, status=error.status)
    return redirect("training", slug=project.slug)


def _sign_in(request: HttpRequest) -> HttpResponse:
    words = _(
        "You are signed out. Sign in again in another tab, then press Submit here: "
        "what you wrote is kept."
    )
    if wants_json(request):
        return refusal("signed_out", words, status=401)
    if request.headers.get("HX-Request"):
        return render_message(request, words, status=401, sign_in=True)
    return redirect_to_login(request.get_full_path())


def _somebody_else(request: HttpRequest) -> HttpResponse:
    words = _("Somebody else has signed in with this browser. What you wrote is kept.")
    if wants_json(request):
        return refusal("other_labeler", words, status=401)
    return render_message(request, words, status=401, sign_in=True)


def _ask_consent(request: HttpRequest, project: Project) -> HttpResponse:
    if wants_json(request):
        words = _("The terms have changed. Please read them first.")
        return refusal("consent_needed", words, status=403)
    back = reverse("label", args=[project.slug])
    return redirect(f"{reverse('consent')}?{urlencode({'next': back})}")


def render_message(
    request: HttpRequest, words: str, *, status: int, sign_in: bool = False
) -> HttpResponse:
    """A message for the page's message region; the rest of the page, and what was typed, stays."""
    context = {"words": words, "sign_in": sign_in}
    response = render(request, "labeling/message.html", context, status=status)
    response["HX-Retarget"] = "#message"
    response["HX-Reswap"] = "innerHTML"
    return response
