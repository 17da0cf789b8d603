"""How many items a source gives, without reading their texts where that can be helped."""

from exports.items import Source
from exports.reading.keys import fetch
from exports.reading.prompt_pairs import balanced, count_pairs, goes_by_order
from exports.selection import Frame, comparison_where, judgment_where, prompt_where

_COMPARISONS = """
SELECT count(*) FROM labeling_comparison c
{judgments}
JOIN collector_message p ON p.id = c.prompt_id
JOIN collector_message f ON f.id = c.first_id
JOIN collector_message s ON s.id = c.second_id
WHERE """
_BY_TIER = "JOIN labeling_judgment j ON j.id = c.judgment_id"
_JUDGMENTS = """
SELECT count(*) FROM labeling_judgment j
JOIN labeling_task t ON t.id = j.task_id
JOIN collector_message p ON p.id = t.prompt_id
WHERE """
_PROMPTS = "SELECT count(*) FROM collector_message p WHERE "
_TREES = """
SELECT count(*) FROM collector_message p LEFT JOIN collector_message above ON above.id = p.parent_id
WHERE (p.parent_id IS NULL OR above.role = 'system') AND """


def counted(source: Source, frame: Frame, *, by_prompt: bool) -> int | None:
    """The number by one statement; None where only reading tells it."""
    recipe = frame.recipe
    match source:
        case "comparisons" if goes_by_order(recipe):
            return None
        case "comparisons" if by_prompt:
            return count_pairs(balanced(frame))
        case "comparisons":
            joined = _BY_TIER if recipe.pairs in ("best_worst", "adjacent") else ""
            query = _COMPARISONS.format(judgments=joined) + comparison_where(recipe)
        case "judgments" | "rankings" if not by_prompt:
            query = _JUDGMENTS + judgment_where(recipe)
        case "prompts":
            query = _PROMPTS + prompt_where(recipe)
        case "trees":
            query = _TREES + prompt_where(recipe)
        case _:
            return None
    return int(fetch(query, frame.parameters)[0][0])
