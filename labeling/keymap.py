"""The keys of the compare page: the one list of actions, and what a person may map them to.

A key is named as `KeyboardEvent.key` names it in the browser: the character it writes, whatever
the layout and by whatever modifiers (`?`, `=`, `@` by AltGr), or one of `NAMED_KEYS`. Letters tell
small from capital (Shift). Remaps are data, checked here on the way in and again on the way out;
they reach the page as attribute values and text only.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import InvalidInput

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

KEYS_PER_ACTION_MAX = 3
# The rest of the named keys scroll, move the focus, or belong to the browser or the system.
NAMED_KEYS = ("Enter", "Escape", "Backspace", "Delete", "Insert", "F2", "F4", "F8", "F9")
PRINTED = {"Escape": "Esc"}

Keys = dict[str, list[str]]


class Group(StrEnum):
    """A heading of the list of keys."""

    ORDER = "order"
    QUESTIONS = "questions"
    READING = "reading"
    TASK = "task"
    PAGE = "page"


class Where(StrEnum):
    """When an action listens. `EVERYWHERE` overlaps with the others, these not with each other."""

    EVERYWHERE = "everywhere"
    ORDER = "order"
    SELECTION = "selection"


GROUP_NAMES: "dict[Group, _StrPromise]" = {
    Group.ORDER: gettext_lazy("Order and choices"),
    Group.QUESTIONS: gettext_lazy("Questions"),
    Group.READING: gettext_lazy("Reading"),
    Group.TASK: gettext_lazy("Task"),
    Group.PAGE: gettext_lazy("Page"),
}
WHERE_NAMES: "dict[Where, _StrPromise]" = {
    Where.EVERYWHERE: gettext_lazy("everywhere"),
    Where.ORDER: gettext_lazy("while you put the responses in order"),
    Where.SELECTION: gettext_lazy("while text is selected"),
}


@dataclass(frozen=True)
class Action:
    """Something one key does. `keys` are the defaults, `number` goes into the label."""

    name: str
    group: Group
    label: "_StrPromise"
    keys: tuple[str, ...]
    where: Where = Where.EVERYWHERE
    number: int | None = None

    @property
    def words(self) -> str:
        """The label in the language of the moment."""
        return str(self.label) if self.number is None else str(self.label) % self.number


RANKS = tuple(
    Action(
        f"rank-{number}",
        Group.ORDER,
        gettext_lazy("response or choice %d"),
        (str(number),),
        number=number,
    )
    for number in range(1, 10)
)
ACTIONS: tuple[Action, ...] = (
    *RANKS,
    Action("rank-0", Group.ORDER, gettext_lazy("choice 0, or no to all that is left"), ("0",)),
    Action("tie", Group.ORDER, gettext_lazy("tie the next with the last"), ("=", "t"), Where.ORDER),
    Action("back", Group.ORDER, gettext_lazy("take the last step back"), ("Backspace",)),
    Action(
        "clear",
        Group.ORDER,
        gettext_lazy("clear the question; once more brings it back"),
        ("Escape", "Delete"),
    ),
    Action("next-question", Group.QUESTIONS, gettext_lazy("next question"), ("j",)),
    Action("previous-question", Group.QUESTIONS, gettext_lazy("previous question"), ("k",)),
    Action("none", Group.QUESTIONS, gettext_lazy("no response is acceptable"), ("n",)),
    Action("edit", Group.QUESTIONS, gettext_lazy("edit the best response"), ("e",)),
    Action(
        "mark", Group.QUESTIONS, gettext_lazy("mark the selected text"), ("m",), Where.SELECTION
    ),
    Action("next-response", Group.READING, gettext_lazy("next response"), ("l",)),
    Action("previous-response", Group.READING, gettext_lazy("previous response"), ("h",)),
    Action("focus-mode", Group.READING, gettext_lazy("one response at a time"), ("f",)),
    Action("compare", Group.READING, gettext_lazy("difference of two responses"), ("d",)),
    Action("sync", Group.READING, gettext_lazy("scroll together"), ("y",)),
    Action("fold", Group.READING, gettext_lazy("fold long texts"), ("o",)),
    Action("wrap", Group.READING, gettext_lazy("wrap long lines"), ("w",)),
    Action("source", Group.READING, gettext_lazy("text as it was written"), ("v",)),
    Action("show-hidden", Group.READING, gettext_lazy("show what is blurred"), ("b",)),
    Action("copy", Group.READING, gettext_lazy("copy the response"), ("c",)),
    Action("submit", Group.TASK, gettext_lazy("submit and go on"), ("Enter",)),
    Action("undo-last", Group.TASK, gettext_lazy("correct the answer before"), ("u",)),
    Action("skip", Group.TASK, gettext_lazy("skip the task"), ("s",)),
    Action("report", Group.TASK, gettext_lazy("report a problem"), ("r",)),
    Action("guidelines", Group.PAGE, gettext_lazy("guidelines"), ("g",)),
    Action("help", Group.PAGE, gettext_lazy("these keys"), ("?",)),
)
BY_NAME: Mapping[str, Action] = {action.name: action for action in ACTIONS}
DEFAULTS: Mapping[str, tuple[str, ...]] = {action.name: action.keys for action in ACTIONS}


@dataclass(frozen=True)
class Bound:
    """An action with the keys one person has for it."""

    action: Action
    keys: list[str]

    @property
    def name(self) -> str:
        return self.action.name

    @property
    def label(self) -> str:
        return self.action.words

    @property
    def where(self) -> str:
        return self.action.where.value

    @property
    def is_usual_number(self) -> bool:
        """Whether it is one of 1 to 9 and has that key, as at first: a list need not name it."""
        return self.action.number is not None and tuple(self.keys) == self.action.keys

    @property
    def printed(self) -> list[str]:
        """The keys as they are printed on a keyboard."""
        return [PRINTED.get(key, key) for key in self.keys]

    @property
    def joined(self) -> str:
        """The keys with a space between them, as attributes and text boxes hold them."""
        return " ".join(self.keys)


@dataclass(frozen=True)
class Section:
    """A heading and the actions below it."""

    title: str
    actions: list[Bound]


@dataclass(frozen=True)
class Keymap:
    """Every action with the keys in force for one person."""

    actions: list[Bound]

    @property
    def sections(self) -> list[Section]:
        """The actions by group, in the order of the list."""
        return [
            Section(str(title), [bound for bound in self.actions if bound.action.group == group])
            for group, title in GROUP_NAMES.items()
        ]

    @property
    def first(self) -> dict[str, str]:
        """By action (`_` for `-`), the key to print beside its control; none, no entry."""
        return {
            bound.name.replace("-", "_"): bound.printed[0] for bound in self.actions if bound.keys
        }


def keymap_of(remaps: object) -> Keymap:
    """The keys in force: the defaults under what was stored.

    Whatever is stored and breaks a rule (a list of actions that changed since, for one) is left
    out as a whole: half a remap could leave two actions on one key.
    """
    try:
        stored = check_keys(remaps)
    except InvalidInput:
        stored = {}
    in_force = keys_in_force(stored)
    return Keymap([Bound(action, in_force[action.name]) for action in ACTIONS])


def keys_in_force(remaps: Keys) -> Keys:
    """Keys by action, for every action."""
    return {name: list(remaps.get(name, keys)) for name, keys in DEFAULTS.items()}


def check_keys(remaps: object) -> Keys:
    """Checked remaps: only what differs from the defaults.

    Raises InvalidInput, `attr` naming the action, unless every action is known, every key may be
    used, and one key means one action wherever both listen.
    """
    if not isinstance(remaps, dict):
        raise InvalidInput(_("Keys are a list for each action."))
    checked = {str(name): _checked_list(name, keys) for name, keys in remaps.items()}
    changed = {name: keys for name, keys in checked.items() if tuple(keys) != DEFAULTS[name]}
    for name, other, key in collisions(keys_in_force(changed)):
        at_fault = name if name in changed else other
        raise InvalidInput(
            _("%(key)s is already the key for “%(action)s”.")
            % {
                "key": PRINTED.get(key, key),
                "action": BY_NAME[other if at_fault == name else name].words,
            },
            attr=at_fault,
        )
    return changed


def _checked_list(name: object, keys: object) -> list[str]:
    if not isinstance(name, str) or name not in BY_NAME:
        raise InvalidInput(_("There is no action “%s”.") % name)
    if not isinstance(keys, list) or len(keys) > KEYS_PER_ACTION_MAX:
        raise InvalidInput(
            _("An action has at most %d keys.") % KEYS_PER_ACTION_MAX,
            attr=name,
        )
    checked = [_checked_key(key, name) for key in keys]
    if len(set(checked)) < len(checked):
        raise InvalidInput(_("The same key stands there twice."), attr=name)
    return checked


def _checked_key(key: object, name: str) -> str:
    text = unicodedata.normalize("NFC", key) if isinstance(key, str) else ""
    if text in NAMED_KEYS or _is_sign(text):
        return text
    raise InvalidInput(
        _("“%s” cannot be used: the browser or the system needs it, or it is no key.")
        % str(key)[:20],
        attr=name,
    )


def _is_sign(text: str) -> bool:
    """Whether a key can write it: one visible character that stands by itself."""
    return len(text) == 1 and unicodedata.category(text)[0] in "LNPS"


def collisions(keys: Keys) -> Iterator[tuple[str, str, str]]:
    """Pairs of actions, and the key they share where both listen."""
    taken: dict[str, list[str]] = {}
    for name, mine in keys.items():
        for key in mine:
            for other in taken.setdefault(key, []):
                if _overlap(BY_NAME[name].where, BY_NAME[other].where):
                    yield name, other, key
            taken[key].append(name)


def _overlap(one: Where, other: Where) -> bool:
    return one == other or Where.EVERYWHERE in (one, other)
