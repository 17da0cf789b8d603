"""Generators: whether they can be asked, without asking; and what they answer, if told to ask."""

import importlib.util
from collections.abc import Iterator

from collector.generation.endpoints import checked_url, secret_for
from collector.generation.providers import known_providers
from collector.models import Generator, GeneratorRevision
from collector.selectors import newest_revisions
from collector.services.trials import try_generator
from common.errors import DomainError
from dashboard.doctor.finding import Finding, failed, ok, warning

PART = "models"


def check() -> Iterator[Finding]:
    """Hosts are allowed, keys are there, and local models have what runs them."""
    asked = list(in_force())
    for revision in asked:
        yield from _configured(revision)
    if not asked:
        yield ok(PART, "no generator is switched on")


def ask() -> Iterator[Finding]:
    """One tiny request to each generator that is switched on."""
    for revision in in_force():
        name = revision.generator.name
        try:
            trial = try_generator(generator=revision.generator, project=None)
        except DomainError as error:
            yield failed(PART, f"{name}: {error.detail}")
            continue
        if trial.error:
            yield failed(PART, f"{name}: {trial.error}", "Look at its server.")
        else:
            yield ok(PART, f"{name} answered")


def in_force() -> Iterator[GeneratorRevision]:
    """The newest revision of each generator that is switched on and asks somebody."""
    newest = newest_revisions().filter(generator__enabled=True).select_related("generator")
    asked = [each for each in newest if each.provider != Generator.Provider.RECORDED]
    yield from sorted(asked, key=lambda each: each.generator.name)


def _configured(revision: GeneratorRevision) -> Iterator[Finding]:
    generator, name = revision.generator, revision.generator.name
    if generator.paused_at:
        yield warning(
            PART,
            f"{name} is paused: {generator.pause_reason}",
            "Mend it, try it, and let it go on (its page in the admin site).",
        )
    try:
        _check_reachable(revision)
    except DomainError as error:
        yield failed(PART, f"{name}: {error.detail}", "Name it in the settings, or switch it off.")
    else:
        yield ok(PART, f"{name} is ready to be asked")


def _check_reachable(revision: GeneratorRevision) -> None:
    if revision.provider not in known_providers():
        raise DomainError(f"There is no provider “{revision.provider}” any more.")
    if revision.provider == "transformers" and importlib.util.find_spec("torch") is None:
        raise DomainError("torch is not installed here (`make local`).")
    if revision.base_url:
        checked_url(revision.base_url)
        if revision.key_alias:
            secret_for(alias=revision.key_alias, base_url=revision.base_url)
