"""What a format turns into a row: one kind of item for each source.

Plain slotted objects, made a page at a time. Each text and each prompt of a page is one object
however many rows use it, and is checked once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

# What can be read of a project. `exports.formats.base` says which items each source gives.
Source = Literal[
    "comparisons",
    "judgments",
    "rankings",
    "ratings",
    "demonstrations",
    "prompts",
    "trees",
    "messages",
]


@dataclass(slots=True)
class Prompt:
    """A conversation up to its last user turn; `problem` says why it cannot be exported."""

    uid: str
    messages: list[dict[str, str]]
    split: str
    problem: str | None = None


@dataclass(slots=True)
class Text:
    """A response's text; `problem` says why it cannot be exported."""

    text: str
    problem: str | None = None


class Item(Protocol):
    """What every item has: its prompt decides the split that its rows are in."""

    @property
    def prompt(self) -> Prompt: ...


class Pair(NamedTuple):
    """Two responses, the better one first: one comparison, or what most votes on a pair said.

    `undecided` is empty, or the outcome that names no winner. `strength` is 0 to 3, the mean of
    those stated by votes for the outcome, or None; `responses` is K, the number of responses
    ranked together. `agreement` is the share of the `votes` that say the same, `probability` the
    soft label (n_chosen + n_tie/2)/n; of one judgment alone they are 1.
    """

    prompt: Prompt
    chosen: Text
    rejected: Text
    undecided: str
    strength: float | None
    responses: int
    agreement: float = 1.0
    votes: int = 1
    probability: float = 1.0


class Ranking(NamedTuple):
    """Responses to one prompt in order of preference: one judgment's, or that of all votes.

    `tiers` holds places in `responses`, best tier first and tied ones together; it is empty where
    no response was acceptable. The order of `responses` says nothing of their quality: it is
    the order shown, and by a hash where votes are counted together. `agreement` is the share of
    the votes' pairs that the order agrees with.
    """

    prompt: Prompt
    responses: list[Text]
    tiers: list[list[int]]
    votes: int = 1
    agreement: float = 1.0


class Rating(NamedTuple):
    """What labelers said of one response by itself: the mean of their `votes`, 1 to 7.

    One response is one item, however many rated it, so that no response gets two labels.
    """

    prompt: Prompt
    response: Text
    overall: float
    votes: int


class Demonstration(NamedTuple):
    """A response worth imitating, and why: `written` or `edited` by people, or `best` of votes."""

    prompt: Prompt
    response: Text
    reason: str


class Question(NamedTuple):
    """A prompt by itself."""

    prompt: Prompt


@dataclass(slots=True)
class Node:
    """One message of a tree. `prompt` is the tree's first, for all of its messages.

    `role` is `system`, `user` or `assistant`. `rank` counts from 0, the best among the replies to
    the same message; None where nobody ranked it. `labels` are the means of what was said of the
    message, 0 to 1, with the number of those who said it. `model` is None for people's texts.
    """

    prompt: Prompt
    uid: str
    parent: str | None
    role: str
    text: Text
    language: str
    origin: str
    model: str | None
    labeler: UUID | None
    created_at: datetime
    rank: int | None = None
    votes: int = 0
    labels: dict[str, tuple[float, int]] = field(default_factory=dict)
    replies: list["Node"] = field(default_factory=list)


class Tree(NamedTuple):
    """A conversation with all its branches, without deleted messages and what follows them."""

    prompt: Prompt
    root: Node


@dataclass(slots=True)
class Response:
    """One response of a judgment, as it was shown; `place` and `tier` count from 1.

    `masked` says that labelers saw a text in which the model's own name was covered.
    """

    uid: str
    text: Text
    model: str | None
    origin: str
    place: int
    tier: int | None = None
    overall: int | None = None
    attributes: dict[str, int] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    labels: dict[str, bool | float] = field(default_factory=dict)
    masked: bool = False


@dataclass(slots=True)
class Edit:
    """The labeler's better version of the response `original`."""

    uid: str
    original: str
    text: Text


@dataclass(slots=True)
class Span:
    """A stretch of a response's text that the labeler marked, in characters."""

    response: str
    start: int
    end: int
    label: str
    note: str


class Opinion(NamedTuple):
    """What a trained model thinks of a judgment; below a margin of 0 it would differ."""

    scorer: str
    margin: float
    surprising: bool


@dataclass(slots=True)
class Vote:
    """One judgment with all that was seen and said. Responses are in the order shown.

    `origin` is, as JSON, what an imported judgment was where it was made.
    """

    uid: str
    task_uid: str
    prompt: Prompt
    responses: list[Response]
    labeler: UUID
    labeler_kind: str
    strength: int | None
    not_rankable: str | None
    answers: str
    rationale: str
    seconds: float | None
    policy_version: int | None
    guideline_version: int | None
    purpose: str
    created_at: datetime
    origin: str | None = None
    edit: Edit | None = None
    spans: list[Span] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)
