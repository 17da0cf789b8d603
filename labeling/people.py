"""Reads of a project's labelers for its reviewers: how they stand, their checks, what was decided.

Judging is blind the other way round too: nothing here names a person, only their pseudonyms.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import (
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from accounts.models import Labeler
from collector.models import Membership, Project
from labeling.gold_answers import GoldAnswers, gold_answers
from labeling.models import Judgment, LabelerStanding, Letter, Slot, StandingChange
from labeling.models.judgments import TRAINING
from labeling.services.policies import current_policy
from labeling.statistics.gold import Accuracy, accuracy

PAGE = 50
PAGES_MAX = 1_000
HISTORY_MAX = 100
DECISIONS_SHOWN = 5
State = LabelerStanding.State

# Who waits for a reviewer comes first.
_URGENCY = [State.PAUSED, State.WARNED, State.FAILED, State.EXCLUDED]


@dataclass(frozen=True)
class Person:
    """A labeler of a project. `state` is empty for who has begun no training, nor was asked to.

    `judgments` are those that stand, training aside. `checks` are their answers to hidden items,
    all of them. `letters` wait to be read by a reviewer, an `appeal` among them or not.
    """

    labeler: Labeler
    state: str
    reason: str
    changed_at: datetime | None
    judgments: int
    checks: Accuracy
    letters: int
    appeal: bool

    @property
    def state_in_words(self) -> str:
        return str(State(self.state).label) if self.state else ""


@dataclass(frozen=True)
class People:
    """One page of a project's labelers; `counts` says how many are in each state."""

    number: int
    rows: list[Person]
    has_more: bool
    counts: dict[str, int]


@dataclass(frozen=True)
class Step:
    """One step of a standing, as its reviewers read it. Nobody decided what a check brought."""

    change: StandingChange
    before: str
    after: str
    by_person: bool
    gold: dict[str, float] | None


def labelers_in(*, project: Project, state: str = "") -> QuerySet[Labeler]:
    """Who was given work, may be, or has a standing; with their `state`, `reason`, `changed_at`.

    Only those in a `state`, where one is named.
    """
    standing = LabelerStanding.objects.filter(project=project, labeler=OuterRef("pk"))
    may_label = Membership.objects.filter(
        project=project, role=Membership.Role.LABELER, user=OuterRef("user")
    )
    worked = Slot.objects.filter(project=project, labeler=OuterRef("pk"))
    wanted = Q(Exists(standing) | Exists(may_label) | Exists(worked))
    if state:
        wanted = Q(Exists(standing.filter(state=state)))
    return Labeler.objects.filter(wanted).annotate(
        state=Subquery(standing.values("state")[:1]),
        reason=Subquery(standing.values("reason")[:1]),
        changed_at=Subquery(standing.values("changed_at")[:1]),
    )


def people_in(*, project: Project, state: str = "", number: int = 1) -> People:
    """A page of the project's labelers: who waits for a decision first, then by pseudonym."""
    urgency = Case(
        *(When(state=each, then=Value(rank)) for rank, each in enumerate(_URGENCY)),
        default=len(_URGENCY),
        output_field=IntegerField(),
    )
    found = labelers_in(project=project, state=state).order_by(urgency, "pseudonym")
    number = min(max(number, 1), PAGES_MAX)
    start = (number - 1) * PAGE
    rows = list(found[start : start + PAGE + 1])
    counts = LabelerStanding.objects.filter(project=project).values_list("state")
    return People(
        number,
        _people(project, rows[:PAGE]),
        len(rows) > PAGE,
        dict(counts.order_by("state").annotate(number=Count("pk"))),
    )


def persons(*, project: Project, labelers: Sequence[Labeler]) -> list[Person]:
    """These labelers, who were read by `labelers_in`, in their order."""
    return _people(project, labelers)


def person_in(*, project: Project, labeler: Labeler) -> Person:
    """One labeler of the project."""
    known = labelers_in(project=project).filter(pk=labeler.pk).first()
    if known is None:  # who was imported has no slot; who only wrote a letter has nothing
        return _people(project, [labeler])[0]
    return _people(project, [known])[0]


def steps_of(*, project: Project, labeler: Labeler) -> list[Step]:
    """How a standing was decided, the newest step first, HISTORY_MAX at most."""
    changes = StandingChange.objects.filter(standing__project=project, standing__labeler=labeler)
    newest = changes.select_related("decided_by").order_by("-pk")[:HISTORY_MAX]
    return [
        Step(
            change=change,
            before=str(State(change.before).label) if change.before else "",
            after=str(State(change.after).label),
            by_person="automatic" not in change.evidence,
            gold=change.evidence.get("gold"),
        )
        for change in newest
    ]


def decisions_on(*, project: Project, labeler: Labeler) -> list[Step]:
    """The newest steps that are about how they work, oldest first; their training is not."""
    about_work = {State.WARNED, State.PAUSED, State.EXCLUDED}
    steps = steps_of(project=project, labeler=labeler)
    found = [s for s in steps if {s.change.before, s.change.after} & about_work]
    return found[:DECISIONS_SHOWN][::-1]


def _people(project: Project, rows: Sequence[Labeler]) -> list[Person]:
    ids = [row.pk for row in rows]
    judged = _judged(project, ids)
    checked = gold_answers(project_id=project.pk, labelers=ids)
    waiting = _waiting(project, ids)
    minimum = current_policy(project=project).gold_minimum
    people = []
    for row in rows:
        answers = checked.get(row.pk, GoldAnswers())
        letters, appeals = waiting.get(row.pk, (0, 0))
        people.append(
            Person(
                labeler=row,
                state=getattr(row, "state", None) or "",
                reason=getattr(row, "reason", None) or "",
                changed_at=getattr(row, "changed_at", None),
                judgments=judged.get(row.pk, 0),
                checks=accuracy(answers.right, answers.total, minimum=minimum),
                letters=letters,
                appeal=appeals > 0,
            )
        )
    return people


def _judged(project: Project, labelers: Collection[int]) -> dict[int, int]:
    standing = Judgment.objects.filter(
        labeler__in=labelers, task__project=project, retired_at__isnull=True
    ).exclude(purpose__in=TRAINING)
    return dict(standing.values_list("labeler").order_by("labeler").annotate(number=Count("pk")))


def _waiting(project: Project, labelers: Collection[int]) -> dict[int, tuple[int, int]]:
    unread = Letter.objects.filter(
        project=project, labeler__in=labelers, from_labeler=True, read_at__isnull=True
    )
    appeals = Count("pk", filter=Q(kind=Letter.Kind.APPEAL))
    rows = (
        unread.values_list("labeler").order_by("labeler").annotate(letters=Count("pk"), all=appeals)
    )
    return {labeler: (letters, appealing) for labeler, letters, appealing in rows}
