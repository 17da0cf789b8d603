"""Comparisons derived anew from the judgments' tiers, which are the truth."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from collector.models import Message, Project
from labeling import locks
from labeling.comparisons import pairs
from labeling.models import Judgment
from labeling.services.rebuild_sql import (
    COLUMNS,
    DELETE_STRAY,
    DELETE_STRAY_VOTES,
    INSERT_VOTES,
    UPSERT,
)

JUDGMENTS_A_BATCH = 500


def rebuild_comparisons(
    *, project: Project, on_progress: Callable[[int], None] | None = None
) -> int:
    """Make every comparison of the project say what its judgment says; returns how many changed.

    Rows that are right already keep their ids and are not touched. `on_progress` is told the number
    of judgments done so far.
    """
    changed = done = after = 0
    while True:
        with transaction.atomic():
            locks.share_judgments(project_id=project.pk)
            batch = list(
                Judgment.objects.select_for_update(of=("self",), no_key=True)
                .select_related("task", "edit")
                .filter(task__project=project, pk__gt=after)
                .order_by("pk")[:JUDGMENTS_A_BATCH]
            )
            if not batch:
                return changed
            changed += write_comparisons(project=project, judgments=batch)
        done += len(batch)
        after = batch[-1].pk
        if on_progress:
            on_progress(done)


def write_comparisons(*, project: Project, judgments: Sequence[Judgment]) -> int:
    """Make the comparisons of these judgments of the project right; returns how many changed.

    To be called in the transaction that wrote the judgments or holds them locked.
    """
    votes = [judgment for judgment in judgments if judgment.task.prompt_id is None]
    texts = [judgment for judgment in judgments if judgment.task.prompt_id is not None]
    changed = 0
    if texts:
        responses = {response for judgment in texts for response in judgment.order}
        found = Message.objects.filter(pk__in=responses).values_list("pk", "revision__generator_id")
        author = dict(found)
        changed += _make_right(project, texts, author.get, DELETE_STRAY, UPSERT)
    if votes:
        changed += _make_right(project, votes, None, DELETE_STRAY_VOTES, INSERT_VOTES)
    return changed


def _make_right(
    project: Project,
    judgments: Sequence[Judgment],
    author: Callable[[int], int | None] | None,
    *statements: str,
) -> int:
    rows = [row for judgment in judgments for row in _rows(project, judgment, author)]
    params: dict[str, Any] = {
        name: [row[index] for row in rows] for index, name in enumerate(COLUMNS)
    }
    params["judgments"] = [judgment.pk for judgment in judgments]
    changed = 0
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, params)
            changed += cursor.rowcount
    return changed


def _rows(
    project: Project, judgment: Judgment, author: Callable[[int], int | None] | None
) -> Iterator[tuple[Any, ...]]:
    """The rows that a judgment comes to. Without an `author` of texts, it is between generators."""
    for pair in pairs(
        purpose=judgment.purpose,
        tiers=judgment.tiers,
        order=judgment.order,
        strength=judgment.strength,
        edit=_edit(judgment),
    ):
        between: tuple[int | None, ...] = (None, None, pair.first, pair.second)
        if author is not None:
            between = (pair.first, pair.second, author(pair.first), author(pair.second))
        yield (
            *(judgment.pk, project.pk, judgment.labeler_id, judgment.task.prompt_id, *between),
            *(pair.outcome, pair.strength, pair.first_shown_before, judgment.purpose),
            *(judgment.created_at, judgment.retired_at),
        )


def _edit(judgment: Judgment) -> tuple[int, int] | None:
    """The labeler's better version and the response it was made from."""
    edit = judgment.edit
    return (edit.pk, edit.edits_id) if edit and edit.edits_id else None
