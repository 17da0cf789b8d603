"""The circuit breaker: a generator that keeps failing is paused, and says so.

It counts failures in a row, over all workers, in `Generator.failures`. Passing faults pause it for
a while, longer each time; then one request tries whether the server is back. What only a person can
mend (a wrong key, an unknown model, every single request refused) pauses it until a person says so.
What runs owe stays owed meanwhile.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from collector.generation.endpoints import scrub
from collector.generation.providers.base import (
    Completion,
    Failure,
    Permanent,
    Transient,
    Unusable,
)
from collector.models import Generation, Generator, GeneratorRevision, Run
from collector.services.responses import storable

PASSING_IN_A_ROW = 10
"""Timeouts, cut connections, 5xx, 429: the server may come back by itself."""
LASTING_IN_A_ROW = 3
"""What every request would meet: more would only fail more."""
REFUSED_IN_A_ROW = 100
"""Each may be the fault of its own prompt; so many without one reply are not."""
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=30)
_LASTING = {401, 402, 404, 405, 410, 429, *range(300, 400)}  # 429: a quota that is used up
_REASON_CHARACTERS = 400


@dataclass(frozen=True)
class Verdict:
    """What a breaker made of outcomes: whether it opened or closed, and whether a person is asked.

    While a person is asked, requests that met a lasting fault are owed again.
    """

    changed: bool = False
    for_a_person: bool = False


def is_lasting(outcome: Completion | Failure) -> bool:
    """Whether any other request would fail alike until somebody changes something."""
    return isinstance(outcome, Unusable) or (
        isinstance(outcome, Permanent) and outcome.status in _LASTING
    )


@transaction.atomic
def record(revision: GeneratorRevision, outcomes: Iterable[Completion | Failure]) -> Verdict:
    """Count outcomes of requests that were sent, in the order they came."""
    if revision.provider == Generator.Provider.RECORDED:
        return Verdict()
    answered, failures = False, list[Failure]()
    for outcome in outcomes:
        if isinstance(outcome, Completion):
            answered, failures = True, []
        else:
            failures.append(outcome)
    closed = answered and _close(revision.generator_id)
    if not failures:
        return Verdict(changed=closed)
    generator = Generator.objects.select_for_update(no_key=True).get(pk=revision.generator_id)
    if generator.paused_at is not None:
        person = _still_failing(generator, failures[-1])
        return Verdict(changed=closed, for_a_person=person)
    return _count(generator, failures)


def announce(generator_id: int) -> None:
    """Have the runs that wait for the generator say so, and those that need not any more, not."""
    generator = Generator.objects.get(pk=generator_id)
    owed = Generation.objects.filter(
        run=OuterRef("pk"),
        status=Generation.Status.PENDING,
        revision__generator=generator,
    )
    active = Run.objects.filter(status__in=Run.ACTIVE).order_by("pk")
    start = f"Waiting: {generator.name} is paused."
    if generator.paused_at is None:
        change, text = active.filter(error__startswith=start), ""
    else:
        change = active.filter(Q(error="") | Q(error__startswith=start), Exists(owed))
        text = f"{start} {generator.pause_reason}".strip()
    with transaction.atomic():
        runs = list(
            change.exclude(error=text)
            .select_for_update(no_key=True, of=("self",))
            .values_list("pk", flat=True)
        )
        Run.objects.filter(pk__in=runs).update(error=text)


def announce_all() -> None:
    """For the beat: a worker may have died between the pause and saying so."""
    for generator_id in Generator.objects.filter(paused_at__isnull=False).values_list(
        "pk", flat=True
    ):
        announce(generator_id)


def _close(generator_id: int) -> bool:
    """A reply has come: start counting anew. Whether that has ended a pause.

    What a person has paused, or is asked to look at, stays paused.
    """
    of_generator = Generator.objects.filter(pk=generator_id)
    of_generator.filter(paused_at=None, failures__gt=0).update(failures=0)
    paused = of_generator.filter(paused_until__isnull=False)
    return bool(paused.update(failures=0, paused_at=None, paused_until=None, pause_reason=""))


def _count(generator: Generator, failures: list[Failure]) -> Verdict:
    """Add to the failures in a row, and pause the generator at too many."""
    total, last = generator.failures + len(failures), failures[-1]
    of_generator = Generator.objects.filter(pk=generator.pk)
    bound = _bound(last)
    if total < bound:
        of_generator.update(failures=total)
        return Verdict()
    passing = isinstance(last, Transient)
    of_generator.update(
        failures=bound,
        paused_at=Now(),
        paused_until=Now() + FIRST_PAUSE if passing else None,
        pause_reason=_reason(f"{total} requests in a row failed, at last", last),
    )
    return Verdict(changed=True, for_a_person=not passing)


def _still_failing(generator: Generator, last: Failure) -> bool:
    """After the request that tried: a longer pause, or one for a person, which is returned.

    What was under way when the pause began says nothing new.
    """
    if generator.paused_until is None:
        return True
    tried = Generator.objects.filter(pk=generator.pk, paused_until__lte=Now())
    lasting = is_lasting(last)
    longer = FIRST_PAUSE * 2 ** min(generator.failures + 1 - PASSING_IN_A_ROW, 16)
    changed = tried.update(
        failures=generator.failures + 1,
        paused_until=None if lasting else Now() + min(longer, LONGEST_PAUSE),
        pause_reason=_reason("A request that tried again failed", last),
    )
    return lasting and bool(changed)


def _bound(last: Failure) -> int:
    if isinstance(last, Transient):
        return PASSING_IN_A_ROW
    return LASTING_IN_A_ROW if is_lasting(last) else REFUSED_IN_A_ROW


def _reason(what: str, last: Failure) -> str:
    return storable(f"{what}: {scrub(str(last))}")[:_REASON_CHARACTERS]
