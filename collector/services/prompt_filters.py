"""Which prompts of a project a run asks about."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from collector.models import GeneratorRevision, Message, Project, Source
from collector.models.messages import MessageQuerySet
from collector.services.responses import storable
from common.errors import InvalidInput

LIMIT_AT_MOST = 1_000_000_000
IDS_AT_MOST = 10_000
MISSING_AT_MOST = 1000


@dataclass(frozen=True)
class PromptFilter:
    """Prompts by source, language, tag and uid.

    `missing`: only those to which the generator has fewer responses than that, wherever they came
    from. `limit` counts after the other conditions, oldest prompts first.
    """

    project: Project
    source: Source | None = None
    language: str | None = None
    tag: str | None = None
    ids: tuple[UUID, ...] | None = None
    missing: int = 0
    limit: int | None = None

    def prompts(self, revision: GeneratorRevision) -> MessageQuerySet:
        """The prompts to ask this revision about, oldest first."""
        prompts = Message.objects.prompts().filter(project=self.project).order_by("pk")
        if self.source is not None:
            prompts = prompts.filter(source=self.source)
        if self.language is not None:
            prompts = prompts.filter(language=self.language)
        if self.tag is not None:
            prompts = prompts.filter(meta__tags__contains=[self.tag])
        if self.ids is not None:
            prompts = prompts.filter(uid__in=self.ids)
        if self.missing:
            prompts = _answered_less(prompts, self.missing, revision)
        return prompts[: self.limit] if self.limit is not None else prompts


def _answered_less(
    prompts: MessageQuerySet, often: int, revision: GeneratorRevision
) -> MessageQuerySet:
    answers = Message.objects.candidates().filter(
        parent=OuterRef("pk"), revision__generator=revision.generator_id
    )
    if often == 1:
        return prompts.filter(~Exists(answers))
    counted = answers.order_by().values("parent").annotate(number=Count("pk")).values("number")
    return prompts.alias(answers=Coalesce(counted, 0)).filter(answers__lt=often)


def parse_prompts(prompts: str | Mapping[str, Any], *, project: Project) -> PromptFilter:
    """`"all"`, or an object with any of these, checked; InvalidInput says what is wrong.

    `{"source": uid or name, "language", "tag", "ids": [uid, …], "missing": true or a number,
    "limit"}`.
    """
    if prompts == "all":
        return PromptFilter(project=project)
    if not isinstance(prompts, Mapping):
        raise InvalidInput(_('prompts is "all" or an object.'), attr="prompts")
    unknown = prompts.keys() - {"source", "language", "tag", "ids", "missing", "limit"}
    if unknown:
        raise InvalidInput(_("prompts has no “%(name)s”.") % {"name": min(unknown)}, attr="prompts")
    source = _of_type(prompts, "source", str)
    return PromptFilter(
        project=project,
        source=None if source is None else _source(source, project),
        language=_of_type(prompts, "language", str),
        tag=_of_type(prompts, "tag", str),
        ids=_ids(prompts),
        missing=_whole(prompts, "missing", most=MISSING_AT_MOST) or 0,
        limit=_whole(prompts, "limit", most=LIMIT_AT_MOST),
    )


def _source(given: str, project: Project) -> Source:
    named = Q(name=given)
    with suppress(ValueError):
        named |= Q(uid=UUID(given))
    found = Source.objects.filter(named, project=project).order_by("pk").first()
    if found is None:
        raise InvalidInput(
            _("The project has no source “%(name)s”.") % {"name": given}, attr="prompts"
        )
    return found


def _ids(prompts: Mapping[str, Any]) -> tuple[UUID, ...] | None:
    """Those that are of no prompt of the project choose nothing."""
    ids = _of_type(prompts, "ids", list)
    if ids is None:
        return None
    if not 1 <= len(ids) <= IDS_AT_MOST:
        raise InvalidInput(
            _("ids are those of 1 to %(most)d prompts.") % {"most": IDS_AT_MOST},
            attr="prompts",
        )
    try:
        return tuple(UUID(str(each)) for each in ids)
    except ValueError as error:
        raise InvalidInput(_("ids are the ids of prompts."), attr="prompts") from error


def _whole(prompts: Mapping[str, Any], name: str, *, most: int) -> int | None:
    """A whole number from 1; `missing` may also be true (which is 1) or false (none)."""
    value = _of_type(prompts, name, int)
    if name == "missing" and isinstance(value, bool):
        return int(value)
    if value is not None and (isinstance(value, bool) or not 1 <= value <= most):
        raise InvalidInput(
            _("%(name)s is a whole number from 1 to %(most)d.") % {"name": name, "most": most},
            attr="prompts",
        )
    return None if value is None else int(value)


def _of_type(prompts: Mapping[str, Any], name: str, kind: type) -> Any:
    value = prompts.get(name)
    if value is not None and not isinstance(value, kind):
        raise InvalidInput(_("%(name)s has the wrong type.") % {"name": name}, attr="prompts")
    if isinstance(value, str) and storable(value) != value:
        raise InvalidInput(_("%(name)s holds what is no text.") % {"name": name}, attr="prompts")
    return value
