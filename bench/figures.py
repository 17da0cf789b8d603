"""`python -m bench figures`: figures of a million comparisons of fifty models by 200 labelers.

Printed beside the leaderboard (intervals, ranks and the votes that would flip the first place
included) is what PostgreSQL takes to count the same votes alone, and how much memory the process
needed for each figure at the full size and at half of it.
"""

import resource
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from accounts.models import Labeler
from collector.models import Project
from collector.services.generators import recorded_revision
from labeling.figures.agreement import agreement
from labeling.figures.choice import Choice
from labeling.figures.labelers import labelers
from labeling.figures.leaderboard import Options, leaderboard
from labeling.figures.votes import table_of

COMPARISONS = 1_000_000
MODELS = 50
LABELERS = 200
VOTES_A_PROMPT = 20  # so that labelers meet on the same texts
TIMES = 3

_PROMPTS = """
INSERT INTO collector_message
    (uid, project_id, depth, role, text, language, content_hash, thread_hash, origin, meta,
     created_at)
SELECT gen_random_uuid(), %(project)s, 0, 'user', 'Question ' || i || '?', 'en',
       sha256(convert_to(i::text, 'UTF8')),
       sha256(convert_to(%(project)s || ' ' || i, 'UTF8')), 'imported', '{}', now()
FROM generate_series(1, %(prompts)s) i
"""
_ANSWERS = """
INSERT INTO collector_message
    (uid, project_id, parent_id, root_id, depth, role, text, language, content_hash, origin,
     revision_id, meta, created_at)
SELECT gen_random_uuid(), p.project_id, p.id, p.id, 1, 'assistant',
       left(repeat('An answer that goes on. ', 60), 300 + (random() * 900)::int),
       'en', sha256(convert_to(p.id || ' ' || place, 'UTF8')), 'imported',
       (%(revisions)s::bigint[])[1 + floor(random() * %(models)s)::int], '{}', now()
FROM collector_message p, generate_series(1, 4) place
WHERE p.project_id = %(project)s AND p.role = 'user'
"""
# Two of a prompt's four answers for each vote; the model with the lower number is the better one.
_VOTES = """
CREATE TEMPORARY TABLE vote ON COMMIT DROP AS
SELECT nextval(pg_get_serial_sequence('labeling_task', 'id')) AS task,
       nextval(pg_get_serial_sequence('labeling_judgment', 'id')) AS judgment,
       (%(labelers)s::bigint[])[1 + floor(random() * %(people)s)::int] AS labeler,
       p.id AS prompt, a.id AS first, b.id AS second,
       ra.generator_id AS first_model, rb.generator_id AS second_model,
       random() < 1 / (1 + exp((ra.generator_id - rb.generator_id) / 20.0)) AS first_won,
       random() < .15 AS tied, random() < .5 AS shown
FROM generate_series(1, %(votes)s) i
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM collector_message
      WHERE project_id = %(project)s AND role = 'user') p ON p.n = i %% %(prompts)s
CROSS JOIN LATERAL (
    SELECT min(id) AS low FROM collector_message WHERE parent_id = p.id) least
JOIN collector_message a ON a.id = least.low + (i / %(prompts)s) %% 2
JOIN collector_message b ON b.id = least.low + 2 + (i / %(prompts)s / 2) %% 2
JOIN collector_generatorrevision ra ON ra.id = a.revision_id
JOIN collector_generatorrevision rb ON rb.id = b.revision_id
"""
_TASKS = """
INSERT INTO labeling_task (id, uid, project_id, kind, prompt_id, band, state, created_at)
SELECT task, gen_random_uuid(), %(project)s, 'compare', prompt, 0, 'complete', now() FROM vote
"""
_JUDGMENTS = """
INSERT INTO labeling_judgment (id, uid, task_id, labeler_id, purpose, tiers, answers, rationale,
    "order", submit_key, body_hash, created_at)
SELECT judgment, gen_random_uuid(), task, labeler, 'imported', '[]', '{}', '',
       CASE WHEN shown THEN ARRAY[first, second] ELSE ARRAY[second, first] END,
       judgment::text, '', now()
FROM vote
"""
_COMPARISONS = """
INSERT INTO labeling_comparison (judgment_id, project_id, labeler_id, prompt_id, first_id,
    second_id, first_generator_id, second_generator_id, outcome, first_shown_before, purpose,
    created_at)
SELECT judgment, %(project)s, labeler, prompt, first, second, first_model, second_model,
       CASE WHEN tied THEN 'tie' WHEN first_won THEN 'first' ELSE 'second' END, shown, 'imported',
       now()
FROM vote
"""


def make_votes(*, slug: str, comparisons: int, prompts: int = 0) -> Project:
    """A project with that many judgments of two texts each, of so many prompts if given."""
    project = Project.objects.create(slug=slug, name=slug)
    values: dict[str, Any] = {
        "project": project.pk,
        "votes": comparisons,
        "prompts": prompts or max(comparisons // VOTES_A_PROMPT, 1),
        "models": MODELS,
        "people": LABELERS,
        "revisions": [recorded_revision(name=f"model-{n:02}").pk for n in range(MODELS)],
        "labelers": [
            Labeler.objects.create(kind=Labeler.Kind.IMPORTED).pk for _ in range(LABELERS)
        ],
    }
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in (_PROMPTS, _ANSWERS, _VOTES, _TASKS, _JUDGMENTS, _COMPARISONS):
            cursor.execute(statement, values)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE labeling_comparison")
        cursor.execute("ANALYZE")
    return project


def run(scale: float = 1.0) -> dict[str, Any]:
    """Make the votes, compute every figure a few times, and print the best of them."""
    most = int(COMPARISONS * scale)
    figures: dict[str, Callable[[Project], Any]] = {
        "votes counted in SQL": lambda project: table_of(Choice(project)),
        "leaderboard": lambda project: leaderboard(project=project),
        "leaderboard, length controlled": lambda project: leaderboard(
            project=project, options=Options(length_controlled=True)
        ),
        "agreement": lambda project: agreement(project=project),
        "labelers": lambda project: labelers(project=project),
    }
    found: dict[str, Any] = {}
    for comparisons in (most // 2, most):
        project = make_votes(slug=f"figures-{comparisons}", comparisons=comparisons)
        name = f"{comparisons:,} comparisons, {MODELS} models, {LABELERS} labelers"
        found[name] = {figure: _best(figures[figure], project) for figure in figures}
    for name, rows in found.items():
        print(f"figures: {name}")
        for figure, (seconds, megabytes) in rows.items():
            print(f"  {figure:32} {seconds:7.2f} s   peak {megabytes:6.0f} MB")
    return found


def _best(figure: Callable[[Project], Any], project: Project) -> tuple[float, float]:
    """The least seconds of a few runs, and the process's peak memory in MB so far."""
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        figure(project)
        seconds.append(time.perf_counter() - started)
    return min(seconds), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
