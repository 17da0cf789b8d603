"""What a run would ask and cost, before anything is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from statistics import fmean, quantiles
from typing import Any

from collector.generation.budgets import left_of_budgets
from collector.generation.context import conversation_tokens
from collector.generation.conversations import requests_for
from collector.generation.costs import FREE_PROVIDERS, TURN_OVERHEAD, dollars, output_bound
from collector.generation.providers.base import Permanent
from collector.models import Generation, Generator, GeneratorRevision, Message, Project, Run
from collector.services.estimates_sql import Owed, owed
from collector.services.prompt_filters import PromptFilter, parse_prompts
from collector.services.run_requests import check_samples, named_revisions
from common.money import plain

SAMPLED_PROMPTS = 500
"""So many conversations are tokenised, spread evenly; the others are taken to be like them."""
GUESSED_OUTPUT = 400
"""Tokens of a response where no model has answered in the project yet."""
_SAMPLED_BYTES = 4_000_000
_AT_A_TIME = 50
_REMEMBERED_RUNS = 5
_REMEMBERED_RESPONSES = 2000

Amount = int | Decimal


@dataclass(frozen=True)
class Range:
    """`at_most` is None where nothing bounds it."""

    low: Amount
    likely: Amount
    at_most: Amount | None


@dataclass(frozen=True)
class Input:
    """Tokens to be read, whether the model's own tokenizer counted them, and requests that do not
    fit the model's window (or whose prompt is deleted) and would not be sent."""

    tokens: int
    exact: bool
    refused: int


def estimate_run(
    *,
    project: Project,
    generators: Sequence[str],
    samples: int = 1,
    prompts: str | Mapping[str, Any] = "all",
) -> dict[str, Any]:
    """What `start_run` with the same arguments would ask, in tokens and US dollars (as text).

    `{"requests", "there", "waiting", "again", "input_tokens", "output_tokens": {"low", "likely",
    "at_most"}, "cost": {"low", "likely", "at_most"}, "unpriced": [names], "generators": {name: the
    same, with "prompts", "exact", "refused", "output_from"}, "budgets": [{"name", "limit",
    "left"}]}`.

    Of what is wanted, `there` is answered already, `waiting` is another run's, `again` failed or
    was cancelled and would be asked again; `requests` are `again` and what is new. Retries are
    not foreseen. `at_most` is null where no `max_tokens` bounds it, the `cost` of a generator
    where it has no prices. InvalidInput names the field at fault, as in `start_run`.
    """
    wanted = parse_prompts(prompts, project=project)
    revisions = named_revisions(generators)
    check_samples(samples)
    return estimate(wanted, revisions, samples) | {"budgets": left_of_budgets(project)}


def estimate(
    wanted: PromptFilter, revisions: Sequence[GeneratorRevision], samples: int
) -> dict[str, Any]:
    """The same for arguments that have been checked, without `budgets`."""
    by_name = {
        revision.generator.name: _of_revision(wanted, revision, samples) for revision in revisions
    }
    each = list(by_name.values())
    numbers = ("requests", "there", "waiting", "again", "input_tokens")
    costs = [one["cost"] for one in each if one["cost"] is not None]
    return {
        **{name: sum(one[name] for one in each) for name in numbers},
        "output_tokens": _shown(_total([one["output_tokens"] for one in each], 0)),
        "cost": _shown(_total(costs, Decimal(0))),
        "unpriced": sorted(name for name, one in by_name.items() if one["cost"] is None),
        "generators": {
            name: {key: _shown(value) for key, value in one.items()}
            for name, one in by_name.items()
        },
    }


def _shown(value: Any) -> Any:
    if not isinstance(value, Range):
        return value
    return {
        name: plain(amount) if isinstance(amount, Decimal) else amount
        for name, amount in asdict(value).items()
    }


def _total(ranges: Sequence[Range], nothing: Amount) -> Range:
    bounds = [each.at_most for each in ranges if each.at_most is not None]
    return Range(
        low=sum((each.low for each in ranges), start=nothing),
        likely=sum((each.likely for each in ranges), start=nothing),
        at_most=sum(bounds, start=nothing) if len(bounds) == len(ranges) else None,
    )


