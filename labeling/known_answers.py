"""Reads for the experts who answer tasks that then check others: the items, and what may be one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from collector.models import Message, Project
from common.errors import NotFound
from labeling.models import GoldItem, Task
from labeling.texts.rendering import plain_snippet

PAGE = 50
PROPOSED = 20


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """An item with its prompt and its answer: beginnings of texts, best first, ties together."""

    item: GoldItem
    prompt: str
    tiers: list[list[str]]


@dataclass(frozen=True, slots=True)
class Question:
    """A task to be answered: its prompt and its responses in the order that is stored."""

    task: Task
    prompt: Message
    responses: list[Message]


def items_page(*, project: Project, older_than: int | None = None) -> list[KnownAnswer]:
    """Items, newest first, retired ones too; one more than PAGE where there are more."""
    items = GoldItem.objects.filter(project=project).select_related("task__prompt")
    if older_than is not None:
        items = items.filter(pk__lt=older_than)
    found = list(items.order_by("-pk")[: PAGE + 1])
    named = [pk for item in found for tier in item.tiers or [] for pk in tier]
    texts = dict(Message.objects.filter(pk__in=named).values_list("pk", "text"))
    return [
        KnownAnswer(
            item,
            plain_snippet(prompt_of(item.task).text),
            [[plain_snippet(texts[pk]) for pk in tier] for tier in item.tiers or []],
        )
        for item in found
    ]


def prompt_of(task: Task) -> Message:
    """What the responses of a task answer."""
    assert task.prompt is not None  # noqa: S101 - only tasks to write a prompt have none
    return task.prompt


def proposed_tasks(*, project: Project) -> Sequence[Task]:
    """The newest open tasks that may become items."""
    return list(
        Task.objects.filter(
            project=project,
            kind=Task.Kind.COMPARE,
            state=Task.State.OPEN,
            repeats__isnull=True,
            reserved_for__isnull=True,
        )
        .select_related("prompt")
        .order_by("-pk")[:PROPOSED]
    )


def question_of(*, project: Project, uid: UUID) -> Question:
    """What a task compares. Raises NotFound."""
    task = (
        Task.objects.filter(project=project, uid=uid, kind=Task.Kind.COMPARE)
        .select_related("prompt")
        .first()
    )
    if task is None:
        raise NotFound("There is no such task.")
    candidates = task.candidate_set.select_related("response").order_by("ordinal")
    return Question(task, prompt_of(task), [candidate.response for candidate in candidates])
