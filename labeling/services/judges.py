"""Setting judges up, having them judge, and seeing how far they are."""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from time import sleep
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.models import Generator, GeneratorRevision, Project
from collector.services.budgets import parse_budget
from collector.services.run_requests import check_budgets_can_be_kept, named_revisions
from common.errors import Conflict, InvalidInput
from common.money import plain
from labeling.judging.leasing import reclaim, seconds_to_next
from labeling.judging.queue import hint_on_commit
from labeling.judging.work import work
from labeling.models import Judge, Judgment, Verdict
from labeling.services.judges_sql import ASK, ASK_AGAIN

NAME_CHARACTERS = 100
INSTRUCTIONS_CHARACTERS = 20_000
_HINTS = 4  # workers that start at once; more join as turns end


class Unchanged(Enum):
    """What is not to be changed, where None is a value."""

    BUDGET = "budget"


_ACTIVE = ("queued", "running")
_POLL_SECONDS = 0.5
_EVERY_TASK = 2**31 - 1


@transaction.atomic
def create_judge(
    *,
    project: Project,
    name: str,
    generator: str,
    instructions: str = "",
    both_orders: bool = True,
    budget: Decimal | float | str | None = None,
) -> Judge:
    """A judge that asks the generator as it is in force now, with a labeler of its own.

    A judge stays what it is, as its judgments are its own: other instructions or another revision
    are another judge. `budget` is in US dollars. InvalidInput names the field at fault; Conflict
    where the project has a judge of that name.
    """
    name, instructions = name.strip(), instructions.strip()
    if not name or len(name) > NAME_CHARACTERS:
        raise InvalidInput(_("Give the judge a name of at most 100 characters."), attr="name")
    if len(instructions) > INSTRUCTIONS_CHARACTERS:
        raise InvalidInput(_("The instructions are too long."), attr="instructions")
    revision = _named(generator)
    _check_can_judge(revision)
    limit = _checked_budget(project, revision, budget)
    labeler = Labeler.objects.create(kind=Labeler.Kind.MACHINE)
    try:
        with transaction.atomic():
            return Judge.objects.create(
                project=project,
                name=name,
                labeler=labeler,
                revision=revision,
                instructions=instructions,
                both_orders=both_orders,
                budget=limit,
            )
    except IntegrityError as error:
        if "judge_named_once" not in str(error):
            raise
        raise Conflict(_("The project has a judge of that name."), attr="name") from error


@transaction.atomic
def change_judge(
    *,
    judge: Judge,
    enabled: bool | None = None,
    budget: Decimal | float | str | Unchanged | None = Unchanged.BUDGET,
) -> Judge:
    """Switch a judge on or off, or give it another budget; a paused one goes on.

    Without `enabled` it stays as it is; a budget of None is no limit. InvalidInput if the budget
    is none.
    """
    judge = _locked(judge)
    if enabled is not None:
        judge.enabled = enabled
    if not isinstance(budget, Unchanged):
        judge.budget = _checked_budget(judge.project, judge.revision, budget)
    judge.paused_reason = ""
    judge.save(update_fields=["enabled", "budget", "paused_reason"])
    hint_on_commit(judge)
    return judge


@transaction.atomic
def have_judged(*, judge: Judge, limit: int | None = None) -> int:
    """Owe the judge's verdicts on every task that compares and that it was not asked about.

    How many questions are owed anew: what failed or was cancelled is asked again, what is there is
    not. At most `limit` new tasks. Hidden repeats are not asked about, and of
    tasks about the same texts one is. Conflict for a judge that is switched off.
    """
    judge = _locked(judge)
    if not judge.enabled:
        raise Conflict(_("This judge is switched off."))
    if limit is not None and limit < 1:
        raise InvalidInput(_("The limit is a number from 1."), attr="limit")
    params = {
        "judge": judge.pk,
        "project": judge.project_id,
        "orders": 2 if judge.both_orders else 1,
        "limit": limit or _EVERY_TASK,
    }
    with connection.cursor() as cursor:
        cursor.execute(ASK_AGAIN, params)
        again: int = cursor.rowcount
        cursor.execute(ASK, params)
        new: int = cursor.rowcount
    Judge.objects.filter(pk=judge.pk).update(paused_reason="")
    for _hint in range(min(_HINTS, again + new)):
        hint_on_commit(judge)
    return again + new


def cancel_judging(*, judge: Judge) -> int:
    """Ask nothing more of what is owed; how many questions. What is being asked is kept."""
    waiting = Verdict.objects.filter(judge=judge, status=Verdict.Status.PENDING)
    return waiting.update(status=Verdict.Status.CANCELLED, finished_at=Now())


