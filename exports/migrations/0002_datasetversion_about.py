"""What a version says of its project is kept from the moment it was frozen."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def describe_frozen(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Versions frozen earlier get what their project says now: the nearest there is."""
    version_model = apps.get_model("exports", "DatasetVersion")
    versions = version_model.objects.filter(about={}).select_related("dataset__project")
    for version in versions.iterator():
        project = version.dataset.project
        version.about = {
            "project": project.slug,
            "dataset": version.dataset.name,
            "description": project.description,
            "licence": project.licence,
        }
        version.save(update_fields=["about"])


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="datasetversion",
            name="about",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.RunPython(describe_frozen, migrations.RunPython.noop, elidable=True),
    ]
