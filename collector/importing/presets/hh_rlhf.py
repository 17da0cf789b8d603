r"""Anthropic/hh-rlhf: two transcripts that differ in their last reply, the better one chosen.

A transcript is `\n\nHuman: …\n\nAssistant: …` and so on. The reply is what follows the *last*
`\n\nAssistant:`; texts may hold blank lines themselves. Some replies are empty: such a row has
no two responses to compare and is rejected, as is one whose transcripts differ before that.
"""

import re
from typing import Any

from collector.importing.presets import cells
from collector.importing.presets.base import Bound, Columns, Mapped, Preset, needed_column
from collector.importing.presets.shp import check_different
from collector.importing.rows import MAX_TURNS, ParsedRow, Preference, Response, RowError, Turn

AUTHOR = "hh-rlhf"
ROLES = {"Human": "user", "Assistant": "assistant"}
_REPLY = "\n\nAssistant:"
_TURN = re.compile(r"\n\n(Human|Assistant):")


def _bind(columns: Columns, mapping: Mapped) -> Bound:
    there = columns or []
    names = [needed_column(there, mapping, name, name) for name in ("chosen", "rejected")]

    def parse(row: dict[str, Any] | str) -> ParsedRow:
        cell = cells.record(row)
        chosen, rejected = (_halves(cell.get(name), name) for name in names)
        if chosen[0] != rejected[0]:
            raise RowError(
                "different_prompts", "the transcripts differ before their last Assistant’s turn"
            )
        responses = [Response(_reply(reply)) for _, reply in (chosen, rejected)]
        check_different(responses)
        return ParsedRow(_turns(chosen[0]), responses, preference=Preference(((0,), (1,)), AUTHOR))

    return Bound(frozenset(names), parse)


def _halves(value: object, field: str) -> tuple[str, str]:
    """What was said up to the last reply, and the reply."""
    said, mark, reply = cells.text(value, field).rpartition(_REPLY)
    if not mark:
        raise RowError("bad_conversation", f"the {field} transcript has no Assistant’s turn")
    return said, reply


def _reply(text: str) -> str:
    if _TURN.search(text):
        raise RowError("bad_conversation", "the transcript does not end with the Assistant’s turn")
    return cells.text(_bare(text), "response")


def _turns(transcript: str) -> list[Turn]:
    before, *parts = _TURN.split(transcript)
    if before.strip():
        raise RowError("bad_conversation", "the transcript does not begin with the Human’s turn")
    if len(parts) > 2 * MAX_TURNS:
        raise RowError("bad_conversation", f"more than {MAX_TURNS:,} turns")
    messages = [
        {"role": ROLES[name], "content": _bare(said)}
        for name, said in zip(parts[::2], parts[1::2], strict=True)
    ]
    return cells.conversation(messages)


def _bare(said: str) -> str:
    """The text without the space after the colon, and without the blank lines at its end."""
    return said.removeprefix(" ").rstrip()


PRESET = Preset("hh-rlhf", ("chosen", "rejected"), _bind)
