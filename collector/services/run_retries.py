"""Asking again for what a run could not get."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from collector.generation.queue import hint_on_commit
from collector.models import Generation, Project, Run
from collector.services.run_requests import check_budgets_can_be_kept
from common.errors import Conflict

_HINTS_A_REVISION = 4
_PENDING, _FAILED = Generation.Status.PENDING, Generation.Status.FAILED


@transaction.atomic
def retry_run(*, run: Run) -> Run:
    """Owe again what failed in this run, with all attempts anew, and ask on where it had ended.

    Revisions stay those of the run, and so does its budget: what the failed attempts cost stays
    spent. A paused run stays paused. Where nothing has failed nothing changes. Conflict for a
    cancelled run; InvalidInput where a budget could not be kept any more.
    """
    # As in `start_run`: whoever takes over the rows of another run holds the project.
    Project.objects.select_for_update(no_key=True).get(pk=run.project_id)
    run = Run.objects.select_for_update(no_key=True).select_related("project").get(pk=run.pk)
    if run.status == Run.Status.CANCELLED:
        raise Conflict(_("A cancelled run is over. A new run asks for what is missing."))
    revisions = list(run.revisions.select_related("generator"))
    check_budgets_can_be_kept(budget=run.budget, project=run.project, revisions=revisions)
    failed = Generation.objects.filter(run=run, status=_FAILED)
    again = failed.update(
        status=_PENDING, attempts=0, next_attempt_at=Now(), error="", finished_at=None
    )
    if not again:
        return run
    if run.status in (Run.Status.SUCCEEDED, Run.Status.FAILED):
        run.status = Run.Status.RUNNING if run.started_at else Run.Status.QUEUED
        run.error, run.finished_at = "", None
        run.save(update_fields=["status", "error", "finished_at"])
    for revision in revisions:
        hint_on_commit(revision, times=_HINTS_A_REVISION)
    return run
