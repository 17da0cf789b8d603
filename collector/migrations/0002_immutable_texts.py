"""Generator revisions never change; a message's text only ever becomes empty, when it is deleted."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION concord_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % is immutable', TG_TABLE_NAME, OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER generator_revision_immutable
BEFORE UPDATE ON collector_generatorrevision
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
EXECUTE FUNCTION concord_refuse_update();

CREATE TRIGGER message_text_immutable
BEFORE UPDATE OF text ON collector_message
FOR EACH ROW WHEN (OLD.text <> NEW.text AND NOT (NEW.text = '' AND NEW.deleted_at IS NOT NULL))
EXECUTE FUNCTION concord_refuse_update();
"""

BACKWARDS = """
DROP TRIGGER message_text_immutable ON collector_message;
DROP TRIGGER generator_revision_immutable ON collector_generatorrevision;
DROP FUNCTION concord_refuse_update();
"""


class Migration(migrations.Migration):
    dependencies = [("collector", "0001_initial")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
