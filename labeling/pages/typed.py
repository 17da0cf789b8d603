"""What somebody answered, right or wrong, for them to read and to copy."""

from collections.abc import Iterator, Mapping
from typing import Any

from labeling.pages.forms import AnswerForm, read_spans
from labeling.questions import PLACES_MAX, Choice, Question, Words

TEXTS = ("ranking", "unacceptable", "reason", "rationale", "edit_text")
MARK = ("response", "label", "quote", "note")


def typed_in(data: Mapping[str, str]) -> dict[str, Any]:
    """All that was posted, in words; nothing that was left empty.

    `answers` lists questions with the place of the response, if they are about one, and the choice;
    `marks` the marked text: the place of its response, label, words and note.
    """
    typed: dict[str, Any] = {name: data[name] for name in TEXTS if data.get(name)}
    if answers := list(_answers(data)):
        typed["answers"] = answers
    if marks := list(_marks(data.get("spans", ""))):
        typed["marks"] = marks
    return typed


def _marks(posted: str) -> Iterator[dict[str, str]]:
    for mark in read_spans(posted) or ():
        if isinstance(mark, dict):
            yield {name: str(mark.get(name) or "") for name in MARK}


def _answers(data: Mapping[str, str]) -> Iterator[tuple[Words, str, Words]]:
    asked = AnswerForm(data, places=PLACES_MAX).asked
    for field, (question, place) in asked.items():
        yield question.label, place, _label(question, data[field])


def _label(question: Question, posted: str) -> Words:
    known: dict[str, Choice] = {choice.value: choice for choice in question.choices}
    return known[posted].label if posted in known else posted
