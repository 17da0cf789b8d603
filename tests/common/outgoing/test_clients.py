"""Real connections to loopback servers: pinned, bounded, never redirected."""

import ssl
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx2
import pytest

from common.outgoing import BadReply, Guard, Refused, async_client, client
from tests.common.outgoing.conftest import Names, Server
from tests.loops import run_apart


def guard(*allowed: str) -> Guard:
    return Guard(allowed, setting="ALLOWED")


@pytest.fixture(params=["async", "sync"])
def ask(request: pytest.FixtureRequest):
    """Statuses of one client's requests, one after the other, each on a connection of its own."""

    async def ask_async(allowed: Guard, urls: tuple[str, ...], **options) -> list[int]:
        async with async_client(allowed, timeout=10, **options) as http:
            headers = {"connection": "close"}
            return [(await http.get(url, headers=headers)).status_code for url in urls]

    def ask(allowed: Guard, *urls: str, **options) -> list[int]:
        if request.param == "async":
            return run_apart(ask_async(allowed, urls, **options))
        with client(allowed, timeout=10, **options) as http:
            return [http.get(url, headers={"connection": "close"}).status_code for url in urls]

    return ask


def test_a_name_is_resolved_once_and_the_address_pinned(
    ask, server: Server, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["models.test"] = [["127.0.0.1"], ["127.0.0.2"]]
    url = f"http://models.test:{server.port}/v1"
    assert ask(guard("models.test"), url, url, url) == [200, 200, 200]
    assert server.received == [(f"models.test:{server.port}", "/v1")] * 3
    assert names["models.test"] == [["127.0.0.2"]]  # asked for once


def test_a_name_that_turns_to_a_private_address_is_not_followed(
    ask, server: Server, names: Names
) -> None:
    names["models.example.org"] = [["127.0.0.1"]]
    with pytest.raises(Refused):
        ask(guard("models.example.org"), f"http://models.example.org:{server.port}/")
    assert server.received == []


def test_the_next_address_is_tried_where_one_does_not_answer(
    ask, server: Server, names: Names
) -> None:
    names["models.test"] = [["::1", "127.0.0.1"]]  # nobody listens on ::1
    assert ask(guard("models.test"), f"http://models.test:{server.port}/") == [200]


def test_a_name_without_an_address_is_a_failed_connection(ask, names: Names) -> None:
    names["models.test"] = [[]]
    with pytest.raises(httpx2.ConnectError):
        ask(guard("models.test"), "http://models.test/")


def test_a_host_that_is_not_allowed_is_not_asked(ask, server: Server) -> None:
    with pytest.raises(Refused):
        ask(guard("127.0.0.1:1"), f"http://127.0.0.1:{server.port}/")
    assert server.received == []


def test_certificates_and_host_are_those_of_the_name(
    ask, tls_server: Server, certificate: Path, names: Names
) -> None:
    names["models.test"] = names["other.test"] = [["127.0.0.1"]]
    trusting = ssl.create_default_context(cafile=str(certificate))
    allowed = guard("models.test", "other.test")
    assert ask(allowed, f"https://models.test:{tls_server.port}/", verify=trusting) == [200]
    assert tls_server.sni == ["models.test"]
    assert tls_server.received == [(f"models.test:{tls_server.port}", "/")]
    with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        ask(allowed, f"https://other.test:{tls_server.port}/", verify=trusting)
    assert len(tls_server.received) == 1


def test_a_redirect_is_an_answer_and_not_followed(
    ask, server: Server, other_server: Server
) -> None:
    def redirect(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", f"http://127.0.0.1:{other_server.port}/")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.answer = redirect
    assert ask(guard("127.0.0.1"), f"http://127.0.0.1:{server.port}/") == [302]
    assert other_server.received == []


def test_no_proxy_of_the_environment_is_used(
    ask, server: Server, other_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other_server.port}")
    assert ask(guard("127.0.0.1"), f"http://127.0.0.1:{server.port}/") == [200]
    assert other_server.received == []


def test_a_reply_is_read_to_its_bound(ask, server: Server) -> None:
    url = f"http://127.0.0.1:{server.port}/"
    assert ask(guard("127.0.0.1"), url, reply_bytes=2) == [200]
    with pytest.raises(BadReply, match="over 1 bytes"):
        ask(guard("127.0.0.1"), url, reply_bytes=1)


def test_a_reply_that_could_unfold_is_not_read(ask, server: Server) -> None:
    def compressed(handler: BaseHTTPRequestHandler) -> None:
        assert handler.headers["Accept-Encoding"] == "identity"
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", "2")
        handler.end_headers()
        handler.wfile.write(b"\x1f\x8b")

    server.answer = compressed
    with pytest.raises(BadReply, match="compressed"):
        ask(guard("127.0.0.1"), f"http://127.0.0.1:{server.port}/")
