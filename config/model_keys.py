"""Keys of model servers: `CONCORD_MODEL_KEYS=alias=ENV_NAME@host,…`, each bound to one host."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

_PROVIDER = re.compile(r"[a-z][a-z0-9_]{0,11}")
_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_OWN_PROVIDERS = {"openai", "transformers", "recorded"}


@dataclass(frozen=True)
class ModelKey:
    """A secret and the one host (or host:port) it may be sent to; its repr hides the secret."""

    host: str
    secret: str = field(repr=False)


def parse_model_keys(entries: Iterable[str], environ: Mapping[str, str]) -> dict[str, ModelKey]:
    """Alias → key. Raises ImproperlyConfigured, naming the entry, if one is malformed or unset."""
    return dict(_parse(entry.strip(), environ) for entry in entries if entry.strip())


def parse_model_providers(entries: Iterable[str]) -> dict[str, str]:
    """Name → class, from `name=package.module.Class`. ImproperlyConfigured names a bad entry."""
    return dict(_parse_provider(entry.strip()) for entry in entries if entry.strip())


def parse_dollars(name: str, value: str) -> Decimal | None:
    """US dollars, None where nothing is set. ImproperlyConfigured names what is wrong."""
    if not value.strip():
        return None
    try:
        amount = Decimal(value.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ImproperlyConfigured(f"{name} is an amount of US dollars, not {value!r}.")
    return amount


def _parse_provider(entry: str) -> tuple[str, str]:
    name, _, path = entry.partition("=")
    if not _PROVIDER.fullmatch(name) or not _CLASS.fullmatch(path) or name in _OWN_PROVIDERS:
        raise ImproperlyConfigured(
            f"CONCORD_PROVIDERS: {entry!r} is not name=package.module.Class, the name of at most 12"
            " small letters, digits and underscores, and not one of Concord's own."
        )
    return name, path


def _parse(entry: str, environ: Mapping[str, str]) -> tuple[str, ModelKey]:
    alias, _, rest = entry.partition("=")
    variable, _, host = rest.partition("@")
    if not (alias and variable and host):
        raise ImproperlyConfigured(f"CONCORD_MODEL_KEYS: {entry!r} is not alias=ENV_NAME@host.")
    secret = environ.get(variable, "")
    if not secret:
        raise ImproperlyConfigured(f"CONCORD_MODEL_KEYS: {variable} (key {alias!r}) is not set.")
    return alias, ModelKey(host=host.lower(), secret=secret)
