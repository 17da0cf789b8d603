"""Policies and guidelines never change; slots take their place in the queue from one sequence."""

from django.db import migrations

FORWARDS = """
CREATE TRIGGER policy_version_immutable
BEFORE UPDATE ON labeling_policyversion
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
EXECUTE FUNCTION concord_refuse_update();

CREATE TRIGGER guideline_version_immutable
BEFORE UPDATE ON labeling_guidelineversion
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
EXECUTE FUNCTION concord_refuse_update();

CREATE SEQUENCE labeling_slot_queue;
ALTER TABLE labeling_slot ALTER COLUMN seq SET DEFAULT nextval('labeling_slot_queue');
"""

BACKWARDS = """
ALTER TABLE labeling_slot ALTER COLUMN seq DROP DEFAULT;
DROP SEQUENCE labeling_slot_queue;
DROP TRIGGER guideline_version_immutable ON labeling_guidelineversion;
DROP TRIGGER policy_version_immutable ON labeling_policyversion;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0001_initial"),
        ("collector", "0002_immutable_texts"),
    ]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
