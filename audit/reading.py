"""The audit as it is read: chosen, described in words, written as a table."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from audit.models import Event
from audit.tracked import BY_KIND, column_words
from collector.models import Project
from common.csv_cells import plain_cell

PEOPLE_MAX = 200  # whose addresses hold what was asked for
CHUNK = 1000  # events of an export read at a time


@dataclass(frozen=True, slots=True)
class Wish:
    """Which events are wanted; what is empty does not matter.

    `person` is part of the e-mail address of who did it or whom it is about, `label` of the name of
    what it is about. `since` belongs to the time asked for, `until` does not.
    """

    kind: str = ""
    action: str = ""
    via: str = ""
    person: str = ""
    label: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A column, and its values in words; None where there was or is nothing."""

    column: str
    words: str
    before: str | None
    after: str | None
    hidden: bool  # that it changed is all that is kept


@dataclass(frozen=True, slots=True)
class Described:
    """An event with what its numbers mean today.

    `actor`, `holder` (of the actor's token, if it was handed to somebody) and `person` are
    addresses or "".
    """

    event: Event
    kind: str
    actor: str
    holder: str
    person: str
    project: str
    changes: tuple[Change, ...]


def events_of(*, project: Project | None, wish: Wish) -> QuerySet[Event]:
    """The events of a project, or of the whole site."""
    events = Event.objects.all()
    if project is not None:
        events = events.filter(project_id=project.pk)
    exact = {"kind": wish.kind, "action": wish.action, "via": wish.via}
    events = events.filter(**{name: value for name, value in exact.items() if value})
    if wish.label:
        events = events.filter(label__icontains=wish.label)
    if wish.since:
        events = events.filter(at__gte=wish.since)
    if wish.until:
        events = events.filter(at__lt=wish.until)
    if wish.person:
        people = User.objects.filter(email__icontains=wish.person).order_by("pk")
        ids = list(people.values_list("pk", flat=True)[:PEOPLE_MAX])
        anybody = Q(actor_id__in=ids) | Q(person_id__in=ids) | Q(handed_to_id__in=ids)
        events = events.filter(anybody)
    return events


def described(events: Sequence[Event]) -> list[Described]:
    """The events in words, in two queries however many they are."""
    named = ((each.actor_id, each.person_id, each.handed_to_id) for each in events)
    ids = {pk for ids in named for pk in ids if pk}
    people = dict(User.objects.filter(pk__in=ids).values_list("pk", "email"))
    about = {event.project_id for event in events if event.project_id}
    projects = dict(Project.objects.filter(pk__in=about).values_list("pk", "slug"))
    return [
        Described(
            event=event,
            kind=str(BY_KIND[event.kind].words) if event.kind in BY_KIND else event.kind,
            actor=_actor(event, people),
            holder=people.get(event.handed_to_id or 0, ""),
            person=people.get(event.person_id or 0, ""),
            project=projects.get(event.project_id or 0, ""),
            changes=_changes(event),
        )
        for event in events
    ]


def _actor(event: Event, people: dict[int, str]) -> str:
    if event.actor_erased:
        return _("somebody whose account was deleted")
    return people.get(event.actor_id or 0, "")


def _changes(event: Event) -> tuple[Change, ...]:
    columns = BY_KIND[event.kind].columns if event.kind in BY_KIND else ()
    order = {column: place for place, column in enumerate(columns)}
    items = sorted(event.changes.items(), key=lambda item: (order.get(item[0], 99), item[0]))
    return tuple(
        Change(
            column=column,
            words=column_words(event.kind, column),
            before=_in_words(values[0]) if values else None,
            after=_in_words(values[1]) if values else None,
            hidden=not values,
        )
        for column, values in items
    )


def _in_words(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_within(each)}" for key, each in value.items())
    if isinstance(value, list):
        return "\n".join(map(_within, value))
    return str(value)


def _within(value: Any) -> str:
    """A value inside another one, on one line."""
    words = _in_words(value)
    if words is None:
        return "–"
    return (
        f"({words})".replace("\n", "; ") if isinstance(value, dict) else words.replace("\n", "; ")
    )


COLUMNS = (
    "time",
    "actor",
    "token",
    "handed_to",
    "address",
    "via",
    "place",
    "action",
    "kind",
    "label",
    "person",
    "project",
    "changes",
)


def as_csv(events: QuerySet[Event]) -> Iterator[str]:
    """The events as lines of CSV, oldest first, whatever their number."""
    yield _line(COLUMNS)
    last = 0
    while chunk := list(events.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        for each in described(chunk):
            yield _line(_cells(each))
        last = chunk[-1].pk


def _cells(each: Described) -> Iterable[str]:
    event = each.event
    return (
        event.at.isoformat(),
        each.actor,
        event.token,
        each.holder,
        event.address or "",
        event.via,
        event.place,
        event.action,
        event.kind,
        event.label,
        each.person,
        each.project,
        json.dumps(event.changes, ensure_ascii=False, sort_keys=True),
    )


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(map(plain_cell, cells))
    return out.getvalue()
