"""The claim's plan: index probes only, whatever the statistics say, so that it stays flat."""

import pytest
from django.db import connection

from labeling.models import ClaimCursor, Slot
from labeling.services.bands import BANDS, band_of
from labeling.services.check_sql import CHECK_BAND
from labeling.services.claim_sql import GRANT
from labeling.services.claiming import MOST_HELD
from labeling.services.policies import set_policy
from tests.factories import make_labeler
from tests.labeling.training import add_items
from tests.labeling.work import claimed, judge, project_with_tasks

pytestmark = pytest.mark.django_db

# A queue of 20,000 more slots, and a labeler who has done the first 10,000 of them.
MANY_TASKS = """
INSERT INTO labeling_task (uid, project_id, kind, prompt_id, band, state, created_at)
SELECT gen_random_uuid(), project_id, kind, prompt_id, 0, 'open', now()
FROM labeling_task, generate_series(1, %s)
"""
THEIR_CANDIDATES = """
INSERT INTO labeling_candidate (task_id, response_id, ordinal, repeat)
SELECT t.id, c.response_id, c.ordinal, true
FROM labeling_task t, labeling_candidate c
WHERE NOT c.repeat AND t.id <> c.task_id
"""
MANY_SLOTS = """
INSERT INTO labeling_slot (uid, task_id, ordinal, state, project_id, band)
SELECT gen_random_uuid(), id, ordinal, 'open', project_id, 0
FROM (
    SELECT t.id, t.project_id, ordinal FROM labeling_task t, generate_series(1, 2) AS ordinal
    WHERE NOT EXISTS (SELECT FROM labeling_slot s WHERE s.task_id = t.id)
    ORDER BY t.id, ordinal
) AS in_order
"""
DONE = """
UPDATE labeling_slot SET state = 'submitted', labeler_id = %s, "order" = '{}',
    granted_at = now(), expires_at = now() + interval '1 minute'
WHERE ordinal = 1 AND seq <= (SELECT min(seq) FROM labeling_slot) + %s
"""


def nodes(plan):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def plan_of(project, labeler, draw=0.9):
    """Every node of the plan that a prepared claim runs by, with what it did."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(GRANT.before, {"labeler": labeler.pk})
        cursor.execute(
            "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE concord_grant (%s, %s, '{}', %s, true, %s, %s)",
            [project.pk, labeler.pk, MOST_HELD, BANDS, draw],
        )
        [explained] = cursor.fetchone()[0]
    return list(nodes(explained["Plan"]))


def make_long(project, labeler):
    with connection.cursor() as cursor:
        cursor.execute(MANY_TASKS, [10_000])
        cursor.execute(THEIR_CANDIDATES)
        cursor.execute(MANY_SLOTS)
        cursor.execute(DONE, [labeler.pk, 10_000])


@pytest.fixture
def queue():
    """One task and its judge; no plan of an earlier test, nor the pages it filled and undid."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE labeling_task, labeling_slot CASCADE")
        cursor.execute("DISCARD PLANS")
    project = project_with_tasks(1)
    labeler = make_labeler()
    judge(project, labeler)
    return project, labeler


@pytest.fixture
def big_queue(queue):
    make_long(*queue)
    return queue


@pytest.mark.parametrize("analyzed", [False, True])
def test_a_claim_reads_a_handful_of_rows_by_index(big_queue, analyzed):
    if analyzed:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE labeling_slot, labeling_task, labeling_skip")
    assert_probes_only(*big_queue)


def test_a_plan_made_while_the_queue_was_short_serves_the_long_one(queue):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_slot, labeling_task, labeling_skip")
    plan_of(*queue)
    make_long(*queue)
    assert_probes_only(*queue)


def assert_probes_only(project, labeler, *, draw=0.9, most=40):
    first = claimed(project, labeler)  # passes what is done, once
    Slot.objects.filter(uid=first.slot).update(state="submitted")

    plan = plan_of(project, labeler, draw)

    scans = [node for node in plan if node.get("Relation Name") == "labeling_slot"]
    assert {node["Node Type"] for node in scans} <= {
        "Index Scan",
        "Index Only Scan",
        "LockRows",
        "ModifyTable",
    }
    assert "slot_queue" in {node.get("Index Name") for node in scans}
    assert not [node for node in plan if node["Node Type"] == "Hash"]
    touched = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in scans
    )
    assert touched < most


def test_the_cursor_passes_what_is_done_once(big_queue):
    project, labeler = big_queue
    claimed(project, labeler)
    passed = ClaimCursor.objects.get(project=project, labeler=labeler)
    done = Slot.objects.filter(labeler=labeler, state="submitted", project=project)
    assert passed.seq > done.order_by("seq").last().seq


MANY_JUDGMENTS = """
INSERT INTO labeling_judgment (
    uid, task_id, slot_id, labeler_id, purpose, policy_version_id, tiers, answers, rationale,
    "order", submit_key, body_hash, created_at)
SELECT gen_random_uuid(), s.task_id, s.id, s.labeler_id, 'work', p.id, '[]', '{}', '',
       ARRAY(SELECT response_id FROM labeling_candidate c WHERE c.task_id = s.task_id),
       s.id::text, '', now() - interval '1 day' + s.seq * interval '1 second'
FROM labeling_slot s, (SELECT max(id) AS id FROM labeling_policyversion) AS p
WHERE s.labeler_id = %s AND s.state = 'submitted'
  AND NOT EXISTS (SELECT FROM labeling_judgment j WHERE j.slot_id = s.id)
"""


@pytest.mark.parametrize(("draw", "purpose"), [(0.0, "gold"), (0.4, "repeat")])
def test_a_check_is_found_by_a_bounded_number_of_probes(big_queue, draw, purpose):
    project, labeler = big_queue
    set_policy(project=project, responses=2, gold_share=0.3, repeat_share=0.3)
    add_items(project, "gold", 3)
    with connection.cursor() as cursor:
        cursor.execute(MANY_JUDGMENTS, [labeler.pk])
    assert_probes_only(project, labeler, draw=draw, most=400)
    check = Slot.objects.select_related("task").get(
        labeler=labeler, state="leased", band=CHECK_BAND
    )
    assert (check.task.repeats_id is not None) == (purpose == "repeat")


def test_begun_tasks_of_ones_own_are_passed_once(big_queue):
    """Finishing comes first, and a labeler alone can finish none of the 10,000 they began."""
    project, labeler = big_queue
    begun = band_of(task_band=0, votes=1, missing=1, disagreement=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE labeling_slot s SET band = %s WHERE ordinal = 2 AND EXISTS ("
            " SELECT FROM labeling_slot own WHERE own.task_id = s.task_id AND own.labeler_id = %s)",
            [begun, labeler.pk],
        )
    assert_probes_only(project, labeler)
