"""Where requests may go, and which key goes there.

Both are the operator's word (settings CONCORD_ALLOWED_MODEL_HOSTS and CONCORD_MODEL_KEYS) and are
asked when a generator is made and again whenever a worker is about to use it.
"""

from django.conf import settings
from django.utils.translation import gettext as _

from common.errors import InvalidInput
from common.outgoing.guard import Guard, place_of

SETTING = "CONCORD_ALLOWED_MODEL_HOSTS"


def model_guard() -> Guard:
    """What stands before every request to a model server."""
    return Guard(settings.CONCORD_ALLOWED_MODEL_HOSTS, setting=SETTING)


def checked_url(base_url: str) -> str:
    """`base_url` without a trailing slash; InvalidInput unless it is plain and its host allowed."""
    model_guard().check(base_url, attr="base_url")
    return base_url.rstrip("/")


def secret_for(*, alias: str, base_url: str) -> str:
    """The secret named by `alias`, or InvalidInput if there is none for the host of `base_url`.

    Over plain http a secret goes to private hosts, and where the operator bound it to a port.
    """
    key = settings.CONCORD_MODEL_KEYS.get(alias)
    if key is None:
        raise InvalidInput(
            _("There is no key “%(alias)s”: the operator declares keys in CONCORD_MODEL_KEYS.")
            % {"alias": alias},
            attr="key",
        )
    place = place_of(base_url, attr="base_url")
    if key.host not in place.names:
        raise InvalidInput(
            _("The key “%(alias)s” is bound to %(host)s and is not sent to %(address)s.")
            % {"alias": alias, "host": key.host, "address": base_url},
            attr="key",
        )
    if base_url.lower().startswith("http:") and place.is_public and key.host == place.host:
        raise InvalidInput(
            _("The key “%(alias)s” is not sent to %(address)s without encryption: use https.")
            % {"alias": alias, "address": base_url},
            attr="key",
        )
    return key.secret


def scrub(text: str) -> str:
    """Text that may be stored or shown: without any secret the operator declared."""
    for alias, key in settings.CONCORD_MODEL_KEYS.items():
        text = text.replace(key.secret, f"[key {alias}]")
    return text
