"""Rows as they are now, as JSON Lines, in constant memory."""

from collections.abc import Iterator, Mapping

from django.utils import timezone

from collector.models import Project
from common.errors import InvalidInput
from exports.containers import json_lines
from exports.formats import Format, get_format
from exports.reading import pages
from exports.recipes import Recipe, parse_recipe
from exports.selection import Frame, make_frame
from exports.splits import SPLITS
from exports.validator import Reason


def stream_rows(
    *,
    project: Project,
    format: str,
    split: str | None = None,
    recipe: Recipe | Mapping[str, object],
) -> Iterator[bytes]:
    """Blocks of whole JSON lines of one format; of one split, or of both if `split` is None.

    The arguments are checked at once, before the first block is asked for: InvalidInput names the
    one at fault. Rows are those of a version frozen now, except that nothing is locked.
    """
    form = get_format(format)
    if split is not None and split not in SPLITS:
        raise InvalidInput(f"split is one of {', '.join(SPLITS)}.", attr="split")
    parsed = recipe if isinstance(recipe, Recipe) else parse_recipe(recipe)
    frame = make_frame(project_id=project.pk, cut_off=timezone.now(), recipe=parsed)
    return _blocks(form, frame, split)


def _blocks(form: Format, frame: Frame, split: str | None) -> Iterator[bytes]:
    for page in pages(form.source, frame):
        made = (
            form.row(item, frame.recipe)
            for item in page.items
            if split is None or item.prompt.split == split
        )
        block = json_lines(row for row in made if not isinstance(row, Reason))
        if block:
            yield block
