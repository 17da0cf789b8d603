"""What a recipe would give: how many items, and a few rows, before anything is built."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from collector.models import Project
from exports.formats import Format, Row, get_format
from exports.items import Item
from exports.manifest import Counts, count_frame
from exports.reading import balanced, count_items, pages
from exports.recipes import Recipe, parse_recipe
from exports.selection import Frame, make_frame
from exports.validator import Reason

SAMPLE_ROWS = 10
_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Preview:
    """`items` is what the format would read; where it is too many to count, `at_least` is true.

    `rows` are the first ones, with the `split` that each goes to beside it; on the way to them
    `looked_at` items were read, and `refused` of them for these reasons. `counts` are those of the
    manifest.
    """

    format: str
    items: int
    at_least: bool
    rows: list[Row]
    looked_at: int
    refused: dict[str, int]
    counts: Counts


def preview(*, project: Project, format: str, recipe: Recipe | Mapping[str, object]) -> Preview:
    """How the project's rows of a format look now. Raises InvalidInput naming what is at fault."""
    form = get_format(format)
    parsed = recipe if isinstance(recipe, Recipe) else parse_recipe(recipe)
    frame = make_frame(project_id=project.pk, cut_off=timezone.now(), recipe=parsed)
    # Looked at once here, or counting and the sample would each look at all pairs.
    frame = balanced(frame) if form.source == "comparisons" else frame
    number, exact = count_items(form.source, frame, seconds=_SECONDS)
    rows, looked_at, refused = _sample(form, frame)
    return Preview(
        format=form.name,
        items=number,
        at_least=not exact,
        rows=rows,
        looked_at=looked_at,
        refused=dict(sorted(refused.items())),
        counts=count_frame(frame),
    )


def _sample(form: Format, frame: Frame) -> tuple[list[Row], int, Counter[str]]:
    rows: list[Row] = []
    refused: Counter[str] = Counter()
    looked_at = 0
    for item in _items(form, frame):
        looked_at += 1
        made: Any = form.row(item, frame.recipe)
        if isinstance(made, Reason):
            refused[made.value] += 1
            continue
        rows.append({"split": item.prompt.split, "row": made})
        if len(rows) == SAMPLE_ROWS:
            break
    return rows, looked_at, refused


def _items(form: Format, frame: Frame) -> Iterator[Item]:
    """The first items, for as long as a person would wait for them."""
    end = time.monotonic() + _SECONDS
    for page in pages(form.source, frame):
        yield from page.items
        if time.monotonic() > end:
            return
