"""What an expert sees of a disagreement: the queue, the texts as labelers saw them, the votes.

Blind as for labelers: responses have places and no authors, labelers have pseudonyms.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Left

from accounts.models import Labeler
from collector.models import Message, Project, Thread
from labeling import questions
from labeling.exclusions import excluded_labelers
from labeling.models import Adjudication, ContentWarning, Judgment, Mask, ResponseRating, Task
from labeling.questions import Question, Words
from labeling.services.adjudicated import order_for, rules_for
from labeling.services.disagreement import PEOPLE
from labeling.services.privacy import FIXED_REASONS
from labeling.services.showing import ClaimedTask, Shown
from labeling.texts.rendering import plain_snippet

PAGE = 25
SNIPPET = 400  # characters of a prompt that its snippet is made of
State = Adjudication.State

Order = list[list[str]]
_KINDS: dict[str, tuple[Question, ...]] = {
    "attributes": questions.ATTRIBUTES,
    "flags": questions.FLAGS,
    "labels": questions.LABELS,
}


@dataclass(frozen=True)
class Said:
    """What a vote said of one response by itself: the question in words, and the answer."""

    place: str
    answers: list[tuple[Words, str]]


@dataclass(frozen=True)
class Vote:
    """One labeler's answer. Orders name places as the expert sees them; `seen` is what was first.

    `guideline` is the number of the version they judged by. `counts`: they are not excluded.
    """

    labeler: Labeler
    tiers: Order | None
    not_rankable: str
    strength: Words
    rationale: str
    seen: list[str]
    said: list[Said]
    edit: str
    marks: int
    seconds: float | None
    created_at: datetime
    guideline: int | None
    counts: bool

    @property
    def reason(self) -> str:
        """Why nothing was ordered, in their own words; a choice of the page is none of them."""
        return "" if self.not_rankable in FIXED_REASONS else self.not_rankable


@dataclass(frozen=True)
class Pair:
    """How the votes that count fell on two places. `neither`: tied, or both bad."""

    first: str
    second: str
    for_first: int
    for_second: int
    neither: int

    @property
    def disputed(self) -> bool:
        """Whether not all said the same."""
        return sum(1 for votes in (self.for_first, self.for_second, self.neither) if votes) > 1


@dataclass(frozen=True)
class Case:
    """All that an expert needs to decide. `former`: what was decided on the task before."""

    adjudication: Adjudication
    task: ClaimedTask
    votes: list[Vote]
    pairs: list[Pair]
    former: list[Adjudication]


@dataclass(frozen=True)
class Line:
    """An adjudication in a list: `votes` are the people who said something."""

    adjudication: Adjudication
    snippet: str
    votes: int


@dataclass(frozen=True)
class Listing:
    """One page of a list, and how many there are in each state and kind."""

    lines: list[Line]
    number: int
    has_more: bool
    open: int
    resolved: int
    kinds: dict[str, int]


def waiting(*, project: Project) -> QuerySet[Adjudication]:
    """Those that wait for an expert, the most disputed first."""
    found = Adjudication.objects.filter(project=project, state=State.OPEN)
    return found.order_by("-disagreement", "pk")


def listing(*, project: Project, resolved: bool, kind: str = "", number: int = 1) -> Listing:
    """What waits, the most disputed first; or what was resolved, the newest first."""
    found = waiting(project=project)
    if resolved:
        found = Adjudication.objects.filter(project=project, state=State.RESOLVED)
        found = found.order_by("-resolved_at", "-pk")
        found = found.filter(kind=kind) if kind else found
    people = Count(
        "task__judgments",
        filter=Q(task__judgments__retired_at=None, task__judgments__purpose__in=PEOPLE),
    )
    start = (number - 1) * PAGE
    page = list(
        found.annotate(text=Left("task__prompt__text", SNIPPET), people=people).select_related(
            "judgment", "guideline_version", "task"
        )[start : start + PAGE + 1]
    )
    counts = Adjudication.objects.filter(project=project).values_list("state", "kind")
    by_state: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for state, of_kind, rows in counts.annotate(rows=Count("pk")).order_by():
        by_state[state] += rows
        if state == State.RESOLVED:
            kinds[of_kind] += rows
    lines = [Line(each, plain_snippet(each.text), each.people) for each in page[:PAGE]]
    return Listing(
        lines, number, len(page) > PAGE, by_state[State.OPEN], by_state[State.RESOLVED], dict(kinds)
    )


def next_waiting(
    *, project: Project, labeler: Labeler, after: Adjudication | None, passing: Sequence[UUID] = ()
) -> Adjudication | None:
    """The next that this expert may decide on, behind `after`, else from the queue's front.

    Those in `passing` come only where there is no other.
    """
    mine = Judgment.objects.filter(labeler=labeler).exclude(purpose="adjudication")
    found = waiting(project=project).exclude(task__in=mine.values("task"))
    found = found.exclude(task__candidates__labeler=labeler)
    if after is None:
        return found.exclude(uid__in=passing).first() or found.first()
    found = found.exclude(pk=after.pk)
    behind = found.filter(
        Q(disagreement__lt=after.disagreement) | Q(disagreement=after.disagreement, pk__gt=after.pk)
    )
    free = behind.exclude(uid__in=passing).first() or found.exclude(uid__in=passing).first()
    return free or behind.first() or found.first()


def case_of(*, adjudication: Adjudication, reader: Labeler) -> Case:
    """The texts as labelers saw them, in the expert's own order, and who said what."""
    order = order_for(adjudication)
    place = {response: str(number) for number, response in enumerate(order, start=1)}
    votes = _votes(adjudication, place)
    former = Adjudication.objects.filter(task=adjudication.task_id).exclude(pk=adjudication.pk)
    return Case(
        adjudication=adjudication,
        task=_task(adjudication, order, reader),
        votes=votes,
        pairs=_pairs([vote for vote in votes if vote.counts], list(place.values())),
        former=list(former.exclude(state=State.OPEN).order_by("-pk")),
    )


