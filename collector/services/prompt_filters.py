"""Which prompts of a project a run asks about."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from collector.models import GeneratorRevision, Message, Project, Source
from collector.models.messages import MessageQuerySet
from collector.services.responses import storable
from common.errors import InvalidInput

LIMIT_AT_MOST = 1_000_000_000


@dataclass(frozen=True)
class PromptFilter:
    """Prompts by source and language; `missing`: only those the generator never answered.

    `limit` counts after the other conditions, oldest prompts first.
    """

    project: Project
    source: Source | None = None
    language: str | None = None
    missing: bool = False
    limit: int | None = None

    def prompts(self, revision: GeneratorRevision) -> MessageQuerySet:
        """The prompts to ask this revision about, oldest first."""
        prompts = Message.objects.prompts().filter(project=self.project).order_by("pk")
        if self.source is not None:
            prompts = prompts.filter(source=self.source)
        if self.language is not None:
            prompts = prompts.filter(language=self.language)
        if self.missing:
            answers = Message.objects.candidates().filter(
                parent=OuterRef("pk"), revision__generator=revision.generator_id
            )
            prompts = prompts.filter(~Exists(answers))
        return prompts[: self.limit] if self.limit is not None else prompts


def parse_prompts(prompts: str | Mapping[str, Any], *, project: Project) -> PromptFilter:
    """`"all"`, or `{"source": uid or name, "language", "missing": true, "limit"}`, checked."""
    if prompts == "all":
        return PromptFilter(project=project)
    if not isinstance(prompts, Mapping):
        raise InvalidInput(_('prompts is "all" or an object.'), attr="prompts")
    unknown = prompts.keys() - {"source", "language", "missing", "limit"}
    if unknown:
        raise InvalidInput(_("prompts has no “%(name)s”.") % {"name": min(unknown)}, attr="prompts")
    source = _of_type(prompts, "source", str)
    return PromptFilter(
        project=project,
        source=None if source is None else _source(source, project),
        language=_of_type(prompts, "language", str),
        missing=bool(_of_type(prompts, "missing", bool)),
        limit=_limit(prompts),
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


def _limit(prompts: Mapping[str, Any]) -> int | None:
    limit: int | None = _of_type(prompts, "limit", int)
    if limit is not None and (isinstance(limit, bool) or not 1 <= limit <= LIMIT_AT_MOST):
        raise InvalidInput(
            _("limit is a whole number from 1 to %(most)d.") % {"most": LIMIT_AT_MOST},
            attr="prompts",
        )
    return limit


def _of_type(prompts: Mapping[str, Any], name: str, kind: type) -> Any:
    value = prompts.get(name)
    if value is not None and not isinstance(value, kind):
        raise InvalidInput(_("%(name)s has the wrong type.") % {"name": name}, attr="prompts")
    if isinstance(value, str) and storable(value) != value:
        raise InvalidInput(_("%(name)s holds what is no text.") % {"name": name}, attr="prompts")
    return value
