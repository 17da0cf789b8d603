"""Loopback servers that count, and names that stand for what a test says."""

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Names = dict[str, list[list[str]]]


@dataclass
class Server:
    """What came in: (Host header, path), and the names TLS was asked for."""

    port: int = 0
    received: list[tuple[str, str]] = field(default_factory=list)
    sni: list[str | None] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] | None = None


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.received.append((self.headers["Host"], self.path))
            if server.answer is not None:
                server.answer(self)
                return
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            """Tests print nothing."""

    return Handler


def start(address: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server()
    httpd = ThreadingHTTPServer((address, 0), _handler(server))
    httpd.daemon_threads = True
    server.port = httpd.server_address[1]
    if context is not None:
        context.sni_callback = lambda _socket, name, _context: server.sni.append(name)
        httpd.socket = context.wrap_socket(httpd.socket, server_side=True)
    thread = threading.Thread(target=httpd.serve_forever, args=[0.05], daemon=True)
    thread.start()
    yield server
    httpd.shutdown()
    httpd.server_close()
    thread.join(10)


@pytest.fixture
def server() -> Iterator[Server]:
    yield from start()


@pytest.fixture
def other_server() -> Iterator[Server]:
    yield from start()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of models.test that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "models.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("models.test")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "models.test.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[Server]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    yield from start(context=context)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Name → the answers of one look-up after the other; the last one stays."""
    known: Names = {}
    real = socket.getaddrinfo

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in known:
            ipaddress.ip_address(name)  # no test may look up a real name
            return real(host, port, *args, **kwargs)
        answers = known[name]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for each in addresses for found in real(each, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return known
