"""What changed between two versions of a dataset: judgments, prompts, rows and agreement.

Versions are frozen, so both questions are answered from the rows that each froze; no file is read.
"""

from datetime import datetime
from typing import Any, TypedDict

from django.db import connection

from common.errors import InvalidInput
from exports.models import DatasetVersion
from exports.recipes import parse_recipe
from exports.selection import Frame, judgment_where, make_frame

_HELD = """
SELECT j.id, t.prompt_id FROM labeling_judgment j
JOIN labeling_task t ON t.id = j.task_id
JOIN collector_message p ON p.id = t.prompt_id
WHERE {where}"""
_COMPARED = """
WITH old AS MATERIALIZED ({old}), new AS MATERIALIZED ({new}),
judgments AS (SELECT old.id AS was, new.id AS "is" FROM old FULL JOIN new USING (id)),
prompts AS (
    SELECT o.prompt_id AS was, n.prompt_id AS "is"
    FROM (SELECT DISTINCT prompt_id FROM old) o
    FULL JOIN (SELECT DISTINCT prompt_id FROM new) n USING (prompt_id))
SELECT (SELECT count(*) FILTER (WHERE was IS NULL) FROM judgments),
       (SELECT count(*) FILTER (WHERE "is" IS NULL) FROM judgments),
       (SELECT count(*) FILTER (WHERE was = "is") FROM judgments),
       (SELECT count(*) FILTER (WHERE was IS NULL) FROM prompts),
       (SELECT count(*) FILTER (WHERE "is" IS NULL) FROM prompts),
       (SELECT count(*) FILTER (WHERE was = "is") FROM prompts)"""
# Of what the parent's recipe held: a judgment corrected or excluded since, or whose labeler left.
_LINEAGE = """
SELECT (SELECT count(*) FROM ({now}) AS held JOIN labeling_judgment j USING (id)
        WHERE j.created_at > %(old_cut_off)s OR j.labeler_id = ANY(%(old_excluded_labelers)s)),
       count(*) FILTER (WHERE j.retired_at <= %(new_cut_off)s
                          OR j.labeler_id = ANY(%(new_excluded_labelers)s)),
       count(*) FILTER (WHERE l.erased_at > %(old_cut_off)s AND l.erased_at <= %(new_cut_off)s)
FROM ({then}) AS held JOIN labeling_judgment j USING (id)
JOIN accounts_labeler l ON l.id = j.labeler_id"""


class Change(TypedDict):
    """How many are in the other version only, in the first only, and in both."""

    added: int
    removed: int
    kept: int


class Lineage(TypedDict):
    """What became of the parent's judgments: new ones, those retired, those of erased people.

    Judgments of who was excluded meanwhile are among the retired, of who was restored among the
    new.
    """

    added: int
    retired: int
    erased: int


class Difference(TypedDict):
    """From one version to another.

    `rows` counts the rows of each format by version, `agreement` is the share of the same answers
    of two labelers; null where a version was never built.
    """

    judgments: Change
    prompts: Change
    rows: dict[str, dict[str, int | None]]
    agreement: dict[str, float | None]


def difference(*, old: DatasetVersion, new: DatasetVersion) -> Difference:
    """What changed from `old` to `new`; InvalidInput unless both are of one project and frozen."""
    if old.dataset.project_id != new.dataset.project_id:
        raise InvalidInput("The versions are of two projects.", attr="since")
    before, after = _frame(old), _frame(new)
    counted = _row(
        _COMPARED.format(old=_held(before, "old"), new=_held(after, "new")), before, after
    )
    return Difference(
        judgments=Change(added=counted[0], removed=counted[1], kept=counted[2]),
        prompts=Change(added=counted[3], removed=counted[4], kept=counted[5]),
        rows={
            name: {"old": _written(old, name), "new": _written(new, name)}
            for name in sorted({*old.formats, *new.formats})
        },
        agreement={"old": _agreement(old), "new": _agreement(new)},
    )


def lineage(version: DatasetVersion) -> Lineage | None:
    """How the version came from its parent; None if it has none. Decided by the two cut-offs."""
    parent = version.parent
    if parent is None:
        return None
    before, after = _frame(parent), _frame(version)
    added, retired, erased = _row(
        _LINEAGE.format(now=_held(after, "new"), then=_held(before, "old")), before, after
    )
    return Lineage(added=added, retired=retired, erased=erased)


def _frame(version: DatasetVersion) -> Frame:
    if not isinstance(version.cut_off, datetime):
        raise InvalidInput("The version was never frozen.", attr="since")
    return make_frame(
        project_id=version.dataset.project_id,
        cut_off=version.cut_off,
        recipe=parse_recipe(version.recipe),
        excluded_labelers=excluded_from(version),
    )


def excluded_from(version: DatasetVersion) -> tuple[int, ...]:
    """Ids of the labelers who were excluded when the version was frozen."""
    return tuple(version.exclusions.get("labelers", ()))


def _held(frame: Frame, side: str) -> str:
    """The frame's judgments and their prompts, every parameter named after its side."""
    return _HELD.format(where=judgment_where(frame.recipe)).replace("%(", f"%({side}_")


def _row(query: str, old: Frame, new: Frame) -> tuple[int, ...]:
    parameters: dict[str, Any] = {
        f"{side}_{name}": value
        for side, frame in (("old", old), ("new", new))
        for name, value in frame.parameters.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row: tuple[int, ...] = cursor.fetchone()
    return row


def _written(version: DatasetVersion, name: str) -> int | None:
    tally = version.manifest.get("formats", {}).get(name)
    return sum(tally["written"].values()) if tally else None


def _agreement(version: DatasetVersion) -> float | None:
    share: float | None = version.manifest.get("figures", {}).get("agreement", {}).get("share")
    return share
