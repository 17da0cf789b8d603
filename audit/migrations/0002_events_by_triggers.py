"""Triggers write the events, refuse changes of them, and take out who it was when accounts go."""

from django.db import migrations

FUNCTIONS = r"""
CREATE FUNCTION audit_value(value jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN value IN ('null', '""', '[]', '{}') THEN NULL
        WHEN length(value #>> '{}') > 500 THEN to_jsonb(left(value #>> '{}', 500) || '…')
        ELSE value
    END
$$;

-- Arguments: kind, column that names the row, how its project is found, columns, hidden columns.
CREATE FUNCTION audit_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}' END;
    become jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}' END;
    item jsonb := CASE WHEN TG_OP = 'DELETE' THEN was ELSE become END;
    who jsonb := coalesce(
        nullif(current_setting('concord.audit', true), '')::jsonb, '{"via": "database"}');
    changed jsonb;
    project bigint;
    person bigint := item ->> 'user_id';
    named text := item ->> TG_ARGV[1];
BEGIN
    -- A version that replaces another is told by what it changes.
    IF TG_OP = 'INSERT' AND TG_ARGV[0] IN ('policy', 'guidelines') THEN
        EXECUTE format(
            'SELECT to_jsonb(t) FROM %I t WHERE project_id = $1 AND number < $2'
            ' ORDER BY number DESC LIMIT 1', TG_TABLE_NAME)
        INTO was USING (item ->> 'project_id')::bigint, (item ->> 'number')::int;
    ELSIF TG_OP = 'INSERT' AND TG_ARGV[0] = 'template' THEN
        SELECT to_jsonb(t) INTO was FROM collector_prompttemplate t
        WHERE project_id = (item ->> 'project_id')::bigint AND name = item ->> 'name'
          AND number < (item ->> 'number')::int
        ORDER BY number DESC LIMIT 1;
    ELSIF TG_OP = 'INSERT' AND TG_ARGV[0] = 'revision' THEN
        SELECT to_jsonb(t) INTO was FROM collector_generatorrevision t
        WHERE generator_id = (item ->> 'generator_id')::bigint
          AND number < (item ->> 'number')::int
        ORDER BY number DESC LIMIT 1;
    END IF;
    was := coalesce(was, '{}');

    SELECT coalesce(jsonb_object_agg(each.name, CASE
        WHEN each.hidden THEN '[]'
        ELSE jsonb_build_array(audit_value(was -> each.name), audit_value(become -> each.name))
    END), '{}')
    INTO changed
    FROM (
        SELECT name, false AS hidden FROM unnest(string_to_array(TG_ARGV[3], ' ')) AS name
        UNION ALL
        SELECT name, true FROM unnest(string_to_array(TG_ARGV[4], ' ')) AS name
        WHERE TG_OP = 'UPDATE'
    ) AS each
    WHERE nullif(nullif(nullif(nullif(was -> each.name, 'null'), '""'), '[]'), '{}')
        IS DISTINCT FROM
        nullif(nullif(nullif(nullif(become -> each.name, 'null'), '""'), '[]'), '{}');
    IF TG_OP = 'UPDATE' AND changed = '{}' THEN
        RETURN NULL;
    END IF;

    CASE TG_ARGV[2]
    WHEN 'none' THEN
        NULL;
    WHEN 'itself' THEN
        project := item ->> 'id';
    WHEN 'account' THEN
        person := item ->> 'id';
    WHEN 'own' THEN
        project := item ->> 'project_id';
    WHEN 'address' THEN
        project := item ->> 'project_id';
        named := substring(item ->> 'url' from '^[a-z]+://(?:[^/@]*@)?([^/?#]+)');
    WHEN 'labeler' THEN
        SELECT item ->> 'project_id', pseudonym INTO project, named
        FROM accounts_labeler WHERE id = (item ->> 'labeler_id')::bigint;
        -- Who works is known by a pseudonym: that they did it themselves must not tell whose it is.
        IF EXISTS (
            SELECT FROM accounts_labeler
            WHERE id = (item ->> 'labeler_id')::bigint AND user_id = (who ->> 'user')::bigint
        ) THEN
            who := '{"via": "labeler"}';
        END IF;
    WHEN 'token' THEN
        SELECT user_id INTO person FROM knox_authtoken WHERE digest = item ->> 'token_id';
    WHEN 'generator' THEN
        SELECT name || ' ' || (item ->> 'number') INTO named
        FROM collector_generator WHERE id = (item ->> 'generator_id')::bigint;
    WHEN 'source' THEN
        SELECT project_id INTO project
        FROM collector_source WHERE id = (item ->> 'source_id')::bigint;
    WHEN 'import' THEN
        SELECT source.project_id, job.filename INTO project, named
        FROM collector_importjob job JOIN collector_source source ON source.id = job.source_id
        WHERE job.id = (item ->> 'import_job_id')::bigint;
    WHEN 'message' THEN
        SELECT project_id, (item ->> 'kind') || ' ' || uid INTO project, named
        FROM collector_message WHERE id = (item ->> 'message_id')::bigint;
    WHEN 'dataset' THEN
        SELECT project_id, name || ' ' || (item ->> 'number') INTO project, named
        FROM exports_dataset WHERE id = (item ->> 'dataset_id')::bigint;
    WHEN 'version' THEN
        SELECT dataset.project_id INTO project
        FROM exports_datasetversion version
        JOIN exports_dataset dataset ON dataset.id = version.dataset_id
        WHERE version.id = (item ->> 'version_id')::bigint;
    END CASE;

    INSERT INTO audit_event (
        at, kind, action, object_id, project_id, label, person_id, changes,
        actor_id, address, via, place
    ) VALUES (
        clock_timestamp(), TG_ARGV[0],
        CASE TG_OP WHEN 'INSERT' THEN 'made' WHEN 'UPDATE' THEN 'changed' ELSE 'deleted' END,
        (item ->> 'id')::bigint, project, left(coalesce(named, ''), 300), person, changed,
        (who ->> 'user')::bigint, (who ->> 'address')::inet, who ->> 'via',
        left(coalesce(who ->> 'place', ''), 200)
    );
    RETURN NULL;
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    personal text[] := ARRAY['actor_id', 'actor_erased', 'address', 'label', 'changes'];
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

CREATE FUNCTION audit_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE audit_event SET actor_id = NULL, actor_erased = true, address = NULL
    WHERE actor_id = OLD.id;
    UPDATE audit_event SET address = NULL
    WHERE person_id = OLD.id AND actor_id IS NULL AND address IS NOT NULL;
    UPDATE audit_event SET changes = changes - 'email' - 'name', label = ''
    WHERE person_id = OLD.id AND kind IN ('user', 'token', 'token_scope');
    UPDATE audit_event SET changes = changes - 'email'
    WHERE kind = 'invitation' AND changes -> 'email' ?| ARRAY[OLD.email];
    RETURN NULL;
END $$;

CREATE TRIGGER audit_event_is_final BEFORE UPDATE OR DELETE ON audit_event
FOR EACH ROW EXECUTE FUNCTION audit_refuse();
-- Triggers run in the order of their names: the deletion itself is recorded before.
CREATE TRIGGER audit_then_forget AFTER DELETE ON accounts_user
FOR EACH ROW EXECUTE FUNCTION audit_forget();
"""
BACKWARDS = """
DROP TRIGGER audit_then_forget ON accounts_user;
DROP TRIGGER audit_event_is_final ON audit_event;
DROP FUNCTION audit_forget();
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_record();
DROP FUNCTION audit_value(jsonb);
"""

