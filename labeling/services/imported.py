"""What sources say about preference, pulled into judgments of purpose `imported`.

A preference becomes a task that is complete and owes no slot, a judgment of an imported labeler,
and the comparisons of its tiers. Its responses stay free for tasks of this project's own labelers.
Everything is read and written a batch at a time, by a fixed number of statements.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import orjson
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Exists, OuterRef

from collector.importing.authors import imported_judges
from collector.importing.copying import NULL, copy_lines, escaped, written
from collector.models import ImportedPreference, Project, Source
from collector.services.threads import ensure_threads
from common.ids import new_uid_text
from labeling import locks
from labeling.comparisons import pairs
from labeling.services.imported_sql import (
    COPY_COMPARISONS,
    COPY_JUDGMENTS,
    COPY_TASKS,
    DONE,
    NUMBERS,
    OWN,
    SOURCES,
    STANDING,
    TAKE,
)
from labeling.services.imported_votes import (
    Stated,
    Vote,
    write_edits,
    write_ratings_and_spans,
)

PREFERENCES_A_BATCH = 5000


@dataclass(frozen=True, slots=True)
class _Batch:
    project: int
    votes: list[Vote]
    generator: dict[int, int | None]  # of each response
    now: str
    edits: dict[int, tuple[int, int]] = field(default_factory=dict)


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
    with connection.cursor() as cursor:
        cursor.execute(SOURCES, [project.pk])
        sources = [source for (source,) in cursor.fetchall()]
    for source in sources:
        after = 0
        while True:
            with transaction.atomic():
                locks.share_judgments(project_id=project.pk)
                waiting = _taken(source, after)
                made = _judge(project, waiting) if waiting else 0
            if not waiting:
                break
            after = waiting[-1].pk
            yield made


def _taken(source: int, after: int) -> list[Stated]:
    with connection.cursor() as cursor:
        wanted = {"source": source, "after": after, "batch": PREFERENCES_A_BATCH}
        cursor.execute(TAKE, wanted)
        return [Stated.of(row) for row in cursor.fetchall()]


def _judge(project: Project, waiting: list[Stated]) -> int:
    """Write all that becomes of these preferences; returns the number of judgments."""
    labelers = imported_judges({stated.author for stated in waiting})
    with connection.cursor() as cursor:
        texts = [stated for stated in waiting if stated.prompt is not None]
        cursor.execute(STANDING, [sorted({pk for stated in texts for pk in stated.responses})])
        there = {(prompt, pk): generator for pk, prompt, generator in cursor.fetchall()}
        own = _own(cursor, project, waiting)
        cursor.execute(NUMBERS, {"n": len(waiting)})
        now, tasks, judgments = cursor.fetchone()
        votes = []
        for stated, task, judgment in zip(waiting, tasks, judgments, strict=True):
            tiers, order = _left(stated, there)
            if len(order) > 1 and _uid(stated) not in own:
                labeler = labelers[stated.author]
                votes.append(Vote(stated, tiers, order, task, judgment, labeler))
        generator = {pk: generator for (_, pk), generator in there.items()}
        batch = _Batch(project.pk, votes, generator, now)
        copy_lines(cursor, COPY_TASKS, _tasks(batch))
        batch.edits.update(write_edits(cursor, votes))
        copy_lines(cursor, COPY_JUDGMENTS, _judgments(batch))
        copy_lines(cursor, COPY_COMPARISONS, _comparisons(batch))
        write_ratings_and_spans(votes)
        cursor.execute(DONE, [now, [stated.pk for stated in waiting]])
    prompts = {vote.stated.prompt for vote in votes if vote.stated.prompt is not None}
    ensure_threads(prompts=sorted(prompts))
    return len(votes)


def _uid(stated: Stated) -> str | None:
    """Of the judgment that an export was made of."""
    uid: str | None = stated.details.get("origin", {}).get("uid")
    return uid


def _own(cursor: CursorWrapper, project: Project, waiting: list[Stated]) -> set[str]:
    """Which of these are judgments of this very project, exported and read in again."""
    uids = [uid for stated in waiting if (uid := _uid(stated))]
    if not uids:
        return set()
    cursor.execute(OWN, {"uids": uids, "project": project.pk})
    return {uid for (uid,) in cursor.fetchall()}


def _left(
    stated: Stated, there: dict[tuple[int, int], int | None]
) -> tuple[list[list[int]] | None, list[int]]:
    """Tiers, None where nothing was acceptable, and the order, of the responses still there."""
    tiers, order = stated.tiers, stated.responses
    if stated.prompt is not None:
        prompt = stated.prompt
        order = [pk for pk in order if (prompt, pk) in there]
        kept = ([pk for pk in tier if (prompt, pk) in there] for tier in tiers)
        tiers = [tier for tier in kept if tier]
    return None if stated.not_rankable else tiers, order


def _tasks(batch: _Batch) -> Iterator[str]:
    for vote in batch.votes:
        stated, details = vote.stated, vote.stated.details
        language = escaped(details.get("language") or stated.language or "")
        topics = written(details.get("topics") or stated.topics)
        yield (
            f"{vote.task}\t{new_uid_text()}\t{batch.project}\tcompare\t{written(stated.prompt)}"
            f"\t{language}\t{topics}\t0\t{written(details.get('probability'))}"
            f"\tcomplete\t{batch.now}\n"
        )


def _judgments(batch: _Batch) -> Iterator[str]:
    for vote in batch.votes:
        stated, details = vote.stated, vote.stated.details
        origin = details.get("origin") or {}
        if stated.order is None:
            origin |= {"order": None}  # else figures would read a bias of place from it
        tiers = _json(vote.tiers)
        edit = batch.edits[vote.judgment][0] if vote.judgment in batch.edits else None
        yield (
            f"{vote.judgment}\t{new_uid_text()}\t{vote.task}\t{vote.labeler}\t{vote.purpose}"
            f"\t{NULL if vote.tiers is None else tiers}"
            f"\t{escaped(stated.not_rankable) or NULL}\t{written(stated.strength)}"
            f"\t{escaped(_json(details.get('answers', {})))}"
            f"\t{escaped(details.get('rationale', ''))}\t{written(edit)}\t{written(vote.order)}"
            f"\t{written(details.get('seconds'))}\timported-{stated.pk}"
            f"\t\\\\x{hashlib.sha256(tiers.encode()).hexdigest()}"
            f"\t{escaped(_json(origin)) if origin else NULL}\t{batch.now}\n"
        )


def _comparisons(batch: _Batch) -> Iterator[str]:
    for vote in batch.votes:
        prompt = vote.stated.prompt
        for pair in pairs(
            purpose=vote.purpose,
            tiers=vote.tiers,
            order=vote.order,
            strength=vote.stated.strength,
            edit=batch.edits.get(vote.judgment),
        ):
            between = f"{NULL}\t{NULL}\t{NULL}\t{pair.first}\t{pair.second}"
            if prompt is not None:
                models = (written(batch.generator.get(pk)) for pk in (pair.first, pair.second))
                between = "\t".join((str(prompt), str(pair.first), str(pair.second), *models))
            yield (
                f"{vote.judgment}\t{batch.project}\t{vote.labeler}\t{between}\t{pair.outcome}"
                f"\t{written(pair.strength)}\t{pair.first_shown_before}"
                f"\t{vote.purpose}\t{batch.now}\t{NULL}\n"
            )


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
