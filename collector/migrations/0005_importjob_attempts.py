from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collector", "0004_generator_created_by"),
    ]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
    ]
