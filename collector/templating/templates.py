"""A template of prompts: `input ||| target` in Jinja, over the columns of a row.

The form is promptsource's (Bach et al. 2022): what is before the bars is asked, what is after them
is the answer that the row holds; a template without bars only asks. A template whose `if` leaves
nothing passes the row over.
"""

import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jinja2 import Template as Compiled
from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, meta, nodes

from collector.importing.rows import MAX_TEXT, RowError, one_line
from collector.templating.sandbox import BUDGET, CHOICES, Budget, Sandbox, TooMuch

BARS = "|||"
MAX_TEMPLATE = 20_000
ROW = "row"  # the whole row, for columns whose names Jinja cannot write
# In the compiled template the bars are this, so that bars in a row's own text divide nothing.
_DIVIDER = f"\0{secrets.token_hex(8)}\0"


class BadTemplate(Exception):
    """The template cannot be used; the message is one line for a person."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a row comes to. `target` is empty where the template or the row has none."""

    input: str
    target: str = ""


class _Divided(Sandbox):
    """The sandbox, with the bars of a template's own text made the divider."""

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for data in tree.find_all(nodes.TemplateData):
            data.data = data.data.replace(BARS, _DIVIDER)
        return tree


_environment = _Divided()


class PromptMaker:
    """One template, ready to be filled in. Raises BadTemplate where it cannot be used."""

    def __init__(self, text: str, *, seed: int = 0) -> None:
        if not text.strip():
            raise BadTemplate("The template is empty.")
        if len(text) > MAX_TEMPLATE:
            raise BadTemplate(f"A template has at most {MAX_TEMPLATE:,} characters.")
        if "\0" in text:
            raise BadTemplate("The template holds a NUL byte.")
        self._text = text
        self._seed = seed
        try:
            self._compiled: Compiled = _environment.from_string(text)
        except TemplateSyntaxError as error:
            raise BadTemplate(f"Line {error.lineno}: {error.message}.") from error
        except (TemplateError, RecursionError, SyntaxError, ValueError) as error:
            raise BadTemplate(f"{_reason(error)}.") from error

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that the template names; `row` among them stands for all."""
        tree = self._tree
        return frozenset(meta.find_undeclared_variables(tree)) - _environment.globals.keys()

    @cached_property
    def has_target(self) -> bool:
        """Whether there are bars in the template."""
        return any(_DIVIDER in data.data for data in self._tree.find_all(nodes.TemplateData))

    @cached_property
    def _tree(self) -> nodes.Template:
        return _environment.parse(self._text)

    def make(self, row: Mapping[str, Any], *, number: int = 0) -> Rendered:
        """The prompt of a row; `number` goes into what `choice` draws. Raises RowError."""
        parts = self._render(row, number).split(_DIVIDER)
        if len(parts) > 2:
            raise RowError("bad_template", f"the template's bars {BARS} come more than once")
        asked, *answered = (part.strip() for part in parts)
        if not asked:
            raise RowError("not_applicable", "the template leaves nothing to ask of this row")
        return Rendered(asked, *answered)

    def _render(self, row: Mapping[str, Any], number: int) -> str:
        budget = Budget()
        choices = random.Random(f"{self._seed}/{number}")  # noqa: S311 - drawn to be drawn again
        try:
            context = self._compiled.new_context(
                {**row, ROW: row, BUDGET: budget, CHOICES: choices}
            )
            return _collected(self._compiled, context, budget)
        except UndefinedError as error:
            raise RowError("missing_column", _reason(error)) from error
        except TooMuch as error:
            raise RowError("template_too_much", _reason(error)) from error
        except UnicodeEncodeError as error:
            raise RowError("lone_surrogate", "the text holds a lone surrogate") from error
        except RecursionError as error:
            raise RowError("template_too_much", "values are nested too deeply") from error
        except (TemplateError, *_OF_EXPRESSIONS) as error:
            raise RowError("bad_template", _reason(error)) from error


# What expressions over a row raise: a text where a number was meant, an index that is not there …
_OF_EXPRESSIONS = (
    TypeError, ValueError, ArithmeticError, LookupError, AttributeError, AssertionError
)  # fmt: skip


def _collected(compiled: Compiled, context: Any, budget: Budget) -> str:
    pieces: list[str] = []
    length = 0
    for piece in compiled.root_render_func(context):
        pieces.append(piece)
        length += len(piece)
        budget.in_time()
        if length > MAX_TEXT:
            raise TooMuch(f"the text has more than {MAX_TEXT:,} characters")
    text = "".join(pieces)
    text.encode()  # an escape in the template can be half a surrogate pair
    return text


def _reason(error: BaseException) -> str:
    return one_line(str(error) or type(error).__name__).rstrip(".")
