"""Providers may be an operator's own: their names are checked where revisions are made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("collector", "0009_spending_so_far")]

    operations = [
        migrations.RemoveConstraint(
            model_name="generatorrevision", name="generator_provider_known"
        ),
        migrations.AddConstraint(
            model_name="generatorrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(("provider__regex", "^[a-z][a-z0-9_]*$")),
                name="generator_provider_named",
            ),
        ),
    ]
