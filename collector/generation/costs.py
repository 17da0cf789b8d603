"""What a response costs, and what it can cost at most. US dollars."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from collector.generation.providers.base import Completion, Failure, Permanent, Request
from collector.models import Generator, GeneratorRevision
from common.errors import InvalidInput

BATCH_SHARE = 0.5
"""Of the ordinary prices, where a generator asks by batch and its prices do not say otherwise."""
FREE_PROVIDERS = (Generator.Provider.TRANSFORMERS, Generator.Provider.RECORDED)
"""What asks nobody who could send a bill."""
_MILLION = Decimal(1_000_000)
_COLUMN_HOLDS = Decimal("9999.99999999")
BOUNDS = ("max_completion_tokens", "max_tokens")
"""Parameters that say how many tokens a response may have. Servers differ in which they heed."""
TURN_OVERHEAD = 32  # tokens a chat template may put around a message


def cost_of(
    revision: GeneratorRevision, *, input_tokens: int | None, output_tokens: int | None
) -> Decimal | None:
    """Price × tokens; None where the generator has no prices or the server counted no tokens."""
    if not revision.prices or input_tokens is None or output_tokens is None:
        return None
    return _priced(revision, input_tokens, output_tokens)


def cost_at_most(revision: GeneratorRevision, request: Request | Permanent) -> Decimal:
    """Upper bound for one response: a token is one byte of UTF-8 or more.

    As the request is sent: it may ask for fewer tokens than the revision does.
    """
    if isinstance(request, Permanent):
        return Decimal(0)  # it is never sent
    texts = [turn["content"] for turn in request.messages]
    read = sum(len(text.encode("utf-8", "surrogatepass")) + TURN_OVERHEAD for text in texts)
    return _priced(revision, read, _output_bound(request.parameters) or 0)


def add_up(spent: Decimal | None, more: Decimal) -> Decimal:
    """The sum, as far as the column holds it."""
    return min((spent or Decimal(0)) + more, _COLUMN_HOLDS)


def told_cost(revision: GeneratorRevision, outcome: Completion | Failure) -> Decimal | None:
    """What an attempt has cost, as far as the server told; 0 where it cannot have cost anything."""
    if isinstance(outcome, Completion):
        return cost_of(
            revision, input_tokens=outcome.input_tokens, output_tokens=outcome.output_tokens
        )
    return None if outcome.billed else Decimal(0)


def why_unbounded(revision: GeneratorRevision) -> str | None:
    """Why `cost_at_most` is no upper bound, so that no budget can be kept; None if it is one."""
    name = revision.generator.name
    if revision.provider not in FREE_PROVIDERS and not revision.prices:
        return _(
            "%(name)s has no prices, so a budget could not be kept"
            " (a server of your own: input 0, output 0)."
        ) % {"name": name}
    if revision.prices.get("output") and not output_bound(revision):
        return _("%(name)s has no max_tokens, so a budget could not be kept.") % {"name": name}
    return None


def check_bounded(revision: GeneratorRevision) -> None:
    """InvalidInput unless a budget can be kept."""
    why = why_unbounded(revision)
    if why is not None:
        raise InvalidInput(why, attr="budget")


def output_bound(revision: GeneratorRevision) -> int | None:
    """The most tokens a response may have, where the parameters say so."""
    return _output_bound(revision.parameters)


def _output_bound(parameters: Mapping[str, Any]) -> int | None:
    return max((parameters.get(name) or 0 for name in BOUNDS), default=0) or None


def dollars(revision: GeneratorRevision, *, read: int, written: int) -> Decimal:
    """Tokens × price, a batch's share taken."""
    prices = revision.prices
    full = (
        Decimal(str(prices.get("input", 0))) * read
        + Decimal(str(prices.get("output", 0))) * written
    ) / _MILLION
    if revision.batch:
        full *= Decimal(str(prices.get("batch", BATCH_SHARE)))
    return full.quantize(Decimal("0.00000001"))


def _priced(revision: GeneratorRevision, read: int, written: int) -> Decimal:
    return min(dollars(revision, read=read, written=written), _COLUMN_HOLDS)
