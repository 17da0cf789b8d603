"""All that is kept about one person, as a zip of JSON files for themselves.

Responses are named by id; which model wrote them, what others said, and which tasks were checks
is not theirs and is not in it.
"""

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from django.db.models import QuerySet

from accounts.models import Labeler, Preferences, User
from collector.models import Membership, Message
from labeling.models import (
    Judgment,
    LabelerStanding,
    Letter,
    QualificationAttempt,
    Report,
    ResponseRating,
    Skip,
    Span,
)

IN_MEMORY = 4 << 20  # bytes; a larger archive is written to a file without a name
CHUNK = 500

README = """What Concord keeps about you, as JSON Lines (one record a line).

account.json     your account, your pseudonym, your settings and the terms you accepted
judgments.jsonl  your answers, also those you corrected since; responses are named by id
skips.jsonl      tasks you passed
texts.jsonl      texts you wrote yourself, such as better versions of responses
letters.jsonl    letters between you and reviewers
reports.jsonl    what you reported and what was answered
"""


def personal_archive(*, user: User, labeler: Labeler) -> IO[bytes]:
    """The archive, open for reading from its start; the caller closes it."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("account.json", _line(_account(user, labeler)))
        for name, records in _tables(labeler).items():
            with archive.open(name, "w", force_zip64=True) as entry:
                for record in records:
                    entry.write(_line(record))
    file.seek(0)
    return file


def _tables(labeler: Labeler) -> dict[str, Iterable[dict[str, Any]]]:
    return {
        "judgments.jsonl": _judgments(labeler),
        "skips.jsonl": _rows(
            Skip.objects.filter(labeler=labeler), "task__uid", "reason", "note", "created_at"
        ),
        "texts.jsonl": _rows(
            Message.objects.filter(labeler=labeler),
            *("uid", "role", "origin", "edits__uid", "text", "created_at", "deleted_at"),
        ),
        "letters.jsonl": _rows(
            Letter.objects.filter(labeler=labeler),
            *("uid", "project__slug", "from_labeler", "kind", "text", "created_at", "read_at"),
        ),
        "reports.jsonl": _rows(
            Report.objects.filter(labeler=labeler),
            *("uid", "project__slug", "task__uid", "page", "category", "text", "state"),
            *("answer", "created_at", "resolved_at"),
        ),
    }


def _account(user: User, labeler: Labeler) -> dict[str, Any]:
    preferences = Preferences.objects.filter(labeler=labeler).values().first()
    standings = LabelerStanding.objects.filter(labeler=labeler)
    attempts = QualificationAttempt.objects.filter(labeler=labeler)
    return {
        "email": user.email,
        "name": user.name,
        "joined": user.date_joined,
        "last_login": user.last_login,
        "pseudonym": labeler.pseudonym,
        "id": labeler.uid,
        "consents": list(labeler.consents.values("version", "accepted_at")),
        "roles": list(Membership.objects.filter(user=user).values("project__slug", "role")),
        "settings": preferences or {},
        "standings": list(standings.values("project__slug", "state", "reason", "changed_at")),
        "qualification": list(
            attempts.values("project__slug", "number", "score", "passed", "finished_at")
        ),
    }


def _rows(rows: "QuerySet[Any]", *fields: str) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("pk").values(*fields).iterator(chunk_size=CHUNK)


def _judgments(labeler: Labeler) -> Iterator[dict[str, Any]]:
    rows = Judgment.objects.filter(labeler=labeler).select_related("task__project", "task__prompt")
    rows = rows.defer("body_hash", "task__prompt__text").order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = page[-1].pk
        yield from _page(page)


def _page(page: list[Judgment]) -> Iterator[dict[str, Any]]:
    shown = {pk for judgment in page for pk in judgment.order}
    uids = dict(Message.objects.filter(pk__in=shown).values_list("pk", "uid"))
    ratings, spans = _of_each(ResponseRating, page), _of_each(Span, page)
    for judgment in page:
        yield {
            "id": judgment.uid,
            "project": judgment.task.project.slug,
            "task": judgment.task.uid,
            "prompt": judgment.task.prompt.uid,
            "shown": [uids.get(pk) for pk in judgment.order],
            "tiers": judgment.tiers and [[uids.get(pk) for pk in tied] for tied in judgment.tiers],
            "not_rankable": judgment.not_rankable,
            "strength": judgment.strength,
            "answers": judgment.answers,
            "rationale": judgment.rationale,
            "ratings": [_rating(row, uids) for row in ratings.get(judgment.pk, [])],
            "spans": [_span(row, uids) for row in spans.get(judgment.pk, [])],
            "seconds": judgment.seconds,
            "created_at": judgment.created_at,
            "corrected_at": judgment.retired_at,
        }


def _of_each(model: Any, page: list[Judgment]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in model.objects.filter(judgment__in=page).order_by("pk"):
        found.setdefault(row.judgment_id, []).append(row)
    return found


def _rating(row: ResponseRating, uids: dict[int, Any]) -> dict[str, Any]:
    own = {"overall": row.overall, "attributes": row.attributes}
    return {"response": uids.get(row.response_id), **own, "flags": row.flags, "labels": row.labels}


def _span(row: Span, uids: dict[int, Any]) -> dict[str, Any]:
    where = {"start": row.start, "end": row.end}
    return {"response": uids.get(row.response_id), **where, "label": row.label, "note": row.note}


def _line(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
