"""Connections as uvicorn has them, with bounds on how much and how slowly a request may come.

Without them, somebody who sends headers for ever fills the memory, and somebody who sends headers or a body
slowly holds connections open ("slowloris").
"""

from asyncio import Transport
from asyncio.events import TimerHandle
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from trackstack.server.errors import BAD_REQUEST, REQUEST_TOO_LARGE, ApiError
from trackstack.server.outgoing import Outgoing
from trackstack.server.surfaces import surface_of


class HeaderLimits(NamedTuple):
    """Most bytes of a request's headers, and the time in which they must be there."""

    max_bytes: int
    timeout_s: float


class BodyLimits(NamedTuple):
    """Fewest bytes that a body under way must bring in each such time."""

    min_bytes: int
    timeout_s: float


class BoundedProtocol(HttpToolsProtocol):
    """Ends a connection whose request is beyond the limits.

    What comes with the first bytes of a request is not counted: it is in memory already. A request that is
    read at once, as nearly all are, costs no timer. Nor is a body slow while this server is: as long as what
    came is not taken, no more is read.
    """

    def __init__(
        self, *args: Any, headers_within: HeaderLimits, bodies_within: BodyLimits, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.url = b""
        self._headers = headers_within
        self._bodies = bodies_within
        self._waiting = True  # for headers
        self._begun = False
        self._uploading = False  # a body
        self._received = 0  # of headers, or of the body since the timer was set
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._outgoing = Outgoing(transport)
        self._set_timer(self._headers.timeout_s, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._begun = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._waiting:
            self._more_headers(len(data))
        elif self._uploading and self._timer is None:
            self._received = 0
            self._set_timer(self._bodies.timeout_s, self._look)

    def send_400_response(self, msg: str) -> None:
        self._refuse(ApiError(BAD_REQUEST, "The request is not HTTP/1.1 as RFC 9112 has it."))

    def on_message_begin(self) -> None:
        self._waiting = self._begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._waiting = False
        self._uploading = True
        self._received = 0
        self._stop_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._received += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._uploading = False
        self._received = 0
        self._stop_timer()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._outgoing.flush()
        super().on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._outgoing.begin()
        cycle.transport = self._outgoing  # type: ignore[assignment]  # of which it uses no more than there is
        super()._start_asgi_task(cycle, app)

    def _more_headers(self, size: int) -> None:
        if not self._begun:
            self._received += size
            if self._received > self._headers.max_bytes:
                most = f"Headers have at most {self._headers.max_bytes} bytes."
                self._refuse(ApiError(REQUEST_TOO_LARGE, most, 431))
                return
        if self._timer is None:
            self._set_timer(self._headers.timeout_s, self._late)

    def _late(self) -> None:
        self._refuse_late(f"The request's headers did not come within {self._headers.timeout_s} s.")

    def _look(self) -> None:
        """Whether enough of the body has come."""
        if self._received >= self._bodies.min_bytes or self.flow.read_paused:
            self._received = 0
            self._set_timer(self._bodies.timeout_s, self._look)
        elif self.cycle.response_started:
            self._outgoing.close()  # it is answered already, and nobody needs the rest
        else:
            least = f"{self._bodies.min_bytes} bytes in {self._bodies.timeout_s} s"
            self._refuse_late(f"The request's body brought less than {least}.")

    def _refuse_late(self, message: str) -> None:
        self._refuse(ApiError(BAD_REQUEST, message, 408))

    def _refuse(self, error: ApiError) -> None:
        """Says so in the shape of the surface that the request's path belongs to, and ends the connection."""
        path, _, _ = self.url.partition(b"?")
        answer = surface_of(path.decode("latin-1")).refuse(error)
        head = b"HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (
            answer.status,
            HTTPStatus(answer.status).phrase.encode(),
            answer.media_type,
            len(answer.body),
        )
        self._stop_timer()
        self.transport.write(head + answer.body)
        self.transport.close()

    def _set_timer(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = self.loop.call_later(seconds, then)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
