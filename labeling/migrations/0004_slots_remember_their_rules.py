"""A slot names the policy and guidelines it was granted under; until now time stamps told them."""

import django.db.models.deletion
from django.db import migrations, models

# What the time stamps said so far.
BACKFILL = """
UPDATE labeling_slot s
SET policy_version_id = (
        SELECT p.id FROM labeling_policyversion p
        WHERE p.project_id = s.project_id
        ORDER BY p.created_at <= s.granted_at DESC, p.number DESC LIMIT 1),
    guideline_version_id = (
        SELECT g.id FROM labeling_guidelineversion g
        WHERE g.project_id = s.project_id AND g.created_at <= s.granted_at
        ORDER BY g.number DESC LIMIT 1)
WHERE s.granted_at IS NOT NULL
"""


def version(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=to,
    )


class Migration(migrations.Migration):
    dependencies = [("labeling", "0003_analyze_the_queue_often")]

    operations = [
        migrations.AddField("slot", "policy_version", version("labeling.policyversion")),
        migrations.AddField("slot", "guideline_version", version("labeling.guidelineversion")),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "slot",
            models.CheckConstraint(
                condition=models.Q(("state", "leased"), _negated=True)
                | models.Q(("policy_version__isnull", False)),
                name="slot_lease_has_a_policy",
            ),
        ),
    ]