def judging_progress(*, judge: Judge) -> dict[str, Any]:
    """Questions by state, `total`, `share` done, `judgments`, `cost` in US dollars, `status`.

    The status is that of a job: queued, running, paused, succeeded, failed or cancelled; `error`
    says why it is paused, or what the last failure was.
    """
    judge.refresh_from_db()
    rows = Verdict.objects.filter(judge=judge).values_list("status").order_by("status")
    counts = dict.fromkeys(Verdict.Status.values, 0) | dict(rows.annotate(number=Count("pk")))
    total = sum(counts.values())
    open_ones = counts["pending"] + counts["running"]
    sums = Verdict.objects.filter(judge=judge).aggregate(
        tokens_in=Sum("tokens_in", default=0), tokens_out=Sum("tokens_out", default=0)
    )
    standing = Q(labeler=judge.labeler_id, retired_at__isnull=True)
    status = _status(judge, counts, open_ones)
    return {
        **counts,
        **sums,
        "total": total,
        "share": (total - open_ones) / total if total else 0.0,
        "judgments": Judgment.objects.filter(standing).count(),
        "cost": plain(judge.spent),
        "status": status,
        "error": _error(judge, status),
    }


def work_judge(
    *, judge: Judge, on_progress: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Ask the judge in this process until nothing is owed, or it waits for a person."""

    def turn() -> bool:
        work(judge_id=judge.pk)
        reclaim()
        return seconds_to_next(_loaded(judge)) is not None

    return _follow(judge, on_progress, turn)


def wait_for_judge(
    *, judge: Judge, on_progress: Callable[[dict[str, Any]], None] | None = None
) -> dict[str, Any]:
    """Follow a judge that workers ask until nothing is owed; its last progress."""
    return _follow(judge, on_progress, lambda: True)


def _follow(
    judge: Judge, on_progress: Callable[[dict[str, Any]], None] | None, turn: Callable[[], bool]
) -> dict[str, Any]:
    while True:
        goes_on = turn()
        progress = judging_progress(judge=judge)
        if on_progress is not None:
            on_progress(progress)
        waits = progress["pending"] and not progress["running"] and not goes_on
        if progress["status"] not in _ACTIVE or waits:
            return progress
        sleep(_POLL_SECONDS)


def _status(judge: Judge, counts: dict[str, int], open_ones: int) -> str:
    if open_ones:
        if judge.paused_reason or not judge.enabled:
            return "paused"
        return "running" if open_ones < sum(counts.values()) or counts["running"] else "queued"
    if counts["succeeded"] or not sum(counts.values()):
        return "succeeded"
    return "failed" if counts["failed"] else "cancelled"


def _error(judge: Judge, status: str) -> str:
    if status == "paused":
        return judge.paused_reason or _("This judge is switched off.")
    generator = Generator.objects.get(revisions=judge.revision_id)
    if status in _ACTIVE and generator.paused_at is not None:
        return f"Waiting: {generator.name} is paused. {generator.pause_reason}".strip()
    failed = Verdict.objects.filter(judge=judge, status=Verdict.Status.FAILED)
    last = failed.order_by("-finished_at", "-pk").values_list("error", flat=True).first()
    return last or ""


def _named(generator: str) -> GeneratorRevision:
    try:
        return named_revisions([generator])[0]
    except InvalidInput as error:
        raise InvalidInput(error.detail, attr="generator") from error


def _check_can_judge(revision: GeneratorRevision) -> None:
    if revision.provider == Generator.Provider.RECORDED:
        raise InvalidInput(_("Recorded responses cannot judge."), attr="generator")
    if revision.batch:
        raise InvalidInput(
            _("A generator that asks by batch cannot judge: make one that asks at once."),
            attr="generator",
        )


def _checked_budget(
    project: Project, revision: GeneratorRevision, budget: Decimal | float | str | None
) -> Decimal | None:
    limit = parse_budget(budget)
    if limit is not None:
        limit = limit.quantize(Decimal("0.0001"))
        if limit <= 0:
            raise InvalidInput(_("A budget is more than 0."), attr="budget")
    check_budgets_can_be_kept(budget=limit, project=project, revisions=[revision])
    return limit


def _loaded(judge: Judge) -> Judge:
    return Judge.objects.select_related("project", "revision__generator").get(pk=judge.pk)


def _locked(judge: Judge) -> Judge:
    found = Judge.objects.select_for_update(no_key=True, of=("self",))
    return found.select_related("project", "revision__generator").get(pk=judge.pk)
