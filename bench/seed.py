"""Projects full of open tasks, made set-based: 100,000 tasks of 4 responses in about a minute."""

from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import Labeler, User
from accounts.services import accept_consent, create_token, create_user, labeler_of
from collector.models import Membership, Project
from collector.services.generators import recorded_revision
from labeling.services.building import build_tasks
from labeling.services.policies import set_policy

RESPONSES = 4
MODELS = ["model-a", "model-b", "model-c", "model-d"]

PROMPTS = """
INSERT INTO collector_message
    (uid, project_id, depth, role, text, language, content_hash, thread_hash, origin, meta,
     created_at)
SELECT gen_random_uuid(), %(project)s, 0, 'user', 'Question ' || i || ' of ' || %(project)s || '?',
       'en', sha256(convert_to(i::text, 'UTF8')),
       sha256(convert_to(%(project)s || ' ' || i, 'UTF8')), 'imported', '{}', now()
FROM generate_series(1, %(tasks)s) i
"""
# 300 tokens are about 1,200 characters of English.
ANSWERS = """
INSERT INTO collector_message
    (uid, project_id, parent_id, root_id, depth, role, text, language, content_hash, origin,
     revision_id, meta, created_at)
SELECT gen_random_uuid(), p.project_id, p.id, p.id, 1, 'assistant',
       left(repeat('Answer ' || p.id || ' by ' || r || ' says many things at length. ', 40), 1200),
       'en', sha256(convert_to(p.id || ' ' || r, 'UTF8')), 'imported', r, '{}', now()
FROM collector_message p, unnest(%(revisions)s::bigint[]) r
WHERE p.project_id = %(project)s AND p.role = 'user'
"""
# The first open tasks of the queue get one slot done; with an overlap of 3 their others stay open.
DONE = """
UPDATE labeling_slot SET state = 'submitted', labeler_id = %(labeler)s,
       "order" = ARRAY[1, 2, 3, 4], granted_at = now() - interval '1 day',
       expires_at = now() - interval '23 hours'
WHERE id IN (
    SELECT min(id) FROM labeling_slot WHERE project_id = %(project)s AND state = 'open'
    GROUP BY task_id ORDER BY min(seq) LIMIT %(count)s)
"""


@dataclass(frozen=True)
class Crowd:
    """Labelers of a project with their API tokens."""

    labelers: list[Labeler]
    tokens: list[str]


def make_project(*, slug: str, tasks: int, overlap: int) -> Project:
    """A project with `tasks` open compare tasks of four responses of 300 tokens."""
    project = Project.objects.create(slug=slug, name=slug)
    set_policy(project=project, modes=["rank"], responses=RESPONSES, overlap=overlap)
    revisions = [recorded_revision(name=name).pk for name in MODELS]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PROMPTS, {"project": project.pk, "tasks": tasks})
        cursor.execute(ANSWERS, {"project": project.pk, "revisions": revisions})
    build_tasks(project=project)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return project


def make_crowd(*, project: Project, size: int) -> Crowd:
    """`size` labelers of the project who have consented, each with a token."""
    labelers, tokens = [], []
    for number in range(size):
        email = f"bench{number}@example.org"
        user = User.objects.filter(email=email).first() or create_user(email=email)
        Membership.objects.get_or_create(project=project, user=user, role=Membership.Role.LABELER)
        labeler = labeler_of(user=user)
        accept_consent(labeler=labeler)
        labelers.append(labeler)
        tokens.append(create_token(user=user))
    return Crowd(labelers, tokens)


def mark_done(*, project: Project, labeler: Labeler, count: int) -> None:
    """Let `labeler` have submitted a slot of each of the first `count` tasks of the queue."""
    with connection.cursor() as cursor:
        cursor.execute(DONE, {"labeler": labeler.pk, "project": project.pk, "count": count})
        cursor.execute("ANALYZE labeling_slot")
