"""Connections as uvicorn has them, with bounds on a request's headers, which no handler has seen yet.

Without them, somebody who sends headers for ever fills the memory, and somebody who sends them slowly holds
connections open ("slowloris").
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trackstack.server.errors import BAD_REQUEST, REQUEST_TOO_LARGE, ApiError, mlflow_body

_REASONS = {408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose headers are larger than `max_bytes`, or not there after `timeout_s`.

    What comes with the first bytes of a request is not counted: it is in memory already. A request that is
    read at once, as nearly all are, costs no timer.
    """

    def __init__(self, *args: Any, max_bytes: int, timeout_s: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._waiting = True
        self._begun = False
        self._received = 0
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer = self.loop.call_later(self._timeout_s, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._begun = False
        super().data_received(data)
        if not self._waiting or self.transport.is_closing():
            return
        if not self._begun:
            self._received += len(data)
            if self._received > self._max_bytes:
                self._refuse(431, REQUEST_TOO_LARGE, f"Headers have at most {self._max_bytes} bytes.")
                return
        if self._timer is None:
            self._timer = self.loop.call_later(self._timeout_s, self._late)

    def on_message_begin(self) -> None:
        self._waiting = self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._waiting = False
        self._received = 0
        self._stop_timer()
        super().on_headers_complete()

    def _late(self) -> None:
        self._timer = None
        self._refuse(408, BAD_REQUEST, f"The request's headers did not come within {self._timeout_s} s.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = mlflow_body(ApiError(code, message))
        head = (
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n" % (status, _REASONS[status], len(body))
        )
        self._stop_timer()
        self.transport.write(head + body)
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
