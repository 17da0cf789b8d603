"""Trying a generator out: one tiny request, whose answer is shown and not stored."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.utils.translation import gettext as _

from accounts.models import User
from collector.generation.costs import BOUNDS, FREE_PROVIDERS, cost_of, told_cost
from collector.generation.endpoints import scrub
from collector.generation.providers import (
    Completion,
    Permanent,
    Request,
    Transient,
    Turn,
    open_provider,
)
from collector.generation.providers.base import Failure
from collector.models import Generator, GeneratorRevision, Membership, Project
from collector.selectors import newest_revisions
from collector.services.generators import check_may_change
from collector.services.responses import storable
from collector.services.run_errors import told
from collector.services.trial_money import pay_in_advance, settle
from common.errors import Busy, Conflict, InvalidInput

PROMPT = "Reply with the one word: ready"
_TOKENS = 64
_SECONDS = 30.0
_BETWEEN_SECONDS = 5
_CHARACTERS = 2000


@dataclass(frozen=True)
class Trial:
    """What came back: a completion, or the `error` in its place. `cost` is in US dollars."""

    revision: GeneratorRevision
    text: str = ""
    finish_reason: str = ""
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    latency_ms: int | None = None
    cost: Decimal | None = None
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error

    @property
    def advice(self) -> str:
        """What to do about the error; empty where there is none."""
        return told(self.error)["advice"] if self.error else ""


def try_generator(*, generator: Generator, project: Project | None) -> Trial:
    """Ask the generator's settings in force once, for at most 64 tokens and 30 seconds.

    Also where it asks by batch: then the ordinary way, at ordinary prices. No limit or breaker
    counts it, the budgets that bound the `project` do: None is the operator, who pays alone.
    Conflict where no server is asked, or a budget is used up; Busy within 5 seconds of the last
    trial.
    """
    revision = newest_revisions().get(generator=generator)
    if not can_be_tried(revision):
        raise Conflict(
            _("%(name)s asks no server, so there is nothing to try.") % {"name": generator.name}
        )
    if not cache.add(f"collector.trial.{generator.pk}", 1, _BETWEEN_SECONDS):
        raise Busy(
            _("%(name)s has just been tried. Wait a few seconds.") % {"name": generator.name}
        )
    revision.batch = False  # on this object only, for the price
    request = _request(revision)
    advance = pay_in_advance(project=project, revision=revision, request=request)
    try:
        completion = async_to_sync(_ask)(revision, request)
    except Failure as failure:
        settle(advance, cost=told_cost(revision, failure))
        return Trial(revision=revision, error=_shown(str(failure)))
    settle(advance, cost=told_cost(revision, completion))
    return _told(revision, completion)


def who_pays(user: User, slug: str = "") -> Project | None:
    """Whose budgets a trial counts against that is asked for outside of any project's pages.

    The project named, else the only one of a researcher; a superuser's own account where none is
    named. Raises InvalidInput at `project`.
    """
    known = Project.objects.filter(archived_at__isnull=True)
    if not user.is_superuser:
        led = Membership.objects.filter(user=user, role=Membership.Role.RESEARCHER)
        known = known.filter(pk__in=led.values("project"))
    elif not slug:
        return None
    found = list((known.filter(slug=slug) if slug else known).order_by("pk")[:2])
    if len(found) == 1:
        return found[0]
    if slug:
        raise InvalidInput(_("You have no project %s.") % slug, attr="project")
    raise InvalidInput(_("Name the project that pays for the trial."), attr="project")


def check_may_try(generator: Generator, user: User) -> None:
    """Raise NotAllowed for what others have paused or switched off: it is to be asked nothing."""
    if not generator.enabled or generator.paused_at is not None:
        check_may_change(generator, user)


def can_be_tried(revision: GeneratorRevision) -> bool:
    """Whether a server is asked, which takes seconds and not the machine of the local models."""
    return revision.provider not in FREE_PROVIDERS


async def _ask(revision: GeneratorRevision, request: Request) -> Completion:
    provider = open_provider(revision)
    try:
        async with asyncio.timeout(_SECONDS):
            return await provider.generate(request)
    except Failure:
        raise
    except TimeoutError as error:
        raise Transient(f"No reply within {_SECONDS:g} s.") from error
    except Exception as error:  # a provider may be anybody's
        raise Permanent(f"{type(error).__name__}: {error}") from error
    finally:
        await provider.close()


def _request(revision: GeneratorRevision) -> Request:
    """As a run's requests, but for at most so many tokens, by the names that the revision uses."""
    parameters = dict(revision.parameters)
    for limit in [name for name in BOUNDS if name in parameters] or ["max_tokens"]:
        parameters[limit] = min(_TOKENS, parameters.get(limit) or _TOKENS)
    system = [Turn(role="system", content=revision.system_prompt)] if revision.system_prompt else []
    messages = [*system, Turn(role="user", content=PROMPT)]
    return Request(prompt_id=0, sample_index=0, messages=messages, parameters=parameters)


def _told(revision: GeneratorRevision, completion: Completion) -> Trial:
    read, written = completion.input_tokens, completion.output_tokens
    return Trial(
        revision=revision,
        text=_shown(completion.text),
        finish_reason=_shown(completion.finish_reason),
        model=_shown(str(completion.meta.get("model", ""))),
        input_tokens=read,
        output_tokens=written,
        latency_ms=completion.latency_ms,
        cost=cost_of(revision, input_tokens=read, output_tokens=written),
    )


def _shown(text: str) -> str:
    return storable(scrub(text))[:_CHARACTERS]
