"""Full-text search over prompts and responses: what is asked, and where it stands in a text.

Words are found as they are written, in any language, capitals aside (`Message.Meta.indexes` has
them). `"two words"` is a phrase, `a or b` either, `-a` none of it, `begin*` all that begins so.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.contrib.postgres.search import SearchQuery
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from psycopg2.errors import QueryCanceled

from collector.models import Message
from collector.models.messages import SEARCHED, words_of
from common.errors import DomainError, InvalidInput

QUERY_MAX = 200
PATIENCE_MS = 10_000  # a search that asks for nearly everything may not hold the server for ever
_CONFIG = "simple"
_PREFIX = re.compile(r'(?:^|(?<=\s))(\w+)\*(?=\s|$)(?=(?:[^"]*"[^"]*")*[^"]*$)')
_ALTERNATIVE = re.compile(r'\bor\b(?=(?:[^"]*"[^"]*")*[^"]*$)', re.IGNORECASE)
_WANTED = re.compile(r'(?:^|(?<=\s))(?!-|or(?:\s|$))"?[^\s"]*\w', re.IGNORECASE)
_START, _END, _GAP = "\x02", "\x03", " … "
# ShortWord: no word is too short to begin or end an excerpt with.
_OPTIONS = f"MaxFragments=2, MaxWords=24, MinWords=10, ShortWord=0, FragmentDelimiter={_GAP}"
_HEADLINES = f"""
SELECT m.id, ts_headline('{_CONFIG}', left(coalesce(shown.text, m.text), {SEARCHED}), asked.query,
                         %s)
FROM (SELECT ({{query}}) AS query) AS asked,
     unnest(%s::bigint[]) AS wanted (id)
JOIN collector_message m ON m.id = wanted.id
LEFT JOIN unnest(%s::bigint[], %s::text[]) AS shown (id, text) ON shown.id = m.id
"""  # noqa: S608 - our own constants


class TooBroad(DomainError):
    """The search would have taken too long."""

    code = "search_too_broad"
    status = 422


@dataclass(frozen=True)
class Part:
    """A stretch of an excerpt; `found` where it is what was looked for."""

    text: str
    found: bool


def parsed(query: str) -> SearchQuery:
    """The search that a text of the search field means.

    Raises InvalidInput where it names no word to find: what is *not* to be found picks nothing out.
    """
    beginnings = [
        SearchQuery(f"{word}:*", config=_CONFIG, search_type="raw")
        for word in _PREFIX.findall(query)
    ]
    rest = _PREFIX.sub(" ", query).strip()
    if beginnings and _ALTERNATIVE.search(rest):
        raise InvalidInput(_("A search has either “or” or words that end in *."), attr="q")
    if not beginnings and not _WANTED.search(rest):
        raise InvalidInput(_("Say at least one word to look for."), attr="q")
    wanted = [SearchQuery(rest, config=_CONFIG, search_type="websearch")] if rest else []
    return reduce(and_, [*wanted, *beginnings])


def matching(messages: QuerySet[Message], asked: SearchQuery) -> QuerySet[Message]:
    """Those of the messages that hold what is asked for."""
    return messages.annotate(words=words_of()).filter(words=asked)


def excerpts(
    *, messages: Sequence[int], asked: SearchQuery, masks: dict[int, str] | None = None
) -> dict[int, list[Part]]:
    """Where each of the messages (ids) holds what was asked for, with the words around it.

    `masks` are texts to read in place of the messages' own.
    """
    if not messages:
        return {}
    hidden = masks or {}
    compiler = Message.objects.all().query.get_compiler(connection=connection)
    sql, values = asked.resolve_expression(compiler.query).as_sql(compiler, connection)
    options = f"{_OPTIONS}, StartSel={_START}, StopSel={_END}"
    params = [options, *values, list(messages), list(hidden), list(hidden.values())]
    with connection.cursor() as cursor:
        cursor.execute(_HEADLINES.format(query=sql), params)
        return {pk: parts_of(headline) for pk, headline in cursor.fetchall()}


def parts_of(headline: str) -> list[Part]:
    """What PostgreSQL marked in a text, as parts to be shown one after the other."""
    parts = []
    for number, piece in enumerate(headline.split(_START)):
        found, end, rest = piece.partition(_END)
        if number and end:
            parts.append(Part(found, found=True))
            piece = rest
        if piece:
            parts.append(Part(piece, found=False))
    return parts


@contextmanager
def patience() -> Iterator[None]:
    """A search ends in time. Raises TooBroad where it would not."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
            yield
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            words = _("This takes too long. Look for rarer words, or choose more closely.")
            raise TooBroad(words) from error
        raise
