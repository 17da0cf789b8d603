"""Announcing the end of an address: `Deprecation` (RFC 9745), `Sunset` (RFC 8594) and a link."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecated:
    """Since when an address is not to be built on, when it ends, and what takes its place.

    `ends` is at least six months after `since` (docs/api.md). A view names it as `deprecated`.
    """

    since: datetime
    ends: datetime
    instead: str
    """The address that does the same, as `/api/v1/…`."""

    def headers(self) -> dict[str, str]:
        """What every answer of the address says."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": http_date(self.ends.timestamp()),
            "Link": f'<{settings.SITE_URL}{self.instead}>; rel="successor-version"',
        }
