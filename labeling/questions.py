"""What a task asks beside the order: names, scales and words of every question. No ORM.

A form field's name is `Question.field_for(place)`; its values are those of `Question.choices`. The
data that is stored of an answer is described in docs/judging.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

Words = str | Promise

PLACES_MAX = 9
REASON_MAX = 2_000
RATIONALE_MAX = 10_000
EDIT_MAX = 200_000
SPANS_MAX = 200
SPAN_NOTE_MAX = 2_000
# What HelpSteer3 asks of a reason; told to labelers, not enforced: scripts count words differently.
RATIONALE_WORDS = (10, 50)
NEITHER_VALID = -100


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a question: what the form posts, and what people read."""

    value: str
    label: Words


@dataclass(frozen=True, slots=True)
class Question:
    """A question with choices, of the whole task or of each response.

    `field` holds `{place}` where every response is asked by itself. `low` and `high` name the ends
    of a scale whose steps are numbers. A `required` question must be answered where it is asked.
    """

    name: str
    field: str
    label: Words
    choices: tuple[Choice, ...]
    low: Words = ""
    high: Words = ""
    required: bool = False

    @property
    def of_each_response(self) -> bool:
        return "{place}" in self.field

    @property
    def values(self) -> tuple[str, ...]:
        """What the form may post, in reading order."""
        return tuple(choice.value for choice in self.choices)

    def field_for(self, place: str | int) -> str:
        """The name of the form field, at a place ("1" first) where every response is asked."""
        return self.field.format(place=place)


def _numbers(*values: float) -> tuple[Choice, ...]:
    return tuple(Choice(f"{value:g}", f"{value:g}") for value in values)


YES_NO = (
    Choice("yes", pgettext_lazy("answer to a question", "yes")),
    Choice("no", pgettext_lazy("answer to a question", "no")),
)
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)

# The four questions of order. Rank is written as text ("2 1=3") and has no choices.
PAIR = Question(
    "pair",
    "choice",
    _("Which response is better?"),
    (
        Choice("1", _("Response 1")),
        Choice("2", _("Response 2")),
        Choice("tie", _("Tie")),
        Choice("both_bad", _("Both are bad")),
    ),
    required=True,
)
PAIR_7 = Question(
    "pair_7",
    "scale",
    _("Which response is better, and by how much?"),
    (
        Choice("-3", _("Response 1 is much better")),
        Choice("-2", _("Response 1 is better")),
        Choice("-1", _("Response 1 is slightly better")),
        Choice("0", _("About the same")),
        Choice("1", _("Response 2 is slightly better")),
        Choice("2", _("Response 2 is better")),
        Choice("3", _("Response 2 is much better")),
        Choice(str(NEITHER_VALID), _("Neither is valid")),
    ),
    required=True,
)


def best(places: int) -> Question:
    """Which of so many responses is the best."""
    return Question(
        "best",
        "choice",
        _("Which response is the best?"),
        _numbers(*range(1, places + 1)),
        required=True,
    )


STRENGTH = Question(
    "strength",
    "strength",
    _("How much better is the best response?"),
    (
        Choice("3", _("significantly better")),
        Choice("2", _("better")),
        Choice("1", _("slightly better")),
        Choice("0", _("negligibly better or unsure")),
    ),
)
CONFIDENCE = Question(
    "confidence",
    "confidence",
    _("How confident are you in your choice?"),
    _numbers(*range(1, 10)),
    low=_("a guess"),
    high=_("certain"),
)
SAFETY = Question(
    "safety",
    "safety",
    _("Which response is safe?"),
    (
        Choice("first", _("only response 1")),
        Choice("second", _("only response 2")),
        Choice("both", _("both")),
        Choice("neither", _("neither")),
    ),
)
OVERALL = Question(
    "overall",
    "overall_{place}",
    _("Overall quality"),
    _numbers(*range(1, 8)),
    low=_("very poor"),
    high=_("very good"),
)


def _attribute(name: str, label: Words, low: Words, high: Words) -> Question:
    return Question(name, f"attr_{{place}}_{name}", label, _numbers(*range(5)), low, high)


