"""Prompts and responses that people write, one by one; files of them are imported."""

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import Labeler
from collector.importing.loader import LOCK
from collector.models import Message, Project
from collector.selectors import path_to
from collector.text import content_hash, normalise, thread_hash
from common.errors import Conflict, InvalidInput

TEXT_MAX = 200_000
DEEPEST = 200  # turns of a conversation


def write_prompt(
    *,
    project: Project,
    text: str,
    system: str = "",
    after: Message | None = None,
    language: str = "",
    labeler: Labeler | None = None,
) -> tuple[Message, bool]:
    """A prompt, and whether it is new: the same conversation is one prompt in a project.

    It opens a conversation (with a `system` message, if given) or follows the response `after`.
    Raises InvalidInput whose `attr` is the argument at fault, and Conflict in an archived project.
    """
    _check_open(project)
    way = _way_to(after, project=project) if after else []
    if way and system:
        raise InvalidInput(_("Only a conversation's opening has a system message."), attr="system")
    turns = [(each.role, each.text) for each in way]
    turns += [(Message.Role.SYSTEM, system)] if system else []
    text = _checked(text)
    hashed = thread_hash([*turns, (Message.Role.USER, text)])
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [project.pk])  # imports write prompts too
        stored = Message.objects.filter(project=project, thread_hash=hashed).first()
        if stored is not None:
            return _kept(stored), False
        parent = _below(after, project=project, role=Message.Role.SYSTEM, text=system)
        prompt = _new(parent, project=project, role=Message.Role.USER, text=text)
        prompt.thread_hash, prompt.language, prompt.labeler = hashed, language, labeler
        prompt.save()
    return prompt, True


def write_response(
    *, prompt: Message, text: str, labeler: Labeler, language: str = ""
) -> tuple[Message, bool]:
    """A person's response to a prompt, and whether it is new: the same text twice is one.

    Raises InvalidInput whose `attr` is the argument at fault, and Conflict in an archived project.
    """
    _check_open(prompt.project)
    if prompt.role != Message.Role.USER or prompt.deleted_at is not None:
        raise InvalidInput(_("Responses are written to prompts."))
    text = _checked(text)
    with transaction.atomic():
        Message.objects.select_for_update(no_key=True).get(pk=prompt.pk)
        same = prompt.children.filter(
            origin=Message.Origin.HUMAN, labeler=labeler, content_hash=content_hash(text)
        ).first()
        if same is not None:
            return same, False
        response = _new(prompt, project=prompt.project, role=Message.Role.ASSISTANT, text=text)
        response.language, response.labeler = language or prompt.language, labeler
        response.save()
    return response, True


def _kept(prompt: Message) -> Message:
    if prompt.deleted_at is not None:
        raise Conflict(_("That prompt was deleted from the project."), attr="text")
    return prompt


def _check_open(project: Project) -> None:
    if project.archived_at is not None:
        raise Conflict(_("The project is archived."))


def _way_to(after: Message, *, project: Project) -> list[Message]:
    if after.project_id != project.pk or after.role != Message.Role.ASSISTANT or after.deleted_at:
        raise InvalidInput(_("A prompt follows a response of the same project."), attr="after")
    if after.depth >= DEEPEST:
        raise InvalidInput(_("The conversation is too long."), attr="after")
    return path_to(message=after)


def _below(after: Message | None, *, project: Project, role: str, text: str) -> Message | None:
    """What the prompt hangs below: the response, a new system message, or nothing."""
    if after is not None or not text:
        return after
    opening = _new(None, project=project, role=role, text=_checked(text, attr="system"))
    opening.save()
    return opening


def _new(parent: Message | None, *, project: Project, role: str, text: str) -> Message:
    return Message(
        project=project,
        parent=parent,
        root_id=(parent.root_id or parent.pk) if parent else None,
        depth=parent.depth + 1 if parent else 0,
        role=role,
        text=text,
        content_hash=content_hash(text),
        origin=Message.Origin.HUMAN,
    )


def _checked(text: str, *, attr: str = "text") -> str:
    if not normalise(text) or len(text) > TEXT_MAX or "\0" in text:
        raise InvalidInput(
            _("A message is 1 to %(most)d characters of text.") % {"most": TEXT_MAX}, attr=attr
        )
    return text
