"""Providers by name."""

from collections.abc import Callable

from collector.generation.providers.base import (
    Completion,
    Permanent,
    Provider,
    Request,
    Transient,
    Turn,
)
from collector.generation.providers.openai import OpenAIProvider
from collector.generation.providers.recorded import RecordedProvider
from collector.generation.providers.transformers import TransformersProvider
from collector.models import Generator, GeneratorRevision

__all__ = [
    "Completion",
    "Permanent",
    "Provider",
    "Request",
    "Transient",
    "Turn",
    "open_provider",
]

_REGISTRY: dict[str, Callable[[GeneratorRevision], Provider]] = {
    Generator.Provider.OPENAI: OpenAIProvider,
    Generator.Provider.TRANSFORMERS: TransformersProvider,
    Generator.Provider.RECORDED: RecordedProvider,
}


def open_provider(revision: GeneratorRevision) -> Provider:
    """The provider of a revision, ready to be asked; Permanent if it cannot be opened here."""
    return _REGISTRY[revision.provider](revision)
