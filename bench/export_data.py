"""Judged pairs for the bench of exports: prompts of 200 bytes, two answers of 1 KB each."""

import io
import random
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import orjson
from django.db import connection

from accounts.models import Labeler
from collector.models import Project
from collector.services.generators import recorded_revision
from common.ids import new_uid

PROMPT_BYTES, ANSWER_BYTES = 200, 1_000
_AT_ONCE = 20_000
# Texts are put together from a pool larger than what zstd looks back on at level 3 (2 MB), so
# that they compress about as well as people's.
_POOL = 20_000
_WORDS = [f"word{number}" if number % 3 else f"w{number}" for number in range(400)]

_TABLES = {
    "collector_message": "id, uid, project_id, parent_id, root_id, depth, role, text, language,"
    " content_hash, thread_hash, origin, revision_id, meta, created_at",
    "collector_thread": "prompt_id, messages, split_hash",
    "labeling_task": "id, uid, project_id, kind, prompt_id, band, state, created_at",
    "labeling_judgment": "id, uid, task_id, labeler_id, purpose, tiers, answers, rationale,"
    ' "order", submit_key, body_hash, created_at',
    "labeling_comparison": "judgment_id, project_id, labeler_id, prompt_id, first_id, second_id,"
    " outcome, first_shown_before, purpose, created_at",
}
_SEQUENCES = ("collector_message", "labeling_task", "labeling_judgment")
_CREATED = "2026-01-01T00:00:00Z"


def seed_pairs(*, slug: str, pairs: int) -> Project:
    """A project of `pairs` prompts with two answers, each pair judged once (simulated)."""
    project = Project.objects.create(slug=slug, name=slug)
    labeler = Labeler.objects.create(pseudonym=slug, kind=Labeler.Kind.SIMULATED)
    revision = recorded_revision(name="bench").pk
    chance = random.Random(1)
    pool = [_fragment(chance) for _ in range(_POOL)]
    for low in range(0, pairs, _AT_ONCE):
        count = min(_AT_ONCE, pairs - low)
        keys = {table: _reserved(table, count * 3) for table in _SEQUENCES}
        made = [
            _pair(low + n, keys, n, pool, chance, (project.pk, labeler.pk, revision))
            for n in range(count)
        ]
        for table, columns in _TABLES.items():
            _copy(table, columns, (row for rows in made for row in rows[table]))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return project


def _fragment(chance: random.Random) -> str:
    words = [chance.choice(_WORDS) + chance.choice(["", "", "", ",", ".\n"]) for _ in range(40)]
    return " ".join(words)[: ANSWER_BYTES // 5]


def _reserved(table: str, count: int) -> int:
    """The first of `count` ids that nobody else gets."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence(%s, 'id'),"
            " nextval(pg_get_serial_sequence(%s, 'id')) + %s)",
            [table, table, count],
        )
        return int(cursor.fetchone()[0]) - count


def _pair(
    number: int,
    keys: dict[str, int],
    place: int,
    pool: list[str],
    chance: random.Random,
    owners: tuple[int, int, int],
) -> dict[str, list[tuple[Any, ...]]]:
    project, labeler, revision = owners
    prompt = keys["collector_message"] + 3 * place
    task, judgment = keys["labeling_task"] + place, keys["labeling_judgment"] + place
    asked = f"{chance.choice(pool)}"[: PROMPT_BYTES - 12] + f" {number:010}?"
    answers = [" ".join(chance.choices(pool, k=5))[:ANSWER_BYTES] for _ in range(2)]
    digest = sha256(str(number).encode()).digest()
    messages: list[tuple[Any, ...]] = [
        (prompt, new_uid(), project, None, None, 0, "user", asked, "en", digest, digest,
         "imported", None, "{}", _CREATED)
    ]  # fmt: skip
    messages += [
        (prompt + 1 + which, new_uid(), project, prompt, prompt, 1, "assistant", text, "en",
         sha256(text.encode()).digest(), None, "imported", revision, "{}", _CREATED)
        for which, text in enumerate(answers)
    ]  # fmt: skip
    first, second = prompt + 1, prompt + 2
    thread = orjson.dumps([{"role": "user", "content": asked}]).decode()
    tiers = f"[[{first}],[{second}]]" if number % 3 else f"[[{second}],[{first}]]"
    return {
        "collector_message": messages,
        "collector_thread": [(prompt, thread, digest)],
        "labeling_task": [(task, new_uid(), project, "compare", prompt, 0, "complete", _CREATED)],
        "labeling_judgment": [
            (judgment, new_uid(), task, labeler, "simulated", tiers, "{}", "", [first, second],
             str(number), digest, _CREATED)
        ],
        "labeling_comparison": [
            (judgment, project, labeler, prompt, first, second,
             "first" if number % 3 else "second", number % 2 == 0, "simulated", _CREATED)
        ],
    }  # fmt: skip


def _copy(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    lines = "".join("\t".join(map(_cell, row)) + "\n" for row in rows)
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", io.StringIO(lines))


def _cell(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return str(value).replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
