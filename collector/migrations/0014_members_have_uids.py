"""A membership's id as others see it: added, filled for those that are there, then required."""

from django.db import migrations, models

import common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("collector", "0013_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="uid",
            field=models.UUIDField(null=True, editable=False),
        ),
        migrations.RunSQL(
            "UPDATE collector_membership SET uid = gen_random_uuid() WHERE uid IS NULL",
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="membership",
            name="uid",
            field=models.UUIDField(default=common.ids.new_uid, editable=False, unique=True),
        ),
    ]
