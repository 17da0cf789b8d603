"""What the first rows of an import would become, without storing any of it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import connection
from django.utils.translation import gettext as _

from collector.hygiene.inspecting import Inspector, thread_of
from collector.hygiene.storing import known_threads
from collector.importing.authors import AuthorIds, known_authors
from collector.importing.head import head_of, units_of
from collector.importing.opening import AS_WRITTEN
from collector.importing.options import Options
from collector.importing.presets import PRESETS, Bound
from collector.importing.readers import Table
from collector.importing.rows import Author, InputError, ParsedRow, RowError, one_line
from collector.models import ImportDraft, PromptTemplate
from collector.templating.binding import Making
from collector.text import content_hash

PREVIEWED = 200  # rows that are read
SHOWN = 8  # of those, rows that are told of one by one, and after them
OF_A_KIND = 2  # so many that are left out for one reason, or of which one thing was found

_RESPONSES = """
SELECT p.thread_hash, r.content_hash, r.revision_id, r.labeler_id
FROM collector_message p JOIN collector_message r ON r.parent_id = p.id
WHERE p.project_id = %s AND p.thread_hash = ANY(%s::bytea[])
  AND r.role = 'assistant' AND r.origin = 'imported'
"""

Text = tuple[bytes, bytes, Author | None]  # a response: its prompt, its content, who wrote it


@dataclass(frozen=True, slots=True)
class PreviewedRow:
    """A row of the input: the conversations it holds, or why it would be left out.

    `known`: all its texts are in the project, or stand in an earlier row.
    """

    number: int
    conversations: tuple[ParsedRow, ...] = ()
    known: bool = False
    kinds: tuple[str, ...] = ()
    error: RowError | None = None


@dataclass
class ImportPreview:
    """What is known of an import before it is started.

    `columns` is None where rows are bare texts. `read` rows were looked at, of which `rows` are the
    first, and examples of what is wrong further down; `known`, `rejected` (by code) and `findings`
    (by kind) count all of them. `problem` says why the input cannot be read (any further).
    """

    columns: list[str] | None = None
    rows: list[PreviewedRow] = field(default_factory=list)
    read: int = 0
    known: int = 0
    responses: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    problem: str = ""

    @property
    def usable(self) -> bool:
        """Whether an import would bring in anything of these rows."""
        return not self.problem and self.read > self.left_out

    @property
    def left_out(self) -> int:
        """Rows that cannot be imported."""
        return self.rejected.total()

    @property
    def new(self) -> int:
        """Rows that bring texts the project does not have."""
        return self.read - self.known - self.left_out

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """Why rows cannot be imported, the most frequent first."""
        return self.rejected.most_common()


def columns_of(draft: ImportDraft) -> list[str] | None:
    """The names of the draft's columns, None where rows are bare texts. Raises InputError."""
    with head_of(draft) as table:
        return table.columns


def preview_import(draft: ImportDraft) -> ImportPreview:
    """Read the first rows as the draft's preset, mapping and options have it."""
    preview = ImportPreview()
    found: list[tuple[int, ParsedRow | RowError]] = []
    try:
        with head_of(draft) as table:
            preview.columns = table.columns
            bound = _bound(draft, table)
            for unit in units_of(table, bound, most=PREVIEWED):
                found.extend(unit)
    except InputError as error:
        preview.problem = one_line(str(error))
    if not found and not preview.problem:
        preview.problem = _("There are no rows in it.")
    _look_through(draft, sorted(found, key=lambda row: row[0]), preview)
    return preview


def _bound(draft: ImportDraft, table: Table) -> Bound:
    options = Options.of(draft.options)
    mapping = {field: column for field, column in draft.mapping.items() if field not in AS_WRITTEN}
    if not options.template:
        return PRESETS[draft.preset].bind(table.columns, mapping)
    template = PromptTemplate.objects.filter(
        uid=options.template, project_id=draft.project_id
    ).first()
    if template is None:
        raise InputError(_("The template is gone."))
    making = Making.of(template, targets=options.targets)
    pool = None
    if making.shots:
        with head_of(draft) as again:
            pool = making.pool(again)
    return making.bind(table.columns, mapping, pool)


def _look_through(
    draft: ImportDraft, found: Sequence[tuple[int, ParsedRow | RowError]], preview: ImportPreview
) -> None:
    inspector = Inspector.of(Options.of(draft.options))
    parsed = [row for _number, row in found if not isinstance(row, RowError)]
    known = _Known.of(draft.project_id, parsed)
    for number, row in found:
        preview.read += 1
        if isinstance(row, RowError):
            preview.rejected[row.code] += 1
            shown = PreviewedRow(number, error=row)
        else:
            noted = inspector.inspect(number, row) if inspector else None
            kinds = sorted({each.finding.kind for each in noted.noted}) if noted else []
            row = noted.parsed if noted else row
            preview.findings.update(kinds)
            preview.responses += sum(len(each.responses) for each in (row, *row.branches))
            is_known = known.meet(row)
            preview.known += is_known
            shown = PreviewedRow(number, (row, *row.branches), is_known, tuple(kinds))
        if _is_shown(shown, preview):
            preview.rows.append(shown)


def _is_shown(row: PreviewedRow, preview: ImportPreview) -> bool:
    """Of the counts so far, which hold this row already."""
    if preview.read <= SHOWN:
        return True
    if row.error is not None:
        return preview.rejected[row.error.code] <= OF_A_KIND
    return any(preview.findings[kind] <= OF_A_KIND for kind in row.kinds)


@dataclass
class _Known:
    """The texts that are stored, or that earlier rows hold."""

    threads: set[bytes]
    responses: set[tuple[bytes, bytes, AuthorIds]]
    authors: dict[Author, AuthorIds]
    met: set[bytes | Text] = field(default_factory=set)

    @classmethod
    def of(cls, project_id: int, rows: Sequence[ParsedRow]) -> "_Known":
        threads = [thread_of(each) for row in rows for each in _conversations(row)]
        stored = known_threads(threads, project_id=project_id)
        authors = {author for row in rows for author in row.authors() if author is not None}
        return cls(stored, _responses(project_id, stored), known_authors(authors))

    def meet(self, row: ParsedRow) -> bool:
        """Whether all texts of the row were there before it; votes without texts never were."""
        texts: list[bytes | Text] = []
        for each in _conversations(row):
            thread = thread_of(each)
            texts.append(thread)
            texts.extend((thread, content_hash(said.text), said.author) for said in each.responses)
        known = all(text in self.met or self._is_stored(text) for text in texts)
        self.met.update(texts)
        return known and bool(texts)

    def _is_stored(self, text: bytes | Text) -> bool:
        if isinstance(text, bytes):
            return text in self.threads
        thread, content, author = text
        ids = (None, None) if author is None else self.authors.get(author)
        return ids is not None and (thread, content, ids) in self.responses


def _conversations(row: ParsedRow) -> Iterator[ParsedRow]:
    return (each for each in (row, *row.branches) if each.turns)


def _responses(project_id: int, threads: set[bytes]) -> set[tuple[bytes, bytes, AuthorIds]]:
    if not threads:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_RESPONSES, [project_id, list(threads)])
        return {
            (bytes(thread), bytes(content), (revision, labeler))
            for thread, content, revision, labeler in cursor.fetchall()
        }
