"""Finding conversations: the prompts and responses of a project by their words and much else.

Some readers are *blind*: they may not know who wrote a response. They read it masked, and what a
mask hides cannot be searched for.
"""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, fields
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.db.models.functions import Left
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from collector.models import GeneratorRevision, Membership, Message, MessageFlag, Project
from collector.models.messages import words_of
from collector.searching import Part, excerpts, matching, parsed, patience
from common.errors import InvalidInput
from labeling.models import Adjudication, Candidate, Mask, Task

PAGE = 25
BEGINNING = 280  # characters shown of a message that was not searched for words
Role = Message.Role


class Judged(TextChoices):
    """How far the judging of a message has come."""

    NONE = "none", _("in no task")
    OPEN = "open", _("waiting for judgments")
    COMPLETE = "complete", _("judged")
    DISPUTED = "disputed", _("waiting for an expert")
    ADJUDICATED = "adjudicated", _("decided by an expert")


@dataclass(frozen=True)
class Wish:
    """What is looked for; what is empty does not matter.

    Without words and `role`, conversations are listed: their first prompts stand for them, and
    `generator` and `flag` mean any of what answers it. Else messages are found, each for itself.
    """

    q: str = ""
    role: str = ""
    language: str = ""
    source: str = ""
    tag: str = ""
    generator: str = ""
    flag: str = ""
    judged: str = ""

    @property
    def of_conversations(self) -> bool:
        """Whether conversations are listed rather than messages found."""
        return not (self.q.strip() or self.role)

    @property
    def of_prompts(self) -> bool:
        """Whether prompts alone are wished for, of which there is an index by project."""
        return self.of_conversations or self.role == Role.USER

    @property
    def of_all(self) -> bool:
        """Whether nothing is left out but by its role: then the next page is found at once."""
        return not any(getattr(self, each.name) for each in fields(self) if each.name != "role")


@dataclass(frozen=True)
class Found:
    """A message with the part of its text that is shown, and the kinds of its standing flags."""

    message: Message
    excerpt: list[Part]
    flags: list[str]


@dataclass(frozen=True)
class FoundPage:
    """The newest first. `newer` and `older` say whether there are any."""

    rows: list[Found]
    newer: bool
    older: bool


def reads_blind(roles: Collection[str]) -> bool:
    """Whether a person with these roles may not know who wrote: all but researchers."""
    return Membership.Role.RESEARCHER not in roles


def find(*, project: Project, wish: Wish, blind: bool) -> QuerySet[Message]:
    """The messages wished for, in no order; their texts only as far as they are shown.

    Raises InvalidInput for a search that cannot be understood.
    """
    if blind and wish.generator:
        raise InvalidInput(gettext("You read without knowing who wrote."), attr="generator")
    found: QuerySet[Message] = Message.objects.filter(deleted_at__isnull=True)
    # A range: with an equality the newest prompts may be read through all messages by their ids.
    found = found.filter(project__gte=project.pk, project__lte=project.pk)
    if wish.of_conversations:
        found = found.filter(role=Role.USER, depth__lte=1)  # 1: below a system message
    elif wish.role:
        found = found.filter(role=wish.role)
    if wish.q.strip():
        asked = parsed(wish.q)
        found = matching(found, asked)
        if blind:  # what is hidden shall not be guessed by searching for it
            hidden = Mask.objects.filter(response=OuterRef("pk"))
            said = hidden.annotate(words=words_of()).filter(words=asked)
            found = found.filter(~Exists(hidden) | Exists(said))
    simple = {"language": wish.language, "source__name": wish.source}
    found = found.filter(**{name: value for name, value in simple.items() if value})
    for wished, condition in (
        (wish.tag, _tagged),
        (wish.generator, _by_generator),
        (wish.flag, _flagged),
        (wish.judged, _judged),
    ):
        if wished:
            found = found.filter(condition(wish))
    return (
        found.select_related("source", "root", "parent", "revision__generator", "labeler")
        .annotate(beginning=Left("text", BEGINNING))
        .defer("text", "meta", "root__text", "root__meta", "parent__text", "parent__meta")
    )


