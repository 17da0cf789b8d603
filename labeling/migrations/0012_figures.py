"""What figures ask for before they are computed: found without reading all rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0011_tallies")]

    operations = [
        migrations.AddIndex(
            model_name="comparison",
            index=models.Index(
                condition=models.Q(("retired_at__isnull", False)),
                fields=["project", "retired_at"],
                name="comparison_retired",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("selection_probability__isnull", False)),
                fields=["project"],
                name="task_chosen",
            ),
        ),
    ]
