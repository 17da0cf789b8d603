from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exports", "0002_datasetversion_about"),
    ]

    operations = [
        migrations.AddField(
            model_name="datasetversion",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
    ]
