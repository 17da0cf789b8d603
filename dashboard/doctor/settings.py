"""Settings that are dangerous, or do not fit each other."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings

from dashboard.doctor.finding import Finding, ok, warning

PART = "settings"
SECRET_LENGTH = 32
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check() -> Iterator[Finding]:
    """Debugging, encryption, addresses and mail; what a demo on one machine may do is told."""
    found = [*_secrets(), *_addresses(), *_mail()]
    yield from found
    if not found:
        yield ok(PART, f"as they should be, for {settings.SITE_URL}")


def _secrets() -> Iterator[Finding]:
    if settings.DEBUG:
        yield warning(PART, "DEBUG is on: errors show settings to everybody.", "Unset DEBUG.")
    if len(settings.SECRET_KEY) < SECRET_LENGTH:
        yield warning(
            PART,
            f"SECRET_KEY has fewer than {SECRET_LENGTH} characters.",
            "Set a long random one; keep the old one in SECRET_KEY_FALLBACKS.",
        )


def _addresses() -> Iterator[Finding]:
    site = urlsplit(settings.SITE_URL)
    host = site.hostname or ""
    local = host in LOOPBACK
    if host not in settings.ALLOWED_HOSTS and not local and "*" not in settings.ALLOWED_HOSTS:
        yield warning(
            PART,
            f"SITE_URL is {settings.SITE_URL}, and ALLOWED_HOSTS does not name {host}.",
            f"Add {host} to ALLOWED_HOSTS, or links in letters lead to an error.",
        )
    if not local and not settings.HTTPS:
        yield warning(
            PART,
            "People reach the site without encryption: HTTPS is off.",
            "Put a proxy with a certificate in front, set HTTPS=1 and a SITE_URL of https.",
        )


def _mail() -> Iterator[Finding]:
    if settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend")):
        yield warning(
            PART,
            "Mail goes nowhere: invitations, resets and notices are only written to the log.",
            "Set EMAIL_URL, such as smtp+tls://user:password@host:587.",
        )
