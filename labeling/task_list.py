"""The tasks of a project, for those who look after them: lists, and one with all that became of it.

Hidden checks are no tasks of the project's own: repeats of one are not listed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet
from django.db.models.functions import Left

from collector.models import Message, Project
from collector.searching import patience
from labeling.models import Candidate, Judgment, Slot, Task, TaskJob

PAGE = 25
BEGINNING = 200  # characters shown of a prompt
VOTES_MAX = 200  # of one task, the newest
JOBS_SHOWN = 5


@dataclass(frozen=True)
class Wish:
    """Which tasks: of a state, and with at least that disagreement (0 to 1); empty for any."""

    state: str = ""
    disagreement: float | None = None


@dataclass(frozen=True)
class Listed:
    """A task with how many of its slots are in which state."""

    task: Task
    slots: dict[str, int]

    @property
    def owed(self) -> int:
        """Judgments it still waits for."""
        return self.slots.get(Slot.State.OPEN, 0) + self.slots.get(Slot.State.LEASED, 0)

    @property
    def given(self) -> int:
        """Slots that were answered."""
        return self.slots.get(Slot.State.SUBMITTED, 0)


@dataclass(frozen=True)
class ListPage:
    """The newest first; `newer` and `older` say whether there are any."""

    rows: list[Listed]
    newer: bool
    older: bool


@dataclass(frozen=True)
class Compared:
    """A response of a task by the number that stands for it on its page, from 1 on."""

    number: int
    response: Message

    @property
    def author(self) -> str:
        """The generator's name, or the labeler's pseudonym."""
        if self.response.revision:
            return self.response.revision.generator.name
        return self.response.labeler.pseudonym if self.response.labeler else ""


@dataclass(frozen=True)
class Vote:
    """A judgment that stands; `tiers` name responses by their numbers, best first."""

    judgment: Judgment
    tiers: list[list[int]]


@dataclass(frozen=True)
class Detail:
    """A task with what it compares, whom it was given to, and what they said."""

    task: Task
    compared: list[Compared]
    slots: list[Slot] = field(default_factory=list)
    votes: list[Vote] = field(default_factory=list)


def tasks_of(*, project: Project, wish: Wish | None = None) -> QuerySet[Task]:
    """The project's own tasks, in no order, their prompts without the text."""
    wish = wish or Wish()
    tasks = Task.objects.filter(project=project, repeats__isnull=True)
    if wish.state:
        tasks = tasks.filter(state=wish.state)
    if wish.disagreement is not None:
        tasks = tasks.filter(disagreement__gte=wish.disagreement)
    return (
        tasks.select_related("prompt")
        .annotate(beginning=Left("prompt__text", BEGINNING))
        .defer("prompt__text", "prompt__meta")
    )


def page_of(
    *,
    project: Project,
    wish: Wish,
    older_than: int | None = None,
    newer_than: int | None = None,
) -> ListPage:
    """A page of tasks behind one of them (an id), or from the newest on.

    Raises TooBroad where so few tasks are wished for that finding them would take too long.
    """
    found = tasks_of(project=project, wish=wish)
    with patience():
        if newer_than is not None:
            rows = list(found.filter(pk__gt=newer_than).order_by("pk")[: PAGE + 1])
            return ListPage(listed(rows[:PAGE][::-1]), newer=len(rows) > PAGE, older=True)
        if older_than is not None:
            found = found.filter(pk__lt=older_than)
        rows = list(found.order_by("-pk")[: PAGE + 1])
        return ListPage(listed(rows[:PAGE]), newer=older_than is not None, older=len(rows) > PAGE)


def listed(tasks: Sequence[Task]) -> list[Listed]:
    """The tasks with their slots counted, in one query."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    slots = Slot.objects.filter(task__in=tasks).order_by().values_list("task", "state")
    for task, state, number in slots.annotate(number=Count("pk")):
        counts[task][state] = number
    return [Listed(task, counts[task.pk]) for task in tasks]


def detail_of(*, task: Task) -> Detail:
    """All of one task, in a fixed number of queries."""
    candidates = (
        Candidate.objects.filter(task=task)
        .select_related("response__revision__generator", "response__labeler")
        .order_by("ordinal")
    )
    compared = [Compared(n, each.response) for n, each in enumerate(candidates, start=1)]
    numbers = {each.response.pk: each.number for each in compared}
    judgments = (
        Judgment.objects.filter(task=task, retired_at__isnull=True)
        .select_related("labeler")
        .order_by("-pk")[:VOTES_MAX]
    )
    return Detail(
        task=task,
        compared=compared,
        slots=list(task.slots.select_related("labeler").order_by("ordinal")[:VOTES_MAX]),
        votes=[Vote(judgment, _numbered(judgment, numbers)) for judgment in judgments],
    )


def recent_jobs(*, project: Project) -> list[TaskJob]:
    """The project's newest jobs that made tasks or took them back."""
    jobs = TaskJob.objects.filter(project=project).select_related("created_by")
    return list(jobs.order_by("-pk")[:JOBS_SHOWN])


def _numbered(judgment: Judgment, numbers: dict[int, int]) -> list[list[int]]:
    """Tiers of responses that are no candidates (of an edit) leave these out."""
    tiers = ([numbers[pk] for pk in tier if pk in numbers] for tier in judgment.tiers or [])
    return [tier for tier in tiers if tier]
