"""An answer as it came in, and as it is stored."""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came in, about places shown ("1" first), not yet checked.

    `tiers` are best first, ties together; null with `not_rankable` saying why. `strength` is how
    much better the top tier is than the next, 0 (negligibly) to 3 (significantly). `ratings` are
    by place: `{"1": {"overall": 5, "attributes": {}, "flags": {}, "labels": {}}}`. `answers` are of
    the task: `{"confidence": 7, "safety": "both"}`. `edit` is `{"response": "1", "text": "…"}`;
    `spans` are `[{"response": "1", "start": 0, "end": 5, "label": "wrong", "note": ""}]` in
    characters of the text as served. `seconds` is the time worked.
    """

    submit_key: str
    tiers: list[list[str]] | None = None
    strength: int | None = None
    not_rankable: str | None = None
    ratings: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    rationale: str = ""
    seconds: float | None = None
    edit: dict[str, Any] | None = None
    spans: list[dict[str, Any]] = field(default_factory=list)

    def body_hash(self, *, slot: str) -> bytes:
        """SHA-256 of everything but the key: the same body is the same submission."""
        body = asdict(self) | {"submit_key": None, "slot": slot}
        for name in ("edit", "spans"):
            if not body[name]:
                del body[name]  # so that answers from before there were any keep their hash
        return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()

    @property
    def needs_texts(self) -> bool:
        """Whether what was said can only be checked against the texts themselves."""
        return bool(self.edit or self.spans)


@dataclass(frozen=True, slots=True)
class Rating:
    """What was said of one response by itself. What was not answered is not there."""

    overall: int | None = None
    attributes: dict[str, int] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    labels: dict[str, bool | float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a response (message id): characters `start` to before `end`."""

    response: int
    start: int
    end: int
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A better version of a response (message id)."""

    response: int
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer in terms of the responses themselves (message ids), the marks in served texts."""

    tiers: list[list[int]] | None
    ratings: dict[int, Rating]
    answers: dict[str, Any]
    edit: Edit | None
    marks: list[Mark]
