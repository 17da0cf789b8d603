"""The form of a dataset: its formats, and the recipe that decides which judgments become rows.

What a value may be is for `exports.recipes` to say; the form asks in words, group by group.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.models import Generator, Message, MessageFlag, Project
from common.errors import InvalidInput
from dashboard.forms import PageForm
from dashboard.pages.fields import ShareField
from exports.containers import CONTAINERS
from exports.formats import FORMATS
from exports.models import DatasetVersion
from exports.recipe_keys import PURPOSES
from exports.recipes import Recipe, parse_recipe
from labeling.correspondence import offered_in
from labeling.models.judgments import Purpose
from labeling.texts.language_names import language_name

CHOICES_MAX = 200  # generators that are offered
SEED_MAX = 2**63 - 1

PAIRS = [
    ("all", _("all pairs of a ranking")),
    ("best_worst", _("one of the best over one of the worst")),
    ("adjacent", _("neighbouring places only")),
    ("one_per_prompt", _("one pair of each prompt, drawn")),
]
VOTES = [
    ("each", _("a row for each judgment")),
    ("consensus", _("one row for what most votes say")),
]
ADJUDICATED = [
    ("ignore", _("experts' answers are left out")),
    ("prefer", _("an expert's answer stands in place of the votes")),
]
TIES = [("drop", _("left out, and counted")), ("draw", _("put in an order by lot"))]
COLUMNS = [
    ("margin", _("margin: how much better, from the strength")),
    ("weight", _("weight: 1 / pairs of the ranking")),
    ("agreement", _("agreement: share of the votes that say the same")),
    ("votes", _("votes: how many there are")),
    ("probability", _("probability: share of the votes for the chosen one")),
]
MARGINS = [("small", _("0, 1/3, 2/3, 1")), ("large", _("0, 1, 2, 3"))]
BALANCES = [
    ("none", _("as it comes")),
    ("model", _("each pair of models equally often")),
    ("length", _("the longer one chosen as often as the shorter")),
]
CONTAINER_WORDS = {
    "jsonl": _("JSON Lines"),
    "jsonl.gz": _("JSON Lines, gzip"),
    "jsonl.zst": _("JSON Lines, Zstandard"),
    "parquet": _("Parquet"),
}
GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (_("Rows"), ("pairs", "votes", "adjudicated", "ties", "columns", "margin_table")),
    (
        _("Which judgments"),
        (
            *("purposes", "models", "languages", "topics", "created_after", "created_before"),
            *("excluded_flags", "consented"),
        ),
    ),
    (_("How sure"), ("min_votes", "min_agreement", "min_labeler_quality")),
    (
        _("Amount, balance and split"),
        ("max_pairs", "balance", "test_share", "split_seed", "anonymise_seed"),
    ),
)


def _some(label: Any, choices: Any, help_text: Any = "") -> forms.MultipleChoiceField:
    boxes = forms.CheckboxSelectMultiple()
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, widget=boxes, help_text=help_text
    )


def _moment(label: Any) -> forms.DateTimeField:
    line = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=line, help_text=_("In UTC."))


def _number(label: Any, *, low: int, high: int, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=low, max_value=high, help_text=help_text)


class RecipeForm(PageForm):
    """A dataset's name, its formats and container, and every key of its recipe."""

    name = forms.CharField(
        label=_("Name of the dataset"),
        max_length=200,
        help_text=_("A dataset of that name gets a new version; else it is made."),
    )
    formats = forms.MultipleChoiceField(
        label=_("Formats"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each is a file for each split, made of the same judgments."),
    )
    container = forms.ChoiceField(label=_("Files as"))

    pairs = forms.ChoiceField(label=_("Pairs"), choices=PAIRS)
    votes = forms.ChoiceField(label=_("Votes"), choices=VOTES)
    adjudicated = forms.ChoiceField(
        label=_("Experts"), choices=ADJUDICATED, help_text=_("With one row for most votes only.")
    )
    ties = forms.ChoiceField(label=_("Rankings with ties"), choices=TIES)
    columns = _some(_("Columns added to pairs"), COLUMNS)
    margin_table = forms.ChoiceField(
        label=_("Margins"),
        choices=MARGINS,
        help_text=_("For a strength from “negligibly” to “significantly better”, as in Llama 2."),
    )
    purposes = _some(
        _("Judgments asked for as"),
        [(purpose, Purpose(purpose).label) for purpose in PURPOSES],
    )
    models = _some(_("Models"), (), _("Both responses are of these. None chosen: all."))
    languages = _some(_("Languages of the prompts"), (), _("None chosen: all."))
    topics = _some(_("Topics of the prompts"), (), _("None chosen: all."))
    created_after = _moment(_("Judged from"))
    created_before = _moment(_("Judged before"))
    excluded_flags = _some(
        _("Without texts flagged as"),
        MessageFlag.Kind.choices,
        _("Flags that somebody dismissed do not count."),
    )
    consented = forms.BooleanField(
        label=_("Only judgments of people whose consent is recorded"), required=False
    )
    min_votes = _number(_("Least number of votes"), low=1, high=10**6)
    min_agreement = ShareField(
        label=_("Least agreement, in percent"),
        low=0,
        high=1,
        help_text=_("Of the votes on a pair, as many say the same."),
    )
    min_labeler_quality = ShareField(
        label=_("Least quality of labelers, in percent"),
        low=0,
        high=1,
        help_text=_(
            "How often they agree with experts. Above 0, whoever was never compared with one is "
            "left out."
        ),
    )
    max_pairs = _number(
        _("Most pairs of a prompt"), low=0, high=10**6, help_text=_("0 is no limit.")
    )
    balance = forms.ChoiceField(label=_("Balance"), choices=BALANCES)
    test_share = ShareField(label=_("Prompts kept for the test, in percent"), low=0, high=1)
    split_seed = _number(
        _("Seed of every draw"),
        low=0,
        high=SEED_MAX,
        help_text=_("The same number draws the same: splits of two versions do not mix."),
    )
    anonymise_seed = _number(
        _("Seed of the labelers' names"),
        low=0,
        high=SEED_MAX,
        help_text=_("Another number gives labelers other names in the files."),
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages, topics = offered_in(projects=[project])
        self._offer("formats", [(name, f"{name}: {form.trains}") for name, form in FORMATS.items()])
        self._offer("container", [(name, CONTAINER_WORDS.get(name, name)) for name in CONTAINERS])
        self._offer("models", _named(generators_of(project), self._kept("models")))
        self._offer("topics", _named(topics, self._kept("topics")))
        known = _named(languages, self._kept("languages"))
        self._offer("languages", [(code, language_name(code)) for code, _name in known])

    def groups(self) -> Iterator[tuple[Promise, list[forms.BoundField]]]:
        """The keys of the recipe, by what they are about; a choice of nothing is left out."""
        for title, names in GROUPS:
            fields = [self[name] for name in names]
            yield title, [field for field in fields if getattr(field.field, "choices", True)]

    def recipe(self) -> dict[str, Any]:
        """The recipe as it was typed, every key that differs from the default."""
        default = Recipe().as_json()
        typed: dict[str, Any] = {}
        for _title, names in GROUPS:
            typed |= {name: _plain(self.cleaned_data[name]) for name in names}
        return {name: value for name, value in typed.items() if value != default[name]}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            try:
                parse_recipe(self.recipe())
            except InvalidInput as error:
                self.refuse(error)
        return cleaned

    def _kept(self, name: str) -> list[str]:
        """What a version names that is taken up, though nothing in the project is called so now."""
        return list(self.initial.get(name) or ())

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]


def initial_of(version: DatasetVersion | None, recipe: Mapping[str, Any]) -> dict[str, Any]:
    """What the form begins with: a version that is taken up, else the defaults."""
    parsed = parse_recipe(recipe)
    values = parsed.as_json() | {
        "created_after": parsed.created_after,
        "created_before": parsed.created_before,
    }
    if version is None:
        return values | {"formats": ["preference"], "container": "jsonl"}
    named = {"name": version.dataset.name, "formats": version.formats}
    return values | named | {"container": version.container}


def generators_of(project: Project) -> list[str]:
    """Names of the generators that answered in the project."""
    answers = Message.objects.filter(project=project, revision__generator=OuterRef("pk"))
    found = Generator.objects.filter(Exists(answers)).order_by("name")
    return list(found.values_list("name", flat=True)[:CHOICES_MAX])


def _named(names: list[str], also: list[str]) -> list[tuple[str, str]]:
    return [(name, name) for name in sorted({*names, *also})]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
