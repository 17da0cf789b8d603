"""How fast a run goes, and when it will be done."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from collector.models import Generation, Project, Run
from collector.services.run_progress import run_progress
from collector.services.runs import start_run
from tests.collector.generation.conftest import MakeGenerator
from tests.factories import make_prompt

pytestmark = pytest.mark.django_db


def test_the_pace_is_that_of_the_last_two_minutes(
    project: Project, make_generator: MakeGenerator
) -> None:
    """Time stands still within the transaction of a test, so figures are exact."""
    make_generator("brisk")
    make_generator("idle")
    for _ in range(6):
        make_prompt(project)
    run = start_run(project=project, generators=["brisk", "idle"])
    assert run_progress(run=run)["per_minute"] is None
    rows = run.generations.filter(revision__generator__name="brisk").order_by("pk")
    old, *lately = rows.values_list("pk", flat=True)[:4]
    ended = Generation.objects.filter(pk__in=[old, *lately])
    ended.update(status="succeeded", finished_at=Now(), output_tokens=5, cost="0.5")
    Generation.objects.filter(pk=lately[0]).update(status="failed")
    Generation.objects.filter(pk=lately[1]).update(status="cancelled")
    Run.objects.update(started_at=Now() - timedelta(seconds=30))
    young = run_progress(run=run)["generators"]["brisk"]
    assert (young["per_minute"], young["seconds_left"]) == (6.0, 20)  # 3 in half a minute, 2 left
    Run.objects.update(started_at=Now() - timedelta(minutes=9))
    Generation.objects.filter(pk=old).update(finished_at=Now() - timedelta(minutes=5))
    progress = run_progress(run=run)
    brisk, idle = progress["generators"]["brisk"], progress["generators"]["idle"]
    assert (brisk["per_minute"], brisk["seconds_left"]) == (1.0, 120)
    assert (idle["per_minute"], idle["seconds_left"], idle["cost"]) == (None, None, "0")
    assert (brisk["succeeded"], brisk["failed"], brisk["cost"]) == (2, 1, "2")
    assert (progress["per_minute"], progress["seconds_left"]) == (1.0, 480)
