"""Bad requests: one error body, the right status, nothing of the server's inside shown."""

import gzip
import socket
from collections.abc import Iterator

import httpx
import pytest
from tests.server.error_shapes import assert_mlflow_error
from tests.server.serving import Server

CREATE = "/api/2.0/mlflow/experiments/create"
BATCH = "/api/2.0/mlflow/runs/log-batch"
JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("path", ["/nope", "/api/2.0/mlflow/nope", "/ajax-api/9.9/x", "/api", "/api/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_paths_are_404(client: httpx.Client, method: str, path: str) -> None:
    assert_mlflow_error(client.request(method, path), 404, "ENDPOINT_NOT_FOUND")


def test_a_method_that_a_path_does_not_have_is_405(client: httpx.Client) -> None:
    assert_mlflow_error(client.get(CREATE), 405, "ENDPOINT_NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"x"',
        b'{"name":null}',
        b'{"name":""}',
        b'{"name":["a"]}',
        b'{"name":{"a":1}}',
        b'{"name":"\xff"}',
        b"\xef\xbb\xbf{}",
        '{"name":"a"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"name":"x","tags":' + b"[" * 50_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_bodies_that_cannot_be_read_lack_the_name(client: httpx.Client, body: bytes) -> None:
    assert_mlflow_error(client.post(CREATE, content=body, headers=JSON), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""])
def test_only_json_is_taken(client: httpx.Client, content_type: str) -> None:
    reply = client.post(CREATE, content=b'{"name":"by text"}', headers={"content-type": content_type})

    assert_mlflow_error(reply, 400, "INVALID_PARAMETER_VALUE")
    assert "Content-Type must be one of" in reply.json()["message"]


def test_a_body_over_the_limit_is_413(client: httpx.Client) -> None:
    body = b'{"name":"' + b"x" * (16 * 1024 * 1024) + b'"}'

    assert_mlflow_error(client.post(CREATE, content=body, headers=JSON), 413, "REQUEST_TOO_LARGE")


def test_a_body_without_length_is_measured_as_it_comes(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(17):
            yield b" " * 1024 * 1024

    assert_mlflow_error(client.post(CREATE, content=endless(), headers=JSON), 413, "REQUEST_TOO_LARGE")


def test_a_compressed_body_is_not_unpacked(client: httpx.Client) -> None:
    headers = {**JSON, "content-encoding": "gzip"}

    reply = client.post(CREATE, content=gzip.compress(b'{"name":"bomb"}'), headers=headers)

    assert_mlflow_error(reply, 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("run_id", "../x"),
        ("run_id", "a/b"),
        ("run_id", "x" * 257),
        ("run_id", "a\x00b"),
        ("run_id", "0 OR 1=1"),
        ("run_id", "-a"),
        ("metrics", {}),
        ("metrics", [5]),
        ("metrics", [{"key": "k", "value": "x", "timestamp": 1}]),
        ("metrics", [{"key": "k", "value": 1, "timestamp": -1}]),
        ("metrics", [{"key": "k\n", "value": 1, "timestamp": 1}]),
        ("params", [{"key": "", "value": "x"}]),
        ("params", [{"key": "k", "value": 5}]),
        ("tags", [{"key": "a//b", "value": "x"}]),
    ],
    ids=str,
)
def test_a_batch_with_one_wrong_value_is_refused(client: httpx.Client, field: str, value: object) -> None:
    body = {"run_id": "0" * 32, field: value}

    assert_mlflow_error(client.post(BATCH, json=body), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "experiment", ["-1", "1e3", str(2**63), "9" * 400, "\u0663", "1_0", " 1", "0x1", "1.0", "a b"]
)
def test_odd_experiment_ids_are_refused_or_unknown(client: httpx.Client, experiment: str) -> None:
    reply = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": experiment})

    assert reply.status_code in (400, 404)
    assert_mlflow_error(reply, reply.status_code, reply.json()["error_code"])


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /health HTTP/1.1\r\n\r\n",
        b"POST /api/2.0/mlflow/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\n{}   ",
        b"POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"\x00\x01\x02\r\n\r\n",
        b"GET http://evil/ HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n",
        b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    ],
)
def test_broken_http_does_not_stop_the_server(server: Server, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)

    assert b" 500 " not in answer
    assert server.healthy()


@pytest.mark.parametrize("text", ["\\u0000", "a\\u0000b", "\\ud800", "\\udc00\\ud800"])
def test_text_that_cannot_be_stored_is_refused(client: httpx.Client, text: str) -> None:
    body = '{"name":"n' + text + '"}'

    assert_mlflow_error(client.post(CREATE, content=body, headers=JSON), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "text",
    [
        "\u0301e",
        "\u00e9",
        "\u200b",
        "\u202e",
        "😀",
        "<script>",
        "'\";--",
        "{{7*7}}",
        "${jndi:x}",
        "=cmd()",
        " ",
        "\n",
        "%61bc",
        "a/b",
        "../a",
        "\\\\u0000",
    ],
)
def test_any_other_text_is_a_name_of_an_experiment(client: httpx.Client, name: str, text: str) -> None:
    id_ = client.post(CREATE, json={"name": f"{name}{text}"}).json()["experiment_id"]

    reply = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": id_})

    assert reply.json()["experiment"]["name"] == f"{name}{text}"


def test_unknown_fields_nulls_and_camel_case_are_accepted(client: httpx.Client, name: str) -> None:
    reply = client.post(
        CREATE, json={"name": name, "artifactLocation": "", "tags": None, "other": {"a": [1]}}
    )
    assert reply.status_code == 200

    reply = client.post(
        "/ajax-api/2.0/mlflow/experiments/search", json={"maxResults": 1, "filter": f"name = '{name}'"}
    )
    assert [one["name"] for one in reply.json()["experiments"]] == [name]

    reply = client.post(CREATE, json={"name": name, "artifact_location": "", "artifactLocation": ""})
    assert_mlflow_error(reply, 400, "INVALID_PARAMETER_VALUE")
