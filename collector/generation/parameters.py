"""What a generator may be told: sampling parameters, prices and limits, checked before stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from collector.models import Generator, GeneratorRevision
from common.errors import InvalidInput

DOLLARS_PER_MILLION_AT_MOST = 1000
PRECISIONS = ["float32", "bfloat16", "float16", "int8"]
"""What a local model computes in; each machine says itself what it cannot."""


@dataclass(frozen=True)
class Rule:
    """What one value must be, and how to say so."""

    expected: str | Promise
    holds: Callable[[Any], bool]


def _number(low: float, high: float) -> Rule:
    return Rule(
        format_lazy(gettext_lazy("a number from {low} to {high}"), low=low, high=high),
        lambda value: (
            isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        ),
    )


def _whole(low: int, high: int) -> Rule:
    return Rule(
        format_lazy(gettext_lazy("a whole number from {low} to {high}"), low=low, high=high),
        lambda value: (
            isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        ),
    )


def _is_stop(value: Any) -> bool:
    stops = [value] if isinstance(value, str) else value
    return (
        isinstance(stops, list)
        and 1 <= len(stops) <= 8
        and all(isinstance(stop, str) and 0 < len(stop) <= 200 for stop in stops)
    )


_SAMPLING = {
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "top_k": _whole(1, 100_000),
    "min_p": _number(0, 1),
    "repetition_penalty": _number(0.1, 10),
    "max_tokens": _whole(1, 1_000_000),
    "seed": _whole(0, 2**31 - 1),
    "stop": Rule(gettext_lazy("a text or a list of up to 8 texts"), _is_stop),
}
PARAMETERS: Mapping[str, Mapping[str, Rule]] = {
    Generator.Provider.OPENAI: _SAMPLING
    | {
        "max_completion_tokens": _whole(1, 1_000_000),
        "presence_penalty": _number(-2, 2),
        "frequency_penalty": _number(-2, 2),
        "reasoning_effort": Rule(
            gettext_lazy("a word of at most 32 characters"),
            lambda value: isinstance(value, str) and 0 < len(value) <= 32,
        ),
    },
    Generator.Provider.TRANSFORMERS: _SAMPLING
    | {
        "precision": Rule(
            format_lazy(gettext_lazy("one of {names}"), names=", ".join(PRECISIONS)),
            PRECISIONS.__contains__,
        )
    },
    Generator.Provider.RECORDED: {},
}
_RESPONSES = (  # the Responses protocol knows neither seeds nor stop texts
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "max_tokens",
    "max_completion_tokens",
    "reasoning_effort",
)
PRICES = {
    "input": _number(0, DOLLARS_PER_MILLION_AT_MOST),
    "output": _number(0, DOLLARS_PER_MILLION_AT_MOST),
    "batch": _number(0, 1),  # the share of these prices that the server's Batch API takes
}
LIMITS = {
    "concurrency": _whole(1, 512),
    "attempts": _whole(1, 20),
    "timeout_seconds": _number(1, 3600),
    "requests_per_minute": _whole(1, 1_000_000),
    "tokens_per_minute": _whole(1, 1_000_000_000),
}


def parameters_of(provider: str, api: str) -> Mapping[str, Rule]:
    """What a provider's models may be told, asked by that protocol.

    A provider of the operator's own may be told what OpenAI's is.
    """
    known = PARAMETERS.get(provider, PARAMETERS[Generator.Provider.OPENAI])
    if api == GeneratorRevision.Api.RESPONSES:
        return {name: known[name] for name in _RESPONSES}
    return known


def check(values: Mapping[str, Any], rules: Mapping[str, Rule], *, attr: str) -> dict[str, Any]:
    """The values as they are; InvalidInput at `attr` names the first that is unknown or wrong."""
    if not isinstance(values, Mapping):
        raise InvalidInput(_("%(name)s must be an object.") % {"name": attr}, attr=attr)
    for name, value in values.items():
        rule = rules.get(name)
        if rule is None:
            raise InvalidInput(
                _("“%(name)s” is not allowed in %(place)s (known: %(known)s).")
                % {"name": name, "place": attr, "known": ", ".join(rules) or "–"},
                attr=attr,
            )
        if not rule.holds(value):
            raise InvalidInput(
                _("%(name)s must be %(expected)s.") % {"name": name, "expected": rule.expected},
                attr=attr,
            )
    return dict(values)
