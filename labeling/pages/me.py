"""Pages about one's own work: home, contributions, calibration, settings."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.language import remember_language
from accounts.models import User
from accounts.services import labeler_of
from collector.selectors import visible_projects
from common.errors import NotFound
from labeling.calibration import BATCH, OTHERS_AT_LEAST, calibrations_of
from labeling.contributions import contribution_detail, contributions_page, projects_judged
from labeling.correspondence import offered_in
from labeling.pages.care_forms import ContributionsForm, SettingsForm
from labeling.services.preferences import preferences_of, save_preferences
from labeling.services.reconsidering import second_look
from labeling.worklists import (
    TIMED,
    TIMED_AT_LEAST,
    judged_in_all,
    judged_today,
    pace_of,
    projects_of,
    unread_letters,
)

MANAGES = "manages"  # in the session: whether the person has researchers' pages


@never_cache
@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What is open for the person who signed in, and what they have done."""
    user = cast(User, request.user)
    labeler = labeler_of(user=user)
    preferences = preferences_of(labeler=labeler)
    cards = projects_of(user=user, labeler=labeler)
    judges = any(card.may_label for card in cards)
    _remember_managing(request, user.is_superuser or any(card.may_manage for card in cards))
    context = {
        "labeler": labeler,
        "cards": cards,
        "judges": judges,
        "reviews": any(card.may_review for card in cards),
        "today": judged_today(labeler=labeler).count(),
        "total": judged_in_all(labeler=labeler),
        "pace": pace_of(labeler=labeler) if judges else None,
        "timed": TIMED,
        "timed_at_least": TIMED_AT_LEAST,
        "unread": unread_letters(labeler=labeler),
        "preferences": preferences,
        "pseudonym": labeler.pseudonym,
    }
    return render(request, "labeling/home.html", context)


def _remember_managing(request: HttpRequest, manages: bool) -> None:
    """For the menu of every page, which asks the database nothing; the pages check for themselves.

    A session is written when this changes, and not with every look at the start page.
    """
    if request.session.get(MANAGES, False) != manages:
        request.session[MANAGES] = manages


@never_cache
@login_required
@require_safe
def contributions(request: HttpRequest) -> HttpResponse:
    """One's own answers, newest first, to search and to correct while that is possible."""
    labeler = labeler_of(user=cast(User, request.user))
    form = ContributionsForm(request.GET, projects_judged(labeler=labeler))
    page = contributions_page(labeler=labeler, **form.chosen())
    query = request.GET.copy()
    query.pop("page", None)
    context = {"form": form, "page": page, "query": query.urlencode()}
    return render(request, "labeling/me/contributions.html", context)


@never_cache
@login_required
@require_safe
def contribution(request: HttpRequest, judgment: UUID) -> HttpResponse:
    """One answer of one's own with the texts, as they were shown."""
    labeler = labeler_of(user=cast(User, request.user))
    try:
        detail = contribution_detail(labeler=labeler, uid=judgment)
    except NotFound as error:
        raise Http404 from error
    context = {"detail": detail, "second": second_look(labeler=labeler, uid=judgment)}
    return render(request, "labeling/me/contribution.html", context)


@never_cache
@login_required
@require_safe
def calibration(request: HttpRequest) -> HttpResponse:
    """How one's answers compare with experts' and others', for oneself alone."""
    labeler = labeler_of(user=cast(User, request.user))
    context = {
        "rows": calibrations_of(labeler=labeler),
        "batch": BATCH,
        "others_at_least": OTHERS_AT_LEAST,
    }
    return render(request, "labeling/me/calibration.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """How one likes to work."""
    user = cast(User, request.user)
    labeler = labeler_of(user=user)
    projects = visible_projects(user=user).filter(archived_at__isnull=True)
    languages, topics = offered_in(projects=projects)
    form = SettingsForm(
        request.POST if request.method == "POST" else None,
        stored=preferences_of(labeler=labeler),
        languages=languages,
        topics=topics,
    )
    if request.method == "POST" and form.is_valid():
        saved = save_preferences(labeler=labeler, **form.cleaned_data)
        remember_language(session=request.session, language=saved.interface_language)
        messages.success(request, _("Your settings are stored."))
        return redirect("settings")
    status = 400 if form.errors else 200
    return render(request, "labeling/me/settings.html", {"form": form}, status=status)
