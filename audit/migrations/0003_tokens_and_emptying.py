"""Events tell by which token they came; the table is not emptied by accident."""

from django.db import migrations, models

# Only where there is an actor: who works under a pseudonym is not told by their token either.
BY_WHICH = """
CREATE FUNCTION audit_by_token() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    who jsonb := coalesce(nullif(current_setting('concord.audit', true), '')::jsonb, '{}');
BEGIN
    NEW.token := left(coalesce(who ->> 'token', ''), 100);
    NEW.handed_to_id := (who ->> 'handed_to')::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER audit_event_by_token BEFORE INSERT ON audit_event
FOR EACH ROW WHEN (NEW.actor_id IS NOT NULL) EXECUTE FUNCTION audit_by_token();
"""
NOT_BY_WHICH = """
DROP TRIGGER audit_event_by_token ON audit_event;
DROP FUNCTION audit_by_token();
"""
# An explicit way stays for databases that are emptied and filled again, those of tests first.
EMPTYING = """
CREATE FUNCTION audit_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('concord.audit_may_be_emptied', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'Events of the audit are never changed or deleted'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audit_event_is_never_emptied BEFORE TRUNCATE ON audit_event
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_emptying();
"""
NO_EMPTYING = """
DROP TRIGGER audit_event_is_never_emptied ON audit_event;
DROP FUNCTION audit_refuse_emptying();
"""
_REFUSE = """
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    personal text[] := ARRAY[%s];
BEGIN
    -- Within the trigger of an account that is deleted, and nothing but what told who it was.
    IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
       AND to_jsonb(NEW) - personal = to_jsonb(OLD) - personal
       AND (NEW.actor_id IS NULL OR NEW.actor_id = OLD.actor_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'Events of the audit are never changed or deleted'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
_PERSONAL = "'actor_id', 'actor_erased', 'address', 'label', 'changes'"
# The names of tokens are their owners' words, and an issuer is somebody as well.
FORGET = """
CREATE FUNCTION audit_forget_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE audit_event SET token = '' WHERE actor_id = OLD.id AND token <> '';
    UPDATE audit_event SET handed_to_id = NULL WHERE handed_to_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_forget_tokens AFTER DELETE ON accounts_user
FOR EACH ROW EXECUTE FUNCTION audit_forget_tokens();
"""
NO_FORGET = """
DROP TRIGGER audit_forget_tokens ON accounts_user;
DROP FUNCTION audit_forget_tokens();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_events_by_triggers")]
    operations = [
        migrations.AddField(
            "event", "token", models.CharField(blank=True, db_default="", max_length=100)
        ),
        migrations.AddField("event", "handed_to_id", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "event",
            models.Index(
                fields=["handed_to_id"],
                name="event_by_holder",
                condition=models.Q(handed_to_id__isnull=False),
            ),
        ),
        migrations.RunSQL(_REFUSE % f"{_PERSONAL}, 'token', 'handed_to_id'", _REFUSE % _PERSONAL),
        migrations.RunSQL(BY_WHICH, NOT_BY_WHICH),
        migrations.RunSQL(FORGET, NO_FORGET),
        migrations.RunSQL(EMPTYING, NO_EMPTYING),
    ]
