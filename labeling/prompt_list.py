"""The prompts of a project, for those who look after them, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from collector.models import Message, Project
from labeling.finding import Found, Wish, page_of
from labeling.models import Task


@dataclass(frozen=True, slots=True)
class ListedPrompt:
    """A prompt with its responses that can be compared, and its tasks that were not taken back."""

    found: Found
    responses: int
    tasks: int


@dataclass(frozen=True, slots=True)
class PromptsPage:
    """The newest first. `newer` and `older` say whether there are any."""

    rows: list[ListedPrompt]
    newer: bool
    older: bool


def prompts_page(
    *,
    project: Project,
    q: str = "",
    source: str = "",
    flag: str = "",
    older_than: int | None = None,
    newer_than: int | None = None,
) -> PromptsPage:
    """A page of the prompts that hold the words `q`, are of that source and have that flag.

    It begins behind one of the messages (ids), or at the newest. Raises InvalidInput for a search
    that cannot be understood, TooBroad for one that would take too long.
    """
    wish = Wish(q=q, role=Message.Role.USER, source=source, flag=flag)
    page = page_of(
        project=project, wish=wish, blind=False, older_than=older_than, newer_than=newer_than
    )
    return PromptsPage(_listed(page.rows), page.newer, page.older)


def _listed(found: Sequence[Found]) -> list[ListedPrompt]:
    """The prompts with what there is of each, counted in one query."""
    ids = [each.message.pk for each in found]
    responses = Message.objects.candidates().filter(parent=OuterRef("pk"))
    tasks = Task.objects.filter(prompt=OuterRef("pk"), repeats__isnull=True)
    counts = Message.objects.filter(pk__in=ids).values_list(
        "pk", _number_of(responses), _number_of(tasks.exclude(state=Task.State.VOID))
    )
    counted = {pk: numbers for pk, *numbers in counts}
    return [ListedPrompt(each, *counted[each.message.pk]) for each in found]


def _number_of(rows: QuerySet[Any]) -> Coalesce:
    alone = rows.order_by().annotate(group=Value(1)).values("group")
    return Coalesce(Subquery(alone.annotate(number=Count("pk")).values("number")), 0)
