"""One conversation as a tree: who answered, what was found in it, and what people said of it.

A *blind* reader knows of a response its text, as labelers saw it, and its place: nothing that
tells who wrote it, nor when or where it came from.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import combinations
from typing import TypeVar

from django.db.models import Q

from collector.models import Generation, Message, MessageFlag
from collector.selectors import path_to
from labeling.exclusions import excluded_labelers
from labeling.models import Adjudication, Candidate, Judgment, Task
from labeling.models.judgments import TRAINING
from labeling.services.disagreement import PEOPLE

MESSAGES_MAX = 500  # of one conversation, the first; beside them the way to the one asked for
VOTES_MAX = 1_000  # of one conversation, the first

Order = list[list[str]]
Value = TypeVar("Value")


@dataclass(frozen=True)
class Vote:
    """One judgment that stands. `tiers` name places, best first; none if nothing was ordered.

    `counts`: the labeler is not excluded, and is a person who did the task as it came.
    """

    judgment: Judgment
    tiers: Order | None
    seen: list[str]
    counts: bool
    excluded: bool


@dataclass(frozen=True)
class Judging:
    """A task about a prompt. `agreement` is how often two of those who count said the same of two
    responses, from 0 to 1; none before the second vote.
    """

    task: Task
    responses: list[tuple[str, Message]]
    votes: list[Vote]
    agreement: float | None
    cases: list[Adjudication]


@dataclass
class Node:
    """A message of the tree. `place` numbers the responses to one prompt, from "1" on.

    `text` is what the reader may see. `generation` and the author are none for blind readers.
    """

    message: Message
    place: str
    text: str
    masked: bool
    known: bool
    generation: Generation | None
    flags: list[MessageFlag]
    judging: list[Judging] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    @property
    def author(self) -> str:
        """The generator's name, or the labeler's pseudonym; empty if unknown or not to be known."""
        if not self.known:
            return ""
        if self.message.revision:
            return self.message.revision.generator.name
        return self.message.labeler.pseudonym if self.message.labeler else ""


@dataclass(frozen=True)
class Conversation:
    """A tree by its root; `nodes` has all of it, parents first. `cut`: there is more than that."""

    root: Node
    nodes: list[Node]
    cut: bool


def conversation_of(*, message: Message, blind: bool) -> Conversation:
    """The conversation that a message is of, in a fixed number of queries."""
    messages, cut = _messages(message)
    ids = [each.pk for each in messages]
    flags = _grouped(
        (flag.message_id, flag)
        for flag in MessageFlag.objects.filter(message__in=ids, dismissed_at__isnull=True).order_by(
            "kind"
        )
    )
    nodes: dict[int, Node] = {}
    for each, place in _placed(messages, blind=blind):
        node = _node(each, place, flags.get(each.pk, []), blind=blind)
        nodes[each.pk] = node
        if each.parent_id in nodes:
            nodes[each.parent_id].children.append(node)
    for prompt, judging in _judgings(message.project_id, nodes).items():
        nodes[prompt].judging = judging
    return Conversation(next(iter(nodes.values())), list(nodes.values()), cut)


def _messages(message: Message) -> tuple[list[Message], bool]:
    """Those of the tree, parents first, the first of them if they are many."""
    root = message.root_id or message.pk
    tree = (
        Message.objects.filter(Q(pk=root) | Q(root=root))
        .exclude(written_in__retired_at__isnull=False)
        .select_related("revision__generator", "labeler", "source", "mask", "generation__run")
    )
    found = list(tree.order_by("depth", "pk")[: MESSAGES_MAX + 1])
    cut = len(found) > MESSAGES_MAX
    found = found[:MESSAGES_MAX]
    if cut and message.pk not in {each.pk for each in found}:
        way = [each.pk for each in path_to(message=message)]
        have = {each.pk for each in found}
        found += tree.filter(pk__in=[pk for pk in way if pk not in have]).order_by("depth", "pk")
    return found, cut


def _placed(messages: Sequence[Message], *, blind: bool) -> list[tuple[Message, str]]:
    """The messages level by level, the responses numbered; for the blind in an order that tells
    nothing.
    """
    numbers: Counter[int | None] = Counter()
    placed = []
    order = _shuffled if blind else _as_written
    for each in sorted(messages, key=order):
        numbers[each.parent_id] += each.role == Message.Role.ASSISTANT
        answers = each.role == Message.Role.ASSISTANT
        placed.append((each, str(numbers[each.parent_id]) if answers else ""))
    return placed


def _as_written(message: Message) -> tuple[int, str, int]:
    return message.depth, "", message.pk


def _shuffled(message: Message) -> tuple[int, str, int]:
    return message.depth, sha256(message.uid.bytes).hexdigest(), message.pk


def _node(message: Message, place: str, flags: list[MessageFlag], *, blind: bool) -> Node:
    mask = getattr(message, "mask", None)
    known = not (blind and message.role == Message.Role.ASSISTANT)
    return Node(
        message=message,
        place=place,
        text=mask.text if mask and not known else message.text,
        masked=mask is not None,
        known=known,
        generation=getattr(message, "generation", None) if known else None,
        flags=flags,
    )


def _judgings(project: int, nodes: dict[int, Node]) -> dict[int, list[Judging]]:
    """The tasks about each prompt (by its id), what was said in them and decided on them."""
    tasks = list(Task.objects.filter(prompt__in=list(nodes), repeats__isnull=True).order_by("pk"))
    ids = [task.pk for task in tasks]
    candidates = _grouped(
        Candidate.objects.filter(task__in=ids)
        .order_by("task", "ordinal")
        .values_list("task", "response")
    )
    judgments = _grouped(
        (judgment.task_id, judgment)
        for judgment in Judgment.objects.filter(task__in=ids, retired_at__isnull=True)
        .exclude(purpose__in=TRAINING)
        .select_related("labeler", "guideline_version")
        .order_by("pk")[:VOTES_MAX]
    )
    cases = _grouped(
        (case.task_id, case)
        for case in Adjudication.objects.filter(task__in=ids)
        .exclude(state=Adjudication.State.VOID)
        .order_by("pk")
    )
    excluded = set(excluded_labelers(project=project))
    found: dict[int, list[Judging]] = defaultdict(list)
    for task in tasks:
        place = {pk: nodes[pk].place for pk in candidates.get(task.pk, []) if pk in nodes}
        votes = [_vote(each, place, excluded) for each in judgments.get(task.pk, [])]
        responses = sorted(place.items(), key=lambda item: int(item[1] or 0))
        found[task.about_id].append(
            Judging(
                task=task,
                responses=[(number, nodes[pk].message) for pk, number in responses],
                votes=votes,
                agreement=_agreement([vote.tiers for vote in votes if vote.counts], place.values()),
                cases=cases.get(task.pk, []),
            )
        )
    return found


def _vote(judgment: Judgment, place: dict[int, str], excluded: set[int]) -> Vote:
    tiers = judgment.tiers
    out = judgment.labeler_id in excluded
    return Vote(
        judgment=judgment,
        tiers=None
        if tiers is None
        else [sorted(place[pk] for pk in tier if pk in place) for tier in tiers],
        seen=[place[pk] for pk in judgment.order if pk in place],
        counts=judgment.purpose in PEOPLE and not out,
        excluded=out,
    )


def _agreement(orders: Sequence[Order | None], places: Iterable[str]) -> float | None:
    """Of all pairs of voters and of responses, the share that was answered alike."""
    alike = asked = 0
    tiers = [_tier_of(order) for order in orders]
    for first, second in combinations(places, 2):
        said = Counter(_said(tier, first, second) for tier in tiers)
        alike += sum(votes * (votes - 1) // 2 for votes in said.values())
        asked += len(tiers) * (len(tiers) - 1) // 2
    return alike / asked if asked else None


def _tier_of(order: Order | None) -> dict[str, int]:
    return {place: number for number, tied in enumerate(order or ()) for place in tied}


def _said(tier: dict[str, int], first: str, second: str) -> str:
    """What an order says of two places: the better one, a tie, or that neither will do."""
    if not tier:
        return "neither"
    if tier.get(first) == tier.get(second):
        return "tie"
    return first if tier.get(first, 0) < tier.get(second, 0) else second


def _grouped(rows: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    groups: dict[int, list[Value]] = {}
    for key, value in rows:
        groups.setdefault(key, []).append(value)
    return groups
