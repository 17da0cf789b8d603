"""Votes written down directly, for what is counted of them."""

from typing import Any

from django.utils import timezone

from accounts.models import Labeler
from collector.models import Generator, Message, Project
from collector.services.generators import recorded_revision
from common.ids import new_uid
from labeling.models import Comparison, Judgment, Task
from tests.factories import make_prompt, make_response

NEW = object()


def generator(name: str) -> Generator:
    """The recorded generator of that name, made where there is none."""
    return recorded_revision(name=name).generator


def prompt_of(project: Project, **fields: Any) -> Message:
    return make_prompt(project, **fields)


def vote(
    project: Project,
    labeler: Labeler,
    first: str | None,
    second: str | None,
    outcome: str,
    *,
    prompt: Any = NEW,
    texts: tuple[Message, Message] | None = None,
    purpose: str = "imported",
    probability: float | None = None,
    first_shown_before: bool = True,
    times: int = 1,
    seconds: float | None = None,
    **fields: Any,
) -> None:
    """`times` judgments with one comparison each; `prompt=None` votes without texts.

    New texts are written each time unless `texts` names them; `first` is written first.
    """
    fields = {"created_at": timezone.now()} | fields
    if texts is not None:
        prompt = texts[0].parent
    for _ in range(times):
        about = make_prompt(project) if prompt is NEW else prompt
        pair = texts or (_texts(about, first, second) if about else (None, None))
        shown = [text.pk for text in pair if text] or [
            generator(name).pk for name in (first, second) if name
        ]
        task = Task.objects.create(
            project=project, prompt=about, state="complete", selection_probability=probability
        )
        judgment = Judgment.objects.create(
            task=task,
            labeler=labeler,
            purpose="imported" if purpose == "work" else purpose,
            tiers=[],
            order=shown if first_shown_before else shown[::-1],
            submit_key=str(new_uid()),
            body_hash=b"",
            seconds=seconds,
            **fields,
        )
        compared = {"first": pair[0], "second": pair[1], "outcome": outcome, "purpose": purpose}
        _compare(judgment, first, second, first_shown_before=first_shown_before, **compared)


def _compare(judgment: Judgment, one: str | None, other: str | None, **compared: Any) -> None:
    Comparison.objects.create(
        judgment=judgment,
        project=judgment.task.project,
        labeler=judgment.labeler,
        prompt=judgment.task.prompt,
        first_generator=generator(one) if one else None,
        second_generator=generator(other) if other else None,
        created_at=judgment.created_at,
        retired_at=judgment.retired_at,
        **compared,
    )


def _texts(about: Message, first: str | None, second: str | None) -> tuple[Message, Message]:
    return make_response(about, revision=first), make_response(about, revision=second)
