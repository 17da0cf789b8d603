"""Synthetic people with known tastes, who claim and submit as everybody does."""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass

from accounts.models import Labeler
from collector.models import Message, Project
from common.errors import InvalidInput
from labeling.mimicry import answer_all
from labeling.models import Slot
from labeling.services.claiming import ClaimedTask, claim
from labeling.services.submitting import Answer, submit
from labeling.tastes import Seen, Taste, tiers_of


@dataclass(frozen=True, slots=True)
class Simulated:
    """What one call did: fewer judgments than asked mean that the queue ran dry."""

    labelers: int
    judgments: int


def simulate_labelers(
    *,
    project: Project,
    taste: Taste,
    labelers: int,
    judgments: int,
    seed: int,
    on_progress: Callable[[int], None] | None = None,
) -> Simulated:
    """Let `labelers` synthetic people make up to `judgments` judgments of purpose `simulated`.

    The same seed in the same queue gives the same rankings, and the same people. `on_progress` is
    told the number of judgments made so far.
    """
    if labelers < 1 or judgments < 0:
        raise InvalidInput("There must be at least one labeler, and no fewer than 0 judgments.")
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
    people = [
        Labeler.objects.get_or_create(
            pseudonym=f"simulated-{seed}-{number}", kind=Labeler.Kind.SIMULATED
        )[0]
        for number in range(1, labelers + 1)
    ]
    at_work, made = list(people), 0
    while at_work and made < judgments:
        labeler = rng.choice(at_work)
        task = claim(project=project, labeler=labeler)
        if task is None:
            at_work.remove(labeler)
            continue
        submit(
            slot_uid=task.slot,
            labeler=labeler,
            answer=_answered(task, taste, rng),
        )
        made += 1
        if on_progress:
            on_progress(made)
    return Simulated(labelers=len(people), judgments=made)


def _answered(task: ClaimedTask, taste: Taste, rng: random.Random) -> Answer:
    """An answer to all that is asked. Noise is drawn by message ids, which is reproducible."""
    order = Slot.objects.values_list("order", flat=True).get(uid=task.slot) or []
    author = dict(
        Message.objects.filter(pk__in=order).values_list("pk", "revision__generator__name")
    )
    shown = dict(zip(order, task.responses, strict=True))
    seen = [Seen(shown[pk].id, shown[pk].text, author[pk]) for pk in sorted(order)]
    said = answer_all(
        modes=task.modes,
        span_labels=task.span_labels,
        tiers=tiers_of(seen, taste(seen, rng)),
        responses=seen,
        rng=rng,
    )
    return Answer(submit_key=str(task.slot), **asdict(said))
