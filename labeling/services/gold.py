"""Items with a known answer: tasks that an expert answered, taken out of the ordinary work."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from collector.models import Message, Project
from collector.services.threads import ensure_threads
from common.errors import Conflict, InvalidInput
from labeling import locks
from labeling.models import Candidate, GoldItem, Slot, Task
from labeling.services.build_sql import DESCRIBE
from labeling.services.masking import mask_responses
from labeling.services.policies import current_policy

EXPLANATION_MAX = 20_000
RESPONSES = range(2, 10)
Tiers = Sequence[Sequence[UUID]]


@transaction.atomic
def create_gold_item(
    *,
    project: Project,
    use: str,
    tiers: Tiers | None,
    responses: Collection[UUID] = (),
    explanation: str = "",
) -> GoldItem:
    """Store an expert's answer to the comparison of these responses (uids of one prompt's).

    `tiers` are best first, ties together; null where no response is acceptable, and then
    `responses` says which. A task that compares the same responses and that nobody has been given
    yet becomes the item's; otherwise the item gets a task of its own. Either way the responses are
    no work from then on: what of it is on loan may still be answered, nobody else is given it.
    Raises InvalidInput whose `attr` is the argument at fault, and Conflict where the responses
    have an item of that use already.
    """
    if use not in GoldItem.Use.values:
        raise InvalidInput(_("The use is one of %s.") % ", ".join(GoldItem.Use.values), attr="use")
    if len(explanation) > EXPLANATION_MAX or "\0" in explanation:
        raise InvalidInput(
            _("An explanation is at most %d characters of text.") % EXPLANATION_MAX,
            attr="explanation",
        )
    found = _responses(project, tiers, responses)
    _check_suits_policy(project, found)
    locks.one_builder(project_id=project.pk)  # nobody makes a task of the same meanwhile
    ids = {message.uid: message.pk for message in found}
    _check_new(use, ids.values())
    task = _unclaimed_task(ids.values()) or _new_task(project, found)
    Slot.objects.filter(task=task).update(state=Slot.State.VOID)
    Task.objects.filter(pk=task.pk).update(state=Task.State.VOID)
    _end_work_on(ids.values())
    return GoldItem.objects.create(
        project=project,
        task=task,
        use=use,
        tiers=None if tiers is None else [sorted(ids[uid] for uid in tier) for tier in tiers],
        explanation=explanation.strip(),
    )


def retire_gold_item(*, item: GoldItem) -> None:
    """Give the item to nobody any more; answers to it stay. Twice is once."""
    GoldItem.objects.filter(pk=item.pk, retired_at__isnull=True).update(retired_at=timezone.now())


def items_of(*, project: Project, use: str, responses: int) -> QuerySet[GoldItem]:
    """The items of a use in force that compare so many responses, oldest first."""
    return (
        GoldItem.objects.filter(project=project, use=use, retired_at__isnull=True)
        .alias(places=Count("task__candidates"))
        .filter(places=responses)
        .order_by("pk")
    )


def _responses(project: Project, tiers: Tiers | None, responses: Collection[UUID]) -> list[Message]:
    """The responses of one prompt that an item is about, by id."""
    named = list(responses) if tiers is None else [uid for tier in tiers for uid in tier]
    attr = "responses" if tiers is None else "tiers"
    if len(named) not in RESPONSES or len(set(named)) < len(named) or not all(tiers or [True]):
        raise InvalidInput(_("An item has 2 to 9 responses, each once."), attr=attr)
    if tiers is not None and responses and set(responses) != set(named):
        raise InvalidInput(_("The tiers place each of the responses once."), attr="tiers")
    found = list(
        Message.objects.candidates()
        .filter(project=project, uid__in=named)
        .select_related("parent")
        .order_by("pk")
    )
    if len(found) < len(named) or len({message.parent_id for message in found}) > 1:
        raise InvalidInput(_("These are not responses to one prompt of the project."), attr=attr)
    return found


def _check_suits_policy(project: Project, found: list[Message]) -> None:
    """Items are shown on the page of the work, which asks about so many responses."""
    wanted = current_policy(project=project).responses
    if len(found) != wanted:
        raise InvalidInput(
            _("A task of this project compares %d responses, and so does an item.") % wanted,
            attr="responses",
        )


def _end_work_on(responses: Iterable[int]) -> None:
    """Owe no more answers that the expert's tells: to tasks that compare any two of these.

    A claim gives nothing of a task that is not open, whatever comes of its slots on loan.
    """
    two_of_them = Count("candidates", filter=Q(candidates__in=list(responses)))
    told = list(
        Task.objects.alias(told=two_of_them)
        .filter(told__gte=2, pk__in=_with_any_of(responses), state=Task.State.OPEN)
        .values_list("pk", flat=True)
    )
    slots = Slot.objects.filter(task__in=told).order_by("pk")
    list(slots.select_for_update(no_key=True).values_list("pk"))  # before their tasks, as ever
    Task.objects.filter(pk__in=told, state=Task.State.OPEN).update(state=Task.State.COMPLETE)
    slots.filter(state=Slot.State.OPEN).update(state=Slot.State.VOID)


def _with_any_of(responses: Iterable[int]) -> QuerySet[Candidate, Any]:
    return Candidate.objects.filter(response__in=list(responses)).values("task")


def _comparing(responses: Iterable[int]) -> QuerySet[Task]:
    """Tasks that compare exactly these responses."""
    wanted = list(responses)
    return Task.objects.alias(
        places=Count("candidates"),
        same=Count("candidates", filter=Q(candidates__in=wanted)),
    ).filter(
        places=len(wanted),
        same=len(wanted),
        pk__in=_with_any_of(wanted[:1]),
    )


def _check_new(use: str, responses: Iterable[int]) -> None:
    tasks = list(_comparing(responses).values_list("pk", flat=True))
    if GoldItem.objects.filter(task__in=tasks, use=use, retired_at__isnull=True).exists():
        raise Conflict(_("These responses are such an item already."))


def _unclaimed_task(responses: Iterable[int]) -> Task | None:
    """A task of the ordinary work that compares the same and that nobody was given, locked."""
    tasks = list(
        _comparing(responses)
        .filter(gold_item__isnull=True, repeats__isnull=True, reserved_for__isnull=True)
        .values_list("pk", flat=True)
    )
    for task in tasks:
        slots = list(Slot.objects.select_for_update(no_key=True).filter(task=task).order_by("pk"))
        if all(slot.state == Slot.State.OPEN for slot in slots):
            return Task.objects.select_for_update(no_key=True).get(pk=task)
    return None


def _new_task(project: Project, found: list[Message]) -> Task:
    prompt = found[0].parent
    assert prompt is not None  # noqa: S101 - every response has a prompt, by a constraint
    task = Task.objects.create(project=project, prompt=prompt, state=Task.State.VOID)
    taken = set(
        Candidate.objects.filter(response__in=found, repeat=False).values_list(
            "response", flat=True
        )
    )
    Candidate.objects.bulk_create(
        Candidate(task=task, response=message, ordinal=ordinal, repeat=message.pk in taken)
        for ordinal, message in enumerate(found, start=1)
    )
    with connection.cursor() as cursor:
        cursor.execute(DESCRIBE, {"task": task.pk})
    ensure_threads(prompts=[prompt.pk])
    mask_responses(project=project, prompts=[prompt.pk])
    return task
