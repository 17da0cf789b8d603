"""What makes sense for the task at hand: its modes, and the responses it showed."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from labeling.answers.answer import Answer, Checked, Edit, Mark, Rating
from labeling.errors import InvalidAnswer, InvalidTiers
from labeling.models.policies import Mode
from labeling.questions import LABELS

ASKED_OF_A_RESPONSE = {
    "overall": Mode.OVERALL,
    "attributes": Mode.ATTRIBUTES,
    "flags": Mode.FLAGS,
    "labels": Mode.LABELS,
}
REQUIRED_LABELS = tuple(question.name for question in LABELS if question.required)
LABEL_WORDS = {question.name: question.label for question in LABELS}

Shown = Mapping[str, int]


def check_answer(
    *,
    answer: Answer,
    modes: Collection[str],
    order: Sequence[int],
    span_labels: Collection[str] = (),
) -> Checked:
    """The answer as said of the responses in `order` (as shown), if the policy's modes allow it.

    Expects a form that `check_form` accepted and raises the same errors.
    """
    shown = {str(place): response for place, response in enumerate(order, start=1)}
    tiers = None if answer.tiers is None else _place_all(answer.tiers, shown)
    if tiers is not None:
        ordering = next((mode for mode in _SHAPES if mode in modes), None)
        if ordering is not None:
            _SHAPES[ordering](tiers, answer.strength)
    _check_strength(answer, modes, tiers)
    if answer.rationale and Mode.RATIONALE not in modes:
        raise InvalidAnswer(_("This project asks for no rationale."), attr="rationale")
    return Checked(
        tiers=tiers,
        ratings=_ratings(answer, modes, shown),
        answers=_answers(answer, modes),
        edit=_edit(answer, modes, shown),
        marks=_marks(answer, modes, shown, span_labels),
    )


def _place_all(tiers: list[list[str]], shown: Shown) -> list[list[int]]:
    placed = [place for tier in tiers for place in tier]
    if len(placed) != len(shown) or set(placed) != shown.keys():
        raise InvalidTiers(
            _("Tiers must place each of the responses 1 to %d exactly once.") % len(shown),
            attr="tiers",
        )
    return [sorted(shown[place] for place in tier) for tier in tiers]


def _best_and_rest(tiers: list[list[int]], strength: int | None) -> None:
    if len(tiers) != 2 or len(tiers[0]) != 1:
        raise InvalidTiers(_("Tiers are the best response, then all the others."), attr="tiers")


def _seven_points(tiers: list[list[int]], strength: int | None) -> None:
    if (len(tiers) == 2) != (strength in (1, 2, 3)):
        raise InvalidAnswer(
            _("On seven points a better response has a strength of 1 to 3, and a tie has none."),
            attr="strength",
        )


_SHAPES: dict[str, Callable[[list[list[int]], int | None], None]] = {
    Mode.BEST: _best_and_rest,
    Mode.PAIR_7: _seven_points,
}


def _check_strength(answer: Answer, modes: Collection[str], tiers: list[list[int]] | None) -> None:
    if answer.strength is None:
        return
    if Mode.STRENGTH not in modes and Mode.PAIR_7 not in modes:
        raise InvalidAnswer(_("This project asks for no strength."), attr="strength")
    if tiers is None or len(tiers) < 2:
        raise InvalidAnswer(_("Strength needs a better and a worse response."), attr="strength")


def _ratings(answer: Answer, modes: Collection[str], shown: Shown) -> dict[int, Rating]:
    """By response; those of which nothing was said are left out."""
    if not shown.keys() >= answer.ratings.keys():
        raise InvalidAnswer(_("Ratings name a response that was not shown."), attr="ratings")
    rated = {place: _rating(rating) for place, rating in answer.ratings.items()}
    for place, rating in rated.items():
        for name, mode in ASKED_OF_A_RESPONSE.items():
            if getattr(rating, name) not in (None, {}) and mode not in modes:
                attr = "ratings" if name == "overall" else f"ratings.{place}.{name}"
                raise InvalidAnswer(_("This project asks for no such rating."), attr=attr)
    if Mode.LABELS in modes:
        _check_required_labels(rated, shown)
    return {shown[place]: rating for place, rating in rated.items() if any(asdict(rating).values())}


def _rating(given: Mapping[str, Any]) -> Rating:
    flags = given.get("flags") or {}
    if isinstance(flags, list):
        flags = dict.fromkeys(flags, True)
    return Rating(
        overall=given.get("overall"),
        attributes=_answered(given.get("attributes") or {}),
        flags=_answered(flags),
        labels=_answered(given.get("labels") or {}),
    )


def _answered(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _check_required_labels(rated: Mapping[str, Rating], shown: Shown) -> None:
    for place in shown:
        for name in REQUIRED_LABELS:
            if place not in rated or name not in rated[place].labels:
                raise InvalidAnswer(
                    _("Response %(place)s: “%(label)s” needs an answer.")
                    % {"place": place, "label": LABEL_WORDS[name]},
                    attr=f"ratings.{place}.labels.{name}",
                )


def _answers(answer: Answer, modes: Collection[str]) -> dict[str, Any]:
    answered = _answered(answer.answers)
    for name in answered:
        if name not in modes:
            raise InvalidAnswer(_("This project asks for no such answer."), attr=f"answers.{name}")
    return answered


def _edit(answer: Answer, modes: Collection[str], shown: Shown) -> Edit | None:
    if not answer.edit:
        return None
    if Mode.EDIT not in modes:
        raise InvalidAnswer(_("This project asks for no edit."), attr="edit")
    place = answer.edit["response"]
    if place not in shown:
        raise InvalidAnswer(
            _("The edit is of a response that was not shown."), attr="edit.response"
        )
    return Edit(shown[place], answer.edit["text"])


def _marks(
    answer: Answer, modes: Collection[str], shown: Shown, labels: Collection[str]
) -> list[Mark]:
    if answer.spans and Mode.SPANS not in modes:
        raise InvalidAnswer(_("This project asks for no spans."), attr="spans")
    marks = []
    for number, span in enumerate(answer.spans):
        attr = f"spans.{number}"
        if span["response"] not in shown:
            raise InvalidAnswer(
                _("The span is of a response that was not shown."), attr=f"{attr}.response"
            )
        if span["label"] not in labels:
            raise InvalidAnswer(
                _("A span is called one of: %s.") % ", ".join(labels), attr=f"{attr}.label"
            )
        response, note = shown[span["response"]], span.get("note") or ""
        marks.append(Mark(response, span["start"], span["end"], span["label"], note))
    return marks