def page_of(
    *,
    project: Project,
    wish: Wish,
    blind: bool,
    older_than: int | None = None,
    newer_than: int | None = None,
) -> FoundPage:
    """A page of what is wished for, beginning behind one of the messages (ids), or at the newest.

    Raises InvalidInput for what cannot be understood, TooBroad for what would take too long.
    """
    found = find(project=project, wish=wish, blind=blind)
    with nullcontext() if wish.of_all else patience():
        if newer_than is not None:
            rows = list(found.filter(pk__gt=newer_than).order_by("pk")[: PAGE + 1])
            page, newer, older = rows[:PAGE][::-1], len(rows) > PAGE, True
        else:
            if older_than is not None:
                found = found.filter(pk__lt=older_than)
            order = ("-project_id", "-pk") if wish.of_prompts else ("-pk",)
            rows = list(found.order_by(*order)[: PAGE + 1])
            page, newer, older = rows[:PAGE], older_than is not None, len(rows) > PAGE
        return FoundPage(described(messages=page, wish=wish, blind=blind), newer, older)


def described(*, messages: Sequence[Message], wish: Wish, blind: bool) -> list[Found]:
    """The messages with what is shown of them. They are of `find`."""
    ids = [message.pk for message in messages]
    masks: dict[int, str] = {}
    if blind:
        masks = dict(Mask.objects.filter(response__in=ids).values_list("response", "text"))
    marked: dict[int, list[Part]] = {}
    if wish.q.strip():
        marked = excerpts(messages=ids, asked=parsed(wish.q), masks=masks)
    flags: dict[int, list[str]] = {}
    standing = MessageFlag.objects.filter(message__in=ids, dismissed_at__isnull=True)
    for message, kind in standing.order_by("kind").values_list("message", "kind"):
        flags.setdefault(message, []).append(kind)
    return [
        Found(
            message=message,
            excerpt=marked.get(message.pk) or [Part(_beginning(message, masks), found=False)],
            flags=flags.get(message.pk, []),
        )
        for message in messages
    ]


def _beginning(message: Any, masks: dict[int, str]) -> str:
    return str(masks.get(message.pk, message.beginning))[:BEGINNING]


def _tagged(wish: Wish) -> Q:
    """Tags are said of prompts; what answers one has its tags."""
    own = Q(role=Role.USER, meta__tags__contains=[wish.tag])
    return own | Q(role=Role.ASSISTANT, parent__meta__tags__contains=[wish.tag])


def _by_generator(wish: Wish) -> Q:
    named = GeneratorRevision.objects.filter(generator__name=wish.generator)
    revisions = list(named.values_list("pk", flat=True))
    if not wish.of_conversations:
        return Q(revision__in=revisions)
    answers = Message.objects.filter(parent=OuterRef("pk"), revision__in=revisions)
    return Q(Exists(answers.filter(deleted_at__isnull=True)))


def _flagged(wish: Wish) -> Q:
    flagged = MessageFlag.objects.filter(kind=wish.flag, dismissed_at__isnull=True)
    own = Q(pk__in=flagged.values("message"))
    if not wish.of_conversations:
        return own
    answers = flagged.filter(message__parent__isnull=False, message__role=Role.ASSISTANT)
    return own | Q(pk__in=answers.values("message__parent"))


def _judged(wish: Wish) -> Q:
    if wish.judged in (Judged.DISPUTED, Judged.ADJUDICATED):
        states = {
            Judged.DISPUTED: Adjudication.State.OPEN,
            Judged.ADJUDICATED: Adjudication.State.RESOLVED,
        }
        cases = Adjudication.objects.filter(state=states[Judged(wish.judged)])
        compared = Candidate.objects.filter(task__in=cases.values("task"))
        return Q(pk__in=cases.values("task__prompt")) | Q(pk__in=compared.values("response"))
    tasks = Task.objects.filter(repeats__isnull=True)
    states_of = {Judged.OPEN: Task.State.OPEN, Judged.COMPLETE: Task.State.COMPLETE}
    state = states_of.get(Judged(wish.judged))
    tasks = tasks.filter(state=state) if state else tasks.exclude(state=Task.State.VOID)
    mine = tasks.filter(prompt=OuterRef("pk"))
    compared = Candidate.objects.filter(
        response=OuterRef("pk"), repeat=False, task__state__in=[state] if state else _LIVING
    )
    found = Q(Exists(mine)) | Q(Exists(compared))
    return found if state else ~found


_LIVING = (Task.State.OPEN, Task.State.COMPLETE)
