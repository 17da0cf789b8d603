"""The dialog for reports, which every page of somebody signed in has."""

from datetime import datetime
from math import ceil
from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone

from labeling.pages.care_forms import ReportForm
from labeling.texts.language_names import language_name
from labeling.worklists import OPEN_COUNTED

register = template.Library()


@register.inclusion_tag("labeling/report_dialog.html", takes_context=True)
def report_dialog(context: Context) -> dict[str, Any]:
    """The form with the page it is about; its token is that of the page."""
    request = context["request"]
    form = ReportForm(initial={"page": request.path}, auto_id="report_%s")
    return {"form": form, "csrf_token": context.get("csrf_token")}


@register.filter
def percent(share: float) -> str:
    """A share of 1 as whole percent."""
    return f"{share:.0%}"


@register.filter
def short_time(seconds: float) -> str:
    """Seconds as minutes and seconds: 1:05."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


@register.filter
def open_tasks(count: int, rough: bool) -> str:
    """How many tasks are open to somebody; to the ten where it is told roughly."""
    if count >= OPEN_COUNTED:
        return f"{OPEN_COUNTED}+"
    if not rough or not count:
        return str(count)
    return f"{count // 10 * 10}+" if count >= 10 else "<10"


@register.filter
def language_in_words(code: str) -> str:
    """A language in its own words."""
    return language_name(code)


@register.inclusion_tag("labeling/moment.html")
def moment(when: datetime) -> dict[str, Any]:
    """A point in time: UTC, which the page's script says in the reader's own zone."""
    return {"when": when}


@register.filter
def minutes_left(until: datetime) -> int:
    """Whole minutes from now on, one begun counted."""
    return max(1, ceil((until - timezone.now()).total_seconds() / 60))
