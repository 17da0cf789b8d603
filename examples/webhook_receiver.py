"""Receives Concord's webhooks, believes only those that it signed, and prints each once.

    CONCORD_WEBHOOK_SECRET=whsec_… python examples/webhook_receiver.py --port 9000

Concord allows the address by CONCORD_ALLOWED_WEBHOOK_HOSTS and shows the secret when the webhook is
made (docs/delivery.md). Needs nothing but Python; `standardwebhooks` has the same check ready made.
"""

import argparse
import base64
import hmac
import json
import os
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

TOLERANCE_SECONDS = 300  # older messages may be somebody's recording
MOST_BYTES = 1 << 20


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> Any:
    """The message, if it was signed with the secret just now; ValueError if not."""
    uid, sent, signatures = (
        headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")
    )
    if abs(time.time() - int(sent)) > TOLERANCE_SECONDS:
        raise ValueError("The message is too old.")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{uid}.{sent}.".encode() + body, "sha256")
    expected = f"v1,{base64.b64encode(digest).decode()}".encode()
    if not any(hmac.compare_digest(each.encode(), expected) for each in signatures.split()):
        raise ValueError("The signature is not Concord's.")
    return json.loads(body)


class Receiver(BaseHTTPRequestHandler):
    secret = ""
    seen: set[str] = set()  # messages come at least once; a real receiver keeps this in a database

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), MOST_BYTES))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            message = verify(self.secret, headers, body)
        except (KeyError, ValueError) as error:
            self._answer(401)
            print(f"refused: {error}", file=sys.stderr, flush=True)
            return
        if headers["webhook-id"] not in self.seen:
            self.seen.add(headers["webhook-id"])
            print(message["type"], json.dumps(message["data"]), flush=True)
        self._answer(204)  # anything but 2xx, and Concord sends it again

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Requests are not printed, only what they say."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9000)
    asked = parser.parse_args()
    Receiver.secret = os.environ["CONCORD_WEBHOOK_SECRET"]
    with HTTPServer(("127.0.0.1", asked.port), Receiver) as server:
        print(f"listening on port {server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
