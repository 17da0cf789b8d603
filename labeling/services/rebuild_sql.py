"""The statements of rebuilding comparisons: what is right stays as it is, with its id."""

COLUMNS = {
    "judgment_id": "bigint",
    "project_id": "bigint",
    "labeler_id": "bigint",
    "prompt_id": "bigint",
    "first_id": "bigint",
    "second_id": "bigint",
    "first_generator_id": "bigint",
    "second_generator_id": "bigint",
    "outcome": "text",
    "strength": "smallint",
    "first_shown_before": "boolean",
    "purpose": "text",
    "created_at": "timestamptz",
    "retired_at": "timestamptz",
}
_NAMES = ", ".join(COLUMNS)
_RIGHT = ", ".join(f"excluded.{name}" for name in COLUMNS)
_STORED = ", ".join(f"stored.{name}" for name in COLUMNS)
_ARRAYS = ", ".join(f"%({name})s::{type_}[]" for name, type_ in COLUMNS.items())

UPSERT = f"""
INSERT INTO labeling_comparison AS stored ({_NAMES})
SELECT * FROM unnest({_ARRAYS})
ON CONFLICT (judgment_id, first_id, second_id) DO UPDATE SET ({_NAMES}) = ROW ({_RIGHT})
WHERE ({_STORED}) IS DISTINCT FROM ({_RIGHT})
"""
DELETE_STRAY = """
DELETE FROM labeling_comparison stored
WHERE stored.judgment_id = ANY(%(judgments)s) AND stored.first_id IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM unnest(
          %(judgment_id)s::bigint[], %(first_id)s::bigint[], %(second_id)s::bigint[]
      ) AS pair (judgment_id, first_id, second_id)
      WHERE pair.judgment_id = stored.judgment_id
        AND pair.first_id = stored.first_id AND pair.second_id = stored.second_id)
"""
# Of votes without texts a pair is one of generators, and what is not as it should be goes first.
_EXPECTED = f"unnest({_ARRAYS}) AS expected ({_NAMES})"
DELETE_STRAY_VOTES = f"""
DELETE FROM labeling_comparison stored
WHERE stored.judgment_id = ANY(%(judgments)s) AND NOT EXISTS (
    SELECT FROM {_EXPECTED}
    WHERE ({_STORED}) IS NOT DISTINCT FROM ({", ".join(f"expected.{name}" for name in COLUMNS)}))
"""
INSERT_VOTES = f"""
INSERT INTO labeling_comparison ({_NAMES})
SELECT expected.* FROM {_EXPECTED}
WHERE NOT EXISTS (
    SELECT FROM labeling_comparison stored
    WHERE stored.judgment_id = expected.judgment_id
      AND stored.first_generator_id = expected.first_generator_id
      AND stored.second_generator_id = expected.second_generator_id)
"""
