"""Whether a run goes as it should, in words, with what to do where it does not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.models import Generation, Run


class Condition(models.TextChoices):
    """What is the matter with a run whose status alone does not tell it."""

    HELD = "held", _("waits for its generators")
    PARTLY_HELD = "partly_held", _("waits for a generator")
    FAILING = "failing", _("nothing but failures")
    SOME_FAILED = "some_failed", _("some failed")
    ALL_FAILED = "all_failed", _("all failed")


ADVICE: Mapping[Condition, Promise] = {
    Condition.HELD: _(
        "All generators of this run that owe something are paused, so nobody is asked. Open each of"
        " them, see why it is paused, and let it be asked again; the run then goes on by itself."
    ),
    Condition.PARTLY_HELD: _(
        "A generator of this run is paused and is not asked; the others go on. Open it, see why it"
        " is paused, and let it be asked again."
    ),
    Condition.FAILING: _(
        "Not one request has been answered so far. See below what the server said. Pause the run,"
        " mend the generator and test it before more is spent."
    ),
    Condition.SOME_FAILED: _(
        "Some requests were given up. See below why; once that is mended, retry what failed."
    ),
    Condition.ALL_FAILED: _(
        "No response came of this run. See below what the server said, mend the generator and test"
        " it; then retry what failed."
    ),
}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What came of a run's requests so far: any answered, any given up, any to be asked again."""

    answered: bool
    failed: bool
    retrying: bool = False


def condition_of(*, run: Run, outcomes: Outcomes, owing: Iterable[bool]) -> Condition | None:
    """What is the matter with a run; None where its status says it all.

    `owing` tells of each generator that owes the run something whether it is paused.
    """
    if run.status in Run.ACTIVE:
        return _of_active(outcomes, list(owing))
    if not outcomes.failed or run.status == Run.Status.CANCELLED:
        return None
    return Condition.SOME_FAILED if outcomes.answered else Condition.ALL_FAILED


def _of_active(outcomes: Outcomes, paused: list[bool]) -> Condition | None:
    if paused and all(paused):
        return Condition.HELD
    if not outcomes.answered and (outcomes.failed or outcomes.retrying):
        return Condition.FAILING
    if any(paused):
        return Condition.PARTLY_HELD
    return Condition.SOME_FAILED if outcomes.failed else None


def outcomes_of(progress: Mapping[str, Any], errors: Iterable[Mapping[str, Any]]) -> Outcomes:
    """Of `run_progress` and the groups of `errors_of`."""
    return Outcomes(
        answered=progress["succeeded"] > 0,
        failed=progress["failed"] > 0,
        retrying=any(group["retrying"] for group in errors),
    )


def owing_of(progress: Mapping[str, Any]) -> list[bool]:
    """Of each generator of `run_progress` that owes something: whether it is paused."""
    return [
        bool(counts["paused"])
        for counts in progress["generators"].values()
        if counts["pending"] + counts["running"]
    ]


def with_outcomes(runs: "QuerySet[Run]") -> "QuerySet[Run]":
    """The runs with `answered` and `failed`, whether there is any such request; counts nothing."""
    asked = Generation.objects.filter(run=OuterRef("pk"))
    return runs.annotate(
        answered=Exists(asked.filter(status=Generation.Status.SUCCEEDED)),
        failed=Exists(asked.filter(status=Generation.Status.FAILED)),
    )
