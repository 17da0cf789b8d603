"""Responses that came with a file: nothing is asked, what was imported is found and linked."""

from asgiref.sync import sync_to_async

from collector.generation.providers.base import Completion, Permanent, Request
from collector.models import GeneratorRevision, Message


class RecordedProvider:
    """The n-th sample of a prompt is the n-th response that was imported for it."""

    concurrency = 32

    def __init__(self, revision: GeneratorRevision) -> None:
        self._generator_id = revision.generator_id

    async def generate(self, request: Request) -> Completion:
        found = await sync_to_async(self._find)(request)
        if found is None or found.deleted_at is not None:
            raise Permanent("There is no recorded response to this prompt.")
        return Completion(text=found.text, finish_reason="recorded", message_id=found.pk)

    async def close(self) -> None:
        """Nothing is held open."""

    def _find(self, request: Request) -> Message | None:
        # Deleted ones keep their place, so that a sample never means another response later.
        recorded = Message.objects.filter(
            parent=request.prompt_id,
            revision__generator=self._generator_id,
            role=Message.Role.ASSISTANT,
            origin=Message.Origin.IMPORTED,
        ).order_by("pk")
        place = request.sample_index
        return recorded[place : place + 1].first()
