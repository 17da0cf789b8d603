"""A batch's answers become responses; what it leaves unanswered is owed again."""

from collections.abc import Callable
from itertools import islice

from django.db.models.functions import Now

from collector.generation.batches.files import answer
from collector.generation.batches.server import BatchServer
from collector.generation.providers.base import Permanent, Transient
from collector.generation.providers.openai import limit_of, wire_of
from collector.generation.results import Outcome, settle
from collector.models import Batch, Generation
from collector.services.runs import finish_runs

_AT_ONCE = 500
_UNDONE = {"expired", "cancelled"}


def collect(*, batch: Batch, server: BatchServer, still_ours: Callable[[], bool]) -> None:
    """Store every answer of a batch that has ended on the server, and end it here.

    May be done again from the start: an answer is stored while its generation is still leased by
    the batch, so once. Stops where `still_ours` says that another worker has taken the batch over.
    """
    wire, limit = wire_of(batch.revision), limit_of(batch.revision.parameters)
    for file_id in filter(None, (batch.output_file, batch.error_file)):
        with server.download(file_id) as found:
            read = (answer(line, wire, limit=limit) for line in found)
            answers = (told for told in read if told is not None)
            while chunk := dict(islice(answers, _AT_ONCE)):
                _settle(batch, chunk)
                if not still_ours():
                    return
    undone = batch.remote_status in _UNDONE
    end(
        batch=batch,
        status=Batch.Status.CANCELLED
        if batch.remote_status == "cancelled"
        else Batch.Status.SUCCEEDED,
        left=Transient(
            f"The batch ended without an answer ({batch.remote_status}).", billed=not undone
        ),
    )


def end(*, batch: Batch, status: str, left: Transient | Permanent, error: str = "") -> None:
    """Close the batch; `left` is what became of the generations that it still holds."""
    held = Generation.objects.filter(batch=batch, lease_token=batch.uid).order_by("pk")
    while ids := list(held.values_list("pk", flat=True)[:_AT_ONCE]):
        _settle(batch, dict.fromkeys(ids, left))
    Batch.objects.filter(pk=batch.pk).update(
        status=status,
        error=error,
        lease_token=None,
        lease_until=None,
        next_poll_at=None,
        finished_at=Now(),
    )


def _settle(batch: Batch, outcomes: dict[int, Outcome]) -> None:
    finish_runs(run_ids=settle(token=batch.uid, revision=batch.revision, outcomes=outcomes))
