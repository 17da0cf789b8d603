"""How far people disagree on a task: the one rule, in SQL, for whatever reads or stores it.

Of each pair of responses the votes are counted as first, second or neither (a tie, or both bad).
Their entropy, divided by that of three equal shares, is 0 where all say the same and 1 where they
are split evenly in three; two against one are .58, one against one .63. A task is as disputed as
its most disputed pair. Only people's votes that stand and count are counted: see
`labeling.exclusions`. Machines, hidden repeats and experts have no say in it.
"""

from collections.abc import Collection

from django.db import connection

from labeling.exclusions import counted

# The purposes of judgments that are people's own votes.
PEOPLE = ("work", "imported", "simulated")

_COUNTED_PURPOSES = ", ".join(f"'{purpose}'" for purpose in PEOPLE)


def disagreement(votes: str) -> str:
    """A scalar subquery: the disagreement of the judgments `j` that fit the condition `votes`.

    Null where no pair has two votes. The statement has the parameter `%(project)s`.
    """
    return f"""(
        SELECT max(greatest(0, least(1, (ln(pair.votes) - pair.same / pair.votes) / ln(3))))
        FROM (
            SELECT sum(said.votes)::float8 AS votes,
                   sum(said.votes * ln(said.votes))::float8 AS same
            FROM (
                SELECT c.first_id, c.second_id, count(*)::float8 AS votes
                FROM labeling_judgment j JOIN labeling_comparison c ON c.judgment_id = j.id
                WHERE {votes} AND j.retired_at IS NULL
                  AND j.purpose IN ({_COUNTED_PURPOSES}) AND {counted("j")}
                GROUP BY c.first_id, c.second_id,
                         CASE WHEN c.outcome IN ('first', 'second') THEN c.outcome END
            ) AS said
            GROUP BY said.first_id, said.second_id
            HAVING sum(said.votes) >= 2
        ) AS pair)"""  # noqa: S608 - our own text


_STORE = f"""
UPDATE labeling_task task SET disagreement = {disagreement("j.task_id = task.id")}
WHERE task.project_id = %(project)s AND task.id = ANY(%(tasks)s)
"""  # noqa: S608 - our own text


def store_disagreement(*, project_id: int, tasks: Collection[int]) -> None:
    """Bring `Task.disagreement` of these tasks up to date. The caller holds their locks."""
    with connection.cursor() as cursor:
        cursor.execute(_STORE, {"project": project_id, "tasks": list(tasks)})
