"""What a project has collected: its comparisons, and figures of how far it is."""

from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from collector.models import Message, Project
from labeling.exclusions import exclusions_in
from labeling.models import Comparison, Judgment, Slot, Task
from labeling.models.judgments import NO_WORK
from labeling.services.check_sql import CHECK_BAND


def comparisons_of(
    *,
    project: Project,
    generator: str = "",
    labeler: str = "",
    purpose: str = "",
    created_after: datetime | None = None,
) -> QuerySet[Comparison]:
    """Comparisons in force with all that a row of them names, without the texts.

    Those of excluded labelers only where the labeler is named.
    """
    rows = Comparison.objects.filter(project=project, retired_at__isnull=True)
    if generator:
        rows = rows.filter(first_generator__name=generator) | rows.filter(
            second_generator__name=generator
        )
    if labeler:
        rows = rows.filter(labeler__pseudonym=labeler)
    else:
        rows = rows.exclude(labeler__in=exclusions_in(project=project).values("labeler"))
    if purpose:
        rows = rows.filter(purpose=purpose)
    if created_after:
        rows = rows.filter(created_at__gt=created_after)
    return rows.select_related(
        "judgment", "labeler", "prompt", "first", "second", "first_generator", "second_generator"
    ).only(
        *(field.name for field in Comparison._meta.concrete_fields),
        "judgment__uid",
        "labeler__pseudonym",
        "prompt__uid",
        "first__uid",
        "second__uid",
        "first_generator__name",
        "second_generator__name",
    )


def project_progress(*, project: Project) -> dict[str, Any]:
    """Counts of what there is, what is done and what is owed; tasks and slots by state.

    Training is no progress: neither its answers count nor the slots that it was given as. The slots
    of hidden checks are owed by nobody and are left out too.
    """
    standing = Judgment.objects.filter(task__project=project, retired_at__isnull=True)
    judgments = standing.exclude(purpose__in=NO_WORK)
    judged = judgments.aggregate(judgments=Count("pk"), labelers=Count("labeler_id", distinct=True))
    messages = Message.objects.filter(project=project)
    return {
        "prompts": messages.prompts().count(),
        "responses": messages.candidates().count(),
        "tasks": _by_state(Task, Task.objects.filter(project=project, repeats__isnull=True)),
        "slots": _by_state(Slot, Slot.objects.filter(project=project, band__lt=CHECK_BAND)),
        "comparisons": Comparison.objects.filter(project=project, retired_at__isnull=True).count(),
        **judged,
    }


def _by_state(
    model: type[Task] | type[Slot], rows: "QuerySet[Task] | QuerySet[Slot]"
) -> dict[str, int]:
    counted = rows.values_list("state").order_by("state").annotate(number=Count("pk"))
    return dict.fromkeys(model.State.values, 0) | dict(counted)
