"""What went wrong in runs, grouped, with what to do about each group."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    Count,
    F,
    Func,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Sum,
    TextField,
    Value,
    When,
)
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from collector.models import Generation, Generator, GeneratorRevision, Project, Run

MOST_GROUPS = 20
LOOKED_AT = 5000
"""So many failures of a run are grouped: where there are more, counts are of these."""
RECENT_RUNS = 10
RECENT_ERRORS = 2000
"""So many failures of the recent runs are looked at for the lists of generators."""
_UNANSWERED = (
    Generation.Status.FAILED,
    Generation.Status.PENDING,
    Generation.Status.RUNNING,
)
# What differs from request to request: ids, counts of tokens, times. Statuses of HTTP stay.
_VARYING = r"[0-9a-f]{8}-[0-9a-f-]{20,}|req[_-]\w+|\d{4,}|\d+\.\d+"
_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class _Cause:
    """A kind of failure: how its texts begin, and what to do."""

    name: str
    begins: re.Pattern[str]
    advice: Promise


def _cause(name: str, pattern: str, advice: Promise) -> _Cause:
    return _Cause(name, re.compile(pattern, re.IGNORECASE), advice)


_CAUSES = (
    _cause(
        "key",
        r"HTTP 40[13]\b|.*\bno key “|The key “",
        _(
            "The server refuses the key. Choose another key in the generator, or ask the operator"
            " to renew the one it names; then let it be asked again and retry."
        ),
    ),
    _cause(
        "quota",
        r"HTTP 402\b|HTTP 429\b.*(quota|billing)",
        _("The account at the server has no money or quota left. Top it up, then retry."),
    ),
    _cause(
        "rate",
        r"HTTP 429\b",
        _(
            "The server asks for patience. Set requests or tokens a minute, or a lower concurrency,"
            " in the generator; then retry."
        ),
    ),
    _cause(
        "address",
        r"HTTP (404|405|410|3\d\d)\b",
        _(
            "The server knows no such model or address. Correct the model's name or the address in"
            " the generator and test it. That is a new revision: start a new run with it."
        ),
    ),
    _cause(
        "window",
        r"The conversation has|HTTP 413\b|.*(context.?length|maximum context|too long)",
        _(
            "These prompts are too long for the model. Choose one with a larger window for them;"
            " retrying meets the same."
        ),
    ),
    _cause(
        "settings",
        r"HTTP 4(00|22)\b",
        _(
            "The server does not understand the request: mostly a parameter that the model does not"
            " know. Change the generator, test it, and start a new run."
        ),
    ),
    _cause(
        "server",
        r"HTTP (5\d\d|408|409|425)\b|The server did not answer|The connection failed|No reply"
        r"|The server's reply is not JSON|The worker died",
        _("The server was away, slow or overloaded. Retry once it is back."),
    ),
    _cause(
        "not_allowed",
        r".*(CONCORD_ALLOWED_MODEL_HOSTS|CONCORD_PROVIDERS|not allowed)",
        _("The operator has to allow this address or provider on this server; then retry."),
    ),
    _cause(
        "empty",
        r"empty response",
        _(
            "The model answered without a text. Raise max_tokens if it reasons first, or look at"
            " these prompts; then retry."
        ),
    ),
    _cause(
        "here",
        r"The provider \S+ cannot be loaded|This needs|Local models need|There is too little",
        _("The machine of the local models lacks something. Ask the operator, then retry."),
    ),
    _cause(
        "prompt",
        r"The prompt has been deleted|There is no recorded response",
        _("There is nothing to ask for these prompts."),
    ),
)
_OTHER = _("Read what the server said. Test the generator; then retry, or start a new run.")


def errors_of(*, run: Run) -> list[dict[str, Any]]:
    """What went wrong in a run, the most frequent first, at most 20 groups of 5,000 failures.

    `[{"generator", "cause", "error", "count", "failed", "retrying", "advice"}]`: `error` is one of
    the texts of the group, which differ in ids and numbers at most; `failed` were given up,
    `retrying` are owed yet. A cause is one of `causes()`.
    """
    return _grouped(Generation.objects.filter(run=run))


def errors_of_generator(*, project: Project, generator: Generator) -> list[dict[str, Any]]:
    """The same of one generator in the project's ten newest runs, its revisions together."""
    recent = Generation.objects.filter(run__in=list(_newest_runs(project)))
    return _grouped(recent.filter(revision__generator=generator))


def _grouped(generations: "QuerySet[Generation]") -> list[dict[str, Any]]:
    unanswered = generations.filter(status__in=_UNANSWERED).exclude(error="")
    said = Generation.objects.filter(pk__in=unanswered.values("pk")[:LOOKED_AT])
    alike = Func(
        F("error"),
        Value(_VARYING),
        Value("…"),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )
    failed = Case(
        When(status=Generation.Status.FAILED, then=1), default=0, output_field=IntegerField()
    )
    rows = (
        said.values("revision__generator__name", alike=alike)
        .annotate(count=Count("pk"), failed=Sum(failed), example=Min("error"))
        .order_by("-count", "example")[:MOST_GROUPS]
    )
    return [
        {
            "generator": row["revision__generator__name"],
            **told(row["example"]),
            "count": row["count"],
            "failed": row["failed"],
            "retrying": row["count"] - row["failed"],
        }
        for row in rows
    ]


def told(error: str) -> dict[str, str]:
    """`{"cause", "error", "advice"}` of the text of a failure."""
    cause = next((each for each in _CAUSES if each.begins.match(error)), None)
    return {
        "cause": cause.name if cause else "other",
        "error": error[:_CHARACTERS],
        "advice": str(cause.advice if cause else _OTHER),
    }


def causes() -> list[str]:
    """The names of all kinds of failure."""
    return [*(cause.name for cause in _CAUSES), "other"]


def recent_errors(
    *, project: Project, revisions: Iterable[GeneratorRevision]
) -> Mapping[int, dict[str, Any]]:
    """By generator, what failed last in the project's ten newest runs: `told`, "when", "count".

    Bounded: where thousands have failed, `count` and "when" are of 2,000 of them.
    """
    generators = [revision.generator_id for revision in revisions]
    runs = list(_newest_runs(project))
    failed = Generation.objects.filter(
        Q(status=Generation.Status.FAILED), run__in=runs, revision__generator__in=generators
    )
    found: dict[int, dict[str, Any]] = {}
    counts: dict[int, int] = {}
    for generator, error, when in failed.values_list("revision__generator", "error", "finished_at")[
        :RECENT_ERRORS
    ]:
        counts[generator] = counts.get(generator, 0) + 1
        known = found.get(generator)
        if known is None or (when and when > known["when"]):
            found[generator] = {"error": error, "when": when}
    return {
        generator: {**told(row["error"]), "when": row["when"], "count": counts[generator]}
        for generator, row in found.items()
    }


def _newest_runs(project: Project) -> "QuerySet[Run, int]":
    newest = Run.objects.filter(project=project).order_by("-pk")
    return newest.values_list("pk", flat=True)[:RECENT_RUNS]
