"""The rules of a project's tasks and the guidelines of its labelers, both in numbered versions."""

import math
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from collector.models import MessageFlag, Project
from common.errors import InvalidInput
from labeling.answers.form import SPAN_LABEL_MAX, UNSTORABLE
from labeling.models import GuidelineVersion, PolicyVersion
from labeling.models.policies import OF_TWO, ORDERINGS, Mode, Selection, flags_kept_out

RANGES = {
    "responses": (2, 9),
    "overlap": (1, 50),
    "lease_minutes": (1, 24 * 60),
    "edit_window_minutes": (0, 24 * 60),
    "practice_items": (0, 100),
    "qualification_items": (0, 200),
    "qualification_attempts": (1, 20),
    "gold_evaluated_from": (1, 1_000),
    "daily_judgments": (0, 100_000),
    "most_judgments": (0, 10_000_000),
    "selection_tasks": (1, 100_000),
}
SHARES = {
    "qualification_share": (0.0, 1.0),
    "gold_share": (0.0, 0.5),
    "gold_minimum": (0.0, 1.0),
    "repeat_share": (0.0, 0.5),
    "stop_confidence": (0.51, 0.999),
}
# Of what a policy does not say; None stands for the flags that are kept out by default.
DEFAULTS: dict[str, Any] = {
    "modes": (Mode.RANK.value,),
    "responses": 4,
    "overlap": 1,
    "lease_minutes": 30,
    "edit_window_minutes": 10,
    "span_labels": (),
    "excluded_flags": None,
    "practice_items": 0,
    "qualification_items": 0,
    "qualification_share": 0.75,
    "qualification_attempts": 2,
    "escalation": (),
    "stop_confidence": 0.85,
    "gold_share": 0.0,
    "gold_evaluated_from": 10,
    "gold_minimum": 0.75,
    "repeat_share": 0.0,
    "daily_judgments": 0,
    "most_judgments": 0,
    "selection": Selection.ALL.value,
    "selection_tasks": 100,
    "show_opinions": False,
}
OVERLAP_STEPS_MAX = 5
GUIDELINES_MAX = 100_000
SPAN_LABELS_MAX = 20


def set_policy(*, project: Project, **settings: Any) -> PolicyVersion:
    """Put a policy in force: a new version, or the newest one if it says the same already.

    Takes the settings of `checked_settings` and raises the same errors.
    """
    checked = checked_settings(**settings)
    with transaction.atomic():
        newest = _lock_newest_policy(project)
        if newest and all(getattr(newest, name) == value for name, value in checked.items()):
            return newest
        return PolicyVersion.objects.create(
            project=project, number=newest.number + 1 if newest else 1, **checked
        )


def checked_settings(**settings: Any) -> dict[str, Any]:
    """The settings of a policy by the names of its fields; what is not given is as in DEFAULTS.

    `responses` is K, the responses a task compares; `overlap` the judgments a task is owed; the
    others are described at `PolicyVersion`. Raises InvalidInput whose `attr` is the argument at
    fault, and TypeError for one that there is not.
    """
    if unknown := settings.keys() - DEFAULTS.keys():
        raise TypeError(f"a policy has no {', '.join(sorted(unknown))}")
    wanted = DEFAULTS | settings
    for name in RANGES:
        _check_range(name, wanted[name])
    responses, labels = wanted["responses"], _checked_labels(wanted["span_labels"])
    return {
        **{name: wanted[name] for name in RANGES},
        **{name: _checked_share(name, wanted[name]) for name in SHARES},
        "modes": _checked_modes(wanted["modes"], responses=responses, span_labels=labels),
        "span_labels": labels,
        "excluded_flags": _checked_flags(wanted["excluded_flags"]),
        "escalation": _checked_steps(wanted["escalation"], overlap=wanted["overlap"]),
        "selection": _checked_selection(wanted["selection"], responses=responses),
        "show_opinions": bool(wanted["show_opinions"]),
    }


def current_policy(*, project: Project) -> PolicyVersion:
    """The policy in force; a project that has none gets the default."""
    newest = project.policies.order_by("-number").first()
    if newest:
        return newest
    with transaction.atomic():
        return _lock_newest_policy(project) or set_policy(project=project)


def set_guidelines(*, project: Project, text: str) -> GuidelineVersion:
    """Put guidelines (Markdown) in force: a new version, or the newest if the text is the same."""
    text = text.strip()
    if not text or len(text) > GUIDELINES_MAX or "\0" in text:
        raise InvalidInput(
            _("Guidelines are 1 to %d characters of text.") % GUIDELINES_MAX, attr="guidelines"
        )
    with transaction.atomic():
        _lock(project)
        newest = current_guidelines(project=project)
        if newest and newest.text == text:
            return newest
        return GuidelineVersion.objects.create(
            project=project, number=newest.number + 1 if newest else 1, text=text
        )


