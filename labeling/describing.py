"""What a task asks, described as data for clients that build their own page."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language

from labeling import questions
from labeling.questions import Question

DESCRIPTIONS_KEPT = 256


def describe_modes(
    modes: Sequence[str], *, places: int, span_labels: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """By mode, its questions with their scales and their words in the language of the request."""
    language = get_language() or ""
    return _described(tuple(modes), places, tuple(span_labels), language)


@lru_cache(DESCRIPTIONS_KEPT)
def _described(
    modes: tuple[str, ...], places: int, span_labels: tuple[str, ...], language: str
) -> dict[str, dict[str, Any]]:
    order = questions.ordering(list(modes), places=places)
    texts: dict[str, dict[str, Any]] = {
        "rank": {},
        "spans": {"names": list(span_labels)},
        "edit": {},
        "rationale": {"words": list(questions.RATIONALE_WORDS)},
    }
    described = {}
    for mode in modes:
        if mode in texts:
            described[mode] = texts[mode]
        elif mode in questions.OF_THE_TASK:
            described[mode] = _question(questions.OF_THE_TASK[mode])
        elif mode in questions.OF_EACH_RESPONSE:
            asked = questions.OF_EACH_RESPONSE[mode]
            described[mode] = {"names": {each.name: _question(each) for each in asked}}
        elif order is not None:
            described[mode] = _question(order)
    return described


def _question(question: Question) -> dict[str, Any]:
    return {
        "question": str(question.label),
        "choices": [
            {"value": _value(choice.value, question), "label": str(choice.label)}
            for choice in question.choices
        ],
        "low": str(question.low),
        "high": str(question.high),
        "required": question.required,
    }


def _value(posted: str, question: Question) -> Any:
    """A choice as an answer names it: true and false, numbers, or places and words as they are."""
    if question.choices == questions.YES_NO:
        return posted == "yes"
    if question.name in ("best", "pair"):
        return posted
    try:
        number = float(posted)
    except ValueError:
        return posted
    return int(number) if number.is_integer() else number
