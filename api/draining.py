"""Refusals that come before the body of the request was read."""

from django.http import HttpRequest, UnreadablePostError

DRAINED_BYTES = 2**20
CHUNK_BYTES = 2**16
LEFT_UNREAD = frozenset({401, 413, 429})  # strangers, and what is refused for being too much


def drain(request: HttpRequest, *, status: int) -> None:
    """Read the rest of a refused request's body, so that its connection stays good.

    A server that has answered before it was told everything closes the connection, mostly without
    having said so, and the caller's next request on it fails. Nothing is read of bodies that are
    longer than `DRAINED_BYTES`, nor where the caller waits to be asked for it.
    """
    if status < 400 or status in LEFT_UNREAD or "Expect" in request.headers:
        return
    if int(request.META.get("CONTENT_LENGTH") or 0) > DRAINED_BYTES:
        return
    try:
        while request.read(CHUNK_BYTES):
            continue
    except UnreadablePostError:
        return  # the caller is gone, and the connection with it