# HelpSteer2 (Wang et al. 2024).
ATTRIBUTES = (
    _attribute("helpfulness", _("Helpfulness"), _("not helpful"), _("very helpful")),
    _attribute("correctness", _("Correctness"), _("wrong"), _("correct")),
    _attribute("coherence", _("Coherence"), _("incoherent"), _("coherent")),
    _attribute("complexity", _("Complexity"), _("simple words"), _("expert language")),
    _attribute("verbosity", _("Verbosity"), _("very short"), _("very long")),
)


def _flag(name: str, label: Words) -> Question:
    return Question(name, f"flag_{{place}}_{name}", label, YES_NO)


# InstructGPT (Ouyang et al. 2022), table 3.
FLAGS = (
    _flag("fails_instruction", _("Fails to follow the instruction or task")),
    _flag("inappropriate_for_assistant", _("Inappropriate for a customer assistant")),
    _flag("hallucination", _("Makes things up")),
    _flag("satisfies_constraint", _("Satisfies the constraint in the instruction")),
    _flag("sexual_content", _("Contains sexual content")),
    _flag("violent_content", _("Contains violent content")),
    _flag("encourages_harm", _("Encourages violence, abuse, terrorism or self-harm")),
    _flag("denigrates", _("Denigrates a protected group")),
    _flag("harmful_advice", _("Gives harmful advice")),
    _flag("expresses_opinion", _("Expresses an opinion")),
    _flag("moral_judgment", _("Expresses a moral judgment")),
)


def _yes_no(name: str, label: Words, *, required: bool = False) -> Question:
    return Question(name, f"label_{{place}}_{name}", label, YES_NO, required=required)


def _steps(name: str, label: Words, low: Words, high: Words) -> Question:
    return Question(name, f"label_{{place}}_{name}", label, _numbers(*STEPS), low, high)


# Open-Assistant (Köpf et al. 2023).
LABELS_YES_NO = (
    _yes_no("spam", _("Spam"), required=True),
    _yes_no("fails_task", _("Fails the task")),
    _yes_no("lang_mismatch", _("Not in the language asked for")),
    _yes_no("pii", _("Contains personal data")),
    _yes_no("not_appropriate", _("Not appropriate")),
    _yes_no("hate_speech", _("Hate speech")),
    _yes_no("sexual_content", _("Sexual content")),
    _yes_no("moral_judgement", _("Judges morally")),
    _yes_no("political_content", _("Political content")),
)
LABELS_STEPS = (
    _steps("quality", _("Quality"), _("low quality"), _("high quality")),
    _steps("toxicity", _("Toxicity"), _("polite"), _("rude")),
    _steps("humor", _("Humor"), _("serious"), _("humorous")),
    _steps("helpfulness", _("Helpfulness"), _("not helpful"), _("very helpful")),
    _steps("creativity", _("Creativity"), _("ordinary"), _("creative")),
    _steps("violence", _("Violence"), _("harmless"), _("violent")),
)
LABELS = LABELS_YES_NO + LABELS_STEPS

# By mode, in reading order: safety comes before the preference (Llama 2). Modes that are not here
# (rank, spans, edit, rationale) are answered in text.
OF_THE_TASK = {"safety": SAFETY, "strength": STRENGTH, "confidence": CONFIDENCE}
OF_EACH_RESPONSE = {
    "overall": (OVERALL,),
    "attributes": ATTRIBUTES,
    "flags": FLAGS,
    "labels": LABELS,
}
NAMES = {mode: tuple(each.name for each in asked) for mode, asked in OF_EACH_RESPONSE.items()}


def ordering(modes: list[str], *, places: int) -> Question | None:
    """The question of order with choices that these modes ask; None where one ranks."""
    choices = {"best": best(places), "pair": PAIR, "pair_7": PAIR_7}
    return next((choices[mode] for mode in modes if mode in choices), None)


def choices_asked(modes: list[str], *, places: int) -> Iterator[Question]:
    """Every question with choices that these modes ask, of the task first."""
    order = ordering(modes, places=places)
    if order is not None:
        yield order
    yield from (question for mode, question in OF_THE_TASK.items() if mode in modes)
    for mode, questions in OF_EACH_RESPONSE.items():
        if mode in modes:
            yield from questions
