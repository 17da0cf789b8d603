"""Masks for the responses that name who wrote them, before anybody is shown them."""

import re
from collections.abc import Callable, Sequence

from django.db import connection

from collector.models import GeneratorRevision, Message, Project
from labeling.models import Mask, Task
from labeling.texts.masking import masked, parts_of, spans_to_hide
from labeling.texts.model_names import ANY_NAME

PROMPTS_A_BATCH = 2000

# Texts that hold a name of any model, or one that their own author goes by. The masks that are
# there stay, as judgments may point into them.
_WORTH_READING = """
SELECT m.id, m.text, m.revision_id, thread.messages::text
FROM labeling_task task
    JOIN labeling_candidate c ON c.task_id = task.id
    JOIN collector_message m ON m.id = c.response_id
    JOIN collector_thread thread ON thread.prompt_id = task.prompt_id
    LEFT JOIN unnest(%(revisions)s::bigint[], %(patterns)s::text[]) AS author (id, pattern)
        ON author.id = m.revision_id
WHERE task.prompt_id = ANY(%(prompts)s) AND task.project_id = %(project)s
  AND m.text ~* coalesce(author.pattern, %(any_name)s)
  AND NOT EXISTS (SELECT FROM labeling_mask mask WHERE mask.response_id = m.id)
"""


def mask_responses(*, project: Project, prompts: Sequence[int]) -> int:
    """Mask what the tasks of these prompts show and what names its writer; returns how many.

    Safe to repeat: a response that has a mask keeps it.
    """
    if not prompts:
        return 0
    names = _names_of_authors(prompts)
    with connection.cursor() as cursor:
        cursor.execute(
            _WORTH_READING,
            {
                "project": project.pk,
                "prompts": list(prompts),
                "revisions": list(names),
                "patterns": [_pattern(own) for own in names.values()],
                "any_name": ANY_NAME,
            },
        )
        rows = cursor.fetchall()
    masks = []
    for response_id, text, revision_id, asked in rows:
        spans = spans_to_hide(text, own=names.get(revision_id, ()), asked=asked)
        if spans:
            masks.append(Mask(response_id=response_id, text=masked(text, spans), spans=spans))
    Mask.objects.bulk_create(masks, ignore_conflicts=True)
    return len(masks)


def mask_project(*, project: Project, on_progress: Callable[[float], None] | None = None) -> int:
    """Mask the responses of all tasks of a project, those built before masks were; how many.

    `on_progress` is told the share of the prompts that is done.
    """
    prompts = list(
        Task.objects.filter(project=project)
        .order_by("prompt_id")
        .values_list("prompt_id", flat=True)
        .distinct()
    )
    made = 0
    for start in range(0, len(prompts), PROMPTS_A_BATCH):
        batch = prompts[start : start + PROMPTS_A_BATCH]
        made += mask_responses(project=project, prompts=batch)
        if on_progress:
            on_progress((start + len(batch)) / len(prompts))
    return made


def _names_of_authors(prompts: Sequence[int]) -> dict[int, tuple[str, str]]:
    """The generator's name and the model's, by revision."""
    used = Message.objects.filter(parent_id__in=prompts, revision__isnull=False)
    revisions = GeneratorRevision.objects.filter(pk__in=used.values("revision_id"))
    return {
        pk: (name, model)
        for pk, name, model in revisions.values_list("pk", "generator__name", "model")
    }


def _pattern(own: Sequence[str]) -> str:
    parts = {re.escape(part) for name in own for part in parts_of(name)}
    return "|".join([ANY_NAME, *sorted(parts)])
