"""The checks of an import that look at one row: they run where the rows are read, without the
database."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from collector.hygiene import degenerate, languages, near, personal
from collector.hygiene.findings import Finding
from collector.importing.options import Options
from collector.importing.rows import ParsedRow, Response
from collector.models import MessageFlag
from collector.text import content_hash, thread_hash


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding about one text of a row, by the hashes that the text is found again with.

    Without `response` it is about the prompt.
    """

    row: int
    finding: Finding
    thread: bytes
    response: bytes | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """What a prompt is compared by with others."""

    thread: bytes
    text: str
    shingles: frozenset[str]
    bands: list[int]


@dataclass(slots=True)
class Inspected:
    """A row after its checks."""

    row: int
    parsed: ParsedRow
    noted: list[Noted] = field(default_factory=list)
    signature: Signature | None = None

    @property
    def characters(self) -> int:
        """Of the row's texts."""
        rows = (self.parsed, *self.parsed.branches)
        asked = sum(len(turn.text) for row in rows for turn in row.turns)
        return asked + sum(len(response.text) for row in rows for response in row.responses)


class Inspector:
    """Looks at rows as the options say."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @classmethod
    def of(cls, options: Options) -> "Inspector | None":
        """None where nothing is to be looked at."""
        checks = (options.near_duplicates, options.personal_data, options.responses)
        return cls(options) if options.language == "detect" or set(checks) != {"off"} else None

    @property
    def compares(self) -> bool:
        """Whether a row may turn out to be left out, once it is compared with what is stored."""
        return self._options.near_duplicates != "off"

    def inspect(self, row: int, parsed: ParsedRow) -> Inspected:
        if parsed.model_vote is not None:
            return Inspected(row, parsed)  # there are no texts
        if self._options.language == "detect":
            parsed = with_language(parsed)
        found = Inspected(row, parsed)
        for conversation in (parsed, *parsed.branches):
            found.noted.extend(self._noted(row, conversation))
        if self.compares:
            found.signature = signature_of(parsed)
        return found

    def _noted(self, row: int, parsed: ParsedRow) -> Iterator[Noted]:
        of_prompt = self._of_text(parsed.turns[-1].text)
        of_responses = [
            (response.text, finding)
            for response in parsed.responses
            for finding in self._of_response(response, parsed.language)
        ]
        if not of_prompt and not of_responses:
            return
        thread = thread_of(parsed)
        for finding in of_prompt:
            yield Noted(row, finding, thread)
        for text, finding in of_responses:
            yield Noted(row, finding, thread, content_hash(text))

    def _of_text(self, text: str) -> list[Finding]:
        return personal.look_for(text) if self._options.personal_data == "flag" else []

    def _of_response(self, response: Response, language: str) -> list[Finding]:
        found = self._of_text(response.text)
        if self._options.responses == "flag":
            reason = str((response.meta or {}).get("finish_reason", ""))
            found += degenerate.look_at(response.text, finish_reason=reason)
        if self._options.language == "detect":
            found += languages.compare(response.text, response.language, language)
        return found


def thread_of(parsed: ParsedRow) -> bytes:
    return thread_hash((turn.role, turn.text) for turn in parsed.turns)


def signature_of(parsed: ParsedRow) -> Signature | None:
    """Of a prompt that begins its conversation; a later one means what came before it as well."""
    asked = parsed.turns[-1]
    if any(turn.role == "assistant" for turn in parsed.turns):
        return None
    shingles = near.shingles(asked.text)
    return Signature(thread_of(parsed), asked.text, shingles, near.bands(shingles))


def with_language(parsed: ParsedRow) -> ParsedRow:
    """The row with the language of its prompt, where the file says none."""
    if parsed.language or parsed.turns[-1].language:
        return parsed
    return replace(parsed, language=languages.detect(parsed.turns[-1].text))


def near_duplicate(of: str, similarity: float) -> Finding:
    return Finding(MessageFlag.Kind.NEAR_DUPLICATE, {"of": of, "similarity": round(similarity, 3)})
