"""What a model is sent for a prompt: the thread from its root, after the system prompt."""

from collections.abc import Iterable

from collector.generation.context import check_window
from collector.generation.providers.base import Permanent, Request, Turn
from collector.models import Generation, GeneratorRevision, Message


def requests_for(
    generations: Iterable[Generation], revision: GeneratorRevision
) -> dict[int, Request | Permanent]:
    """By generation id: the request, or why there can be none. One query a level of depth."""
    generations = list(generations)
    known = _with_ancestors({generation.prompt for generation in generations})
    return {
        generation.pk: _request(generation, revision, _thread(generation.prompt, known))
        for generation in generations
    }


def _with_ancestors(messages: Iterable[Message]) -> dict[int, Message]:
    known = {message.pk: message for message in messages}
    level = known
    while missing := {m.parent_id for m in level.values() if m.parent_id} - known.keys():
        level = Message.objects.in_bulk(missing)
        known |= level
    return known


def _thread(prompt: Message, known: dict[int, Message]) -> list[Message]:
    thread = [prompt]
    while (parent_id := thread[0].parent_id) is not None:
        thread.insert(0, known[parent_id])
    return thread


def _request(
    generation: Generation, revision: GeneratorRevision, thread: list[Message]
) -> Request | Permanent:
    if any(message.deleted_at is not None for message in thread):
        return Permanent("The prompt has been deleted.", billed=False)
    parameters = dict(revision.parameters)
    if "seed" in parameters:
        parameters["seed"] += generation.sample_index
    messages = _turns(revision.system_prompt, thread)
    return check_window(messages, revision) or Request(
        prompt_id=generation.prompt_id,
        sample_index=generation.sample_index,
        messages=messages,
        parameters=parameters,
    )


def _turns(system_prompt: str, thread: list[Message]) -> list[Turn]:
    """Many chat templates take one system message only: the conversation's own is appended."""
    turns = [Turn(role=message.role, content=message.text) for message in thread]
    if not system_prompt:
        return turns
    if turns[0]["role"] == Message.Role.SYSTEM:
        system_prompt = f"{system_prompt}\n\n{turns.pop(0)['content']}"
    return [Turn(role=Message.Role.SYSTEM, content=system_prompt), *turns]
