"""Providers by name, imported when first used: an SDK is not start-up time of every process."""

from collections.abc import Callable

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

__all__ = [
    "Completion",
    "Permanent",
    "Provider",
    "Request",
    "Transient",
    "Turn",
    "Unusable",
    "open_provider",
]

_REGISTRY: dict[str, str] = {  # below this package
    Generator.Provider.OPENAI: "openai.OpenAIProvider",
    Generator.Provider.TRANSFORMERS: "transformers.TransformersProvider",
    Generator.Provider.RECORDED: "recorded.RecordedProvider",
}


def open_provider(revision: GeneratorRevision) -> Provider:
    """The provider of a revision, ready to be asked; Permanent if it cannot be opened here."""
    provider: Callable[[GeneratorRevision], Provider] = import_string(
        f"{__name__}.{_REGISTRY[revision.provider]}"
    )
    return provider(revision)
