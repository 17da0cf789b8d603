"""The Hugging Face libraries, held to the guard.

The hub answers a download with a redirect to wherever the file lies. Its library follows it, and
the guard is asked about every host on the way: an operator allows `huggingface.co` for names and
small files, `*.hf.co` for large ones.
"""

import httpx2
from django.conf import settings

from common.outgoing.clients import CONNECT_SECONDS, AsyncTransport, Transport
from common.outgoing.guard import Guard

SETTING = "CONCORD_ALLOWED_HUB_HOSTS"
_READ_SECONDS = 60.0


def hub_guard() -> Guard:
    """What the operator lets the hub's libraries reach.

    Refused where the hub itself (HF_ENDPOINT, without it huggingface.co) is not allowed.
    """
    from huggingface_hub import constants  # noqa: PLC0415 - most processes never need it

    guard = Guard(settings.CONCORD_ALLOWED_HUB_HOSTS, setting=SETTING)
    guard.check(constants.ENDPOINT)
    return guard


def use_hub() -> None:
    """To be called before the hub's libraries are: holds them to what the operator allows.

    Refused as by `hub_guard`.
    """
    keep_hub_to(hub_guard())


def keep_hub_to(guard: Guard) -> None:
    """Let the hub's libraries in this process reach what the guard lets pass, until told again.

    Xet transfers, which open connections of their own, are switched off.
    """
    import huggingface_hub  # noqa: PLC0415 - as above
    from huggingface_hub import constants  # noqa: PLC0415
    from huggingface_hub.utils import _http  # noqa: PLC0415

    timeout = httpx2.Timeout(_READ_SECONDS, connect=CONNECT_SECONDS)

    def client() -> httpx2.Client:
        return httpx2.Client(
            event_hooks={"request": [_http.hf_request_event_hook]},
            follow_redirects=True,
            trust_env=False,
            timeout=timeout,
            transport=Transport(guard, reply_bytes=None),
        )

    def async_client() -> httpx2.AsyncClient:
        return httpx2.AsyncClient(
            event_hooks={
                "request": [_http.async_hf_request_event_hook],
                "response": [_http.async_hf_response_event_hook],
            },
            follow_redirects=True,
            trust_env=False,
            timeout=timeout,
            transport=AsyncTransport(guard, reply_bytes=None),
        )

    constants.HF_HUB_DISABLE_XET = True
    huggingface_hub.set_client_factory(client)
    huggingface_hub.set_async_client_factory(async_client)
