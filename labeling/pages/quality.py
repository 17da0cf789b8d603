"""How far a project's judgments can be trusted: its leaderboard, agreement and labelers.

Never for labelers: judging is blind to models, and to what others said.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Labeler, User
from collector.models import Membership, Project
from collector.selectors import Access, access_to
from common.errors import NotFound
from labeling.figures.judges import judges, minds_changed
from labeling.figures.leaderboard import Options
from labeling.figures.simulated import simulated_in
from labeling.figures.snapshots import (
    agreement_shown,
    history,
    labelers_shown,
    leaderboard_shown,
)
from labeling.finding import reads_blind
from labeling.models import AgreementSnapshot, LeaderboardSnapshot
from labeling.pages.agreement_board import TREND, alphas_of, leanings_of, raw_of
from labeling.pages.axis import SHARES
from labeling.pages.boards import LINES, MATRIX, SHADES, board_of, matrix_of, picture_of, rating_of
from labeling.pages.frame import framed
from labeling.pages.labeler_board import Shown, heads, matching, ordered, page_of, shown
from labeling.pages.quality_forms import LabelersForm, LeaderboardForm
from labeling.templatetags.figures import decimals, whole
from labeling.worklists import MAY_SEE_MODELS, may_review

View = Callable[..., HttpResponse]
Body = Mapping[str, Any]
Tabs = dict[str, Any]
Role = Membership.Role
FLAGGED = 20  # of the agreement page; the board has them all
OVERSEERS = frozenset({Role.REVIEWER, Role.RESEARCHER})


def figures_page(roles: Collection[str]) -> Callable[[View], View]:
    """Give a view the project and what its tabs may show; 404 to strangers, 403 to other roles."""

    def decorator(view: View) -> View:
        @never_cache
        @login_required
        @wraps(view)
        def checked(request: HttpRequest, slug: str, **found: Any) -> HttpResponse:
            user = cast(User, request.user)
            try:
                access = access_to(user=user, slug=slug)
            except NotFound as error:
                raise Http404 from error
            if access.roles.isdisjoint(roles):
                raise PermissionDenied(_("Your role in this project does not include this page."))
            page = view(request, access.project, tabs_for(user, access), **found)
            return framed(page, access)

        return checked

    return decorator


def tabs_for(user: User, access: Access) -> dict[str, Any]:
    """What `labeling/quality/tabs.html` needs of a person, beside the project."""
    return {
        "sees_labelers": not access.roles.isdisjoint(OVERSEERS),
        "reviews": may_review(user=user, roles=access.roles),
        "reads_blind": reads_blind(access.roles),
    }


@require_safe
@figures_page(MAY_SEE_MODELS)
def leaderboard(request: HttpRequest, project: Project, tabs: Tabs) -> HttpResponse:
    """The models by strength, who beats whom, and how it went."""
    form = LeaderboardForm(request.GET, project=project)
    body = leaderboard_shown(project=project, options=Options(**form.options()))
    if body is None:
        return _counting(request, _("Leaderboard"), project, tabs | {"tab": "leaderboard"})
    board = board_of(body)
    first = [place.model for place in board.places]
    readings = {name: rating_of(name) for name in first[:LINES]}
    # Written down are the ratings by all votes alone.
    past = [] if form.chosen() else _past(LeaderboardSnapshot, project)
    context = {
        "form": form,
        "filtered": bool(form.chosen()),
        "body": body,
        "board": board,
        "as_of": datetime.fromisoformat(body["as_of"]),
        "stale": body["stale"],
        "matrix": matrix_of(body["win_matrix"], first[:MATRIX]),
        "matrix_cut": len(first) > MATRIX,
        "simulated": simulated_in(project=project),
        "shades": range(-SHADES, SHADES + 1),
        "picture": picture_of(past, readings, whole),
        "charts": len(past) > 1,
        "csv": _csv("api:leaderboard", project, form.query()),
    }
    return _page(request, "leaderboard", project, tabs, context)


@require_safe
@figures_page(OVERSEERS)
def quality(request: HttpRequest, project: Project, tabs: Tabs) -> HttpResponse:
    """How far people agree, where they lean, and who is worth a look."""
    body, people = agreement_shown(project=project), labelers_shown(project=project)
    if body is None or people is None:
        return _counting(request, _("Agreement"), project, tabs | {"tab": "quality"})
    flagged = [row for row in ordered(people["labelers"], "") if row["flags"]]
    past = _past(AgreementSnapshot, project)
    readings = {str(words): read for words, read in TREND.values()}
    context = {
        "body": body,
        "raw": raw_of(body),
        "alphas": alphas_of(body),
        "leanings": leanings_of(body),
        "shares": SHARES,
        "as_of": datetime.fromisoformat(body["as_of"]),
        "stale": body["stale"],
        "picture": picture_of(past, readings, decimals),
        "charts": len(past) > 1,
        **_judges(project),
        "flagged": _rows(project, flagged[:FLAGGED], tabs),
        "flagged_in_all": len(flagged),
    }
    return _page(request, "quality", project, tabs, context)


@require_safe
@figures_page(OVERSEERS)
def labelers(request: HttpRequest, project: Project, tabs: Tabs) -> HttpResponse:
    """Everybody who judged, each number with its interval, and what is worth a look."""
    form = LabelersForm(request.GET)
    asked = form.chosen()
    number, sort = asked.pop("page", 1), asked.pop("sort", "")
    body = labelers_shown(project=project)
    if body is None:
        return _counting(request, _("Labelers"), project, tabs | {"tab": "labelers"})
    found = ordered(matching(body["labelers"], asked), sort)
    rows, more = page_of(found, number)
    context = {
        "form": form,
        "filtered": bool(asked),
        "rows": _rows(project, rows, tabs),
        "heads": heads(sort, _and(asked)),
        "shares": SHARES,
        "as_of": datetime.fromisoformat(body["as_of"]),
        "stale": body["stale"],
        "total": len(found),
        "number": number,
        "more": more,
        "keep": _and(asked | ({"sort": sort} if sort else {})),
        "width": "full",
    }
    return _page(request, "labelers", project, tabs, context)


def _judges(project: Project) -> dict[str, Any]:
    """Machine judges beside people, where there are any."""
    found = judges(project=project)
    return {"judges": found, "minds": minds_changed(project=project) if found else None}


def _past(
    kind: type[LeaderboardSnapshot] | type[AgreementSnapshot], project: Project
) -> list[tuple[datetime, Body]]:
    moments = history(kind=kind, project=project)
    return [(datetime.fromisoformat(body["as_of"]), body) for body in moments]


def _rows(project: Project, rows: Sequence[Body], tabs: Mapping[str, Any]) -> list[Shown]:
    """Rows for the page; reviewers get a way to each person's own page."""
    ids = [row["id"] for row in rows] if tabs["reviews"] else []
    uids = dict(Labeler.objects.filter(pk__in=ids).values_list("pk", "uid"))
    links = {pk: reverse("person", args=[project.slug, uid]) for pk, uid in uids.items()}
    return [shown(row, links.get(row["id"])) for row in rows]


def _counting(request: HttpRequest, heading: str, project: Project, tabs: Tabs) -> HttpResponse:
    """The page while a worker counts for the first time; it shows the figures by itself then."""
    chosen = tabs["tab"] == "leaderboard" and bool(request.GET)
    context = {**tabs, "heading": heading, "project": project, "filtered": chosen}
    return TemplateResponse(request, "labeling/quality/counting.html", context)


def _page(
    request: HttpRequest,
    tab: str,
    project: Project,
    tabs: Mapping[str, Any],
    context: Mapping[str, Any],
) -> HttpResponse:
    everything = {**tabs, **context, "tab": tab, "project": project}
    return TemplateResponse(request, f"labeling/quality/{tab}.html", everything)


def _csv(name: str, project: Project, query: Mapping[str, Any]) -> str:
    return f"{reverse(name, args=[project.slug])}?{urlencode({**query, 'format': 'csv'})}"


def _and(kept: Mapping[str, Any]) -> str:
    return f"&{urlencode(kept)}" if kept else ""
