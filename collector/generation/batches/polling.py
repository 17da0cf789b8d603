"""Which batch is looked at next, and what is done with it. The state is in PostgreSQL."""

import logging
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.timezone import now

from collector.generation.batches.collecting import collect, end
from collector.generation.batches.server import BatchServer, file_ids, why_failed
from collector.generation.batches.submitting import LEASE, REQUESTS, prepare, submit
from collector.generation.endpoints import scrub
from collector.generation.providers.base import Failure, Permanent, Transient
from collector.models import Batch, Generation, GeneratorRevision, Run
from collector.services.responses import storable

logger = logging.getLogger(__name__)

_OPEN = (Batch.Status.PREPARING, Batch.Status.SUBMITTED, Batch.Status.COLLECTING)
_ENDED = {"completed", "expired", "cancelled"}
_GIVEN_UP = timedelta(days=4)  # answers are due within one
_NEXT_LOOK = timedelta(seconds=5), timedelta(minutes=5)
_ERROR_CHARACTERS = 2000


def work_batches(revision: GeneratorRevision) -> None:
    """Hand over what is due of the revision, and advance its batches whose time has come."""
    token = uuid4()
    full = True
    while full and (batch := prepare(revision=revision, token=token)) is not None:
        _advance(batch, token)
        full = batch.requests >= REQUESTS
    poll(revision_id=revision.pk)


def poll(*, revision_id: int | None = None) -> int:
    """Advance every open batch (of one revision) whose next look is due; how many."""
    advanced = 0
    while (batch := _lease_next(token := uuid4(), revision_id)) is not None:
        _advance(batch, token)
        advanced += 1
    return advanced


@transaction.atomic
def _lease_next(token: UUID, revision_id: int | None) -> Batch | None:
    due = Batch.objects.filter(
        Q(lease_until=None) | Q(lease_until__lt=Now()),
        status__in=_OPEN,
        next_poll_at__lte=Now(),
    )
    if revision_id is not None:
        due = due.filter(revision=revision_id)
    batch = (
        due.select_for_update(skip_locked=True, of=("self",))
        .select_related("revision__generator")
        .order_by("next_poll_at")
        .first()
    )
    if batch is not None:
        Batch.objects.filter(pk=batch.pk).update(lease_token=token, lease_until=Now() + LEASE)
    return batch


def _advance(batch: Batch, token: UUID) -> None:
    """One step on; a failure is noted and the step tried again at the next look."""
    try:
        server = BatchServer(batch.revision)
        try:
            _step(batch, token, server)
        finally:
            server.close()
    except Failure as failure:
        _note(batch, failure)
    _look_again(batch, token)


def _step(batch: Batch, token: UUID, server: BatchServer) -> None:
    def still_ours() -> bool:
        return _renewed(batch, token)

    if batch.status == Batch.Status.PREPARING:
        submit(batch=batch, server=server, still_ours=still_ours)
        return
    if batch.status == Batch.Status.SUBMITTED:
        job = server.look(batch)
        batch.remote_status = str(job.get("status") or "")[:32]
        batch.error = ""
        batch.save(update_fields=["remote_status", "error"])
        if batch.remote_status == "failed":
            why = why_failed(job)
            failed = Permanent(why, billed=False)
            end(batch=batch, status=Batch.Status.FAILED, left=failed, error=_text(why))
            return
        if batch.remote_status not in _ENDED:
            _cancel_if_nobody_waits(batch, server)
            return
        batch.status = Batch.Status.COLLECTING
        for column, file_id in file_ids(job).items():
            setattr(batch, column, file_id)
        batch.save(update_fields=["status", "output_file", "error_file"])
    collect(batch=batch, server=server, still_ours=still_ours)


def _cancel_if_nobody_waits(batch: Batch, server: BatchServer) -> None:
    """Cancel the job once every run that it works for is cancelled; what is done is kept."""
    held = Generation.objects.filter(batch=batch, lease_token=batch.uid)
    if batch.remote_status != "cancelling" and not (
        held.exclude(run__status=Run.Status.CANCELLED).exists()
    ):
        server.cancel(batch)


def _note(batch: Batch, failure: Failure) -> None:
    """Keep the failure with the batch, and end it where trying again is no use.

    Before anything was handed over a lasting failure is the end. Afterwards answers wait on the
    server, so whatever is wrong (a key, the network) is waited out, until it has them no more.
    """
    error = _text(str(failure))
    logger.warning("Batch %s: %s", batch.uid, error)
    Batch.objects.filter(pk=batch.pk).update(error=error)
    if isinstance(failure, Permanent) and batch.status == Batch.Status.PREPARING:
        end(batch=batch, status=Batch.Status.FAILED, left=failure, error=error)
    elif Batch.objects.filter(pk=batch.pk, created_at__lt=Now() - _GIVEN_UP).exists():
        left = Transient(f"The batch was given up: {failure}")
        end(batch=batch, status=Batch.Status.FAILED, left=left, error=error)


def _look_again(batch: Batch, token: UUID) -> None:
    """Let go of the batch; the longer it takes, the rarer it is looked at."""
    soonest, latest = _NEXT_LOOK
    wait = min(max((now() - batch.created_at) / 10, soonest), latest)
    Batch.objects.filter(pk=batch.pk, lease_token=token, status__in=_OPEN).update(
        lease_token=None, lease_until=None, next_poll_at=Now() + wait
    )


def _renewed(batch: Batch, token: UUID) -> bool:
    held = Batch.objects.filter(pk=batch.pk, lease_token=token)
    return bool(held.update(lease_until=Now() + LEASE))


def _text(error: str) -> str:
    return storable(scrub(error))[:_ERROR_CHARACTERS]
