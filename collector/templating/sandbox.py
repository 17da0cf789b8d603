"""Jinja for people who may not run code here: expressions over one row, within limits.

What is written by Jinja's own sandbox is narrowed further. Only the nodes, filters and methods
named here can be used, loops are counted, texts are bounded wherever they can grow, what is made is
weighed, and the time is limited: a template is rendered in web requests and workers, once for each
of millions of rows.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import inf
from time import monotonic
from typing import Any, cast

from jinja2 import (
    Environment,
    StrictUndefined,
    TemplateSyntaxError,
    nodes,
    pass_context,
    pass_environment,
)
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from collector.importing.rows import MAX_TEXT

MAX_STEPS = 10_000
MAX_SECONDS = 2.0
MAX_NUMBER = 10**15
MAX_RANGE = 1_000
# Of an `attribute` that a filter looks up in each value, which no clock can stop.
MAX_ATTRIBUTE = 100
MAX_ATTRIBUTE_DOTS = 5
# What one rendering makes, in bytes about: a list may hold the same long text many times.
MAX_WEIGHT = 64 << 20
_ENTRY_WEIGHT = 16

# The names under which a rendering's own state and random choices lie in its context.
BUDGET = "\0budget"
CHOICES = "\0choices"


def _named(names: str) -> frozenset[str]:
    return frozenset(names.split())


_NODES = _named(
    "Template Output TemplateData If For Assign Name NSRef Const Tuple List Dict Pair CondExpr"
    " Filter Test Call Getattr Getitem Slice Keyword Concat Compare Operand Add Sub Mul Div"
    " FloorDiv Mod Not And Or Neg Pos"
)
_PLAIN_FILTERS = _named(
    "abs capitalize count d default dictsort first float int items last length list lower"
    " reject reverse select string title trim truncate upper wordcount"
)
_METHODS: dict[type, frozenset[str]] = {
    str: _named(
        "capitalize count endswith find isalpha isdigit islower isupper lower lstrip removeprefix"
        " removesuffix rfind rsplit rstrip split splitlines startswith strip title upper"
    ),
    list: _named("index count"),
    tuple: _named("index count"),
    dict: _named("get items keys values"),
    LoopContext: _named("index index0 first last length"),
}


class TooMuch(SecurityError):
    """A template that would take too long or make too long a text."""


class Budget:
    """What one rendering may still do."""

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._room = MAX_WEIGHT
        self._end = monotonic() + MAX_SECONDS

    def step(self) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooMuch(f"the template's loops take more than {MAX_STEPS:,} turns")
        self.in_time()

    def weigh(self, value: Any) -> None:
        """Count what was made, each list and text as often as it is in it."""
        self.in_time()
        waiting = [value]
        while waiting:
            each = waiting.pop()
            entries = _entries(each)
            self._room -= _ENTRY_WEIGHT * (1 + len(entries))
            if isinstance(each, str):
                self._room -= len(each)
            if self._room < 0:
                raise TooMuch(f"the template makes more than {MAX_WEIGHT >> 20} MiB")
            waiting += entries

    def in_time(self) -> None:
        if monotonic() > self._end:
            raise TooMuch(f"the template takes more than {MAX_SECONDS:g} seconds")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with what it has narrowed to what templates of prompts need."""

    intercepted_binops = frozenset(["+", "-", "*", "/", "//", "%"])

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, optimized=False)
        self.filters = {name: FILTERS[name] for name in _PLAIN_FILTERS} | {
            "choice": _choice,
            "join": _join,
            "map": _map,
            "max": _looked_up("max"),
            "min": _looked_up("min"),
            "most_frequent": _most_frequent,
            "rejectattr": _chosen_by("rejectattr"),
            "replace": _replace,
            "round": _round,
            "selectattr": _chosen_by("selectattr"),
            "sort": _looked_up("sort"),
            "sum": _sum,
            "tojson": _tojson,
            "unique": _looked_up("unique"),
            _CONCAT: lambda values: _joined("", values),
            _COUNTED: _counted,
            _WEIGHED: _weighed,
        }
        self.globals = {"range": _range, "zip": _zip}

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return any(isinstance(obj, kind) and attr in names for kind, names in _METHODS.items())

    def is_safe_callable(self, obj: Any) -> bool:
        if obj is _range or obj is _zip:
            return True
        owner = getattr(obj, "__self__", None)
        return self.is_safe_attribute(owner, getattr(obj, "__name__", ""), obj)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _joined("", [left, right])
        if not all(isinstance(value, int | float) for value in (left, right)):
            raise SecurityError(f"“{operator}” takes two numbers, “+” two texts as well")
        if max(abs(left), abs(right)) > MAX_NUMBER:
            raise TooMuch("a number is too large")
        result = super().call_binop(context, operator, left, right)
        if abs(result) > MAX_NUMBER:
            raise TooMuch("a number is too large")
        return result

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for node in tree.find_all(nodes.Node):
            _check(node, self.filters)
        for loop in tree.find_all(nodes.For):
            loop.iter = _filtered(loop.iter, _COUNTED)
        return cast(nodes.Template, _bounded(tree))


_CONCAT, _COUNTED, _WEIGHED = "\0concat", "\0counted", "\0weighed"
_WEIGHED_NODES = nodes.Filter | nodes.Call | nodes.Compare | nodes.List | nodes.Tuple | nodes.Dict


