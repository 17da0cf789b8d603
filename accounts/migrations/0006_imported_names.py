from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_name_of_preferences"),
    ]

    operations = [
        migrations.AddField(
            model_name="labeler",
            name="known_as",
            field=models.CharField(blank=True, db_default="", max_length=200),
        ),
        migrations.AddConstraint(
            model_name="labeler",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind", "imported"), ("known_as", ""), _connector="OR"),
                name="labeler_known_as_is_imported",
            ),
        ),
    ]