def current_guidelines(*, project: Project) -> GuidelineVersion | None:
    """The guidelines in force, if the project has any."""
    return project.guidelines.order_by("-number").first()


def _check_range(name: str, number: int) -> None:
    low, high = RANGES[name]
    if isinstance(number, bool) or not isinstance(number, int) or not low <= number <= high:
        raise InvalidInput(
            _("%(name)s must be a whole number from %(low)d to %(high)d.")
            % {"name": name, "low": low, "high": high},
            attr=name,
        )


def _checked_modes(modes: Iterable[str], *, responses: int, span_labels: list[str]) -> list[str]:
    """The modes in the order of `Mode`, each once."""
    asked = set(modes)
    unknown = sorted(str(mode) for mode in asked - set(Mode.values))
    if unknown:
        raise InvalidInput(
            _("No such mode: %(unknown)s. There are %(known)s.")
            % {"unknown": ", ".join(unknown), "known": ", ".join(Mode.values)},
            attr="modes",
        )
    if len(asked.intersection(ORDERINGS)) != 1:
        raise InvalidInput(
            _("A policy has exactly one of the modes %s.") % ", ".join(ORDERINGS), attr="modes"
        )
    of_two = [mode.value for mode in OF_TWO if mode in asked]
    if of_two and responses != 2:
        raise InvalidInput(
            _("These modes compare two responses, so a task must have 2: %s.") % ", ".join(of_two),
            attr="modes",
        )
    if {Mode.PAIR_7, Mode.STRENGTH} <= asked:
        raise InvalidInput(_("Seven points say the strength already."), attr="modes")
    if Mode.SPANS in asked and not span_labels:
        raise InvalidInput(_("Marked stretches need labels to choose from."), attr="span_labels")
    return [mode for mode in Mode.values if mode in asked]


def _checked_labels(labels: Iterable[str]) -> list[str]:
    """Labels of spans as given, each once, without white space around them."""
    cleaned = list(dict.fromkeys(str(label).strip() for label in labels))
    fit = all(
        label and len(label) <= SPAN_LABEL_MAX and not UNSTORABLE.search(label) for label in cleaned
    )
    if len(cleaned) > SPAN_LABELS_MAX or not fit:
        raise InvalidInput(
            _("There are at most %(labels)d labels, of 1 to %(characters)d characters each.")
            % {"labels": SPAN_LABELS_MAX, "characters": SPAN_LABEL_MAX},
            attr="span_labels",
        )
    return cleaned


def _checked_flags(kinds: Iterable[str] | None) -> list[str]:
    """Kinds of flags in the order of `MessageFlag.Kind`, each once; None stands for the default."""
    asked = set(flags_kept_out() if kinds is None else kinds)
    unknown = sorted(str(kind) for kind in asked - set(MessageFlag.Kind.values))
    if unknown:
        raise InvalidInput(
            _("No such flag: %(unknown)s. There are %(known)s.")
            % {"unknown": ", ".join(unknown), "known": ", ".join(MessageFlag.Kind.values)},
            attr="excluded_flags",
        )
    return [kind for kind in MessageFlag.Kind.values if kind in asked]


def _checked_share(name: str, share: float) -> float:
    low, high = SHARES[name]
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if not number or not math.isfinite(share) or not low <= share <= high:
        raise InvalidInput(
            _("%(name)s must be a number from %(low)g to %(high)g.")
            % {"name": name, "low": low, "high": high},
            attr=name,
        )
    return float(share)


def _checked_steps(steps: Iterable[int], *, overlap: int) -> list[int]:
    """Numbers of judgments above the overlap, ascending."""
    asked = list(steps)
    most = RANGES["overlap"][1]
    whole = all(isinstance(step, int) and not isinstance(step, bool) for step in asked)
    if len(asked) > OVERLAP_STEPS_MAX or not whole or asked != sorted(set(asked)):
        raise InvalidInput(
            _("Steps are at most %d whole numbers, ascending.") % OVERLAP_STEPS_MAX,
            attr="escalation",
        )
    if asked and not overlap < asked[0] <= asked[-1] <= most:
        raise InvalidInput(
            _("Steps are above the overlap of %(overlap)d and at most %(most)d.")
            % {"overlap": overlap, "most": most},
            attr="escalation",
        )
    return asked


def _checked_selection(selection: str, *, responses: int) -> str:
    if selection not in Selection.values:
        raise InvalidInput(
            _("No such selection: %(unknown)s. There are %(known)s.")
            % {"unknown": selection, "known": ", ".join(Selection.values)},
            attr="selection",
        )
    if selection != Selection.ALL and responses != 2:
        raise InvalidInput(_("Pairs are selected for tasks of 2 responses only."), attr="selection")
    return str(selection)


def _lock(project: Project) -> None:
    """Versions of a project are numbered by one transaction at a time."""
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)


def _lock_newest_policy(project: Project) -> PolicyVersion | None:
    _lock(project)
    return project.policies.order_by("-number").first()
