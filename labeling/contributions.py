"""What a labeler has answered, for themselves: never what anybody else did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import CharField, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Left
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import ContentCategory, Labeler
from collector.models import Message, Project, Thread
from common.errors import NotFound
from labeling.models import Judgment, Mask, Opinion
from labeling.models.judgments import Purpose
from labeling.services.privacy import FIXED_REASONS
from labeling.services.showing import warnings_at
from labeling.texts.rendering import Budget, plain_snippet, render_markdown

PAGE = 20
PAGES_MAX = 500
SNIPPET = 400  # characters of a prompt that its snippet is made of
# Hidden checks look like work here as everywhere; the training has pages of its own, and what was
# said after a machine's opinion stands with the answer before it.
HIDDEN = (Purpose.PRACTICE, Purpose.QUALIFICATION, Purpose.RECONSIDERED)


@dataclass(frozen=True)
class Contribution:
    """One answer that stands. `tiers` holds the places of responses as shown, counted from 1.

    `correct_until` is the end of its edit window, null once that is over or a machine's opinion on
    the answer was shown. `surprising`: a reward
    model would have chosen otherwise, and is sure of it.
    """

    uid: UUID
    slot: UUID | None
    project: Project
    snippet: str
    tiers: list[list[int]] | None
    not_rankable: str | None
    rationale: str
    seconds: float | None
    created_at: datetime
    correct_until: datetime | None
    surprising: bool

    @property
    def reason(self) -> str:
        """Why nothing was ordered, in their own words; a choice of the page is none of them."""
        given = self.not_rankable or ""
        return "" if given in FIXED_REASONS else given


@dataclass(frozen=True)
class Page:
    """One page of contributions, newest first."""

    number: int
    items: list[Contribution]
    has_more: bool


@dataclass(frozen=True)
class Shown:
    """A response as it was shown, and the tier it was put in (from 1; none if not rankable)."""

    place: int
    tier: int | None
    html: SafeString
    warnings: list[str]


@dataclass(frozen=True)
class Turn:
    """A message of the conversation; of its last one, what it is warned of."""

    role: str
    html: SafeString
    warnings: list[str]


@dataclass(frozen=True)
class Detail:
    """One contribution with the texts it is about."""

    contribution: Contribution
    turns: list[Turn]
    responses: list[Shown]


def contributions_page(
    *,
    labeler: Labeler,
    number: int = 1,
    search: str = "",
    project: Project | None = None,
    rankable: bool | None = None,
) -> Page:
    """A page of what stands; `search` looks into prompts and reasons."""
    found = _standing(labeler)
    if project is not None:
        found = found.filter(task__project=project)
    if rankable is not None:
        found = found.filter(tiers__isnull=not rankable)
    if search:
        words = Q(task__prompt__text__icontains=search) | Q(rationale__icontains=search)
        found = found.filter(words | Q(not_rankable__icontains=search))
    number = min(max(number, 1), PAGES_MAX)
    start = (number - 1) * PAGE
    rows = list(found[start : start + PAGE + 1])
    return Page(number, as_contributions(rows[:PAGE]), len(rows) > PAGE)


def contributions_of(
    *, labeler: Labeler, project: str = "", created_after: datetime | None = None
) -> QuerySet[Judgment]:
    """What stands of theirs, to be paged and made `as_contributions`; `project` is a slug."""
    found = _standing(labeler)
    if project:
        found = found.filter(task__project__slug=project)
    return found.filter(created_at__gt=created_after) if created_after else found


def as_contributions(rows: Sequence[Judgment]) -> list[Contribution]:
    """Rows of `contributions_of` as the labeler sees them."""
    now = timezone.now()
    return [_contribution(row, now) for row in rows]


def contribution_detail(*, labeler: Labeler, uid: UUID) -> Detail:
    """One answer of theirs with its texts, as they were shown. NotFound if it is not theirs."""
    row = _standing(labeler).filter(uid=uid).first()
    if row is None:
        raise NotFound("There is no such answer.")
    found = _contribution(row, timezone.now())
    budget = Budget()
    texts = _texts(row.order)
    tier_of = {place: n for n, tier in enumerate(found.tiers or [], 1) for place in tier}
    warned, prompt_warned = warnings_at(row.slot_id) if row.slot_id else ([], [])
    responses = [
        Shown(
            place,
            tier_of.get(place),
            render_markdown(texts.get(pk, ""), budget=budget),
            _words_of(warned[place - 1] if warned else ()),
        )
        for place, pk in enumerate(row.order, start=1)
    ]
    return Detail(found, _turns(row.task.about_id, prompt_warned, budget), responses)


def _turns(prompt: int, warned: Sequence[str], budget: Budget) -> list[Turn]:
    thread = Thread.objects.filter(prompt=prompt).first()
    messages = thread.messages if thread else []
    last = len(messages) - 1
    return [
        Turn(
            turn["role"],
            render_markdown(turn["content"], budget=budget),
            _words_of(warned) if index == last else [],
        )
        for index, turn in enumerate(messages)
    ]


def _words_of(categories: Sequence[str]) -> list[str]:
    return [str(ContentCategory(category).label) for category in categories]


def projects_judged(*, labeler: Labeler) -> QuerySet[Project]:
    """Projects to choose from: those of tasks they hold or held, by name."""
    tasks = labeler.slots.values("project")
    return Project.objects.filter(pk__in=tasks).order_by("name", "pk")


def _standing(labeler: Labeler) -> QuerySet[Judgment]:
    first = (
        Judgment.objects.filter(task=OuterRef("task"), slot=OuterRef("slot"))
        .order_by()
        .values("slot")
        .annotate(first=Min("created_at"))
        .values("first")
    )
    return (
        Judgment.objects.filter(labeler=labeler, retired_at__isnull=True)
        .exclude(purpose__in=HIDDEN)
        .annotate(
            snippet=Left("task__prompt__text", SNIPPET),
            first_at=Subquery(first),
            window=F("policy_version__edit_window_minutes"),
            seen=Exists(
                Judgment.objects.filter(
                    labeler=OuterRef("labeler"),
                    submit_key=Concat(Value("opinion-"), OuterRef("pk"), output_field=CharField()),
                )
            ),
            surprising=Exists(Opinion.objects.filter(judgment=OuterRef("pk"), surprising=True)),
        )
        .select_related("task__project", "slot")
        .defer("body_hash", "answers")
        .order_by("-created_at", "-pk")
    )


def _contribution(row: Judgment, now: datetime) -> Contribution:
    place_of = {pk: place for place, pk in enumerate(row.order, start=1)}
    return Contribution(
        uid=row.uid,
        slot=row.slot.uid if row.slot else None,
        project=row.task.project,
        snippet=plain_snippet(row.snippet),  # type: ignore[attr-defined]  # annotated
        tiers=_places(row.tiers, place_of),
        not_rankable=row.not_rankable,
        rationale=row.rationale,
        seconds=row.seconds,
        created_at=row.created_at,
        correct_until=_correct_until(row, now),
        surprising=row.surprising,  # type: ignore[attr-defined]  # annotated
    )


def _places(
    tiers: Sequence[Sequence[int]] | None, place_of: dict[int, int]
) -> list[list[int]] | None:
    if tiers is None:
        return None
    return [sorted(place_of[pk] for pk in tied) for tied in tiers]


def _correct_until(row: Judgment, now: datetime) -> datetime | None:
    window, first = row.window, row.first_at  # type: ignore[attr-defined]  # annotated
    seen: bool = row.seen  # type: ignore[attr-defined]  # annotated
    if row.slot is None or window is None or first is None or seen:
        return None
    until: datetime = first + timedelta(minutes=window)
    return until if until > now else None


def _texts(order: Sequence[int]) -> dict[int, str]:
    """As shown: where a response named its model, with that masked."""
    texts = dict(Message.objects.filter(pk__in=order).values_list("pk", "text"))
    return texts | dict(Mask.objects.filter(response__in=order).values_list("response", "text"))