def _task(adjudication: Adjudication, order: list[int], reader: Labeler) -> ClaimedTask:
    """As a claim would give it, but that it expires never and names no slot."""
    _policy, modes = rules_for(adjudication)
    prompt = adjudication.task.about_id
    texts = dict(Message.objects.filter(pk__in=order).values_list("pk", "text"))
    texts |= dict(Mask.objects.filter(response__in=order).values_list("response", "text"))
    warned = _warnings([prompt, *order], reader)
    thread = Thread.objects.filter(prompt=prompt).first()
    return ClaimedTask(
        slot=adjudication.uid,
        expires_at=adjudication.opened_at,
        kind=Task.Kind.COMPARE,
        guideline_version=None,
        guidelines_changed=False,
        modes=modes,
        span_labels=[],
        prompt=thread.messages if thread else [],
        responses=[
            Shown(str(number), texts.get(pk, ""), tuple(warned.get(pk, ())))
            for number, pk in enumerate(order, start=1)
        ],
        prompt_warnings=tuple(warned.get(prompt, ())),
    )


def _warnings(messages: list[int], reader: Labeler) -> dict[int, list[str]]:
    """All that the texts are warned of, but for what the reader does not need to be warned of."""
    preferences = getattr(reader, "preferences", None)
    known = preferences.shown_categories if preferences else []
    found: dict[int, list[str]] = {}
    rows = ContentWarning.objects.filter(message__in=messages).exclude(category__in=known)
    for message, category in rows.order_by("category").values_list("message", "category"):
        found.setdefault(message, []).append(category)
    return found


def _votes(adjudication: Adjudication, place: dict[int, str]) -> list[Vote]:
    excluded = set(excluded_labelers(project=adjudication.project))
    judgments = (
        Judgment.objects.filter(
            task=adjudication.task_id, retired_at__isnull=True, purpose__in=PEOPLE
        )
        .select_related("labeler", "guideline_version", "edit")
        .prefetch_related("ratings")
        .annotate(marks=Count("spans"))
        .order_by("pk")
    )
    return [_vote(judgment, place, excluded) for judgment in judgments]


def _vote(judgment: Judgment, place: dict[int, str], excluded: set[int]) -> Vote:
    strengths = {choice.value: choice.label for choice in questions.STRENGTH.choices}
    guideline = judgment.guideline_version
    return Vote(
        labeler=judgment.labeler,
        tiers=_places(judgment.tiers, place),
        not_rankable=judgment.not_rankable or "",
        strength=strengths.get(str(judgment.strength), ""),
        rationale=judgment.rationale,
        seen=[place[response] for response in judgment.order if response in place],
        said=[
            Said(place[rating.response_id], list(_answers(rating)))
            for rating in sorted(
                (each for each in judgment.ratings.all() if each.response_id in place),
                key=lambda each: place[each.response_id],
            )
        ],
        edit=judgment.edit.text if judgment.edit else "",
        marks=judgment.marks,  # type: ignore[attr-defined]  # annotated
        seconds=judgment.seconds,
        created_at=judgment.created_at,
        guideline=guideline.number if guideline else None,
        counts=judgment.labeler_id not in excluded,
    )


def _places(tiers: Sequence[Sequence[int]] | None, place: dict[int, str]) -> Order | None:
    if tiers is None:
        return None
    named = [sorted(place[response] for response in tier if response in place) for tier in tiers]
    return [tier for tier in named if tier]


def _answers(rating: ResponseRating) -> Iterator[tuple[Words, str]]:
    """What was answered, in reading order; of yes and no, only the yes tells anything."""
    if rating.overall is not None:
        yield questions.OVERALL.label, str(rating.overall)
    for kind, asked in _KINDS.items():
        given: dict[str, Any] = getattr(rating, kind)
        for question in asked:
            value = given.get(question.name)
            if value is True:
                yield question.label, ""
            elif value is not None and value is not False:
                yield question.label, f"{value:g}"


def _pairs(votes: list[Vote], places: list[str]) -> list[Pair]:
    """Every pair of places; the most evenly split first."""
    pairs = [_pair(votes, first, second) for first, second in combinations(places, 2)]
    return sorted(pairs, key=lambda pair: max(pair.for_first, pair.for_second, pair.neither))


def _pair(votes: list[Vote], first: str, second: str) -> Pair:
    counts = Counter(_preferred(vote, first, second) for vote in votes)
    return Pair(first, second, counts[first], counts[second], counts[""])


def _preferred(vote: Vote, first: str, second: str) -> str:
    """The place that the vote puts above the other; none where they are equal."""
    tier = {place: number for number, tied in enumerate(vote.tiers or ()) for place in tied}
    if tier.get(first) == tier.get(second):
        return ""
    return first if tier.get(first, 0) < tier.get(second, 0) else second
