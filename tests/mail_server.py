"""A real SMTP server on loopback that keeps what it takes, and refuses when told to."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread


class MailServer:
    """`taken` are the mails in the order they came; `refuses` has it answer 451 instead."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.refuses = False
        outer = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    verb = line.split()[0].upper() if line.split() else b""
                    if verb == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        outer.taken.append(self._body())
                    refused = verb == b"MAIL" and outer.refuses
                    self.wfile.write(b"451 later\r\n" if refused else b"250 fine\r\n")
                    if verb == b"QUIT":
                        return

            def _body(self) -> EmailMessage:
                lines = []
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(line.removeprefix(b"."))
                mail = message_from_bytes(b"".join(lines), policy=policy.default)
                assert isinstance(mail, EmailMessage)
                return mail

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that runs inside the block."""
    server = MailServer()
    try:
        yield server
    finally:
        server.close()
