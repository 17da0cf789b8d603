"""Writes a dataset folder: part by part, one pass over each, every format and split at once."""

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from exports.background import Behind, without_cycles
from exports.card import About, dataset_card, licence_line
from exports.containers import Shards, kind_of, shard_name
from exports.differences import Lineage
from exports.figures import read_figures
from exports.formats import Format, Row, Withholds, format_in, sources_of
from exports.items import Item
from exports.manifest import (
    FORMAT_VERSION,
    FileEntry,
    Manifest,
    Tally,
    add_tallies,
    count_frame,
    library_versions,
    manifest_bytes,
)
from exports.parts import Part, PartResult, cut
from exports.reading import pages
from exports.recipes import Recipe
from exports.selection import Frame, make_frame
from exports.splits import SPLITS
from exports.validator import Reason

MANIFEST = "manifest.json"
OnProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides the bytes of a dataset folder.

    `excluded_labelers` is null where nothing was frozen: then it is who is excluded now.
    """

    project_id: int
    about: About
    formats: tuple[str, ...]
    container: str
    recipe: Recipe
    cut_off: datetime
    excluded_labelers: tuple[int, ...] | None = None
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


def write_part(
    *, plan: Plan, frame: Frame, part: Part, folder: Path, on_progress: OnProgress
) -> PartResult:
    """Fill an empty folder with the files of one part; the same part gives the same bytes.

    `frame` is the plan's. `on_progress` is called after each page with the share done, 0 to 1; what
    it raises stops the work and leaves the folder to the caller.
    """
    forms = [format_in(name, plan.container) for name in plan.formats]
    files = [FormatFiles(form, plan, folder) for form in forms if form.source == part.source]
    span = part.high - part.low
    with without_cycles(), ExitStack() as stack:
        for item in files:
            stack.callback(item.close)
        # Pages are read in this thread, which has the connection.
        behind = stack.enter_context(Behind(depth=1))
        for page in pages(part.source, frame, low=part.low, high=part.high):
            for item in files:
                behind.do(item.write, page.items)
            on_progress(min((page.key - part.low) / span, 1.0))
    return PartResult(
        formats={item.form.name: item.tally() for item in files},
        files=[entry for item in files for entry in item.entries()],
    )


def write_folder(*, plan: Plan, folder: Path, on_progress: OnProgress) -> Manifest:
    """Fill an empty folder with the files of the plan, part after part; always the same bytes.

    `on_progress` as in `write_part`, of the whole.
    """
    frame = frame_of(plan)
    parts = parts_of(plan, frame)
    built = []
    for number, part in enumerate(parts):
        place = folder / f".part-{number:05d}"
        place.mkdir()

        def tell(share: float, done: int = number) -> None:
            on_progress((done + share) / len(parts))

        result = write_part(plan=plan, frame=frame, part=part, folder=place, on_progress=tell)
        built.append((place, result))
    manifest = assemble(plan=plan, frame=frame, built=built, folder=folder)
    for place, _ in built:
        shutil.rmtree(place)
    return manifest


def frame_of(plan: Plan) -> Frame:
    """What the plan's rows are read through."""
    return make_frame(
        project_id=plan.project_id,
        cut_off=plan.cut_off,
        recipe=plan.recipe,
        excluded_labelers=plan.excluded_labelers,
    )


def parts_of(plan: Plan, frame: Frame) -> list[Part]:
    """The parts that the plan's files are written in, in their order."""
    return cut(frame, sources_of(plan.formats))


def assemble(
    *, plan: Plan, frame: Frame, built: list[tuple[Path, PartResult]], folder: Path
) -> Manifest:
    """Make the folder whole of its built parts, each in a place of its own that stays as it is.

    Files of one format and split are numbered through all parts: `-00000-of-0000N`.
    """
    parted: dict[tuple[str, str], list[tuple[Path, FileEntry]]] = {}
    for place, result in built:
        for entry in result["files"]:
            parted.setdefault((entry["format"], entry["split"]), []).append((place, entry))
    entries = []
    for name in plan.formats:
        for split in SPLITS:
            for number, (place, entry) in enumerate(found := parted.get((name, split), [])):
                extension = kind_of(format_in(name, plan.container), plan.container).extension
                final = shard_name(f"{name}.{split}", extension, number, len(found))
                _link(place / entry["name"], folder / final)
                entries.append(_named(entry, final))
    tallies = add_tallies(plan.formats, [result["formats"] for _, result in built])
    return _finish(plan, frame, tallies, entries, folder)


def _named(entry: FileEntry, name: str) -> FileEntry:
    """The entry under its final name, its keys in their order wherever it was stored meanwhile."""
    return FileEntry(
        name=name,
        format=entry["format"],
        split=entry["split"],
        rows=entry["rows"],
        bytes=entry["bytes"],
        sha256=entry["sha256"],
    )


def _link(source: Path, target: Path) -> None:
    """The same file under another name, or a copy where the disk knows no links."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _finish(
    plan: Plan, frame: Frame, tallies: dict[str, Tally], entries: list[FileEntry], folder: Path
) -> Manifest:
    licence = folder / "LICENSE"
    licence.write_text(licence_line(plan.about.licence), encoding="utf-8")
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
        formats=tallies,
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
