"""What the compare page posts, as forms."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from labeling import questions
from labeling.answers import RATIONALE_MAX, REASON_MAX, SECONDS_MAX
from labeling.models import Skip
from labeling.pages.refilling import form_data_of
from labeling.questions import EDIT_MAX, NEITHER_VALID, Question
from labeling.ranking import SEPARATORS, parse_ranking
from labeling.services.submitting import Answer

__all__ = [
    "SEPARATORS",
    "STRENGTHS",
    "AnswerForm",
    "AnsweredForm",
    "HoldingForm",
    "SkipForm",
    "form_data_of",
    "parse_ranking",
]

STRENGTHS = [(int(choice.value), choice.label) for choice in questions.STRENGTH.choices]
SKIP_REASONS = [choice for choice in Skip.Reason.choices if choice[0] != Skip.Reason.EXPIRED]
SPANS_TEXT_MAX = 1_000_000
# What an answer that refuses all responses says, where the choice itself is the reason.
BOTH_BAD = "both_bad"
NEITHER = "neither_valid"

KINDS = {"attr": "attributes", "flag": "flags", "label": "labels"}  # by how the fields begin
Tiers = list[list[str]]
Order = tuple[Tiers | None, int | None, str | None]  # tiers, strength, why it is not rankable


class TextField(forms.CharField):
    """Text as it was typed: browsers send line ends as CRLF, whatever the page holds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class AnswerForm(forms.Form):
    """An answer to a compare task of `places` responses.

    `modes` are those of the task's policy; they say which of the ways to order is meant. What the
    policy does not ask for stays empty; if it is filled in, the service refuses it. What is not
    posted is absent in the answer.
    """

    submit_key = forms.CharField(max_length=64)
    ranking = forms.CharField(max_length=100, required=False)
    unacceptable = forms.BooleanField(required=False)
    reason = TextField(max_length=REASON_MAX)
    rationale = TextField(max_length=RATIONALE_MAX)
    seconds = forms.FloatField(min_value=0, max_value=SECONDS_MAX, required=False)
    edit_response = forms.CharField(max_length=1, required=False)
    edit_text = TextField(max_length=EDIT_MAX)
    spans = forms.CharField(max_length=SPANS_TEXT_MAX, required=False)

    def __init__(
        self, *args: Any, places: int, modes: Sequence[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        self.ordering = self._ordering(modes)
        self.asked: dict[str, tuple[Question, str]] = {}  # by field: the question and its place
        for question, place in self._questions():
            field = question.field_for(place)
            if not self.data.get(field):
                continue
            self.asked[field] = question, place
            self.fields[field] = forms.ChoiceField(
                choices=[(choice.value, choice.label) for choice in question.choices]
            )

    def _ordering(self, modes: Sequence[str] | None) -> str:
        """The mode that orders; where the modes are not known, the one that was answered."""
        if modes is not None:
            order = questions.ordering(list(modes), places=self.places)
            return order.name if order else "rank"
        if self.data.get(questions.PAIR_7.field):
            return "pair_7"
        choice = self.data.get(questions.PAIR.field)
        if not choice:
            return "rank"
        return "pair" if self.places == 2 else "best"

    def _questions(self) -> Iterator[tuple[Question, str]]:
        order = questions.ordering([self.ordering], places=self.places)
        for question in (order, *questions.OF_THE_TASK.values()):
            if question:
                yield question, ""
        for place in range(1, self.places + 1):
            for asked in questions.OF_EACH_RESPONSE.values():
                yield from ((question, str(place)) for question in asked)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for field, read in (("order", self._order), ("edit", _edit), ("marks", _spans)):
            try:
                cleaned[field] = read(cleaned)
            except ValidationError as error:
                self.add_error(None, error)
        return cleaned

    def answer(self) -> Answer:
        """The answer as the submitting service takes it; an unanswered question is absent."""
        data = self.cleaned_data
        tiers, strength, not_rankable = data["order"]
        answers: dict[str, Any] = {
            name: data[name] for name in ("confidence", "safety") if data.get(name)
        }
        if "confidence" in answers:
            answers["confidence"] = int(answers["confidence"])
        return Answer(
            submit_key=data["submit_key"],
            tiers=tiers,
            strength=strength,
            not_rankable=not_rankable,
            ratings=self._ratings(),
            answers=answers,
            rationale=data["rationale"].strip(),
            seconds=data["seconds"],
            edit=data["edit"],
            spans=data["marks"],
        )

    def _order(self, cleaned: dict[str, Any]) -> Order:
        strength = cleaned.get("strength")
        reason = cleaned.get("reason", "").strip()
        if self.ordering == "pair_7":
            return self._on_seven_points(cleaned, reason)
        if self.ordering == "pair":
            tiers = self._of_two(cleaned)
            if tiers is None:
                return None, None, reason or BOTH_BAD
        elif cleaned.get("unacceptable"):
            if not reason:
                raise ValidationError(_("Say in a few words why no response is acceptable."))
            return None, None, reason
        elif self.ordering == "best":
            tiers = self._best(cleaned)
        else:
            tiers = parse_ranking(cleaned.get("ranking", ""), places=self.places)
        # How much better says nothing where nothing is better.
        return tiers, int(strength) if strength and len(tiers) > 1 else None, None

    def _on_seven_points(self, cleaned: dict[str, Any], reason: str) -> Order:
        chosen = cleaned.get("scale")
        if cleaned.get("unacceptable") or chosen == str(NEITHER_VALID):
            return None, None, reason or NEITHER
        if not chosen:
            raise ValidationError(_("Choose which response is better, or that they are the same."))
        scale = int(chosen)
        if scale == 0:
            return [["1", "2"]], None, None
        return [["1"], ["2"]] if scale < 0 else [["2"], ["1"]], abs(scale), None

    def _of_two(self, cleaned: dict[str, Any]) -> Tiers | None:
        """Tiers, or None where both are bad."""
        chosen = cleaned.get("choice")
        if cleaned.get("unacceptable") or chosen == BOTH_BAD:
            return None
        if not chosen:
            raise ValidationError(_("Choose a response, a tie, or that both are bad."))
        return {"1": [["1"], ["2"]], "2": [["2"], ["1"]]}.get(chosen, [["1", "2"]])

    def _best(self, cleaned: dict[str, Any]) -> Tiers:
        chosen = cleaned.get("choice")
        if not chosen:
            raise ValidationError(_("Choose the best response."))
        rest = [str(place) for place in range(1, self.places + 1) if str(place) != chosen]
        return [[chosen], rest]

    def _ratings(self) -> dict[str, dict[str, Any]]:
        """By place, what was said of each response; places of which nothing was said are absent."""
        ratings: dict[str, dict[str, Any]] = {}
        for field, (question, place) in self.asked.items():
            if not place:
                continue
            value = self.cleaned_data[field]
            of_place = ratings.setdefault(place, {})
            if question is questions.OVERALL:
                of_place["overall"] = int(value)
            else:
                kind = KINDS[field.split("_", 1)[0]]
                of_place.setdefault(kind, {})[question.name] = _value(kind, question, value)
        return ratings


def _value(kind: str, question: Question, posted: str) -> bool | int | float:
    if question.choices == questions.YES_NO:
        return posted == "yes"
    return int(posted) if kind == "attributes" else float(posted)


def _edit(cleaned: dict[str, Any]) -> dict[str, str] | None:
    """A better version, if one was written."""
    text = cleaned.get("edit_text", "")
    if not text.strip():
        return None
    if not cleaned.get("edit_response"):
        raise ValidationError(_("Say which response your version is made from."))
    return {"response": cleaned["edit_response"], "text": text}


def _spans(cleaned: dict[str, Any]) -> list[Any]:
    """The marked stretches, without the words that stand there: the text itself has those."""
    spans = read_spans(cleaned.get("spans") or "")
    if spans is None:
        raise ValidationError(_("The marked text cannot be read. Mark it again."))
    return [
        {name: value for name, value in span.items() if name != "quote"}
        if isinstance(span, dict)
        else span
        for span in spans
    ]


def read_spans(posted: str) -> list[Any] | None:
    """The marked stretches as the page's scripts keep them, in JSON; None if they are no list."""
    try:
        spans = orjson.loads(posted or "[]")
    except orjson.JSONDecodeError:
        return None
    return spans if isinstance(spans, list) else None


class SlotsField(forms.UUIDField):
    """Several slots, by their uid."""

    def clean(self, value: Any) -> list[Any]:
        return [super(SlotsField, self).clean(each) for each in value or []]


class SkipForm(forms.Form):
    """Why a task is passed."""

    reason = forms.ChoiceField(choices=SKIP_REASONS)
    note = forms.CharField(max_length=2000, required=False)


class HoldingForm(forms.Form):
    """The tasks that a page has in hand."""

    holding = SlotsField(required=False, widget=forms.MultipleHiddenInput)


class AnsweredForm(forms.Form):
    """The task answered just before."""

    answered = forms.UUIDField()
