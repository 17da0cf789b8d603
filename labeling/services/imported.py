"""What sources say about preference, pulled into judgments of purpose `imported`.

A preference becomes a task that is complete and owes no slot, a judgment of an imported labeler,
and the comparisons of its tiers. Its responses stay free for tasks of this project's own labelers.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from collector.importing.authors import imported_labeler
from collector.models import ImportedPreference, Message, Project, Source
from collector.services.threads import ensure_threads
from labeling import locks
from labeling.models import Judgment, Task
from labeling.models.judgments import Purpose
from labeling.services.rebuilding import write_comparisons

PREFERENCES_A_BATCH = 1000


@dataclass(frozen=True, slots=True)
class _Standing:
    """A preference as far as its responses are still there."""

    preference: ImportedPreference
    tiers: list[list[int]]

    @property
    def order(self) -> list[int]:
        """The responses by id: nobody knows how they were shown, if they were."""
        return sorted(response for tier in self.tiers for response in tier)


def pull_all(*, on_progress: Callable[[int], None] | None = None) -> int:
    """Pull what waits in all projects; returns the number of judgments made."""
    waiting = ImportedPreference.objects.filter(source=OuterRef("pk"), judged_at__isnull=True)
    projects = Source.objects.filter(Exists(waiting)).values("project")
    return sum(
        pull_preferences(project=project, on_progress=on_progress)
        for project in Project.objects.filter(pk__in=projects).order_by("pk")
    )


def pull_preferences(*, project: Project, on_progress: Callable[[int], None] | None = None) -> int:
    """Make a judgment of each preference that has none yet; returns how many were made.

    Work is committed in batches; calling again, or from several places at once, makes nothing
    twice. A preference that fewer than two of its responses are left of is passed for ever.
    `on_progress` is told the number of judgments made so far.
    """
    made = 0
    for batch in _batches(project):
        made += batch
        if on_progress:
            on_progress(made)
    return made


def _batches(project: Project) -> Iterator[int]:
    waiting = ImportedPreference.objects.filter(source__project=project, judged_at__isnull=True)
    # Outside the transactions below: two of them might store the same labelers in another order.
    authors = waiting.order_by("author").values_list("author", flat=True).distinct()
    labelers = {author: imported_labeler(author) for author in authors}
    while True:
        with transaction.atomic():
            locks.share_judgments(project_id=project.pk)
            batch = list(
                waiting.select_for_update(of=("self",), skip_locked=True, no_key=True)
                .filter(author__in=labelers)
                .select_related("prompt")
                .order_by("pk")[:PREFERENCES_A_BATCH]
            )
            if not batch:
                return
            now = _clock()
            made = _judge(project, labelers, _standing(batch), now)
            ImportedPreference.objects.filter(pk__in=[each.pk for each in batch]).update(
                judged_at=now
            )
        yield made


def _clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _standing(batch: list[ImportedPreference]) -> list[_Standing]:
    stated = {response for each in batch for tier in each.tiers for response in tier}
    there = set(
        Message.objects.candidates()
        .filter(pk__in=stated, parent__deleted_at__isnull=True)
        .values_list("parent", "pk")
    )
    found = []
    for each in batch:
        tiers = [[pk for pk in tier if (each.prompt_id, pk) in there] for tier in each.tiers]
        tiers = [tier for tier in tiers if tier]
        if sum(map(len, tiers)) > 1:
            found.append(_Standing(each, tiers))
    return found


def _judge(
    project: Project, labelers: dict[str, int], standing: list[_Standing], now: datetime
) -> int:
    tasks = Task.objects.bulk_create(
        Task(
            project=project,
            prompt=each.preference.about,
            language=each.preference.about.language,
            state=Task.State.COMPLETE,
        )
        for each in standing
    )
    judgments = Judgment.objects.bulk_create(
        Judgment(
            task=task,
            labeler_id=labelers[each.preference.author],
            purpose=Purpose.IMPORTED,
            tiers=each.tiers,
            strength=each.preference.strength,
            order=each.order,
            submit_key=f"imported-{each.preference.pk}",
            body_hash=hashlib.sha256(orjson.dumps(each.tiers)).digest(),
            created_at=now,
        )
        for task, each in zip(tasks, standing, strict=True)
    )
    ensure_threads(prompts=sorted({each.preference.about.pk for each in standing}))
    write_comparisons(project=project, judgments=judgments)
    return len(judgments)
