"""Slots have uids that tell no time; those that nobody holds yet get a new one."""

import uuid

from django.db import migrations, models

RENAME = "UPDATE labeling_slot SET uid = gen_random_uuid() WHERE state = 'open'"


class Migration(migrations.Migration):
    dependencies = [("labeling", "0012_figures")]

    operations = [
        migrations.AlterField(
            model_name="slot",
            name="uid",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
        migrations.RunSQL(RENAME, migrations.RunSQL.noop),
    ]