def _of_revision(wanted: PromptFilter, revision: GeneratorRevision, samples: int) -> dict[str, Any]:
    todo = owed(wanted, revision, samples, sample=SAMPLED_PROMPTS)
    if revision.provider == Generator.Provider.RECORDED:  # nothing is asked: it is looked up
        read, written, source = Input(0, exact=True, refused=0), Range(0, 0, 0), "recorded"
    else:
        read = _input(revision, todo)
        written, source = _output(wanted.project, revision, todo.requests - read.refused)
    return {
        **{name: getattr(todo, name) for name in ("prompts", "requests", "there")},
        **{name: getattr(todo, name) for name in ("waiting", "again")},
        "input_tokens": read.tokens,
        "output_tokens": written,
        "cost": _cost(revision, todo, read, written),
        "exact": read.exact,
        "refused": read.refused,
        "output_from": source,
    }


def _input(revision: GeneratorRevision, todo: Owed) -> Input:
    """Tokens of the sampled conversations, scaled to the bytes of them all."""
    tokens = text_bytes = seen = refused = 0
    exact = True
    for start in range(0, len(todo.sample), _AT_A_TIME):
        if text_bytes > _SAMPLED_BYTES:
            break
        prompts = Message.objects.filter(pk__in=todo.sample[start : start + _AT_A_TIME])
        asked = [Generation(pk=each.pk, prompt=each, revision=revision) for each in prompts]
        for request in requests_for(asked, revision).values():
            seen += 1
            if isinstance(request, Permanent):
                refused += 1
                continue
            counted, exact = conversation_tokens(request.messages, revision)
            tokens += counted
            text_bytes += sum(len(turn["content"].encode()) for turn in request.messages)
    share_refused = refused / seen if seen else 0
    total = todo.text_bytes + todo.requests * len(revision.system_prompt.encode())
    return Input(
        tokens=round(tokens * total * (1 - share_refused) / text_bytes) if text_bytes else 0,
        exact=exact and seen == todo.prompts,
        refused=round(share_refused * todo.requests),
    )


def _output(project: Project, revision: GeneratorRevision, requests: int) -> tuple[Range, str]:
    """As long as responses were so far: the shortest quarter's, the mean, what is allowed."""
    bound = output_bound(revision)
    of_generator = Run.objects.filter(revisions__generator=revision.generator_id)
    lengths = _lengths(of_generator, revision__generator=revision.generator_id)
    source = "this generator"
    if not lengths:
        lengths, source = _lengths(Run.objects.filter(project=project)), "other generators"
    if lengths:
        low, likely = quantiles([*lengths, *lengths], n=4)[0], fmean(lengths)
    else:
        likely, source = float(GUESSED_OUTPUT), "a guess"
        low = likely / 4
    if bound is not None:
        low, likely = min(low, bound), min(likely, bound)
    at_most = None if bound is None else bound * requests
    return Range(round(low * requests), round(likely * requests), at_most), source


def _lengths(runs: Any, **of_whom: Any) -> list[int]:
    newest = list(runs.order_by("-pk").values_list("pk", flat=True)[:_REMEMBERED_RUNS])
    answered = Generation.objects.filter(
        run__in=newest,
        status=Generation.Status.SUCCEEDED,
        output_tokens__isnull=False,
        **of_whom,
    )
    return [
        each
        for each in answered.values_list("output_tokens", flat=True)[:_REMEMBERED_RESPONSES]
        if each
    ]


def _cost(revision: GeneratorRevision, todo: Owed, read: Input, written: Range) -> Range | None:
    if revision.provider not in FREE_PROVIDERS and not revision.prices:
        return None
    low, likely = (
        dollars(revision, read=read.tokens, written=int(tokens))
        for tokens in (written.low, written.likely)
    )
    if written.at_most is None and revision.prices.get("output"):
        return Range(low, likely, None)
    # As budgets are kept: a token is a byte or more, and a template stands around each message.
    turns = todo.messages + (todo.requests if revision.system_prompt else 0)
    most = todo.text_bytes + todo.requests * len(revision.system_prompt.encode())
    most += turns * TURN_OVERHEAD
    return Range(low, likely, dollars(revision, read=most, written=int(written.at_most or 0)))
