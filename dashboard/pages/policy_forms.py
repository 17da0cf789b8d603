"""How responses are judged, as forms: what is asked, how often, and how the work is checked."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from collector.models import MessageFlag
from common.errors import InvalidInput
from dashboard.forms import PageForm
from dashboard.pages.fields import LinesField, NumbersField, ShareField, Words
from labeling.models import PolicyVersion
from labeling.models.policies import ORDERINGS, Mode, Selection, flags_kept_out
from labeling.services.policies import DEFAULTS, RANGES, SHARES, checked_settings

ASKED = [mode for mode in Mode if mode not in ORDERINGS]
Group = tuple[Words, tuple[str, ...]]


def _number(name: str, label: Words, help_text: Words = "") -> forms.IntegerField:
    low, high = RANGES[name]
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        min_value=low,
        max_value=high,
        initial=DEFAULTS[name],
    )


def _share(name: str, label: Words, help_text: Words = "") -> ShareField:
    low, high = SHARES[name]
    return ShareField(label=label, help_text=help_text, low=low, high=high, initial=DEFAULTS[name])


class PolicyPart(PageForm):
    """Some settings of a policy; what the service refuses of them is said at the field at fault.

    `groups` are the headings under which the fields stand, `beside` settings that another form
    has and that these must go with.
    """

    groups: ClassVar[tuple[Group, ...]] = ()

    def __init__(self, *args: Any, beside: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.beside = beside or {}

    @property
    def grouped(self) -> Iterator[tuple[Words, list[BoundField]]]:
        """The headings with their fields."""
        for words, names in self.groups:
            yield words, [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                checked_settings(**self.beside, **self.settings())
            except InvalidInput as error:
                at = "asks" if error.attr == "modes" else error.attr
                self.refuse(InvalidInput(error.detail, attr=at))
        return cleaned

    def settings(self) -> dict[str, Any]:
        """The settings by the names that the policy service takes."""
        settings = dict(self.cleaned_data)
        if "ordering" in settings:
            settings["modes"] = [settings.pop("ordering"), *settings.pop("asks")]
        return settings


class JudgingForm(PolicyPart):
    """What is asked of whom, how often. Its preview is the page itself."""

    ordering = forms.ChoiceField(
        label=_("How responses are ordered"),
        choices=[(mode.value, mode.label) for mode in ORDERINGS],
        initial=Mode.RANK,
        widget=forms.RadioSelect,
    )
    responses = _number(
        "responses",
        _("Responses a task"),
        _("So many responses of one prompt are judged together. Choosing between two needs 2."),
    )
    asks = forms.MultipleChoiceField(
        label=_("Also asked"),
        help_text=_("Each question costs time in every task. Ask for what you will use."),
        choices=[(mode.value, mode.label) for mode in ASKED],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    span_labels = LinesField(
        label=_("Labels of marked stretches"),
        help_text=_("One a line. Needed where stretches are marked."),
        rows=3,
    )
    overlap = _number(
        "overlap",
        _("Judgments a task"),
        _("By so many different people. Agreement can be told from 2 on; 3 is usual."),
    )
    escalation = NumbersField(
        label=_("More where they disagree"),
        help_text=_("Further numbers of judgments, ascending: 3, 5. Empty: never more."),
    )
    stop_confidence = _share(
        "stop_confidence",
        _("Enough, in percent"),
        _("No more judgments are asked for once the leading answer is so probable."),
    )
    groups: ClassVar[tuple[Group, ...]] = (
        (_("What is asked"), ("ordering", "responses", "asks", "span_labels")),
        (_("How often"), ("overlap", "escalation", "stop_confidence")),
    )


class CheckingForm(PolicyPart):
    """How labelers learn, are tested, and are checked while they work."""

    practice_items = _number(
        "practice_items",
        _("Items to practise"),
        _("Tasks with a known answer that is explained at once. 0: no practice."),
    )
    qualification_items = _number(
        "qualification_items",
        _("Items of the test"),
        _("Answered before the first task. 0: no test; 30 is usual where there is one."),
    )
    qualification_share = _share(
        "qualification_share", _("To be right, in percent"), _("Of the test's items.")
    )
    qualification_attempts = _number("qualification_attempts", _("Tries"))
    gold_share = _share(
        "gold_share",
        _("Hidden checks, in percent"),
        _("Of the tasks; they have a known answer and look like any other. 5 is usual."),
    )
    gold_evaluated_from = _number(
        "gold_evaluated_from", _("Looked at from"), _("So many answers to hidden checks on.")
    )
    gold_minimum = _share(
        "gold_minimum",
        _("Least right, in percent"),
        _("Who is clearly below is warned, then paused until a reviewer decides."),
    )
    repeat_share = _share(
        "repeat_share",
        _("Repeats, in percent"),
        _("One's own earlier tasks in the reverse order, to see how steady one is."),
    )
    groups: ClassVar[tuple[Group, ...]] = (
        (
            _("Before the first task"),
            (
                "practice_items",
                "qualification_items",
                "qualification_share",
                "qualification_attempts",
            ),
        ),
        (
            _("While they work"),
            ("gold_share", "gold_evaluated_from", "gold_minimum", "repeat_share"),
        ),
    )


class WholePolicyForm(CheckingForm, JudgingForm):
    """Every setting of a policy."""

    lease_minutes = _number(
        "lease_minutes",
        _("Minutes for a task"),
        _("After which somebody else may be given it."),
    )
    edit_window_minutes = _number(
        "edit_window_minutes",
        _("Minutes to correct an answer"),
        _("After it was sent. 0: answers are final."),
    )
    daily_judgments = _number(
        "daily_judgments", _("Most judgments a day"), _("Of one labeler. 0: without limit.")
    )
    most_judgments = _number(
        "most_judgments", _("Most judgments in all"), _("Of one labeler. 0: without limit.")
    )
    excluded_flags = forms.MultipleChoiceField(
        label=_("Kept out of tasks"),
        help_text=_("Prompts and responses with one of these flags, unless it was dismissed."),
        choices=MessageFlag.Kind.choices,
        initial=flags_kept_out,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    selection = forms.ChoiceField(
        label=_("Which responses become tasks"),
        help_text=_("Selecting pairs needs tasks of 2 responses."),
        choices=Selection.choices,
        initial=Selection.ALL,
    )
    selection_tasks = _number(
        "selection_tasks",
        _("Tasks at a time"),
        _("Where pairs are selected, new ones are made as votes come in."),
    )
    show_opinions = forms.BooleanField(
        label=_("Show what machine judges think, after one has answered"), required=False
    )
    groups: ClassVar[tuple[Group, ...]] = (
        *JudgingForm.groups,
        (_("How tasks are given out"), ("lease_minutes", "edit_window_minutes")),
        (_("Limits"), ("daily_judgments", "most_judgments")),
        (_("What becomes a task"), ("selection", "selection_tasks", "excluded_flags")),
        *CheckingForm.groups,
        (_("Opinions of machines"), ("show_opinions",)),
    )


def initial_of(policy: PolicyVersion) -> dict[str, Any]:
    """What the whole form holds for a policy that there is."""
    settings = {name: getattr(policy, name) for name in DEFAULTS if name != "modes"}
    ordering = next(mode.value for mode in ORDERINGS if mode in policy.modes)
    asks = [mode for mode in policy.modes if mode != ordering]
    return {**settings, "ordering": ordering, "asks": asks}
