"""How a labeler likes to work, and when they were erased."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_handed_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="Preferences",
            fields=[
                (
                    "labeler",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="preferences",
                        serialize=False,
                        to="accounts.labeler",
                    ),
                ),
                ("interface_language", models.CharField(blank=True, max_length=16)),
                (
                    "languages",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=64),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("keys", models.JSONField(blank=True, default=dict)),
                (
                    "shown_categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("sexual", "sexual content"),
                                ("violence", "violence"),
                                ("hate", "hate speech"),
                                ("self_harm", "self-harm"),
                                ("other", "other upsetting content"),
                            ],
                            max_length=9,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("daily_goal", models.PositiveSmallIntegerField(default=0)),
                ("show_streak", models.BooleanField(default=True)),
                ("break_minutes", models.PositiveSmallIntegerField(default=50)),
            ],
        ),
        migrations.AddField(
            model_name="labeler",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
