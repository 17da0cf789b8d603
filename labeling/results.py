"""What a project has collected: its comparisons, and figures of how far it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, QuerySet

from collector.models import Generator, Message, Project
from labeling.exclusions import exclusions_in
from labeling.models import Comparison, Judgment, ResponseRating, Slot, Span, Task
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


def judgments_of(
    *,
    project: Project,
    labeler: str = "",
    purpose: str = "",
    prompt: UUID | None = None,
    task: UUID | None = None,
    created_after: datetime | None = None,
    retired: bool = False,
) -> QuerySet[Judgment]:
    """Judgments in force (or those that no longer are) with all that was said.

    Those of excluded labelers only where the labeler is named.
    """
    rows = judgments_in_full().filter(task__project=project, retired_at__isnull=not retired)
    if labeler:
        rows = rows.filter(labeler__pseudonym=labeler)
    else:
        rows = rows.exclude(labeler__in=exclusions_in(project=project).values("labeler"))
    wanted = {
        "purpose": purpose,
        "task__prompt__uid": prompt,
        "task__uid": task,
        "created_at__gt": created_after,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def judgments_in_full() -> QuerySet[Judgment]:
    """Judgments with what they name, without the texts judged."""
    rows = Judgment.objects.select_related(
        *("task__prompt", "labeler", "policy_version", "guideline_version", "edit", "supersedes")
    )
    unread = ("task__prompt__text", "guideline_version__text", "edit__text", "body_hash")
    return rows.defer(*unread).prefetch_related(
        *(
            Prefetch(name, model.objects.select_related("response").defer("response__text"))
            for name, model in (("ratings", ResponseRating), ("spans", Span))
        )
    )


def names_in(*, judgments: Iterable[Judgment]) -> dict[int, dict[int, str]]:
    """By judgment: what its order and tiers name, responses by id and, where a vote has no texts,
    models by name.
    """
    found = list(judgments)
    shown = {pk for each in found if each.task.prompt_id is not None for pk in each.order}
    models = {pk for each in found if each.task.prompt_id is None for pk in each.order}
    uids = dict(Message.objects.filter(pk__in=shown).values_list("pk", "uid"))
    responses = {pk: str(uid) for pk, uid in uids.items()}
    names = dict(Generator.objects.filter(pk__in=models).values_list("pk", "name"))
    return {each.pk: names if each.task.prompt_id is None else responses for each in found}


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
