"""Writes a dataset folder: one pass over each source, every format and split of it at once."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports.background import Behind, without_cycles
from exports.card import About, dataset_card, licence_line
from exports.containers import Shards, kind_of
from exports.differences import Lineage
from exports.figures import read_figures
from exports.formats import Format, Row, Withholds, format_in, sources_of
from exports.items import Item
from exports.manifest import (
    FORMAT_VERSION,
    FileEntry,
    Manifest,
    Tally,
    count_frame,
    library_versions,
    manifest_bytes,
)
from exports.reading import last_key, pages
from exports.recipes import Recipe
from exports.selection import Frame, make_frame
from exports.splits import SPLITS
from exports.validator import Reason

MANIFEST = "manifest.json"
OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides the bytes of a dataset folder."""

    project_id: int
    about: About
    formats: tuple[str, ...]
    container: str
    recipe: Recipe
    cut_off: datetime
    uid: str | None = None
    number: int | None = None
    parent: str | None = None
    lineage: Lineage | None = None


class FormatFiles:
    """The files of one format, opened with their first row, and the tally of its rows."""

    def __init__(self, form: Format, plan: Plan, folder: Path) -> None:
        self.form = form
        self._recipe = plan.recipe
        self._shards = {
            split: Shards(
                folder,
                f"{form.name}.{split}",
                kind_of(form, plan.container),
                form.schema(plan.recipe),
            )
            for split in SPLITS
        }
        self._folder = folder
        self._written: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._withholds = form.withheld if isinstance(form, Withholds) else None
        self._withheld: Counter[str] = Counter()
        self._read = 0

    def write(self, items: Sequence[Item]) -> None:
        rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
        for item in items:
            row = self.form.row(item, self._recipe)
            if isinstance(row, Reason):
                self._refused[row.value] += 1
            else:
                rows[item.prompt.split].append(row)
                if self._withholds:
                    self._withheld.update(reason.value for reason in self._withholds(item))
        self._read += len(items)
        for split, chosen in rows.items():
            self._written[split] += len(chosen)
            self._shards[split].write(chosen)

    def close(self) -> None:
        for shards in self._shards.values():
            shards.close()

    def tally(self) -> Tally:
        written = {split: self._written[split] for split in SPLITS}
        tally = Tally(read=self._read, written=written, refused=dict(sorted(self._refused.items())))
        if self._withheld:
            tally["withheld"] = dict(sorted(self._withheld.items()))
        return tally

    def entries(self) -> list[FileEntry]:
        return [
            file_entry(
                self._folder / shard.name,
                format_name=self.form.name,
                split=split,
                rows=shard.rows,
            )
            for split, shards in self._shards.items()
            for shard in shards.shards
        ]


def file_entry(path: Path, *, format_name: str = "", split: str = "", rows: int = 0) -> FileEntry:
    """A file's size and SHA-256 as they are on the disk."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileEntry(
        name=path.name,
        format=format_name,
        split=split,
        rows=rows,
        bytes=path.stat().st_size,
        sha256=digest,
    )


def write_folder(*, plan: Plan, folder: Path, on_progress: OnProgress) -> Manifest:
    """Fill an empty folder with the files of the plan; the same plan gives the same bytes.

    `on_progress` is called after each page with the share done, 0 to 1; what it raises stops the
    work and leaves the folder to the caller.
    """
    frame = make_frame(project_id=plan.project_id, cut_off=plan.cut_off, recipe=plan.recipe)
    files = [FormatFiles(format_in(name, plan.container), plan, folder) for name in plan.formats]
    with without_cycles():
        _write_rows(frame, files, on_progress)
    return _finish(plan, frame, files, folder)


def _write_rows(frame: Frame, files: list[FormatFiles], on_progress: OnProgress) -> None:
    sources = sources_of([item.form.name for item in files])
    for done, source in enumerate(sources):
        readers = [item for item in files if item.form.source == source]
        last = last_key(source, frame)
        with ExitStack() as stack:
            for item in readers:
                stack.callback(item.close)
            # Pages are read in this thread, which has the connection.
            behind = stack.enter_context(Behind(depth=1))
            for page in pages(source, frame):
                for item in readers:
                    behind.do(item.write, page.items)
                share = min(page.key / last, 1.0) if last else 1.0
                on_progress((done + share) / len(sources))


def _finish(plan: Plan, frame: Frame, files: list[FormatFiles], folder: Path) -> Manifest:
    licence = folder / "LICENSE"
    licence.write_text(licence_line(plan.about.licence), encoding="utf-8")
    entries = [entry for item in files for entry in item.entries()]
    manifest = Manifest(
        format_version=FORMAT_VERSION,
        id=plan.uid,
        project=plan.about.project,
        dataset=plan.about.dataset,
        version=plan.number,
        parent=plan.parent,
        lineage=plan.lineage,
        cut_off=plan.cut_off.isoformat(),
        container=plan.container,
        recipe=plan.recipe.as_json(),
        formats={item.form.name: item.tally() for item in files},
        counts=count_frame(frame),
        figures=read_figures(frame),
        files=entries,
        library_versions=library_versions(),
    )
    card = folder / "README.md"
    card.write_text(
        dataset_card(manifest=manifest, recipe=plan.recipe, about=plan.about),
        encoding="utf-8",
    )
    manifest["files"] = [*entries, file_entry(card), file_entry(licence)]
    (folder / MANIFEST).write_bytes(manifest_bytes(manifest))
    return manifest
