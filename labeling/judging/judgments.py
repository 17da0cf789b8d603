"""From verdicts to judgments: once every order of a task was judged, they become one."""

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

import orjson
from django.db import connection

from labeling.judging.combining import combined
from labeling.judging.questions import is_withdrawn
from labeling.judging.replies import UnreadableReplyError, read_reply
from labeling.models import Judge, Judgment, Verdict
from labeling.models.judgments import Purpose
from labeling.services.rebuilding import write_comparisons

NONE_ACCEPTABLE = "both_bad"


def judge_what_is_complete(*, judge: Judge, tasks: Collection[int]) -> int:
    """Write the judgments of these tasks whose verdicts are all there; how many.

    In a transaction that holds the project's lock for writers of judgments. Whoever settles
    verdicts of a judge waits for the other here, so that the last of them sees them all.
    """
    if not tasks:
        return 0
    Judge.objects.select_for_update(no_key=True).get(pk=judge.pk)
    complete = _complete(judge, tasks)
    now = clock()
    judgments = Judgment.objects.bulk_create(
        _judgment(judge, verdicts, now) for verdicts in complete.values()
    )
    written = {judgment.task_id: judgment for judgment in judgments}
    verdicts = [verdict for found in complete.values() for verdict in found]
    for verdict in verdicts:
        verdict.judgment = written[verdict.task_id]
    Verdict.objects.bulk_update(verdicts, ["judgment"])
    write_comparisons(project=judge.project, judgments=judgments)
    return len(judgments)


def _complete(judge: Judge, tasks: Collection[int]) -> dict[int, list[Verdict]]:
    """Verdicts by task, where all are there and no judgment was made of them."""
    found: defaultdict[int, list[Verdict]] = defaultdict(list)
    rows = Verdict.objects.filter(judge=judge, task__in=tasks).select_related("task__gold_item")
    for verdict in rows.order_by("task", "number"):
        if not is_withdrawn(verdict.task):
            found[verdict.task_id].append(verdict)
    return {
        task: verdicts
        for task, verdicts in found.items()
        if all(
            each.status == Verdict.Status.SUCCEEDED and each.judgment_id is None
            for each in verdicts
        )
    }


def _judgment(judge: Judge, verdicts: list[Verdict], now: datetime) -> Judgment:
    first = verdicts[0]
    tiers = combined([each.tiers for each in verdicts], responses=first.order)
    return Judgment(
        task=first.task,
        labeler_id=judge.labeler_id,
        purpose=Purpose.MACHINE,
        tiers=tiers,
        not_rankable=NONE_ACCEPTABLE if tiers is None else None,
        rationale=_reason(verdicts),
        order=first.order,
        submit_key=f"judge-{first.task_id}",
        body_hash=hashlib.sha256(orjson.dumps(tiers)).digest(),
        created_at=now,
    )


def _reason(verdicts: list[Verdict]) -> str:
    """What the judge said of the first order, if it says the same of the others."""
    first = verdicts[0]
    if any(each.tiers != first.tiers for each in verdicts):
        return ""
    try:
        return read_reply(first.reply, places=len(first.order)).reason
    except UnreadableReplyError:  # the reply was longer than what is kept of it
        return ""


def clock() -> datetime:
    """The database's time, now and not at the start of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
