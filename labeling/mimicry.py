"""What synthetic labelers say in every mode, from how much they like each response. No ORM."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from labeling import questions
from labeling.questions import Question
from labeling.tastes import Seen
from labeling.texts.masking import MASK

STRONGEST = 3
FLAGGED = 0.1  # share of the yes/no questions that are answered with yes
BIASED = frozenset({"overall", "quality", "helpfulness", "correctness", "coherence"})


@dataclass
class Said:
    """The parts of an answer, as `labeling.answers.Answer` takes them."""

    tiers: list[list[str]]
    strength: int | None = None
    ratings: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)
    rationale: str = ""
    edit: dict[str, str] | None = None
    spans: list[dict[str, Any]] = field(default_factory=list)


def answer_all(
    *,
    modes: Sequence[str],
    span_labels: Sequence[str],
    tiers: list[list[str]],
    responses: Sequence[Seen],
    rng: random.Random,
) -> Said:
    """An answer to every mode, true to the tiers; nothing is drawn for a ranking alone."""
    said = Said(tiers)
    texts = {seen.place: seen.text for seen in responses}
    best = tiers[0][0]
    if "best" in modes:
        rest = sorted(texts.keys() - {best})
        said.tiers = [[best], rest]
    if len(said.tiers) > 1 and ("strength" in modes or "pair_7" in modes):
        said.strength = rng.randint(1 if "pair_7" in modes else 0, STRONGEST)
    said.answers = {
        mode: _number(rng.choice(question.values))
        for mode, question in questions.OF_THE_TASK.items()
        if mode in modes and mode != "strength"
    }
    said.ratings = _ratings(modes, tiers, rng)
    if "rationale" in modes:
        said.rationale = f"Response {best} is the one that I would rather read again."
    if "edit" in modes:
        said.edit = {"response": best, "text": f"{texts[best].replace(MASK, '…')}\n\nThat is all."}
    if "spans" in modes and texts[best].strip():
        said.spans = [_first_word(best, texts[best], rng.choice(list(span_labels)))]
    return said


def _ratings(
    modes: Sequence[str], tiers: Sequence[Sequence[str]], rng: random.Random
) -> dict[str, dict[str, Any]]:
    """By place. What measures how good a response is follows its tier."""
    asked = {mode: qs for mode, qs in questions.OF_EACH_RESPONSE.items() if mode in modes}
    ratings: dict[str, dict[str, Any]] = {}
    if not asked:
        return ratings
    for number, tier in enumerate(tiers):
        worth = 1 - number / max(len(tiers) - 1, 1)
        for place in tier:
            rating: dict[str, Any] = {
                mode: {question.name: _rated(question, worth, rng) for question in of_mode}
                for mode, of_mode in asked.items()
            }
            if "overall" in rating:
                rating["overall"] = rating["overall"]["overall"]
            ratings[place] = rating
    return ratings


def _rated(question: Question, worth: float, rng: random.Random) -> bool | int | float:
    if question.choices == questions.YES_NO:
        return rng.random() < FLAGGED
    last = len(question.values) - 1
    step = round(worth * last) if question.name in BIASED else rng.randint(0, last)
    number = float(question.values[step])
    return int(number) if number.is_integer() else number


def _number(posted: str) -> int | str:
    return int(posted) if posted.isdigit() else posted


def _first_word(place: str, text: str, label: str) -> dict[str, Any]:
    start = len(text) - len(text.lstrip())
    end = start + len(text[start:].split(maxsplit=1)[0])
    return {"response": place, "start": start, "end": end, "label": label, "note": ""}
