"""Where requests may go, and which key goes there.

Both are the operator's word (settings CONCORD_ALLOWED_MODEL_HOSTS and CONCORD_MODEL_KEYS) and are
asked when a generator is made and again whenever a worker is about to use it.
"""

import re

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import InvalidInput

# Stricter than any URL parser, so that no two parsers can read two hosts out of one address.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:/[A-Za-z0-9._~/-]*)?"
)
_LAST_PORT = 65535
_PORTS = {"http": "80", "https": "443"}


def checked_url(base_url: str) -> str:
    """`base_url` without a trailing slash; InvalidInput unless it is plain and its host allowed."""
    places = _places(base_url)
    if not places & {host.lower() for host in settings.CONCORD_ALLOWED_MODEL_HOSTS}:
        raise InvalidInput(
            _(
                "The host of %(address)s is not among the allowed model hosts"
                " (CONCORD_ALLOWED_MODEL_HOSTS)."
            )
            % {"address": base_url},
            attr="base_url",
        )
    return base_url.rstrip("/")


def secret_for(*, alias: str, base_url: str) -> str:
    """The secret named by `alias`, or InvalidInput if there is none for the host of `base_url`."""
    key = settings.CONCORD_MODEL_KEYS.get(alias)
    if key is None:
        raise InvalidInput(
            _("There is no key “%(alias)s”: the operator declares keys in CONCORD_MODEL_KEYS.")
            % {"alias": alias},
            attr="key",
        )
    if key.host not in _places(base_url):
        raise InvalidInput(
            _("The key “%(alias)s” is bound to %(host)s and is not sent to %(address)s.")
            % {"alias": alias, "host": key.host, "address": base_url},
            attr="key",
        )
    return key.secret


def scrub(text: str) -> str:
    """Text that may be stored or shown: without any secret the operator declared."""
    for alias, key in settings.CONCORD_MODEL_KEYS.items():
        text = text.replace(key.secret, f"[key {alias}]")
    return text


def _places(base_url: str) -> set[str]:
    """What an operator may have written for the address's host: `host` and `host:port`."""
    found = _ADDRESS.fullmatch(base_url)
    if found is None or not 0 < int(found["port"] or 1) <= _LAST_PORT:
        raise InvalidInput(
            _("“%(address)s” is not a plain http:// or https:// address.") % {"address": base_url},
            attr="base_url",
        )
    host = found["host"].lower()
    return {host, f"{host}:{found['port'] or _PORTS[found['scheme']]}"}
