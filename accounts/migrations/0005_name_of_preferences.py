"""Preferences are many already: their plural gets no further s."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_addresses_that_count")]

    operations = [
        migrations.AlterModelOptions(
            name="preferences",
            options={"verbose_name": "preferences", "verbose_name_plural": "preferences"},
        ),
    ]
