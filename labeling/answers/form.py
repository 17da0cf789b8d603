"""What no task could accept: wrong types and scales, and anything of unbounded size."""

import re
from collections.abc import Mapping
from typing import Any

from labeling import questions
from labeling.answers.answer import Answer
from labeling.errors import InvalidAnswer, InvalidTiers, NotRanked
from labeling.questions import (
    EDIT_MAX,
    NAMES,
    PLACES_MAX,
    RATIONALE_MAX,
    REASON_MAX,
    SPAN_NOTE_MAX,
    SPANS_MAX,
    STEPS,
)

STRENGTHS = range(4)
OVERALL = range(1, 8)
ATTRIBUTE = range(5)
CONFIDENCE = range(1, 10)
SECONDS_MAX = 86_400
SUBMIT_KEY_MAX = 64
SPAN_LABEL_MAX = 64
OFFSET_MAX = 2**31 - 1
UNSTORABLE = re.compile("[\0\ud800-\udfff]")

RATING = frozenset({"overall", "attributes", "flags", "labels"})
YES_NO_LABELS = frozenset(question.name for question in questions.LABELS_YES_NO)
SPAN = frozenset({"response", "start", "end", "label", "note"})


def check_form(answer: Answer) -> None:
    """Refuse what no task could accept.

    Raises NotRanked, InvalidTiers or InvalidAnswer; `attr` is the field at fault.
    """
    check_text(answer.submit_key, "submit_key", SUBMIT_KEY_MAX, at_least=1)
    _check_order(answer)
    if answer.strength is not None and not _is_whole(answer.strength, STRENGTHS):
        raise InvalidAnswer("Strength is a whole number from 0 to 3.", attr="strength")
    check_text(answer.rationale, "rationale", RATIONALE_MAX)
    _check_ratings(answer.ratings)
    _check_answers(answer.answers)
    _check_seconds(answer.seconds)
    _check_edit(answer.edit)
    _check_spans(answer.spans)


def check_text(text: Any, attr: str, at_most: int, *, at_least: int = 0) -> None:
    """Refuse what is no text of that length, or none that PostgreSQL can store.

    It stores no NUL and no half of a surrogate pair.
    """
    if not isinstance(text, str) or len(text) > at_most or len(text.strip()) < at_least:
        raise InvalidAnswer(f"{attr} is a text of {at_least} to {at_most} characters.", attr=attr)
    if UNSTORABLE.search(text):
        raise InvalidAnswer(f"{attr} holds characters that are no text.", attr=attr)


def _check_order(answer: Answer) -> None:
    if answer.tiers is None and answer.not_rankable is None:
        raise NotRanked("Rank the responses, or say why they cannot be ranked.", attr="tiers")
    if answer.tiers is not None and answer.not_rankable is not None:
        raise InvalidAnswer("An answer is ranked or not rankable, not both.", attr="not_rankable")
    if answer.not_rankable is not None:
        check_text(answer.not_rankable, "not_rankable", REASON_MAX, at_least=1)
    if answer.tiers is not None:
        _check_tiers(answer.tiers)


def _check_tiers(tiers: Any) -> None:
    lists = isinstance(tiers, list) and 0 < len(tiers) <= PLACES_MAX
    if not lists or not all(
        isinstance(tier, list) and 0 < len(tier) <= PLACES_MAX and all(map(_is_place, tier))
        for tier in tiers
    ):
        raise InvalidTiers("Tiers are lists of places, best first, none empty.", attr="tiers")


def _check_ratings(ratings: Any) -> None:
    if not isinstance(ratings, dict) or len(ratings) > PLACES_MAX:
        raise InvalidAnswer("Ratings are one object a response.", attr="ratings")
    for place, rating in ratings.items():
        if not _is_place(place) or not isinstance(rating, dict):
            raise InvalidAnswer("Ratings are one object a response.", attr="ratings")
        attr = f"ratings.{place}"
        if rating.keys() - RATING:
            raise InvalidAnswer("There is no such rating.", attr=attr)
        overall = rating.get("overall")
        if overall is not None and not _is_whole(overall, OVERALL):
            raise InvalidAnswer(
                "An overall rating is a whole number from 1 to 7.", attr=f"{attr}.overall"
            )
        for kind in ("attributes", "flags", "labels"):
            _check_named(kind, rating.get(kind), f"{attr}.{kind}")


