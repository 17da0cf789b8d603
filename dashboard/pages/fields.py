"""Fields that the researchers' forms share: shares in percent, lists in one line."""

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

_BETWEEN = re.compile(r"[\s,;]+")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
LANGUAGES_MAX = 50
LANGUAGE_LENGTH = 16
ANSWERABLE = 100_000  # characters of a description
Words: TypeAlias = "str | _StrPromise"


class ShareField(forms.FloatField):
    """A share of 1 that is typed in percent."""

    def __init__(self, *, low: float, high: float, **kwargs: Any) -> None:
        self.low, self.high = low, high
        super().__init__(**kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        limits = {"min": _percent(self.low), "max": _percent(self.high), "step": "any"}
        return {**super().widget_attrs(widget), **limits}

    def prepare_value(self, value: Any) -> Any:
        return _percent(value) if isinstance(value, float | int) else value

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]
        percent = super().to_python(value)
        return None if percent is None else round(percent / 100, 6)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not self.low <= value <= self.high:
            between = {"low": _percent(self.low), "high": _percent(self.high)}
            raise ValidationError(_("This is a share from %(low)s to %(high)s percent.") % between)


class LanguagesField(forms.CharField):
    """Codes of languages in one line; cleaned they are a list, each once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 1_000, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        codes = list(dict.fromkeys(split(super().clean(value))))
        strange = [
            code for code in codes if not _LANGUAGE.fullmatch(code) or len(code) > LANGUAGE_LENGTH
        ]
        if strange:
            raise ValidationError(_("This is no code of a language: %s.") % strange[0])
        if len(codes) > LANGUAGES_MAX:
            raise ValidationError(_("These are more than %d languages.") % LANGUAGES_MAX)
        return codes


class NumbersField(forms.CharField):
    """Whole numbers in one line; cleaned they are a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "max_length": 100, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[int]:
        try:
            return [int(each) for each in split(super().clean(value))]
        except ValueError as error:
            raise ValidationError(_("These are whole numbers, separated by commas.")) from error


class LinesField(forms.CharField):
    """One entry a line; cleaned they are a list."""

    def __init__(self, *, rows: int = 4, **kwargs: Any) -> None:
        area = forms.Textarea({"rows": rows})
        super().__init__(**{"required": False, "max_length": 10_000, "widget": area, **kwargs})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def description_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("What it is for"),
        help_text=gettext_lazy("Labelers read this on their start page. One or two sentences."),
        required=False,
        max_length=ANSWERABLE,
        widget=forms.Textarea({"rows": 4}),
    )


def languages_field() -> LanguagesField:
    return LanguagesField(
        label=gettext_lazy("Languages"),
        help_text=gettext_lazy(
            "Codes of the languages of the prompts, separated by commas: en, de, pt-BR."
        ),
    )


def licence_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Licence"),
        help_text=gettext_lazy(
            "Under which the data may be used. Labelers see it, and every dataset names it."
        ),
        required=False,
        max_length=100,
        widget=forms.TextInput({"list": "licences"}),
    )


def split(line: str) -> list[str]:
    """The entries of a line, by white space, commas and semicolons."""
    return [each for each in _BETWEEN.split(line.strip()) if each]


def _percent(share: float) -> str:
    return f"{round(100 * share, 4):g}"
