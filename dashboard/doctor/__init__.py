"""What an operator should know of an installation: each finding says what to do about it."""

from collections.abc import Callable, Collection, Iterator

from dashboard.doctor import models, servers, settings, storage, work
from dashboard.doctor.finding import Finding, failed

__all__ = ["CHECKS", "Finding", "examine"]

Check = Callable[[], Iterator[Finding]]
CHECKS: dict[str, Check] = {
    "settings": settings.check,
    "database": servers.check_database,
    "broker": servers.check_broker,
    "workers": work.check_workers,
    "schedule": work.check_schedule,
    "backlog": work.check_backlog,
    "storage": storage.check,
    "models": models.check,
}


def examine(*, only: Collection[str] = (), ask_models: bool = False) -> Iterator[Finding]:
    """Every finding of the parts in `only`, or of all; a part that breaks is a finding itself.

    `ask_models` sends one tiny request to each enabled generator, which may cost something.
    """
    for part, check in CHECKS.items():
        if not only or part in only:
            yield from _careful(part, check)
    if ask_models:
        yield from _careful("models", models.ask)


def _careful(part: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - whatever is broken is what is looked for
        yield failed(part, f"{type(error).__name__}: {str(error).strip()[:500]}")
