"""Connections that send headers without end, or slowly, or nothing: by raw sockets."""

import json
import socket
from collections.abc import Iterator

import pytest
from tests.server.conftest import Start
from tests.server.serving import Server

GET = b"GET /health HTTP/1.1\r\nhost: localhost\r\n"


@pytest.fixture(scope="module")
def strict(start_server: Start) -> Iterator[Server]:
    server = start_server(
        TRACKSTACK_SERVER_HEADER_TIMEOUT_S="1",
        TRACKSTACK_SERVER_MAX_HEADER_BYTES="20000",
        TRACKSTACK_SERVER_BODY_TIMEOUT_S="4",
        TRACKSTACK_SERVER_BODY_MIN_BYTES="1000",
    )
    yield server
    server.stop()


@pytest.fixture
def wire(strict: Server) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", strict.port), timeout=20) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield one


def rest(wire: socket.socket) -> bytes:
    """All that comes until the server closes."""
    found = b""
    try:
        while part := wire.recv(65536):
            found += part
    except ConnectionResetError:
        pass  # it closed while more was coming
    return found


def answer(wire: socket.socket) -> bytes:
    """One answer whose body is OK."""
    found = b""
    while not found.endswith(b"OK"):
        part = wire.recv(65536)
        assert part, found
        found += part
    return found


@pytest.mark.parametrize(
    "piece",
    [b"x-more: " + b"a" * 1000 + b"\r\n", b"a" * 1000],
    ids=["many headers", "one header"],
)
def test_headers_without_end_are_refused(wire: socket.socket, piece: bytes) -> None:
    wire.sendall(GET + b"x-first: ")
    try:
        for _ in range(10_000):
            wire.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass
    else:
        pytest.fail("ten megabytes of headers were taken")


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        (b"/api/2.0/mlflow/runs/get?run_id=1", {"error_code", "message", "sqlstate", "error_class"}),
        (b"/api/v1/experiments", {"detail"}),
        (b"/api/v1/services/mlmodelServices", {"code", "message", "errorType"}),
        (b"/data/sensei/engines", {"type", "title", "status", "detail", "additionalDetails"}),
    ],
)
def test_what_is_not_http_is_refused_in_the_shape_of_its_path(
    wire: socket.socket, path: bytes, fields: set[str]
) -> None:
    wire.sendall(b"GET " + path + b" HTTP/1.1\r\nhost: localhost\r\nx-bad: \x00\r\n\r\n")
    head, _, body = rest(wire).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n") and b"connection: close" in head
    assert set(json.loads(body)) == fields
    assert b"RFC 9112" in body


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00", b"nonsense\r\n\r\n", GET + b"a b: c\r\n\r\n"])
def test_what_is_not_http_at_all_is_refused_too(wire: socket.socket, sent: bytes) -> None:
    wire.sendall(sent)

    head, _, body = rest(wire).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["error_code"] == "BAD_REQUEST"


def test_too_large_headers_are_answered(wire: socket.socket) -> None:
    import time

    wire.sendall(GET)
    for _ in range(21):
        wire.sendall(b"x-more: " + b"a" * 1000 + b"\r\n")
        time.sleep(0.005)
    found = rest(wire)
    assert found.startswith(b"HTTP/1.1 431 ")
    assert b'"error_code":"REQUEST_TOO_LARGE"' in found


def test_headers_that_do_not_end_are_given_up(wire: socket.socket) -> None:
    wire.sendall(GET)
    found = rest(wire)
    assert found.startswith(b"HTTP/1.1 408 ")
    assert b"did not come within 1 s" in found


def test_a_connection_that_says_nothing_is_closed(wire: socket.socket) -> None:
    assert rest(wire).startswith(b"HTTP/1.1 408 ")


def test_slow_headers_after_a_request_are_given_up_too(wire: socket.socket) -> None:
    wire.sendall(GET + b"\r\n")
    assert answer(wire).startswith(b"HTTP/1.1 200 ")
    wire.sendall(GET)
    assert rest(wire).startswith(b"HTTP/1.1 408 ")


