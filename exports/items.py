"""What a format turns into a row: pairs of responses, and whole judgments.

Plain slotted objects, made a page at a time. Each text and each prompt of a page is one object
however many rows use it, and is checked once.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


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


class Pair(NamedTuple):
    """One comparison. `undecided` is empty, or the outcome that names no winner.

    `strength` is 0 to 3 or None; `responses` is K, the number of responses ranked together.
    """

    prompt: Prompt
    chosen: Text
    rejected: Text
    undecided: str
    strength: int | None
    responses: int


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


@dataclass(slots=True)
class Vote:
    """One judgment with all that was seen and said. Responses are in the order shown."""

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
    edit: Edit | None = None
    spans: list[Span] = field(default_factory=list)
