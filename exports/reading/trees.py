"""Conversations with all their branches, whole or message by message."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from exports.items import Node, Text, Tree
from exports.reading.ballots import order_of, read_ballots
from exports.reading.keys import Page, Row, fetch, portions
from exports.reading.texts import read_conversations
from exports.selection import Frame, judgment_where, message_where, prompt_where
from exports.validator import Reason, text_problem

# What hangs below a deleted message is out with it. Readers pass a tree whose first message has no
# language: it speaks the project's, if that has one alone, or is refused.
_TREES = """
WITH RECURSIVE tree (root, id, depth) AS (
    SELECT p.id, p.id, 0 FROM collector_message p
    LEFT JOIN collector_message s ON s.id = p.parent_id
    WHERE p.id > %(low)s AND p.id <= %(high)s AND (p.parent_id IS NULL OR s.role = 'system')
      AND {prompt}
    UNION ALL
    SELECT tree.root, m.id, tree.depth + 1
    FROM tree JOIN collector_message m ON m.parent_id = tree.id
    WHERE {message}
)
SELECT sum(octet_length(m.text)), tree.root, array_agg(tree.id ORDER BY tree.depth, tree.id)
FROM tree JOIN collector_message m ON m.id = tree.id GROUP BY tree.root ORDER BY tree.root"""
_NODES = """
SELECT m.id, m.parent_id, m.uid::text, m.role, m.text,
       CASE WHEN m.language <> '' THEN m.language
            WHEN cardinality(o.languages) = 1 THEN o.languages[1] ELSE '' END,
       m.origin, g.name, l.uid, m.created_at
FROM collector_message m
JOIN collector_project o ON o.id = m.project_id
LEFT JOIN collector_generatorrevision v ON v.id = m.revision_id
LEFT JOIN collector_generator g ON g.id = v.generator_id
LEFT JOIN accounts_labeler l ON l.id = m.labeler_id
WHERE m.id = ANY(%(ids)s)"""
# Overall ratings are 1 to 7 and attributes 0 to 4; all become 0 to 1. What a source said of its
# messages counts as often as it says.
_LABELS = """
SELECT said.id, said.name, (sum(said.value * said.n) / sum(said.n))::float8, sum(said.n)::bigint
FROM (
    SELECT r.response_id AS id, a.name, a.value, 1 AS n
    FROM labeling_responserating r
    JOIN labeling_judgment j ON j.id = r.judgment_id
    JOIN labeling_task t ON t.id = j.task_id
    JOIN collector_message p ON p.id = t.prompt_id
    CROSS JOIN LATERAL (
        SELECT 'quality' AS name, (r.overall - 1) / 6.0 AS value WHERE r.overall IS NOT NULL
        UNION ALL SELECT key, value::numeric / 4 FROM jsonb_each_text(r.attributes)
        UNION ALL SELECT key, value::bool::int FROM jsonb_each_text(r.flags)
        UNION ALL SELECT key, CASE value WHEN 'true' THEN 1 WHEN 'false' THEN 0
                              ELSE value::numeric END FROM jsonb_each_text(r.labels)
    ) AS a
    WHERE r.response_id = ANY(%(ids)s) AND {judgments}
    UNION ALL
    SELECT m.id, l.key,
           CASE jsonb_typeof(l.value->'value') WHEN 'number' THEN (l.value->'value')::numeric END,
           CASE jsonb_typeof(l.value->'count') WHEN 'number' THEN (l.value->'count')::bigint END
    FROM collector_message m
    CROSS JOIN LATERAL jsonb_each(
        CASE jsonb_typeof(m.meta->'labels') WHEN 'object' THEN m.meta->'labels' ELSE '{{}}' END
    ) AS l
    WHERE m.id = ANY(%(ids)s) AND m.origin = 'imported'
) AS said
WHERE said.value IS NOT NULL AND said.n > 0
GROUP BY 1, 2 ORDER BY 1, said.name COLLATE "C\""""


def tree_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The frame's conversations as `Tree`s, in the order of their first prompts' ids."""
    query = _TREES.format(
        prompt=prompt_where(frame.recipe), message=message_where("m", frame.recipe)
    )
    rows = fetch(query, {**frame.parameters, "low": low, "high": high})
    for portion in portions(rows):
        yield Page(low, _trees(portion, frame))
    yield Page(high, [])


def node_pages(frame: Frame, low: int, high: int) -> Iterator[Page]:
    """The messages of these trees as `Node`s, each tree's parents before their replies."""
    for page in tree_pages(frame, low, high):
        yield Page(page.key, [node for tree in page.items for node in _flat(tree.root)])


def _flat(root: Node) -> Iterator[Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.replies))


def _trees(portion: list[Row], frame: Frame) -> list[Tree]:
    ids = [key for row in portion for key in row[2]]
    stored = {row[0]: row[1:] for row in fetch(_NODES, {"ids": ids})}
    prompts = read_conversations({row[1] for row in portion}, frame.recipe)
    labels = _labels(ids, frame)
    trees = []
    for _size, first, members in portion:
        nodes: dict[int, Node] = {}
        for key in members:
            parent, uid, role, text, *rest = stored[key]
            above = nodes.get(parent)
            checked = Text(text, text_problem(text))
            node = Node(prompts[first], uid, above.uid if above else None, role, checked, *rest)
            node.labels = labels.get(key, {})
            nodes[key] = node
            if above:
                above.replies.append(node)
        if not nodes[first].language:
            prompts[first].problem = prompts[first].problem or Reason.NO_LANGUAGE
        trees.append((first, nodes))
    _rank((nodes for _, nodes in trees), frame)
    return [Tree(prompts[first], nodes[first]) for first, nodes in trees]


def _labels(ids: list[int], frame: Frame) -> dict[int, dict[str, tuple[float, int]]]:
    query = _LABELS.format(judgments=judgment_where(frame.recipe))
    rows = fetch(query, {**frame.parameters, "ids": ids})
    return {
        key: {name: (value, count) for _, name, value, count in group}
        for key, group in groupby(rows, lambda row: row[0])
    }


def _rank(trees: Iterable[dict[int, Node]], frame: Frame) -> None:
    """Give the replies their places in the order of the votes, those tied the same."""
    nodes = {key: node for tree in trees for key, node in tree.items()}
    asked = [key for key, node in nodes.items() if node.role == "user" and node.replies]
    for ballots in read_ballots(asked, frame).values():
        order = order_of(ballots)
        for rank, tier in enumerate(order.tiers):
            for key in tier:
                if key in nodes:
                    nodes[key].rank = rank
                    nodes[key].votes = order.votes
