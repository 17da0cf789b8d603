"""Synthetic people with known tastes, who claim and submit as everybody does."""

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from django.db import connection
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.models import Project
from common.errors import InvalidInput
from labeling.crowds import READ, Person
from labeling.errors import DailyLimitReached, Excluded, LimitReached, Paused
from labeling.mimicry import answer_all
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
    """Let `labelers` synthetic people of one taste make up to `judgments` judgments.

    As `simulate_crowd` otherwise.
    """
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose
    crowd = [Person(f"{seed}-{number}", taste, rng, READ) for number in range(1, labelers + 1)]
    return simulate_crowd(
        project=project, crowd=crowd, judgments=judgments, seed=seed, on_progress=on_progress
    )


def simulate_crowd(
    *,
    project: Project,
    crowd: Sequence[Person],
    judgments: int,
    seed: int,
    on_progress: Callable[[int], None] | None = None,
) -> Simulated:
    """Let these people make up to `judgments` judgments of purpose `simulated`, in random turns.

    The same seed in the same queue gives the same rankings, and the same people. Who may do no more
    (the queue is dry for them, or a limit of the policy is reached) stops. `on_progress` is told
    the number of judgments made so far. Raises InvalidInput for nobody or fewer than 0 judgments.
    """
    if not crowd or judgments < 0:
        raise InvalidInput(_("There must be at least one labeler, and no fewer than 0 judgments."))
    turns = random.Random(seed)  # noqa: S311 - reproducible on purpose
    at_work = [(_labeler(person), person) for person in crowd]
    made = 0
    while at_work and made < judgments:
        turn = turns.randrange(len(at_work))
        labeler, person = at_work[turn]
        task = _claimed(project, labeler)
        if task is None:
            del at_work[turn]
            continue
        submit(slot_uid=task.slot, labeler=labeler, answer=_answered(task, person))
        made += 1
        if on_progress:
            on_progress(made)
    return Simulated(labelers=len(crowd), judgments=made)


def _labeler(person: Person) -> Labeler:
    return Labeler.objects.get_or_create(
        pseudonym=f"simulated-{person.name}", kind=Labeler.Kind.SIMULATED
    )[0]


def _claimed(project: Project, labeler: Labeler) -> ClaimedTask | None:
    """None too for somebody who may do no more."""
    try:
        return claim(project=project, labeler=labeler)
    except (LimitReached, DailyLimitReached, Paused, Excluded):
        return None


# What was shown, as a synthetic labeler sees it: in the order of ids, which is reproducible.
_SHOWN = """
SELECT shown.place - 1, generator.name
FROM labeling_slot slot
    CROSS JOIN LATERAL unnest(slot."order") WITH ORDINALITY AS shown (id, place)
    JOIN collector_message response ON response.id = shown.id
    LEFT JOIN collector_generatorrevision revision ON revision.id = response.revision_id
    LEFT JOIN collector_generator generator ON generator.id = revision.generator_id
WHERE slot.uid = %s
ORDER BY shown.id
"""


def _answered(task: ClaimedTask, person: Person) -> Answer:
    """An answer to all that is asked."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOWN, [task.slot])
        rows = cursor.fetchall()
    seen = [Seen(task.responses[at].id, task.responses[at].text, author) for at, author in rows]
    said = answer_all(
        modes=task.modes,
        span_labels=task.span_labels,
        tiers=tiers_of(seen, person.taste(seen, person.rng)),
        responses=seen,
        rng=person.rng,
    )
    return Answer(submit_key=str(task.slot), seconds=person.seconds(seen), **asdict(said))
