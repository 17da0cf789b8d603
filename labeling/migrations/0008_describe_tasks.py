"""Tasks from before they said it: the language and topics of their prompts."""

from django.db import migrations

FORWARDS = """
UPDATE labeling_task task
SET language = prompt.language,
    topics = ARRAY(
        SELECT left(tag, 64)
        FROM jsonb_array_elements_text(
            CASE jsonb_typeof(prompt.meta -> 'tags')
                WHEN 'array' THEN prompt.meta -> 'tags' ELSE '[]' END
        ) WITH ORDINALITY AS tagged (tag, place)
        WHERE tag <> ''
        GROUP BY left(tag, 64)
        ORDER BY min(place))
FROM collector_message prompt
WHERE prompt.id = task.prompt_id AND (prompt.language <> '' OR prompt.meta ? 'tags');
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0007_guideline_readings")]
    operations = [migrations.RunSQL(FORWARDS, migrations.RunSQL.noop)]
