"""The form behind the page of keys: one text box an action, its keys with spaces between."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from common.errors import InvalidInput
from labeling.keymap import (
    ACTIONS,
    DEFAULTS,
    GROUP_NAMES,
    NAMED_KEYS,
    PRINTED,
    Action,
    Group,
    Keys,
    check_keys,
)

TYPED = {name.casefold(): name for name in NAMED_KEYS} | {
    printed.casefold(): key for key, printed in PRINTED.items()
}


@dataclass(frozen=True)
class Row:
    """An action and the field for its keys."""

    action: Action
    field: forms.BoundField
    default: str


class KeysForm(forms.Form):
    """Every action's keys; one that is not posted at all keeps its defaults."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for action in ACTIONS:
            self.fields[action.name] = forms.CharField(
                max_length=40,
                required=False,
                label=action.words,
                widget=forms.TextInput(
                    attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
                ),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed = {
            name: [_named(key) for key in text.split()]
            for name, text in cleaned.items()
            if name in self.data
        }
        try:
            self._remaps = check_keys(typed)
        except InvalidInput as error:
            self.add_error(error.attr, error.detail)
        return cleaned

    def remaps(self) -> Keys:
        """What differs from the defaults."""
        return self._remaps

    def sections(self) -> Iterator[tuple[str, list[Row]]]:
        """The fields under the headings of the list of keys."""
        for group, title in GROUP_NAMES.items():
            yield str(title), self._rows(group)

    def _rows(self, group: Group) -> list[Row]:
        return [
            Row(action, self[action.name], " ".join(DEFAULTS[action.name]))
            for action in ACTIONS
            if action.group == group
        ]


def _named(text: str) -> str:
    """A key as typed: names in any case, and as they are printed (`esc`)."""
    return TYPED.get(text.casefold(), text)
