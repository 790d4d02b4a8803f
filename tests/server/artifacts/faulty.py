"""An S3 that fails on demand: passes requests on to a good one, but for those that a rule picks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

Rule = Callable[[str, str], str | None]
"""Given a request's method and target: `500`, `403`, `drop`, `cut`, or None to pass it on."""


class Faulty(ThreadingHTTPServer):
    """`rule` may be changed at any time."""

    daemon_threads = True

    def __init__(self, good: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.good = urlsplit(good).netloc
        self.rule: Rule = lambda method, target: None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Faulty

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        fault = self.server.rule(self.command, self.path)
        if fault == "drop":
            self.close_connection = True
            return
        if fault in ("500", "403"):
            self._reply(int(fault), [], b"<Error><Code>Fault</Code><Message>secret detail</Message></Error>")
            return
        connection = HTTPConnection(self.server.good)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        self._reply(answer.status, answer.getheaders(), content, cut=fault == "cut")

    def _reply(
        self, status: int, headers: list[tuple[str, str]], content: bytes, *, cut: bool = False
    ) -> None:
        self.send_response(status)
        names = [name.lower() for name, _ in headers]
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        if "content-length" not in names:
            self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[: len(content) // 2] if cut else content)
        if cut:
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def faulty(good: str) -> Iterator[Faulty]:
    server = Faulty(good)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
