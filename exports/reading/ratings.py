"""Responses by themselves: their ratings, and those worth imitating."""

from collections.abc import Iterator

from exports.items import Demonstration, Rating
from exports.reading.ballots import Ballot, order_of, read_ballots
from exports.reading.keys import Page, fetch, portions
from exports.reading.texts import read_prompts, read_texts
from exports.recipes import Recipe
from exports.selection import Frame, judgment_where, message_where, prompt_where

_RATED = """
SELECT max(octet_length(m.text) + coalesce(pg_column_size(h.messages), 0)),
       t.prompt_id, r.response_id, avg(r.overall)::float8, count(*)
FROM collector_message p
JOIN labeling_task t ON t.prompt_id = p.id
JOIN labeling_judgment j ON j.task_id = t.id
JOIN labeling_responserating r ON r.judgment_id = j.id AND r.overall IS NOT NULL
JOIN collector_message m ON m.id = r.response_id
LEFT JOIN collector_thread h ON h.prompt_id = p.id
WHERE p.id > %(low)s AND p.id <= %(high)s AND """
_AT_LEAST = "GROUP BY 2, 3 HAVING count(*) >= %(min_votes)s ORDER BY 2, 3"
# People's own texts, and whatever else was judged: the votes decide which of these are in.
_SHOWN = """
SELECT octet_length(m.text) + coalesce(pg_column_size(h.messages), 0),
       p.id, m.id, m.origin
FROM collector_message p
JOIN collector_message m ON m.parent_id = p.id AND m.role = 'assistant'
LEFT JOIN collector_thread h ON h.prompt_id = p.id
WHERE p.id > %(low)s AND p.id <= %(high)s AND """


def rating_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The rated responses as `Rating`s, by the ids of their prompts and their own."""
    query = f"{_RATED}{judgment_where(frame.recipe)} {_AT_LEAST}"
    least = {"min_votes": frame.recipe.min_votes}
    rows = fetch(query, {**frame.parameters, **least, "low": low, "high": high})
    for portion in portions(rows):
        prompts = read_prompts({row[1] for row in portion}, frame.recipe)
        texts = read_texts({row[2] for row in portion})
        yield Page(
            low,
            [
                Rating(prompts[prompt], texts[response], overall, votes)
                for _size, prompt, response, overall, votes in portion
            ],
        )
    yield Page(high, [])


def demonstration_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """Responses worth imitating as `Demonstration`s, by the ids of their prompts and their own."""
    conditions = f"{prompt_where(frame.recipe)} AND {message_where('m', frame.recipe)}"
    rows = fetch(
        f"{_SHOWN}{conditions} ORDER BY p.id, m.id",
        {**frame.parameters, "low": low, "high": high},
    )
    ballots = read_ballots({row[1] for row in rows}, frame)
    reasons: dict[int, str] = {}
    for votes in ballots.values():
        reasons |= _reasons(votes, frame.recipe)
    chosen = [(*row[:3], _reason(row[2], row[3], reasons)) for row in rows]
    for portion in portions(row for row in chosen if row[-1]):
        prompts = read_prompts({row[1] for row in portion}, frame.recipe)
        texts = read_texts({row[2] for row in portion})
        yield Page(
            low,
            [
                Demonstration(prompts[prompt], texts[response], reason)
                for _size, prompt, response, reason in portion
            ],
        )
    yield Page(high, [])


def _reasons(ballots: list[Ballot], recipe: Recipe) -> dict[int, str]:
    """The edits of these judgments, and the one response that all together put above others."""
    found = {ballot.edit: "edited" for ballot in ballots if ballot.edit is not None}
    tiers, votes, agreed = order_of(ballots)
    sure = votes >= recipe.min_votes and agreed >= recipe.min_agreement
    if sure and len(tiers) > 1 and len(tiers[0]) == 1:
        found[tiers[0][0]] = "best"
    return found


def _reason(key: int, origin: str, reasons: dict[int, str]) -> str:
    return "written" if origin == "human" else reasons.get(key, "")
