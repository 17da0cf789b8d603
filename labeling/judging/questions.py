"""From leased verdicts to requests: texts as labelers see them, in the verdict's own order."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from collector.generation.context import check_window
from collector.generation.providers.base import Permanent, Request, Turn
from collector.models import Generator, GeneratorRevision, Message, Thread
from labeling.judging.prompts import question, reply_format
from labeling.models import Judge, Mask, Task, Verdict


def requests_for(
    verdicts: Sequence[Verdict], *, judge: Judge, by_schema: bool
) -> dict[int, Request | Permanent]:
    """By verdict id: the request, or why there can be none. Four queries, whatever their number.

    `by_schema` asks the server to hold the reply to a JSON schema.
    """
    threads = _threads({verdict.task.about_id for verdict in verdicts})
    texts = _texts({response for verdict in verdicts for response in verdict.order})
    return {verdict.pk: _request(verdict, judge, threads, texts, by_schema) for verdict in verdicts}


def is_withdrawn(task: Task) -> bool:
    """Whether nobody is to judge it any more; hidden checks owe nothing and are judged."""
    return task.state == Task.State.VOID and not hasattr(task, "gold_item")


def _request(
    verdict: Verdict,
    judge: Judge,
    threads: Mapping[int, list[Turn]],
    texts: Mapping[int, str],
    by_schema: bool,
) -> Request | Permanent:
    thread = threads.get(verdict.task.about_id)
    gone = any(response not in texts for response in verdict.order)
    if thread is None or gone or is_withdrawn(verdict.task):
        return Permanent(_("The task or one of its texts is gone."), billed=False)
    revision = judge.revision
    messages = question(
        thread=thread,
        responses=[texts[response] for response in verdict.order],
        instructions=judge.instructions,
        system_prompt=revision.system_prompt,
    )
    return check_window(messages, revision) or Request(
        prompt_id=verdict.task.about_id,
        sample_index=verdict.number,
        messages=messages,
        parameters=_parameters(revision, len(verdict.order), by_schema),
    )


def _parameters(revision: GeneratorRevision, places: int, by_schema: bool) -> dict[str, object]:
    """The generator's own parameters come first: they may ask for a form in their own way."""
    asked = dict(revision.parameters)
    if by_schema and revision.provider == Generator.Provider.OPENAI:
        asked = reply_format(places, api=revision.api) | asked
    return asked


def _threads(prompts: set[int]) -> dict[int, list[Turn]]:
    """The conversations of prompts that are not deleted."""
    there = Thread.objects.filter(prompt__in=prompts, prompt__deleted_at__isnull=True)
    return {
        prompt: [Turn(role=turn["role"], content=turn["content"]) for turn in messages]
        for prompt, messages in there.values_list("prompt", "messages")
    }


def _texts(responses: set[int]) -> dict[int, str]:
    """As labelers see them: where a response named its model, with that covered."""
    there = Message.objects.filter(pk__in=responses, deleted_at__isnull=True)
    texts = dict(there.values_list("pk", "text"))
    masks = Mask.objects.filter(response__in=texts)
    return texts | dict(masks.values_list("response", "text"))