# Kind, table, operations, column that names a row, how its project is found, columns, hidden ones.
TRACKED = (
    ("user", "accounts_user", "iud", "", "account",
     "email name is_active is_staff is_superuser", "password"),
    ("token", "knox_authtoken", "iud", "", "none", "expiry", ""),
    ("token_scope", "accounts_personaltoken", "iud", "name", "token", "name scope", ""),
    ("second_factor", "mfa_authenticator", "id", "type", "none", "type", ""),
    ("project", "collector_project", "iud", "slug", "itself",
     "slug name description licence languages budget monthly_budget archived_at", ""),
    ("member", "collector_membership", "iud", "role", "own", "role", ""),
    ("invitation", "collector_invitation", "iud", "role", "own",
     "role email expires_at uses_left revoked_at", ""),
    ("generator", "collector_generator", "iud", "name", "none",
     "name enabled paused_at pause_reason", ""),
    ("revision", "collector_generatorrevision", "iud", "number", "generator",
     "provider model base_url key_alias system_prompt parameters prices limits api batch adapter"
     " context_window", ""),
    ("run", "collector_run", "iud", "uid", "own", "status prompts samples budget", ""),
    ("import", "collector_importjob", "iud", "filename", "source", "status filename preset", ""),
    ("import_undo", "collector_importundo", "iud", "", "import", "status", ""),
    ("template", "collector_prompttemplate", "iud", "name", "own",
     "name number text shots draw seed", ""),
    ("flag", "collector_messageflag", "u", "kind", "message", "dismissed_at", ""),
    ("webhook", "collector_webhook", "iud", "", "address",
     "events enabled disabled_reason", "url secret_number"),
    ("policy", "labeling_policyversion", "iud", "number", "own",
     "number modes responses overlap lease_minutes edit_window_minutes span_labels"
     " excluded_flags practice_items qualification_items qualification_share"
     " qualification_attempts escalation stop_confidence gold_share gold_evaluated_from"
     " gold_minimum repeat_share daily_judgments most_judgments selection selection_tasks"
     " show_opinions", ""),
    ("guidelines", "labeling_guidelineversion", "iud", "number", "own", "number text", ""),
    ("gold", "labeling_golditem", "iud", "use", "own", "use tiers explanation retired_at", ""),
    ("standing", "labeling_labelerstanding", "iud", "", "labeler", "state", ""),
    ("adjudication", "labeling_adjudication", "u", "uid", "own", "state kind put_back", ""),
    ("judge", "labeling_judge", "iud", "name", "own",
     "name instructions both_orders enabled budget paused_reason", ""),
    ("task_job", "labeling_taskjob", "iud", "kind", "own", "kind status", ""),
    ("dataset", "exports_dataset", "iud", "name", "own", "name recipe", ""),
    ("version", "exports_datasetversion", "iud", "number", "dataset",
     "status number formats container recipe deleted_at", ""),
    ("push", "exports_hubpush", "iud", "repository", "version", "status repository private", ""),
)  # fmt: skip