def _check_named(kind: str, given: Any, attr: str) -> None:
    """Answers by the names of their questions. Flags can be a list of those that are raised."""
    if not given and given in ({}, [], None):
        return
    named = isinstance(given, dict) or (kind == "flags" and isinstance(given, list))
    if not named or not all(name in NAMES[kind] for name in given):
        raise InvalidAnswer(f"{attr} can name {', '.join(NAMES[kind])}.", attr=attr)
    if isinstance(given, dict):
        for name, value in given.items():
            if value is not None:
                _check_value(kind, name, value, f"{attr}.{name}")


def _check_value(kind: str, name: str, value: Any, attr: str) -> None:
    if kind == "attributes" and not _is_whole(value, ATTRIBUTE):
        raise InvalidAnswer("An attribute is a whole number from 0 to 4.", attr=attr)
    yes_no = kind == "flags" or (kind == "labels" and name in YES_NO_LABELS)
    if yes_no and not isinstance(value, bool):
        raise InvalidAnswer("It is answered with true or false.", attr=attr)
    if kind == "labels" and not yes_no and (not _is_number(value) or value not in STEPS):
        raise InvalidAnswer("The steps are 0, 0.25, 0.5, 0.75 and 1.", attr=attr)


def _check_answers(answers: Any) -> None:
    if not isinstance(answers, dict) or answers.keys() - {"confidence", "safety"}:
        raise InvalidAnswer("Answers are of confidence and safety.", attr="answers")
    confidence, safety = answers.get("confidence"), answers.get("safety")
    if confidence is not None and not _is_whole(confidence, CONFIDENCE):
        raise InvalidAnswer("Confidence is a whole number from 1 to 9.", attr="answers.confidence")
    if safety is not None and safety not in questions.SAFETY.values:
        raise InvalidAnswer(
            f"Safety is one of {', '.join(questions.SAFETY.values)}.", attr="answers.safety"
        )


def _check_seconds(seconds: Any) -> None:
    if seconds is None:
        return
    if not _is_number(seconds) or not 0 <= seconds <= SECONDS_MAX:  # NaN is in no range
        raise InvalidAnswer(f"Seconds are a number from 0 to {SECONDS_MAX}.", attr="seconds")


def _check_edit(edit: Any) -> None:
    if edit is None or edit == {}:
        return
    if not isinstance(edit, dict) or edit.keys() != {"response", "text"}:
        raise InvalidAnswer('An edit is {"response": "1", "text": "…"}.', attr="edit")
    if not _is_place(edit["response"]):
        raise InvalidAnswer("An edit names the response it is made from.", attr="edit.response")
    check_text(edit["text"], "edit.text", EDIT_MAX, at_least=1)


def _check_spans(spans: Any) -> None:
    if not isinstance(spans, list) or len(spans) > SPANS_MAX:
        raise InvalidAnswer(f"Spans are a list of at most {SPANS_MAX}.", attr="spans")
    for number, span in enumerate(spans):
        attr = f"spans.{number}"
        if not isinstance(span, dict) or not SPAN - {"note"} <= span.keys() <= SPAN:
            raise InvalidAnswer(
                'A span is {"response", "start", "end", "label"} and may have a note.', attr=attr
            )
        _check_stretch(span, attr)
        if not _is_place(span["response"]):
            raise InvalidAnswer("A span names its response.", attr=f"{attr}.response")
        check_text(span["label"], f"{attr}.label", SPAN_LABEL_MAX, at_least=1)
        check_text(span.get("note") or "", f"{attr}.note", SPAN_NOTE_MAX)


def _check_stretch(span: Mapping[str, Any], attr: str) -> None:
    start, end = span["start"], span["end"]
    offsets = range(OFFSET_MAX)
    if not _is_whole(start, offsets) or not _is_whole(end, offsets) or start >= end:
        raise InvalidAnswer("A span starts before it ends, from 0 on.", attr=attr)


def _is_place(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any, allowed: range) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in allowed
