"""The index of all words: made where a project has grown too large to be searched without.

It is no part of the migrations, since splitting every text into words as it is written would make
imports twice as long, and a search reads a hundred thousand messages without it in some seconds.
"""

from django.contrib.postgres.indexes import GinIndex
from django.db import connection

from collector.models import Message
from collector.models.messages import words_of

# What is written goes to a list first, and into the tree when that is full or the table is
# vacuumed: the longer the list, the less an import waits, and a search reads all of it.
INDEX = GinIndex(words_of(), name="message_words", gin_pending_list_limit=32_768)  # kB
_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)"


def has_word_index() -> bool:
    """Whether searches may go by it; one that was interrupted in the making does not count."""
    with connection.cursor() as cursor:
        cursor.execute(_VALID, [INDEX.name])
        found = cursor.fetchone()
    return bool(found and found[0])


def make_word_index() -> bool:
    """Make it while others write; False where it is there. Outside of any transaction."""
    if has_word_index():
        return False
    drop_word_index()
    with connection.schema_editor(atomic=False) as editor:
        editor.execute(INDEX.create_sql(Message, editor, concurrently=True), params=None)
    return True


def drop_word_index() -> None:
    """Do without it, as before a very large import. Outside of any transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX.name}")
