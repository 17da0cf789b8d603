"""Background work: thin wrappers over services, which may run twice."""

from typing import Any

from celery import shared_task

from accounts.models import Labeler
from collector.models import Project
from labeling.figures import funnel, kept, queue, snapshots
from labeling.judging import work as judging
from labeling.models import ProjectCounts
from labeling.services import (
    adjudicating,
    building,
    checking,
    excluding,
    imported,
    noticing,
    task_jobs,
)


@shared_task
def pull_preferences() -> None:
    """Make judgments of what imports said about preference."""
    imported.pull_all()


@shared_task
def top_up_tasks() -> None:
    """Make tasks where a policy selects pairs and few are open."""
    building.top_up_all()


@shared_task
def run_task_job(job_id: int) -> None:
    """Make tasks or take them back; running it twice changes nothing."""
    task_jobs.run_task_job(job_id=job_id)
    queue.forget_queue(project=Project.objects.get(task_jobs__pk=job_id))


@shared_task
def requeue_task_jobs() -> None:
    """Queue again what the broker forgot or a dead worker left."""
    for job_id in task_jobs.unfinished_task_jobs():
        run_task_job.delay(job_id)


@shared_task
def check_gold(project_id: int, labeler_id: int) -> None:
    """Weigh a labeler's answers to hidden items."""
    checking.check_gold(
        project=Project.objects.get(pk=project_id), labeler=Labeler.objects.get(pk=labeler_id)
    )


@shared_task
def check_gold_everywhere() -> None:
    """Weigh the answers of everybody who answered a hidden item lately."""
    checking.check_recent()


@shared_task
def open_adjudications() -> None:
    """Put before experts what labelers disagree on."""
    adjudicating.open_everywhere()


@shared_task
def follow_exclusion(standing_id: int) -> None:
    """Owe again what an excluded labeler judged, or no more what a restored one did."""
    excluding.follow(standing_id=standing_id)


@shared_task
def follow_exclusions() -> None:
    """The same for everybody, where something was left undone."""
    excluding.follow_all()


@shared_task
def ask_judge(judge_id: int) -> None:
    """Ask a judge's model server what is due."""
    judging.work(judge_id=judge_id)


@shared_task
def ask_local_judge(judge_id: int) -> None:
    """The same for a model that runs in the worker."""
    judging.work(judge_id=judge_id)


@shared_task
def requeue_judges() -> None:
    """Beat: find what the broker forgot and what dead workers left."""
    judging.requeue()


@shared_task
def count_for_readers(kind: str, project_id: int) -> None:
    """Count a large project, for readers that do not wait for it; twice counts once."""
    counted = {
        ProjectCounts.Kind.FUNNEL: funnel.recount_project,
        ProjectCounts.Kind.QUEUE: queue.recount_queue,
    }
    counted[ProjectCounts.Kind(kind)](project=Project.objects.get(pk=project_id))


@shared_task
def count_what_is_due() -> None:
    """Beat: keep what somebody looked at lately up to date, and find what the broker forgot."""
    for kind, project_id in kept.due_for_readers():
        count_for_readers.delay(kind, project_id)


@shared_task
def take_snapshots() -> None:
    """Beat: write the figures of every project down that have changed."""
    snapshots.take_all_snapshots()


@shared_task
def take_snapshots_of(project_id: int) -> None:
    """The same for a project whose figures nobody has written down yet."""
    snapshots.take_snapshots(project=Project.objects.get(pk=project_id))


@shared_task
def take_figures(kind: str, project_id: int, options: dict[str, Any]) -> None:
    """Write down the figures that a reader of a large project chose; twice counts once."""
    project = Project.objects.get(pk=project_id)
    snapshots.take_figures(kind=kind, project=project, options=options)


@shared_task
def notice_disagreement() -> None:
    """Beat: tell of agreement that fell, and of disagreements that wait."""
    noticing.notice()