def _check(node: nodes.Node, filters: Mapping[str, Any]) -> None:
    """Refuse what templates of prompts do without. Raises TemplateSyntaxError."""
    kind = type(node).__name__
    where = node.lineno
    if kind not in _NODES and not isinstance(node, nodes.EvalContextModifier | nodes.Scope):
        raise TemplateSyntaxError(f"“{kind.lower()}” cannot be used here", where)
    if isinstance(node, nodes.For) and node.recursive:
        raise TemplateSyntaxError("loops cannot call themselves", where)
    if isinstance(node, nodes.Const) and node.value == inf:
        raise TemplateSyntaxError("a number is too large", where)
    if isinstance(node, nodes.Filter) and node.name not in filters:
        raise TemplateSyntaxError(f"there is no filter “{node.name}” here", where)


def _filtered(expression: Any, name: str) -> nodes.Filter:
    return nodes.Filter(expression, name, [], [], None, None, lineno=expression.lineno)


def _bounded(node: Any) -> Any:
    """The tree with what expressions make weighed, and `a ~ b`, a plain join in Jinja, bounded."""
    for field, value in node.iter_fields():
        if isinstance(value, list):
            setattr(node, field, [_bounded(v) if isinstance(v, nodes.Node) else v for v in value])
        elif isinstance(value, nodes.Node):
            setattr(node, field, _bounded(value))
    if isinstance(node, nodes.Concat):
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), _CONCAT)
    if isinstance(node, _WEIGHED_NODES) and getattr(node, "ctx", "load") == "load":
        return _filtered(node, _WEIGHED)
    return node


def _entries(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list | tuple) else ()


@pass_context
def _counted(context: Context, values: Iterable[Any]) -> Iterator[Any]:
    budget: Budget = context[BUDGET]
    for value in values:
        budget.step()
        yield value


@pass_context
def _weighed(context: Context, value: Any) -> Any:
    budget: Budget = context[BUDGET]
    budget.weigh(value)
    return value


def _check_attribute(attribute: Any) -> None:
    if not isinstance(attribute, str):
        return
    # “sort” takes several, with commas between.
    dots = attribute.count(".") + attribute.count(",")
    if len(attribute) > MAX_ATTRIBUTE or dots > MAX_ATTRIBUTE_DOTS:
        raise TooMuch(
            f"an attribute has more than {MAX_ATTRIBUTE} characters or {MAX_ATTRIBUTE_DOTS} dots"
        )


def _looked_up(name: str) -> Callable[..., Any]:
    """One of Jinja's filters, none of whose arguments is a text but its attribute."""

    @pass_environment
    def filtered(environment: Environment, values: Any, *args: Any, **kwargs: Any) -> Any:
        for argument in (*args, *kwargs.values()):
            _check_attribute(argument)
        return FILTERS[name](environment, values, *args, **kwargs)

    return filtered


def _chosen_by(name: str) -> Callable[..., Any]:
    """One of Jinja's filters whose first argument is an attribute."""

    @pass_context
    def filtered(context: Context, values: Any, *args: Any, **kwargs: Any) -> Any:
        _check_attribute(args[0] if args else None)
        return FILTERS[name](context, values, *args, **kwargs)

    return filtered


@pass_context
def _map(context: Context, *args: Any, **kwargs: Any) -> Iterator[Any]:
    _check_attribute(kwargs.get("attribute"))
    for value in FILTERS["map"](context, *args, **kwargs):
        yield _weighed(context, value)


@pass_context
def _zip(context: Context, *values: Iterable[Any]) -> Iterator[Any]:
    for together in zip(*values, strict=False):
        yield _weighed(context, together)


@pass_environment
def _sum(environment: Environment, values: Any, attribute: Any = None, start: float = 0) -> float:
    if not isinstance(start, int | float):
        raise SecurityError("“sum” adds numbers")
    _check_attribute(attribute)
    return cast(float, FILTERS["sum"](environment, values, attribute, start))


def _range(*bounds: int) -> range:
    made = range(*bounds)
    if len(made) > MAX_RANGE:
        raise TooMuch(f"a range has more than {MAX_RANGE:,} numbers")
    return made


def _joined(separator: str, values: Iterable[Any]) -> str:
    parts: list[str] = []
    length = 0
    for value in values:
        parts.append(str(value))
        length += len(parts[-1]) + len(separator)
        if length > MAX_TEXT:
            raise TooMuch(f"a text has more than {MAX_TEXT:,} characters")
    return separator.join(parts)


def _join(values: Iterable[Any], d: str = "") -> str:
    return _joined(str(d), values)


def _replace(value: Any, old: str, new: str) -> str:
    text = str(value)
    if len(text) + text.count(old) * max(len(new) - len(old), 0) > MAX_TEXT:
        raise TooMuch(f"a text has more than {MAX_TEXT:,} characters")
    return text.replace(old, new)


def _round(value: float, precision: int = 0) -> float:
    return round(value, min(max(precision, -15), 15))


def _tojson(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    if len(written) > MAX_TEXT:
        raise TooMuch(f"a text has more than {MAX_TEXT:,} characters")
    return written


def _most_frequent(values: Iterable[Any]) -> list[Any]:
    """The commonest values, all those that are as common; as promptsource has it."""
    counts = Counter(values).most_common()
    return [value for value, count in counts if count == counts[0][1]]


@pass_context
def _choice(context: Context, values: Iterable[Any]) -> Any:
    """One of the values; the same row and seed choose the same again."""
    choices: random.Random = context[CHOICES]
    among = list(values)
    if not among:
        raise SecurityError("there is nothing to choose from")
    return choices.choice(among)
