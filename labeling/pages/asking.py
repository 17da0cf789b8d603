"""The questions of one task as its page shows them: fields, keys, what was chosen. No ORM."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from labeling import questions
from labeling.models.policies import Mode
from labeling.questions import Words

GROUPS = {
    Mode.OVERALL: _("Overall"),
    Mode.ATTRIBUTES: _("Attributes"),
    Mode.FLAGS: _("Flags"),
    Mode.LABELS: _("Labels"),
}
SIDE_BY_SIDE = {Mode.PAIR, Mode.SAFETY}  # what one reads left and right is chosen left and right
ORDERINGS = (Mode.RANK, Mode.BEST, Mode.PAIR, Mode.PAIR_7)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: what is posted, what is read, and the key that takes it."""

    value: str
    label: Words
    key: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with choices; `place` is of the response that it is about, if of one.

    `shape` is how it looks: `list` (a line a choice), `side` (words side by side), `steps` (numbers
    side by side) or `yes_no`.
    """

    name: str
    field: str
    label: Words
    options: tuple[Option, ...]
    shape: str
    low: Words
    high: Words
    required: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Questions of one mode about one response. `first` of a response is shown opened."""

    mode: str
    title: Words
    place: str
    asked: tuple[Asked, ...]
    opened: bool

    @property
    def yes_no(self) -> bool:
        """Whether what is left can be answered with no at once."""
        return any(each.shape == "yes_no" for each in self.asked)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a task asks. `ordering` is the mode that orders, `order` its choices, if any."""

    ordering: str
    order: Asked | None
    safety: Asked | None
    strength: Asked | None
    confidence: Asked | None
    groups: Mapping[str, tuple[Group, ...]]
    span_labels: tuple[str, ...]
    asks_spans: bool
    asks_edit: bool
    asks_rationale: bool
    by_choice: bool

    @property
    def refusable(self) -> bool:
        """Whether "no response is acceptable" is a question of its own and no choice."""
        return self.ordering in (Mode.RANK, Mode.BEST)


def sheet_for(
    modes: Sequence[str],
    *,
    places: int,
    span_labels: Sequence[str] = (),
    typed: Mapping[str, str] | None = None,
) -> Sheet:
    """What to ask of so many responses, with the choices of an answer that was sent back."""
    typed = typed or {}
    order = questions.ordering(list(modes), places=places)
    of_task = {
        mode: _asked(question, typed)
        for mode, question in questions.OF_THE_TASK.items()
        if mode in modes
    }
    return Sheet(
        ordering=next((mode for mode in ORDERINGS if mode in modes), Mode.RANK).value,
        order=_asked(order, typed) if order else None,
        safety=of_task.get("safety"),
        strength=of_task.get("strength"),
        confidence=of_task.get("confidence"),
        groups={
            str(place): tuple(_groups(modes, str(place), typed)) for place in range(1, places + 1)
        },
        span_labels=tuple(span_labels),
        asks_spans=Mode.SPANS in modes,
        asks_edit=Mode.EDIT in modes,
        asks_rationale=Mode.RATIONALE in modes,
        by_choice=order is not None,
    )


def _groups(modes: Sequence[str], place: str, typed: Mapping[str, str]) -> Iterator[Group]:
    opened = True
    for mode, title in GROUPS.items():
        if mode not in modes:
            continue
        asked = tuple(
            _asked(question, typed, place=place) for question in questions.OF_EACH_RESPONSE[mode]
        )
        answered = any(option.checked for each in asked for option in each.options)
        yield Group(mode.value, title, place, asked, opened=opened or answered)
        opened = opened and mode == Mode.OVERALL


def _asked(question: questions.Question, typed: Mapping[str, str], *, place: str = "") -> Asked:
    field = question.field_for(place)
    chosen = typed.get(field, "")
    keys = _keys(question)
    return Asked(
        name=question.name,
        field=field,
        label=question.label,
        options=tuple(
            Option(choice.value, choice.label, key, checked=choice.value == chosen)
            for choice, key in zip(question.choices, keys, strict=True)
        ),
        shape=_shape(question),
        low=question.low,
        high=question.high,
        required=question.required,
        place=place,
    )


def _keys(question: questions.Question) -> list[str]:
    """A choice that is called by a digit has that digit for its key; else choices are counted."""
    digits = [value for value in question.values if len(value) == 1 and value.isdigit()]
    if len(digits) == len(question.choices) and question.name != Mode.STRENGTH:
        return digits
    return [str(number) for number in range(1, len(question.choices) + 1)]


def _shape(question: questions.Question) -> str:
    if question.choices == questions.YES_NO:
        return "yes_no"
    if question.low or question.name == Mode.BEST:
        return "steps"
    return "side" if question.name in SIDE_BY_SIDE else "list"
