"""What a response costs, and what it can cost at most. US dollars."""

from decimal import Decimal

from django.utils.translation import gettext as _

from collector.generation.providers.base import Permanent, Request
from collector.models import Generator, GeneratorRevision
from common.errors import InvalidInput

_MILLION = Decimal(1_000_000)
_COLUMN_HOLDS = Decimal("9999.99999999")
_TURN_OVERHEAD = 32  # tokens a chat template may put around a message


def cost_of(
    revision: GeneratorRevision, *, input_tokens: int | None, output_tokens: int | None
) -> Decimal | None:
    """Price × tokens; None where the generator has no prices or the server counted no tokens."""
    if not revision.prices or input_tokens is None or output_tokens is None:
        return None
    return _priced(revision, input_tokens, output_tokens)


def cost_at_most(revision: GeneratorRevision, request: Request | Permanent) -> Decimal:
    """Upper bound for one response: a token is one byte of UTF-8 or more."""
    if isinstance(request, Permanent):
        return Decimal(0)  # it is never sent
    texts = [turn["content"] for turn in request.messages]
    read = sum(len(text.encode("utf-8", "surrogatepass")) + _TURN_OVERHEAD for text in texts)
    return _priced(revision, read, _output_bound(revision) or 0)


def add_up(spent: Decimal | None, more: Decimal) -> Decimal:
    """The sum, as far as the column holds it."""
    return min((spent or Decimal(0)) + more, _COLUMN_HOLDS)


def check_bounded(revision: GeneratorRevision) -> None:
    """InvalidInput unless `cost_at_most` can be told, so that a budget can be kept."""
    name = revision.generator.name
    if revision.provider == Generator.Provider.OPENAI and not revision.prices:
        raise InvalidInput(
            _(
                "%(name)s has no prices, so a budget could not be kept"
                " (a server of your own: input 0, output 0)."
            )
            % {"name": name},
            attr="budget",
        )
    if revision.prices.get("output") and not _output_bound(revision):
        raise InvalidInput(
            _("%(name)s has no max_tokens, so a budget could not be kept.") % {"name": name},
            attr="budget",
        )


def _output_bound(revision: GeneratorRevision) -> int | None:
    parameters = revision.parameters
    bound: int | None = parameters.get("max_completion_tokens") or parameters.get("max_tokens")
    return bound


def _priced(revision: GeneratorRevision, read: int, written: int) -> Decimal:
    prices = revision.prices
    dollars = (
        Decimal(str(prices.get("input", 0))) * read
        + Decimal(str(prices.get("output", 0))) * written
    ) / _MILLION
    return min(dollars.quantize(Decimal("0.00000001")), _COLUMN_HOLDS)