def triggers() -> tuple[str, str]:
    """Updates that change nothing tracked (leases, counts) do not so much as call the function."""
    create, drop = [], []
    for kind, table, operations, name, project, columns, hidden in TRACKED:
        arguments = ", ".join(f"'{each}'" for each in (kind, name, project, columns, hidden))
        differs = " OR ".join(
            f"OLD.{column} IS DISTINCT FROM NEW.{column}"
            for column in f"{columns} {hidden}".split()
        )
        for letter, operation, condition in (
            ("i", "INSERT", ""),
            ("u", "UPDATE", f"WHEN ({differs})"),
            ("d", "DELETE", ""),
        ):
            if letter in operations:
                create.append(
                    f"CREATE TRIGGER audit_{operation.lower()} AFTER {operation} ON {table}"
                    f" FOR EACH ROW {condition} EXECUTE FUNCTION audit_record({arguments});"
                )
                drop.append(f"DROP TRIGGER audit_{operation.lower()} ON {table};")
    return "\n".join(create), "\n".join(drop)


class Migration(migrations.Migration):
    dependencies = [
        ("audit", "0001_initial"),
        ("accounts", "0007_personal_tokens"),
        ("collector", "0015_imports_taken_back"),
        ("exports", "0004_delivery"),
        ("knox", "0009_extend_authtoken_field"),
        ("labeling", "0015_task_jobs"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [
        migrations.RunSQL(FUNCTIONS, BACKWARDS),
        migrations.RunSQL(*triggers()),
    ]
