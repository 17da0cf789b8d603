"""Judgments as votes, with all that was shown and said."""

from collections.abc import Iterator

import orjson

from exports.items import Edit, Opinion, Response, Span, Text, Vote
from exports.reading.keys import Page, Row, fetch, portions
from exports.reading.texts import read_prompts
from exports.selection import Frame, judgment_where
from exports.validator import text_problem

_JUDGMENTS = """
SELECT coalesce(pg_column_size(h.messages), 0) + octet_length(j.rationale)
         + pg_column_size(j.answers)
         + (SELECT coalesce(sum(octet_length(m.text)), 0) FROM collector_message m
            WHERE m.id = ANY(j."order") OR m.id = j.edit_id),
       t.prompt_id, j.id, j."order", j.tiers, j.edit_id,
       j.uid::text, t.uid::text, l.uid, l.kind, j.strength, j.not_rankable, j.answers,
       j.rationale, j.seconds, pv.number, gv.number, j.purpose, j.created_at,
       j.origin::text
FROM labeling_judgment j
JOIN labeling_task t ON t.id = j.task_id
JOIN accounts_labeler l ON l.id = j.labeler_id
JOIN collector_message p ON p.id = t.prompt_id
LEFT JOIN collector_thread h ON h.prompt_id = t.prompt_id
LEFT JOIN labeling_policyversion pv ON pv.id = j.policy_version_id
LEFT JOIN labeling_guidelineversion gv ON gv.id = j.guideline_version_id
WHERE j.id > %(low)s AND j.id <= %(high)s AND """
_RESPONSES = """
SELECT m.id, m.uid::text, m.text, m.origin, g.name, k.response_id IS NOT NULL, m.edits_id
FROM collector_message m
LEFT JOIN collector_generatorrevision v ON v.id = m.revision_id
LEFT JOIN collector_generator g ON g.id = v.generator_id
LEFT JOIN labeling_mask k ON k.response_id = m.id WHERE m.id = ANY(%(ids)s)"""
_RATINGS = """
SELECT r.judgment_id, r.response_id, r.overall, r.attributes, r.flags, r.labels
FROM labeling_responserating r WHERE r.judgment_id = ANY(%(ids)s)"""
_SPANS = """
SELECT s.judgment_id, s.response_id, s.start, s."end", s.label, s.note
FROM labeling_span s WHERE s.judgment_id = ANY(%(ids)s) ORDER BY s.id"""

_OPINIONS = """
SELECT o.judgment_id, o.scorer, o.margin, o.surprising
FROM labeling_opinion o
WHERE o.judgment_id = ANY(%(ids)s) AND o.created_at <= %(cut_off)s
ORDER BY o.scorer COLLATE "C\""""


def vote_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's judgments as `Vote`s, in the order of their ids."""
    query = f"{_JUDGMENTS}{judgment_where(frame.recipe)} ORDER BY j.id"
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    for portion in portions(rows):
        yield Page(low, _votes(portion, frame))
    yield Page(high, [])


def _votes(portion: list[Row], frame: Frame) -> list[Vote]:
    prompts = read_prompts({row[1] for row in portion}, frame.recipe)
    judgments = [row[2] for row in portion]
    shown = {key for row in portion for key in (*row[3], row[5]) if key is not None}
    messages = {row[0]: row[1:] for row in fetch(_RESPONSES, {"ids": list(shown)})}
    texts = {key: Text(row[1], text_problem(row[1])) for key, row in messages.items()}
    ratings = {(row[0], row[1]): row[2:] for row in fetch(_RATINGS, {"ids": judgments})}
    spans = _by_judgment(fetch(_SPANS, {"ids": judgments}))
    opinions = _by_judgment(fetch(_OPINIONS, {"ids": judgments, "cut_off": frame.cut_off}))
    votes = []
    for _, prompt, judgment, order, tiers, edit, uid, task, *rest in portion:
        tier_of = _tiers(tiers)
        views = []
        for place, key in enumerate(order, start=1):
            response, _text, origin, model, masked, _original = messages[key]
            overall, *said = ratings.get((judgment, key), (None, "{}", "{}", "{}"))
            attributes, flags, labels = map(orjson.loads, said)
            views.append(
                Response(
                    response, texts[key], model, origin, place, tier_of.get(key),
                    overall, attributes, flags, labels, masked,
                )
            )  # fmt: skip
        vote = Vote(uid, task, prompts[prompt], views, *rest)
        if edit is not None and texts[edit].text:  # erased people's texts are blank
            own, original = messages[edit][0], messages[edit][-1]
            vote.edit = Edit(own, messages[original][0], texts[edit])
        vote.spans = [Span(messages[row[0]][0], *row[1:]) for row in spans.get(judgment, [])]
        vote.opinions = [Opinion(*row) for row in opinions.get(judgment, [])]
        votes.append(vote)
    return votes


def _by_judgment(rows: list[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    return found


def _tiers(stored: str | None) -> dict[int, int]:
    """Which tier, counted from 1, each message id is in."""
    tiers: list[list[int]] = orjson.loads(stored) if stored else []
    return {key: number for number, tier in enumerate(tiers, start=1) for key in tier}
