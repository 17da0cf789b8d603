"""An index of the words of all messages, for the search over prompts and responses."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations
from django.db.models.functions import Left


class Migration(migrations.Migration):
    dependencies = [
        ("collector", "0012_trust"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="message",
            index=GinIndex(
                SearchVector(Left("text", 100_000), config="simple"),
                name="message_words",
                gin_pending_list_limit=32_768,
            ),
        ),
    ]
