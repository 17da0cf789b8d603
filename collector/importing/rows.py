"""What flows through an import: raw rows, conversations, and the reasons for rejecting a row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

# Longest text of a prompt, a response or a system message, in characters.
MAX_TEXT = 1_000_000
# Longest record that is held in memory, all cells together, in characters.
MAX_RECORD = 4 * MAX_TEXT
# Longest conversation, in turns.
MAX_TURNS = 1_000


def one_line(text: str) -> str:
    """Text from outside as one line that a database takes: no NUL bytes, no lone surrogates."""
    return " ".join(text.encode("utf-8", "replace").decode().replace("\0", "?").split())


class InputError(Exception):
    """The input as a whole cannot be read (any further); the message is one line for a person."""


class RowError(Exception):
    """One row cannot be imported. `code` is stable, `detail` one line for a person."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


# A row of a table, a bare text, or why there is neither.
RawRow = dict[str, Any] | str | RowError


@dataclass(frozen=True, slots=True)
class Author:
    """Who a file says wrote a text: a recorded generator or a person."""

    kind: Literal["generator", "human"]
    name: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message on the way to the prompt; `meta` is kept with it.

    Without a language of its own it is in the row's.
    """

    role: Literal["system", "user", "assistant"]
    text: str
    author: Author | None = None
    language: str = ""
    meta: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer to the prompt; without an author where the file names none."""

    text: str
    author: Author | None = None
    language: str = ""
    meta: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """What a row says about its responses: their places in the row, best first, ties together.

    `author` is who preferred; `strength` is 0 (negligibly) to 3 (significantly better). `order` are
    the places as they were shown, first place first, None where nobody knows. Where no response
    was acceptable `not_rankable` says why, and there are no tiers. `details` is what else is known,
    by the names of `ImportedPreference.details`.

    Many files state a preference over and over (a pair in several rows), and once is enough. Of
    votes, each row is one of its own: `vote` is true.
    """

    tiers: tuple[tuple[int, ...], ...]
    author: str
    strength: int | None = None
    order: tuple[int, ...] | None = None
    not_rankable: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    vote: bool = False


@dataclass(frozen=True, slots=True)
class ModelVote:
    """A vote between models whose texts nobody has; the places of `stated` are of `models`."""

    models: tuple[Author, ...]
    stated: Preference


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A conversation from its root to the prompt (its last turn, a user's) and its responses.

    A system message can only be the first turn. `meta` is kept with the prompt. Where a row holds
    a whole tree, `branches` are its other conversations. A row that is a `model_vote` has no turns.
    """

    turns: list[Turn]
    responses: list[Response] = field(default_factory=list)
    language: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
    preference: Preference | None = None
    branches: "tuple[ParsedRow, ...]" = ()
    model_vote: ModelVote | None = None

    def authors(self) -> Iterator[Author | None]:
        """Who wrote the texts, None where the file does not say."""
        for turn in self.turns:
            yield turn.author
        for response in self.responses:
            yield response.author
        for branch in self.branches:
            yield from branch.authors()
        if self.model_vote is not None:
            yield from self.model_vote.models
