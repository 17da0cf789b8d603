"""What the tests of presets look at: rows as JSON lines, and what was stored of them."""

import json
from typing import Any

from collector.models import ImportedPreference, Message, Project


def json_lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def author(message: Message) -> str | None:
    """The generator's name, `human` for a labeler of an import, None for nobody."""
    if message.revision:
        return message.revision.generator.name
    if message.labeler:
        assert message.labeler.kind == "imported"
        assert message.labeler.user is None
        return "human"
    return None


def answers(project: Project) -> dict[str, list[tuple[str | None, str, dict[str, Any]]]]:
    """Prompt -> author, text and meta of its responses, sorted by their texts."""
    found: dict[str, list[tuple[str | None, str, dict[str, Any]]]] = {
        prompt.text: [] for prompt in Message.objects.prompts().filter(project=project)
    }
    for response in Message.objects.candidates().filter(project=project).order_by("text"):
        assert response.parent
        found[response.parent.text].append((author(response), response.text, response.meta))
    return found


def preferences(project: Project) -> list[tuple[int, str, list[list[str]], str]]:
    """Row, prompt, tiers as texts, and whose it is."""
    stored = ImportedPreference.objects.filter(source__project=project).order_by("pk")
    text = dict(Message.objects.filter(project=project).values_list("pk", "text"))
    return [
        (
            each.row,
            each.about.text,
            [sorted(text[pk] for pk in tier) for tier in each.tiers],
            each.author,
        )
        for each in stored.select_related("prompt")
    ]
