"""The beat's part of generation: the state in PostgreSQL, turned into hints again."""

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from collector.generation.breaker import announce_all
from collector.generation.leasing import ACTIVE_RUNS, due_generations, reclaim
from collector.generation.queue import hint_on_commit
from collector.models import Generation, Generator, GeneratorRevision, Run
from collector.services.runs import finish_runs


def requeue() -> None:
    """Reclaim expired leases, hint for revisions that nobody works, finish what is complete.

    A revision with a living lease gets no hint: its worker asks for its own next turn, and hints
    do not pile up behind long runs.
    """
    reclaim()
    with transaction.atomic():
        for revision in unattended():
            hint_on_commit(revision)
    announce_all()
    active = Run.objects.filter(status__in=ACTIVE_RUNS)
    finish_runs(run_ids=set(active.values_list("pk", flat=True)))


def unattended() -> "QuerySet[GeneratorRevision]":
    """Revisions with something due that nobody works, unless their generator is paused."""
    of_revision = Generation.objects.filter(revision=OuterRef("pk"))
    due = of_revision.filter(
        status=Generation.Status.PENDING, next_attempt_at__lte=Now(), run__status__in=ACTIVE_RUNS
    )
    worked = of_revision.filter(status=Generation.Status.RUNNING, batch=None)
    may_be_asked = Q(generator__paused_at=None) | Q(generator__paused_until__lte=Now())
    return GeneratorRevision.objects.filter(may_be_asked, Exists(due), ~Exists(worked))


def anybody_waits(revision: GeneratorRevision) -> bool:
    """Whether another revision waits for workers of the same kind."""
    local = Q(provider=Generator.Provider.TRANSFORMERS)
    same_queue = local if revision.provider == Generator.Provider.TRANSFORMERS else ~local
    return unattended().filter(same_queue).exclude(pk=revision.pk).exists()


def is_due(revision: GeneratorRevision) -> bool:
    """Whether the revision owes something now."""
    return due_generations(revision).exists()
