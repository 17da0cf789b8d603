"""How logs are written, and what they leave out."""

import logging
import re
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

# Links of mails: whoever has one may set a password, or confirm an address.
_KEYS = re.compile(r"(/accounts/(?:password/reset/key|confirm)/)[^/\s?]+")


def without_keys(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A structlog processor: addresses of requests without the keys in them."""
    request = event.get("request")
    if isinstance(request, str):
        event["request"] = _KEYS.sub(r"\1…", request)
    return event


def to_the_console(level: str) -> dict[str, Any]:
    """Django's LOGGING: a line for each record, of that level and above."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {"httpx2": {"level": "WARNING"}},  # else a line for every request to a model
    }


def configure_structlog(level: str, *, coloured: bool) -> None:
    """Events of that level and above: coloured lines for people, else JSON for machines."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        processors=[
            structlog.contextvars.merge_contextvars,
            without_keys,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if coloured else structlog.processors.JSONRenderer(),
        ],
    )
