"""Judgments through the models, so that a test can also plant what the services refuse."""

from collections.abc import Sequence
from datetime import datetime
from itertools import combinations, count
from typing import Any

from django.db import connection

from accounts.models import Labeler
from collector.models import Message, Project, Thread
from collector.text import split_hash
from labeling.models import Candidate, Comparison, Judgment, Slot, Task
from labeling.models.judgments import Purpose
from tests.factories import make_labeler, make_prompt, make_response

_numbers = count(1)
Tiers = Sequence[Sequence[Message]]


def now() -> datetime:
    """The database's clock, as judgments are stamped with it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        stamp: datetime = cursor.fetchone()[0]
    return stamp


def thread_of(prompt: Message, messages: list[dict[str, str]] | None = None) -> Thread:
    messages = messages or [{"role": prompt.role, "content": prompt.text}]
    turns = [(message["role"], message["content"]) for message in messages]
    thread, _ = Thread.objects.get_or_create(
        prompt=prompt, defaults={"messages": messages, "split_hash": split_hash(turns)}
    )
    return thread


def compare_task(prompt: Message, responses: Sequence[Message]) -> Task:
    thread_of(prompt)
    task = Task.objects.create(project=prompt.project, prompt=prompt)
    repeat = Candidate.objects.filter(response__in=responses).exists()
    for ordinal, response in enumerate(responses):
        Candidate.objects.create(task=task, response=response, ordinal=ordinal, repeat=repeat)
    return task


def judge(
    prompt: Message,
    tiers: Tiers | None,
    *,
    labeler: Labeler | None = None,
    order: Sequence[Message] | None = None,
    purpose: str = Purpose.WORK,
    **fields: Any,
) -> Judgment:
    """A judgment with its comparisons; `tiers` best first, None with `not_rankable`."""
    order = order or [response for tier in tiers or [] for response in tier]
    labeler = labeler or make_labeler(user=None)
    task = fields.pop("task", None) or compare_task(prompt, sorted(order, key=lambda m: m.pk))
    stamp = fields.pop("created_at", None) or now()
    places = [response.pk for response in order]
    slot = _submitted_slot(task, labeler, places, stamp)
    judgment = Judgment.objects.create(
        task=task,
        slot=slot,
        labeler=labeler,
        purpose=purpose,
        tiers=None if tiers is None else [[response.pk for response in tier] for tier in tiers],
        order=places,
        submit_key=f"key-{next(_numbers)}",
        body_hash=b"\0" * 32,
        created_at=stamp,
        **fields,
    )
    if tiers is not None:
        Comparison.objects.bulk_create(_comparisons(judgment, tiers, order))
    return judgment


def _submitted_slot(task: Task, labeler: Labeler, places: list[int], stamp: datetime) -> Slot:
    return Slot.objects.create(
        task=task,
        project=task.project,
        ordinal=task.slots.count(),
        seq=next(_numbers),
        labeler=labeler,
        state=Slot.State.SUBMITTED,
        order=places,
        granted_at=stamp,
        expires_at=stamp.replace(year=stamp.year + 1),
    )


def _comparisons(judgment: Judgment, tiers: Tiers, order: Sequence[Message]) -> list[Comparison]:
    tier_of = {response.pk: number for number, tier in enumerate(tiers) for response in tier}
    place_of = {response.pk: place for place, response in enumerate(order)}
    made = []
    for first, second in combinations(sorted(order, key=lambda m: m.pk), 2):
        lead = tier_of[second.pk] - tier_of[first.pk]
        outcome = "first" if lead > 0 else "second" if lead < 0 else "tie"
        made.append(
            Comparison(
                judgment=judgment,
                project=judgment.task.project,
                labeler=judgment.labeler,
                prompt=judgment.task.prompt,
                first=first,
                second=second,
                first_generator=first.revision.generator if first.revision else None,
                second_generator=second.revision.generator if second.revision else None,
                outcome=outcome,
                strength=judgment.strength,
                first_shown_before=place_of[first.pk] < place_of[second.pk],
                purpose=judgment.purpose,
                created_at=judgment.created_at,
                retired_at=judgment.retired_at,
            )
        )
    return made


def judged_prompts(project: Project, prompts: int, *, responses: int = 2) -> list[Judgment]:
    """Prompts with distinct responses, each ranked once in the order made."""
    judgments = []
    for _ in range(prompts):
        prompt = make_prompt(project)
        ranked = [make_response(prompt, revision=f"model-{n}") for n in range(responses)]
        judgments.append(judge(prompt, [[response] for response in ranked]))
    return judgments
