"""Connections as uvicorn has them, which tell also what is not HTTP of the API's own error."""

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from trackstack.control.errors import invalid


class Connection(HttpToolsProtocol):
    """One client's connection."""

    def send_400_response(self, msg: str) -> None:
        """Called where the parser gave up: the path may not even be known, so there is one shape."""
        body = msgspec.json.encode(invalid("The request is not HTTP/1.1 as RFC 9112 has it.").body)
        self.transport.write(
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\nconnection: close\r\n\r\n%b" % (len(body), body)
        )
        self.transport.close()
