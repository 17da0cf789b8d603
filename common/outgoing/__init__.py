"""Requests that leave this installation: models, imports, webhooks and the hub, through one guard.

guard     which hosts the operator allowed, and which addresses their names may stand for
connect   connections to the addresses that the guard let pass, and to no other
clients   HTTP clients and transports over these connections: no proxy, no redirect
hub       the same for the Hugging Face libraries

A name is resolved once a client, the addresses are checked, and connections go to those very
addresses; the name stays in `Host` and in TLS, so that certificates are checked against it.
"""

from common.outgoing.clients import AsyncTransport, BadReply, Transport, async_client, client
from common.outgoing.guard import Guard, Refused

__all__ = [
    "AsyncTransport",
    "BadReply",
    "Guard",
    "Refused",
    "Transport",
    "async_client",
    "client",
]
