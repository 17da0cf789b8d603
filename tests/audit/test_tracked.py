"""What is said to be kept is what the database keeps, and nobody forgot a column."""

import pytest
from django.db import connection

from audit.tracked import ALWAYS_LEFT_OUT, TRACKED, column_words, model_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("tracked", TRACKED, ids=lambda tracked: tracked.kind)
def test_each_column_is_kept_or_left_out_by_name(tracked):
    model = model_of(tracked.kind)
    assert model._meta.db_table == tracked.table
    columns = {field.column for field in model._meta.concrete_fields}
    named = {*tracked.columns, *tracked.hidden}
    assert not named & tracked.left_out
    assert columns - ALWAYS_LEFT_OUT - named - tracked.left_out == set()
    assert named | tracked.left_out <= columns


def test_the_triggers_keep_what_is_said():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, encode(tgargs, 'escape') FROM pg_trigger"
            " WHERE tgfoid = 'audit_record'::regproc"
        )
        found = {(table, name): arguments for table, name, arguments in cursor.fetchall()}
    names = {"i": "audit_insert", "u": "audit_update", "d": "audit_delete"}
    expected = {
        (each.table, names[operation]): (each.kind, " ".join(each.columns), " ".join(each.hidden))
        for each in TRACKED
        for operation in each.on
    }
    parts = {key: arguments.split("\\000") for key, arguments in found.items()}
    assert {key: (each[0], each[3], each[4]) for key, each in parts.items()} == expected


def test_columns_have_words():
    assert column_words("project", "licence") == "Licence"
    assert column_words("project", "gone_since") == "gone since"
