"""Writes a dataset folder: one pass over each source, every format and split of it at once."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports.card import About, dataset_card, licence_line
from exports.containers import CONTAINERS, Writer
from exports.formats import Format, Row, get_format, sources_of
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


class FormatFiles:
    """The files of one format, opened with their first row, and the tally of its rows."""

    def __init__(self, form: Format, plan: Plan, folder: Path) -> None:
        self.form = form
        self._recipe = plan.recipe
        self._kind = CONTAINERS[plan.container]
        self._schema = form.schema(plan.recipe)
        self._folder = folder
        self._writers: dict[str, Writer] = {}
        self._written: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._read = 0

    def write(self, items: Sequence[Item]) -> None:
        rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
        for item in items:
            row = self.form.row(item, self._recipe)
            if isinstance(row, Reason):
                self._refused[row.value] += 1
            else:
                rows[item.prompt.split].append(row)
        self._read += len(items)
        for split, chosen in rows.items():
            if chosen:
                self._written[split] += len(chosen)
                self._writer(split).write(chosen)

    def _writer(self, split: str) -> Writer:
        if split not in self._writers:
            self._writers[split] = self._kind(self._folder / self._name(split), self._schema)
        return self._writers[split]

    def _name(self, split: str) -> str:
        return f"{self.form.name}.{split}.{self._kind.extension}"

    def close(self) -> None:
        for writer in self._writers.values():
            writer.close()

    def tally(self) -> Tally:
        written = {split: self._written[split] for split in SPLITS}
        return Tally(read=self._read, written=written, refused=dict(sorted(self._refused.items())))

    def entries(self) -> list[FileEntry]:
        return [
            file_entry(
                self._folder / self._name(split),
                format_name=self.form.name,
                split=split,
                rows=self._written[split],
            )
            for split in SPLITS
            if self._written[split]
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
    files = [FormatFiles(get_format(name), plan, folder) for name in plan.formats]
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
            for page in pages(source, frame):
                for item in readers:
                    item.write(page.items)
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
        cut_off=plan.cut_off.isoformat(),
        container=plan.container,
        recipe=plan.recipe.as_json(),
        formats={item.form.name: item.tally() for item in files},
        counts=count_frame(frame),
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


def replace_folder(source: Path, target: Path) -> None:
    """Put a finished folder in its place, over what a dead builder may have left there."""
    if target.exists():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
