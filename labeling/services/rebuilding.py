"""Comparisons derived anew from the judgments' tiers, which are the truth."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction

from collector.models import Message, Project
from labeling import locks
from labeling.comparisons import pairs
from labeling.models import Judgment
from labeling.services.rebuild_sql import COLUMNS, DELETE_STRAY, UPSERT

JUDGMENTS_A_BATCH = 500


def rebuild_comparisons(
    *, project: Project, on_progress: Callable[[int], None] | None = None
) -> int:
    """Make every comparison of the project say what its judgment says; returns how many changed.

    Rows that are right already keep their ids and are not touched. Judgments without texts
    (imported votes) have nothing to be derived from and are left alone. `on_progress` is told the
    number of judgments done so far.
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
    responses = {response for judgment in judgments for response in judgment.order}
    author = dict(
        Message.objects.filter(pk__in=responses).values_list("pk", "revision__generator_id")
    )
    rows = [
        (
            judgment.pk,
            project.pk,
            judgment.labeler_id,
            judgment.task.prompt_id,
            pair.first,
            pair.second,
            author.get(pair.first),
            author.get(pair.second),
            pair.outcome,
            pair.strength,
            pair.first_shown_before,
            judgment.purpose,
            judgment.created_at,
            judgment.retired_at,
        )
        for judgment in judgments
        for pair in pairs(
            purpose=judgment.purpose,
            tiers=judgment.tiers,
            order=judgment.order,
            strength=judgment.strength,
            edit=_edit(judgment),
        )
    ]
    params: dict[str, Any] = {
        name: [row[index] for row in rows] for index, name in enumerate(COLUMNS)
    }
    params["judgments"] = [judgment.pk for judgment in judgments]
    with connection.cursor() as cursor:
        cursor.execute(DELETE_STRAY, params)
        deleted = cursor.rowcount
        cursor.execute(UPSERT, params)
        return int(deleted + cursor.rowcount)


def _edit(judgment: Judgment) -> tuple[int, int] | None:
    """The labeler's better version and the response it was made from."""
    edit = judgment.edit
    return (edit.pk, edit.edits_id) if edit and edit.edits_id else None