def test_a_connection_rests_between_requests(wire: socket.socket) -> None:
    import time

    for _ in range(2):
        wire.sendall(GET + b"\r\n")
        assert answer(wire).startswith(b"HTTP/1.1 200 ")
        time.sleep(1.3)


def test_requests_in_pieces_and_together_are_served(wire: socket.socket) -> None:
    request = GET + b"x-more: " + b"a" * 9000 + b"\r\n\r\n"
    for at in range(0, len(request), 3000):
        wire.sendall(request[at : at + 3000])
    assert answer(wire).startswith(b"HTTP/1.1 200 ")
    wire.sendall(request * 3)
    found = b""
    while found.count(b"HTTP/1.1 200 ") < 3:
        found += wire.recv(65536)


def begin(wire: socket.socket, token: str, length: int) -> None:
    """A search whose body is still to come."""
    wire.sendall(
        b"POST /api/2.0/mlflow/experiments/search HTTP/1.1\r\nhost: localhost\r\n"
        + f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n".encode()
        + f"content-length: {length}\r\n\r\n".encode()
    )


def drip(wire: socket.socket, piece: bytes, most_s: float = 60) -> None:
    """Sends a piece again and again until the server has closed, for a minute at most."""
    import time

    deadline = time.monotonic() + most_s
    wire.settimeout(0.1)
    while time.monotonic() < deadline:
        wire.sendall(piece)
        try:
            if wire.recv(1, socket.MSG_PEEK) is not None:
                break
        except TimeoutError:
            continue
    else:
        pytest.fail("the server took it all the time")
    wire.settimeout(20)


def test_a_body_that_pauses_is_waited_for(wire: socket.socket, strict: Server) -> None:
    import time

    begin(wire, strict.token.text, 18)
    time.sleep(1.5)
    wire.sendall(b'{"max_results": 1}')
    assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_does_not_come_is_given_up(wire: socket.socket, strict: Server) -> None:
    begin(wire, strict.token.text, 18)
    found = rest(wire)
    assert found.startswith(b"HTTP/1.1 408 ")
    assert b"brought less than 1000 bytes in 4 s" in found


@pytest.mark.parametrize("head", [b"content-length: 1000000", b"transfer-encoding: chunked"])
def test_a_body_that_comes_byte_by_byte_is_given_up(wire: socket.socket, strict: Server, head: bytes) -> None:
    wire.sendall(b"PUT /api/2.0/mlflow-artifacts/artifacts/slow HTTP/1.1\r\nhost: localhost\r\n")
    wire.sendall(b"authorization: Bearer " + strict.token.text.encode() + b"\r\n" + head + b"\r\n\r\n")
    drip(wire, b"1\r\na\r\n" if b"chunked" in head else b"a")
    assert rest(wire).startswith(b"HTTP/1.1 408 ")
    with strict.client() as client:
        assert client.get("/api/2.0/mlflow-artifacts/artifacts/slow").status_code == 404


def test_who_is_answered_before_the_body_has_come_is_not_waited_for(wire: socket.socket) -> None:
    begin(wire, "none", 1_000_000)
    found = wire.recv(65536)
    assert found.startswith(b"HTTP/1.1 401 ")
    try:
        drip(wire, b"a")
        assert b"HTTP/1.1" not in rest(wire)
    except (BrokenPipeError, ConnectionResetError):
        pass


def test_a_large_body_may_take_its_time(wire: socket.socket, strict: Server) -> None:
    import time

    content = b"x" * 20_000
    head = f"authorization: Bearer {strict.token.text}\r\ncontent-length: {len(content)}\r\n\r\n"
    wire.sendall(b"PUT /api/2.0/mlflow-artifacts/artifacts/steady HTTP/1.1\r\nhost: localhost\r\n")
    wire.sendall(head.encode())
    for at in range(0, len(content), 2000):
        wire.sendall(content[at : at + 2000])
        time.sleep(0.45)  # longer in all than the limit, which each part of it keeps
    assert wire.recv(65536).startswith(b"HTTP/1.1 200 ")
    with strict.client() as client:
        assert client.get("/api/2.0/mlflow-artifacts/artifacts/steady").content == content
