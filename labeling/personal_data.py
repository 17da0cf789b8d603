"""All that is kept about one person, as a zip of JSON files for themselves.

Which model wrote a response, what others said, and which tasks were checks is not theirs and is
not in it. An id of ours tells the time at which its text came in, and so which responses are of one
run; what is not theirs has a name made up for the archive instead.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from hashlib import blake2b
from secrets import token_bytes
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

import orjson
from django.db.models import QuerySet

from accounts.models import Labeler, Preferences, User
from collector.models import Membership, Message, NotificationSwitches
from labeling.models import (
    Adjudication,
    Judgment,
    LabelerStanding,
    Letter,
    Opinion,
    QualificationAttempt,
    Report,
    ResponseRating,
    Skip,
    Span,
    StandingChange,
)

IN_MEMORY = 4 << 20  # bytes; a larger archive is written to a file without a name
CHUNK = 500

README = """What Concord keeps about you, as JSON Lines (one record a line).

account.json     your account, your pseudonym, your settings, terms you accepted, your decisions
judgments.jsonl  your answers, also those you corrected since
skips.jsonl      tasks you passed
texts.jsonl      texts you wrote yourself, such as better versions of responses
letters.jsonl    letters between you and reviewers
reports.jsonl    what you reported and what was answered

Tasks, prompts and responses have names made up for this archive, other ones in the next.
"""


class Names:
    """The names of one archive. A text has one a task, so that a task shown once more, as a hidden
    check, looks like any other.
    """

    def __init__(self) -> None:
        self._key = token_bytes(32)

    def task(self, task: int | None) -> str | None:
        return None if task is None else self._name(f"task {task}")

    def text(self, task: int, message: int) -> str:
        return self._name(f"text {message} in {task}")

    def _name(self, what: str) -> str:
        return blake2b(what.encode(), key=self._key, digest_size=12).hexdigest()


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
    names = Names()
    return {
        "judgments.jsonl": _judgments(labeler, names),
        "skips.jsonl": _of_tasks(
            names, Skip.objects.filter(labeler=labeler), "reason", "note", "created_at"
        ),
        "texts.jsonl": _texts(labeler, names),
        "letters.jsonl": _rows(
            Letter.objects.filter(labeler=labeler),
            *("uid", "project__slug", "from_labeler", "kind", "text", "created_at", "read_at"),
        ),
        "reports.jsonl": _of_tasks(
            names,
            Report.objects.filter(labeler=labeler),
            *("uid", "project__slug", "page", "category", "text", "state"),
            *("answer", "created_at", "resolved_at"),
        ),
    }


def _account(user: User, labeler: Labeler) -> dict[str, Any]:
    preferences = Preferences.objects.filter(labeler=labeler).values().first()
    standings = LabelerStanding.objects.filter(labeler=labeler)
    decisions = StandingChange.objects.filter(standing__labeler=labeler)
    attempts = QualificationAttempt.objects.filter(labeler=labeler)
    return {
        "email": user.email,
        "name": user.name,
        "joined": user.date_joined,
        "last_login": user.last_login,
        "pseudonym": labeler.pseudonym,
        "id": labeler.uid,
        "adjudications": list(
            Adjudication.objects.filter(resolved_by=user).values(
                "project__slug", "kind", "note", "resolved_at"
            )
        ),
        "consents": list(labeler.consents.values("version", "accepted_at")),
        "roles": list(Membership.objects.filter(user=user).values("project__slug", "role")),
        "settings": preferences or {},
        "mails_switched_off": list(
            NotificationSwitches.objects.filter(user=user).values("project__slug", "off")
        ),
        "standings": list(standings.values("project__slug", "state", "reason", "changed_at")),
        "decisions": list(
            decisions.values(
                "standing__project__slug", "before", "after", "reason", "evidence", "created_at"
            )
        ),
        "qualification": list(
            attempts.values("project__slug", "number", "score", "passed", "finished_at")
        ),
    }


def _rows(rows: "QuerySet[Any]", *fields: str) -> Iterator[dict[str, Any]]:
    yield from rows.order_by("pk").values(*fields).iterator(chunk_size=CHUNK)


def _of_tasks(names: Names, rows: "QuerySet[Any]", *fields: str) -> Iterator[dict[str, Any]]:
    for row in _rows(rows, "task_id", *fields):
        yield {"task": names.task(row.pop("task_id"))} | row


def _texts(labeler: Labeler, names: Names) -> Iterator[dict[str, Any]]:
    """What they edited is named as in the judgment that the edit belongs to."""
    fields = ("uid", "role", "origin", "text", "created_at", "deleted_at")
    own = Message.objects.filter(labeler=labeler)
    for row in _rows(own, *fields, "edits_id", "written_in__task_id"):
        edited, task = row.pop("edits_id"), row.pop("written_in__task_id")
        known = edited is not None and task is not None
        yield row | {"edits": names.text(task, edited) if known else None}


def _judgments(labeler: Labeler, names: Names) -> Iterator[dict[str, Any]]:
    rows = Judgment.objects.filter(labeler=labeler).select_related("task__project")
    rows = rows.defer("body_hash").order_by("pk")
    last = 0
    while page := list(rows.filter(pk__gt=last)[:CHUNK]):
        last = page[-1].pk
        yield from _page(page, names)


def _page(page: list[Judgment], names: Names) -> Iterator[dict[str, Any]]:
    ratings, spans = _of_each(ResponseRating, page), _of_each(Span, page)
    opinions = _of_each(Opinion, page)
    for judgment in page:
        name = partial(names.text, judgment.task_id)
        yield {
            "id": judgment.uid,
            "project": judgment.task.project.slug,
            "task": names.task(judgment.task_id),
            "prompt": name(judgment.task.about_id),
            "shown": [name(pk) for pk in judgment.order],
            "tiers": judgment.tiers and [[name(pk) for pk in tied] for tied in judgment.tiers],
            "not_rankable": judgment.not_rankable,
            "strength": judgment.strength,
            "answers": judgment.answers,
            "rationale": judgment.rationale,
            "ratings": [_rating(row, name) for row in ratings.get(judgment.pk, [])],
            "spans": [_span(row, name) for row in spans.get(judgment.pk, [])],
            "opinions": [
                {"scorer": row.scorer, "margin": row.margin, "surprising": row.surprising}
                for row in opinions.get(judgment.pk, [])
            ],
            "seconds": judgment.seconds,
            "created_at": judgment.created_at,
            "corrected_at": judgment.retired_at,
        }


def _of_each(model: Any, page: list[Judgment]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in model.objects.filter(judgment__in=page).order_by("pk"):
        found.setdefault(row.judgment_id, []).append(row)
    return found


def _rating(row: ResponseRating, name: Callable[[int], str]) -> dict[str, Any]:
    own = {"overall": row.overall, "attributes": row.attributes}
    return {"response": name(row.response_id), **own, "flags": row.flags, "labels": row.labels}


def _span(row: Span, name: Callable[[int], str]) -> dict[str, Any]:
    where = {"start": row.start, "end": row.end}
    return {"response": name(row.response_id), **where, "label": row.label, "note": row.note}


def _line(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
