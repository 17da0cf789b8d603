"""What logs leave out."""

import re

from structlog.typing import EventDict, WrappedLogger

# Links of mails: whoever has one may set a password, or confirm an address.
_KEYS = re.compile(r"(/accounts/(?:password/reset/key|confirm)/)[^/\s?]+")


def without_keys(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """A structlog processor: addresses of requests without the keys in them."""
    request = event.get("request")
    if isinstance(request, str):
        event["request"] = _KEYS.sub(r"\1…", request)
    return event
