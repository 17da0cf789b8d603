"""Sums of money for what was generated before they were kept."""

from django.db import migrations

_RUNS = """
UPDATE collector_run AS run
SET spent = LEAST(sums.spent, 99999999.99999999), reserved = sums.reserved
FROM (
    SELECT run_id, coalesce(sum(cost), 0) AS spent, coalesce(sum(reserved), 0) AS reserved
    FROM collector_generation GROUP BY run_id
) AS sums
WHERE sums.run_id = run.id
"""
_STARTED = "UPDATE collector_run SET started_at = created_at WHERE status <> 'queued'"
_RESERVED_IN = """
UPDATE collector_generation SET reserved_in = date_trunc('month', now() AT TIME ZONE 'UTC')::date
WHERE reserved IS NOT NULL
"""
_MONTHS = """
INSERT INTO collector_spending (project_id, month, spent, reserved)
SELECT run.project_id,
       date_trunc('month', coalesce(g.finished_at, now()) AT TIME ZONE 'UTC')::date,
       LEAST(coalesce(sum(g.cost), 0), 99999999.99999999), coalesce(sum(g.reserved), 0)
FROM collector_generation AS g JOIN collector_run AS run ON run.id = g.run_id
WHERE g.cost > 0 OR g.reserved IS NOT NULL
GROUP BY 1, 2
"""


class Migration(migrations.Migration):
    dependencies = [
        ("collector", "0008_preferences_become_judgments"),
    ]

    operations = [
        migrations.RunSQL(sql, migrations.RunSQL.noop)
        for sql in (_RUNS, _STARTED, _RESERVED_IN, _MONTHS)
    ]
