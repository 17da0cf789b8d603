"""The Hugging Face libraries reach allowed hosts only, redirects included."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.utils import _http

from common.outgoing import Guard, Refused
from common.outgoing.hub import keep_hub_to
from tests.common.outgoing.conftest import Server


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", constants.HF_HUB_DISABLE_XET)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield
    huggingface_hub.set_client_factory(_http.default_client_factory)
    huggingface_hub.set_async_client_factory(_http.default_async_client_factory)


def test_the_hub_may_redirect_to_what_is_allowed_only(server: Server, other_server: Server) -> None:
    def redirect(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", f"http://127.0.0.1:{other_server.port}/file")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answer = redirect
    keep_hub_to(Guard([f"127.0.0.1:{server.port}"], setting="ALLOWED"))
    with pytest.raises(Refused):
        huggingface_hub.get_session().get(f"http://127.0.0.1:{server.port}/")
    assert other_server.received == []

    keep_hub_to(Guard(["127.0.0.1"], setting="ALLOWED"))
    assert huggingface_hub.get_session().get(f"http://127.0.0.1:{server.port}/").text == "ok"
    assert other_server.received == [(f"127.0.0.1:{other_server.port}", "/file")]
    assert constants.HF_HUB_DISABLE_XET
