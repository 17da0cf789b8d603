"""The beat's part of generation: the state in PostgreSQL, turned into hints again."""

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from collector.generation.leasing import ACTIVE_RUNS, reclaim
from collector.generation.queue import hint_on_commit
from collector.models import Generation, GeneratorRevision, Run
from collector.services.runs import finish_runs


def requeue() -> None:
    """Reclaim expired leases, hint for revisions that nobody works, finish what is complete.

    A revision with a living lease gets no hint: its worker asks for its own next turn, and hints
    do not pile up behind long runs.
    """
    reclaim()
    of_revision = Generation.objects.filter(revision=OuterRef("pk"))
    due = of_revision.filter(
        status=Generation.Status.PENDING, next_attempt_at__lte=Now(), run__status__in=ACTIVE_RUNS
    )
    worked = of_revision.filter(status=Generation.Status.RUNNING)
    with transaction.atomic():
        for revision in GeneratorRevision.objects.filter(Exists(due), ~Exists(worked)):
            hint_on_commit(revision)
    active = Run.objects.filter(status__in=ACTIVE_RUNS)
    finish_runs(run_ids=set(active.values_list("pk", flat=True)))
