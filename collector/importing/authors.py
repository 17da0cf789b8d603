"""Authors that a file names, and the rows that stand for them."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from accounts.models import Labeler
from collector.importing.rows import Author, ParsedRow, RowError
from collector.models import Generator, GeneratorRevision
from collector.services.generators import recorded_revision

# More names than this in one file are texts in the wrong column.
MAX_AUTHORS = {"generator": 1_000, "human": 50_000}

# Ids of a generator's revision and of a labeler: one of them.
AuthorIds = tuple[int | None, int | None]


class AuthorNumbers(dict[Author | None, int]):
    """The authors met so far in one import, numbered; number 0 stands for nobody."""

    def __init__(self) -> None:
        super().__init__({None: 0})
        self._met: Counter[str] = Counter()

    def learn(self, parsed: ParsedRow) -> None:
        """Number the row's authors; raises RowError where there are too many."""
        for author in parsed.authors():
            if author is not None and author not in self:
                limit = MAX_AUTHORS[author.kind]
                if self._met[author.kind] >= limit:
                    raise RowError(
                        "too_many_authors", f"the file names more than {limit:,} different authors"
                    )
                self._met[author.kind] += 1
                self[author] = len(self)


class StoredAuthors:
    """Authors as stored: recorded generators, or labelers of people who are named in files."""

    def __init__(self) -> None:
        self._known: dict[Author, AuthorIds] = {}

    def ids(self, numbered: dict[int, Author]) -> dict[int, AuthorIds]:
        """The stored ids by the authors' numbers; new authors are stored.

        Not to be called inside a transaction that locks more: two imports may store the same
        authors in different order.
        """
        return {number: self._ids(author) for number, author in numbered.items()}

    def _ids(self, author: Author) -> AuthorIds:
        found = self._known.get(author)
        if found is None:
            if author.kind == "generator":
                found = recorded_revision(name=author.name).pk, None
            else:
                found = None, imported_labeler(author.name)
            self._known[author] = found
        return found


def known_authors(authors: Iterable[Author]) -> dict[Author, AuthorIds]:
    """The stored ids of those authors that have any; nothing is stored."""
    met = set(authors)
    models = {each.name: each for each in met if each.kind == "generator"}
    people = {_pseudonym(each.name): each for each in met if each.kind == "human"}
    recorded = GeneratorRevision.objects.filter(
        generator__name__in=list(models), provider=Generator.Provider.RECORDED
    )
    first = recorded.order_by("generator", "number").distinct("generator")
    found: dict[Author, AuthorIds] = {
        models[name]: (pk, None) for name, pk in first.values_list("generator__name", "pk")
    }
    for pseudonym, pk in _stored(people).items():
        found[people[pseudonym]] = None, pk
    return found


def imported_labeler(name: str) -> int:
    """The labeler of a person named in a file; the pseudonym does not tell the name."""
    return _labelers({_pseudonym(name): ""})[_pseudonym(name)]


def imported_judges(names: Iterable[str]) -> dict[str, int]:
    """The labelers of those who judged in a file, by its names for them, which are kept.

    New ones are stored in one order whoever asks, so that two transactions that store the same
    names wait for each other in no circle.
    """
    pseudonym = {name: _pseudonym(name) for name in sorted(names)}
    found = _labelers({each: name for name, each in pseudonym.items()})
    return {name: found[each] for name, each in pseudonym.items()}


def _labelers(known_as: Mapping[str, str]) -> dict[str, int]:
    """The labelers of these pseudonyms."""
    found = _stored(known_as)
    if len(found) < len(known_as):
        Labeler.objects.bulk_create(
            (
                Labeler(pseudonym=each, kind=Labeler.Kind.IMPORTED, known_as=known_as[each])
                for each in sorted(known_as)
                if each not in found
            ),
            ignore_conflicts=True,
        )
        found = _stored(known_as)
    return found


def _stored(pseudonyms: Iterable[str]) -> dict[str, int]:
    known = Labeler.objects.filter(pseudonym__in=list(pseudonyms))
    return dict(known.values_list("pseudonym", "pk"))


def _pseudonym(name: str) -> str:
    return f"imported-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
