"""Providers by name, imported when first used: an SDK is not start-up time of every process.

Beside those here, operators add their own (setting CONCORD_PROVIDERS, `docs/providers.md`).
"""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from collector.generation.providers.base import (
    Completion,
    Permanent,
    Provider,
    Request,
    Transient,
    Turn,
    Unusable,
)
from collector.models import Generator, GeneratorRevision
from common.errors import InvalidInput

__all__ = [
    "Completion",
    "Permanent",
    "Provider",
    "Request",
    "Transient",
    "Turn",
    "Unusable",
    "known_providers",
    "open_provider",
]

_REGISTRY: dict[str, str] = {
    Generator.Provider.OPENAI: f"{__name__}.openai.OpenAIProvider",
    Generator.Provider.TRANSFORMERS: f"{__name__}.transformers.TransformersProvider",
    Generator.Provider.RECORDED: f"{__name__}.recorded.RecordedProvider",
}


def known_providers() -> list[str]:
    """The names of all providers, ours first."""
    return [*_REGISTRY, *settings.CONCORD_PROVIDERS]


def open_provider(revision: GeneratorRevision) -> Provider:
    """The provider of a revision, ready to be asked; Permanent if it cannot be opened here."""
    path = _REGISTRY.get(revision.provider) or settings.CONCORD_PROVIDERS.get(revision.provider)
    if path is None:
        raise Permanent(
            f"There is no provider {revision.provider!r} here (CONCORD_PROVIDERS).", billed=False
        )
    try:
        provider: Callable[[GeneratorRevision], Provider] = import_string(path)
        return provider(revision)
    except InvalidInput as error:  # of an address or a key that is not allowed
        raise Permanent(error.detail, billed=False) from error
    except ImportError as error:
        raise Unusable(f"The provider {revision.provider} cannot be loaded: {error}") from error
