"""How far a project is on the way to its first dataset."""

from dataclasses import dataclass

from django.db import connection

from collector.models import Project

_DONE = """
SELECT
    EXISTS (SELECT FROM labeling_guidelineversion WHERE project_id = %(project)s),
    EXISTS (SELECT FROM collector_message WHERE project_id = %(project)s AND role = 'user'),
    EXISTS (SELECT FROM collector_message WHERE project_id = %(project)s AND role = 'assistant'),
    EXISTS (SELECT FROM collector_membership WHERE project_id = %(project)s AND role = 'labeler'),
    EXISTS (SELECT FROM collector_invitation WHERE project_id = %(project)s AND role = 'labeler'),
    EXISTS (SELECT FROM labeling_task WHERE project_id = %(project)s),
    EXISTS (SELECT FROM exports_dataset WHERE project_id = %(project)s),
    EXISTS (SELECT FROM collector_generator g JOIN collector_generatorrevision r
            ON r.generator_id = g.id WHERE g.enabled AND r.provider <> 'recorded')
"""


@dataclass(frozen=True, slots=True)
class Done:
    """What there is of a project: at least one of each. Generators are nobody's own."""

    guidelines: bool
    prompts: bool
    responses: bool
    labelers: bool
    invited: bool
    tasks: bool
    datasets: bool
    generators: bool


def done(*, project: Project) -> Done:
    """One query, which ends at the first row of each."""
    with connection.cursor() as cursor:
        cursor.execute(_DONE, {"project": project.pk})
        return Done(*cursor.fetchone())
