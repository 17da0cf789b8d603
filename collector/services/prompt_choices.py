"""What prompts of a project can be chosen by, with how many there are of each."""

from dataclasses import dataclass

from django.db import connection

from collector.models import Project, Source

COUNTED = 20_000
"""So many of the newest prompts are counted: what is told of larger projects are lower bounds."""
MOST_SOURCES = 200
MOST_TAGS = 50

# A range of one project, in an order that the list of prompts alone has: with an equality the plan
# may read all messages by their ids instead, the answers too, until it has met enough prompts.
_COUNTS = """
WITH newest AS MATERIALIZED (
    SELECT source_id, language, meta -> 'tags' AS tags FROM collector_message
    WHERE project_id BETWEEN %s AND %s AND role = 'user' AND deleted_at IS NULL
    ORDER BY project_id DESC, id DESC LIMIT %s
)
SELECT 'all', '', count(*) FROM newest
UNION ALL SELECT 'source', source_id::text, count(*) FROM newest
    WHERE source_id IS NOT NULL GROUP BY source_id
UNION ALL SELECT 'language', language, count(*) FROM newest WHERE language <> '' GROUP BY language
UNION ALL SELECT 'tag', tag, count(*) FROM newest CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE WHEN jsonb_typeof(tags) = 'array' THEN tags ELSE '[]' END) AS tag GROUP BY tag
ORDER BY 3 DESC, 2
"""


@dataclass(frozen=True, slots=True)
class PromptChoices:
    """Prompts by source (name), language and tag, the most frequent first.

    `whole` where all prompts were counted; else the counts are lower bounds, and what only older
    prompts have is missing among languages and tags.
    """

    total: int
    sources: list[tuple[str, int]]
    languages: list[tuple[str, int]]
    tags: list[tuple[str, int]]
    whole: bool


def prompt_choices(*, project: Project) -> PromptChoices:
    """Counted in one statement, which reads at most 20,000 prompts."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, [project.pk, project.pk, COUNTED + 1])
        rows = cursor.fetchall()
    found: dict[str, list[tuple[str, int]]] = {"all": [], "source": [], "language": [], "tag": []}
    for kind, name, count in rows:
        found[kind].append((name, count))
    total = found["all"][0][1]
    counts = dict(found["source"])
    sources = Source.objects.filter(project=project).order_by("-pk")[:MOST_SOURCES]
    named: dict[str, int] = {}
    for source in sources:
        named[source.name] = named.get(source.name, 0) + counts.get(str(source.pk), 0)
    return PromptChoices(
        total=min(total, COUNTED),
        sources=sorted(named.items(), key=lambda each: (-each[1], each[0])),
        languages=found["language"],
        tags=found["tag"][:MOST_TAGS],
        whole=total <= COUNTED,
    )
