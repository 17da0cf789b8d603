"""Figures written down know their options and when somebody last asked for them.

Those with options were never computed again: they are dropped, not kept for good, and so are all of
labelers, whose rows have names.
"""

import django.utils.timezone
from django.db import migrations, models

DROP = """
DELETE FROM labeling_leaderboardsnapshot WHERE key <> '';
DELETE FROM labeling_agreementsnapshot WHERE key <> '';
DELETE FROM labeling_labelerssnapshot;
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0013_slot_uid")]

    operations = [
        migrations.AddField(
            model_name="agreementsnapshot",
            name="asked_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="agreementsnapshot",
            name="options",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="labelerssnapshot",
            name="asked_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="labelerssnapshot",
            name="options",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="leaderboardsnapshot",
            name="asked_at",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="leaderboardsnapshot",
            name="options",
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
    ]
