from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("collector", "0002_immutable_texts"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="reserved",
            field=models.DecimalField(blank=True, decimal_places=8, max_digits=12, null=True),
        ),
    ]
