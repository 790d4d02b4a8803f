"""How answers go out: by raw sockets, which see the pieces."""

import socket
from collections.abc import Iterator

import pytest
from tests.server.serving import Server

SEARCH = (
    b"POST /api/2.0/mlflow/experiments/search HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer %s\r\n"
    b"content-type: application/json\r\ncontent-length: %d\r\nexpect: 100-continue\r\n\r\n"
)


@pytest.fixture
def wire(server: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as one:
        yield one


def until(wire: socket.socket, end: bytes) -> bytes:
    """What comes up to and with `end`."""
    found = b""
    while not found.endswith(end):
        part = wire.recv(65536)
        assert part, found
        found += part
    return found


def test_the_head_of_an_answer_without_body_is_sent(wire: socket.socket) -> None:
    wire.sendall(b"HEAD /health HTTP/1.1\r\nhost: localhost\r\n\r\n")

    assert until(wire, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_client_that_waits_to_send_its_body_is_told_to_go_on(server: Server, wire: socket.socket) -> None:
    body = b'{"max_results": 1}'
    wire.sendall(SEARCH % (server.token.text.encode(), len(body)))
    assert until(wire, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

    wire.sendall(body)

    assert until(wire, b"}").startswith(b"HTTP/1.1 200 ")


def test_answers_to_requests_that_come_together_are_in_their_order(wire: socket.socket) -> None:
    get = b"GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n"
    wire.sendall(get % b"/health" + get % b"/version" + get % b"/nowhere")

    found = until(wire, b"}")

    assert [part[:3] for part in found.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"404"]


def test_a_connection_that_is_to_be_closed_gets_its_whole_answer_first(wire: socket.socket) -> None:
    wire.sendall(b"GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")

    assert until(wire, b"OK").startswith(b"HTTP/1.1 200 ")
    assert wire.recv(1) == b""
