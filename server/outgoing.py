"""What goes out on a connection."""

from asyncio import Transport


class Outgoing:
    """A transport for responses, which sends a response's head together with the beginning of its body.

    uvicorn writes them one after the other, and uvloop sends at once what is written: that would be two
    system calls and two packets an answer, more than a third of what a small request costs in all.
    """

    __slots__ = ("_head", "_is_head_next", "_transport")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._head = b""
        self._is_head_next = False

    def begin(self) -> None:
        """Tells that what is written next, but for an interim response, is the head of a response."""
        self._is_head_next = True

    def write(self, data: bytes) -> None:
        """Keeps a head; sends anything else, after the head that was kept."""
        if self._is_head_next and not data.startswith(b"HTTP/1.1 100 "):
            self._head = data
            self._is_head_next = False
        elif self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Sends the head of a response that has no body."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        """Closes the connection once all is sent."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether it is closed, or about to be."""
        return self._transport.is_closing()
