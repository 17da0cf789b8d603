"""How much each labeler has done, counted once."""

import django.db.models.deletion
from django.db import migrations, models

COUNT = """
INSERT INTO labeling_tally (project_id, labeler_id, total, day, today)
SELECT task.project_id, j.labeler_id, count(*),
       max((j.created_at AT TIME ZONE 'UTC')::date),
       count(*) FILTER (
           WHERE (j.created_at AT TIME ZONE 'UTC')::date
               = (statement_timestamp() AT TIME ZONE 'UTC')::date)
FROM labeling_judgment j JOIN labeling_task task ON task.id = j.task_id
WHERE j.slot_id IS NOT NULL AND j.retired_at IS NULL
  AND j.purpose NOT IN ('practice', 'qualification')
GROUP BY task.project_id, j.labeler_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_name_of_preferences"),
        ("collector", "0012_trust"),
        ("labeling", "0010_trust"),
    ]
    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("total", models.PositiveIntegerField(default=0)),
                ("day", models.DateField()),
                ("today", models.PositiveIntegerField(default=0)),
                (
                    "labeler",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.labeler",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="collector.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "tallies",
                "constraints": [
                    models.UniqueConstraint(fields=("labeler", "project"), name="tally_once")
                ],
            },
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
