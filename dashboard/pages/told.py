"""What a filled form says, in the words that its page has for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from dashboard.pages.fields import LanguagesField, ShareField, Words
from labeling.texts.language_names import language_name

LONG = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A field and what it holds."""

    name: str
    label: Words
    text: str

    @property
    def long(self) -> bool:
        """Whether it is read as lines, and not as a figure."""
        return len(self.text) > LONG or "\n" in self.text


def told(form: forms.BaseForm) -> Iterator[Told]:
    """Every field of a form that is right; nothing of another."""
    if form.is_valid():
        yield from told_of(form, form.cleaned_data)


def told_of(form: forms.BaseForm, values: Mapping[str, Any]) -> Iterator[Told]:
    """Of values by name, those that the form has a field for."""
    for name, field in form.fields.items():
        if name in values:
            yield Told(name, field.label or name, in_words(field, values[name]))


def in_words(field: forms.Field, value: Any) -> str:
    """A value of a field as its page would say it; a dash for nothing."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, ShareField):
        return f"{100 * value:g}%"
    if isinstance(field, forms.MultipleChoiceField):
        known = dict(field.choices)  # type: ignore[arg-type]
        return "; ".join(str(known.get(each, each)) for each in value) or "–"
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    if isinstance(field, LanguagesField):
        return ", ".join(f"{language_name(code)} ({code})" for code in value) or "–"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "–"
    return str(value) if value not in ("", None) else "–"
