"""Generations that are due become a batch on the server, once, whatever is killed in between."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from tempfile import TemporaryFile
from typing import IO
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from collector.generation.batches.collecting import end
from collector.generation.batches.files import request_line
from collector.generation.batches.server import BatchServer, job_id
from collector.generation.conversations import requests_for
from collector.generation.leasing import take
from collector.generation.providers.base import Permanent, Transient
from collector.generation.providers.openai import wire_of
from collector.generation.results import Outcome, settle
from collector.models import Batch, Generation, GeneratorRevision
from collector.services.runs import finish_runs

REQUESTS = 5_000
"""In one batch at most; servers take 50,000."""
FILE_BYTES = 150_000_000
"""Of one file at most; servers take 200 MB."""
HELD = timedelta(days=7)
"""How far ahead the leases of a batch's generations are set: nothing but the batch ends them."""
LEASE = timedelta(minutes=10)
"""Of the batch's row, while a worker advances it."""
_AT_ONCE = 500


@transaction.atomic
def prepare(*, revision: GeneratorRevision, token: UUID) -> Batch | None:
    """A batch, leased by `token`, of what is due of the revision; None if nothing is."""
    batch = Batch.objects.create(
        revision=revision, lease_token=token, lease_until=Now() + LEASE, next_poll_at=Now()
    )
    taken, last = 0, _AT_ONCE
    while last == _AT_ONCE and taken < REQUESTS:
        last = len(take(revision=revision, token=batch.uid, limit=_AT_ONCE))
        taken += last
    if not taken:
        batch.delete()
        return None
    Generation.objects.filter(revision=revision, lease_token=batch.uid).update(
        batch=batch, lease_until=Now() + HELD
    )
    return batch


def submit(*, batch: Batch, server: BatchServer, still_ours: Callable[[], bool]) -> None:
    """Hand the batch over: upload its file, make the job. Transient or Permanent if it fails.

    Called again after a failure or a kill it goes on where it was: a file that was uploaded is
    used, and a job that the server made for it is found before another is asked for.
    """
    job = server.find(batch) if batch.input_file else None
    if job is None:
        if not batch.input_file and not _upload(batch, server):
            return
        if not still_ours():
            return
        job = server.create(batch)
    batch.remote_id = job_id(job)
    batch.remote_status = str(job.get("status") or "")[:32]
    batch.status = Batch.Status.SUBMITTED
    batch.error = ""
    batch.save(update_fields=["remote_id", "remote_status", "status", "error"])


def _upload(batch: Batch, server: BatchServer) -> bool:
    """Whether there is anything to hand over; a batch without is cancelled."""
    with TemporaryFile() as content:
        batch.requests = _write(batch, content)
        if not batch.requests:
            nothing = Permanent("Nothing was left to ask.", billed=False)
            end(batch=batch, status=Batch.Status.CANCELLED, left=nothing)
            return False
        content.seek(0)
        batch.input_file = server.upload(f"{batch.uid}.jsonl", content)
    batch.save(update_fields=["input_file", "requests"])
    return True


def _write(batch: Batch, content: IO[bytes]) -> int:
    """Requests written. What cannot be asked has failed; what does not fit waits for another."""
    revision = batch.revision
    wire = wire_of(revision)
    written = 0
    for generations in _held(batch):
        outcomes: dict[int, Outcome] = {}
        for pk, request in requests_for(generations, revision).items():
            if isinstance(request, Permanent):
                outcomes[pk] = request
                continue
            line = request_line(pk, wire, revision.model, request)
            if content.tell() + len(line) > FILE_BYTES:
                outcomes[pk] = Transient("The batch was full.", billed=False)
                continue
            content.write(line)
            written += 1
        if outcomes:
            finish_runs(run_ids=settle(token=batch.uid, revision=revision, outcomes=outcomes))
    return written


def _held(batch: Batch) -> Iterator[list[Generation]]:
    """The batch's generations, so many at once, prompts and runs loaded."""
    held = Generation.objects.filter(batch=batch, lease_token=batch.uid).order_by("pk")
    last = 0
    while chunk := list(held.filter(pk__gt=last).select_related("prompt", "run")[:_AT_ONCE]):
        yield chunk
        last = chunk[-1].pk
