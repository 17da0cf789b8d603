"""Imported preferences say whether they are judgments yet; one row of a file may be another's."""

from django.db import migrations, models
from django.db.models.functions import MD5, Cast


class Migration(migrations.Migration):
    dependencies = [("collector", "0007_generation_overnight")]

    operations = [
        migrations.AddField(
            "importedpreference", "judged_at", models.DateTimeField(null=True, blank=True)
        ),
        migrations.RemoveConstraint("importedpreference", "imported_preference_once_a_row"),
        migrations.AddConstraint(
            "importedpreference",
            models.UniqueConstraint(
                models.F("source"),
                models.F("row"),
                models.F("prompt"),
                MD5(Cast("tiers", models.TextField())),
                name="imported_preference_once_a_row",
            ),
        ),
        migrations.AddIndex(
            "importedpreference",
            models.Index(
                fields=["source", "id"],
                name="imported_preference_waiting",
                condition=models.Q(judged_at__isnull=True),
            ),
        ),
    ]
