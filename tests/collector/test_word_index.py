"""The index of words: made, found by a search, told of, and dropped."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from collector.models import Message
from collector.searching import matching, parsed
from collector.services.word_index import has_word_index
from dashboard.doctor import examine, servers
from tests.factories import make_project, make_prompt

pytestmark = pytest.mark.django_db(transaction=True)


def told(*arguments: str) -> dict[str, bool]:
    out = StringIO()
    call_command("index_words", "--json", *arguments, stdout=out)
    found: dict[str, bool] = json.loads(out.getvalue())
    return found


def plan_of_a_search() -> str:
    query = matching(Message.objects.all(), parsed("heron"))
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        sql, params = query.query.sql_with_params()
        cursor.execute(f"EXPLAIN {sql}", params)
        plan = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    return plan


def test_searches_go_by_the_index_once_it_is_made_and_find_the_same() -> None:
    project = make_project()
    prompt = make_prompt(project, "A heron by the water.")
    make_prompt(project, "A stork in the field.")
    assert "message_words" not in plan_of_a_search()
    assert list(matching(Message.objects.all(), parsed("heron"))) == [prompt]
    try:
        assert told() == told() == {"index": True}
        assert "message_words" in plan_of_a_search()
        assert list(matching(Message.objects.all(), parsed("heron"))) == [prompt]
    finally:
        assert told("--drop") == told("--drop") == {"index": False}
    assert not has_word_index()


def test_the_doctor_tells_where_it_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    advice = "Run manage.py index_words."
    assert advice not in [each.advice for each in examine(only=["database"])]
    monkeypatch.setattr(servers, "SEARCHED_WITHOUT", -1)
    assert advice in [each.advice for each in examine(only=["database"])]
