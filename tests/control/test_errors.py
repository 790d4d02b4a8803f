"""Bad requests: one clear error each, and nothing done."""

import json
import socket
from typing import Any

import httpx
import pytest
from tests.control.serving import PROJECT, ControlPlane, assert_error

from trackstack.control.bodies import BODY_BYTES

NOBODY = "57d11a2b-7366-46a7-9f45-2e0ebd079142"
NAME = {"name": "d"}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "missing required field `name`"),
        ({"name": ""}, "expected `str` of length >= 1"),
        ({"name": "x" * 65}, "expected `str` of length <= 64"),
        ({"name": "a/b"}, "expected `str` matching regex"),
        ({"name": "ü"}, "name: "),
        ({"name": "d\x00"}, "name: "),
        ({"name": 7}, "expected `str`, got `int`"),
        ({"name": None}, "name: "),
        (NAME | {"description": "50%"}, "description: "),
        (NAME | {"description": "x" * 161}, "description: "),
        (NAME | {"deletedExperimentRetention": "soon"}, "deletedExperimentRetention: "),
        (NAME | {"deletedExperimentRetention": "23h"}, "deletedExperimentRetention: '23h' cannot be used"),
        (NAME | {"deletedExperimentRetention": "90d1s"}, "write 1d to 90d"),
        (NAME | {"deletedExperimentRetention": "9" * 63 + "d"}, "deletedExperimentRetention: "),
        (NAME | {"labels": {"": "x"}}, "labels"),
        (NAME | {"labels": {"-a": "x"}}, "labels"),
        (NAME | {"labels": {"a\n": "x"}}, "labels"),
        (NAME | {"labels": {"a" * 64: "x"}}, "labels"),
        (NAME | {"labels": {"a": "x" * 64}}, "labels"),
        (NAME | {"labels": {"a": "x" * 62 + "!"}}, "labels"),
        (NAME | {"labels": {"a": "-"}}, "labels"),
        (NAME | {"labels": {"a": None}}, "labels"),
        (NAME | {"labels": {"stackit-a": "x"}}, "the prefix stackit- is reserved"),
        (NAME | {"labels": []}, "labels: [] cannot be used; expected `object`"),
        (NAME | {"colour": "red"}, "unknown field `colour`"),
        ([], "Expected `object`, got `array`"),
        ("d", "Expected `object`"),
    ],
)
def test_an_instance_that_cannot_be_is_refused(plane: ControlPlane, body: Any, text: str) -> None:
    client = plane.client()

    assert_error(client.post("/instances", json=body), 400, text)

    assert client.get("/instances").json()["instances"] == []
    assert not [
        path
        for path in plane.folder.iterdir()
        if path.name.startswith("Pulumi.") and path.name != "Pulumi.yaml"
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"name": NaN}',
        b"\xff\xfe",
        b'{"name": "\\ud800"}',
        b"[" * 30_000,
        b'{"name": "d"} x',
        b"\xef\xbb\xbf{}",
    ],
    ids=["cut off", "NaN", "UTF-16", "a lone surrogate", "deep", "rest", "BOM"],
)
def test_what_is_no_json_is_refused(plane: ControlPlane, content: bytes) -> None:
    answer = plane.client().post("/instances", content=content, headers={"Content-Type": "application/json"})

    assert_error(answer, 400)


@pytest.mark.parametrize(
    "media_type", ["text/plain", "", "application/x-www-form-urlencoded", "application/jsonx"]
)
def test_other_media_types_are_refused(plane: ControlPlane, media_type: str) -> None:
    answer = plane.client().post("/instances", content=b'{"name": "d"}', headers={"Content-Type": media_type})

    assert_error(answer, 415, "Content-Type must be application/json")


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "application/merge-patch+json", "APPLICATION/JSON"]
)
def test_json_by_another_name_is_read(plane: ControlPlane, media_type: str) -> None:
    answer = plane.client().post("/instances", content=b"{}", headers={"Content-Type": media_type})

    assert_error(answer, 400, "missing required field `name`")


def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(plane: ControlPlane) -> None:
    body = json.dumps({"name": "d", "description": "x" * BODY_BYTES}).encode()
    headers = {"Content-Type": "application/json"}

    assert_error(
        plane.client().post("/instances", content=body, headers=headers), 413, f"more than {BODY_BYTES} bytes"
    )
    assert_error(plane.client().post("/instances", content=iter([body]), headers=headers), 413)


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nothing", 404, "Nothing is served"),
        ("GET", "/v2/projects", 404, "Nothing is served"),
        ("GET", f"/v1/projects/{PROJECT}/regions/eu01/instances/", 404, ""),
        ("GET", f"/v1/projects/{PROJECT}/regions/eu02/instances", 404, "no region 'eu02'; this is eu01"),
        ("GET", "/v1/projects/vision/regions/eu01/instances", 400, "projectId: 'vision' is no UUID"),
        ("GET", f"/v1/projects/{PROJECT.replace('-', '')}/regions/eu01/instances", 400, "projectId: "),
        ("GET", f"/v1/projects/{PROJECT}/regions/eu01/instances/demo", 400, "instanceId: 'demo' is no UUID"),
        ("GET", f"/v1/projects/{PROJECT}/regions/eu01/instances/..%2f..%2fetc", 404, ""),
        ("GET", f"/v1/projects/{PROJECT}/regions/eu01/instances/{NOBODY}", 404, "no instance"),
        ("DELETE", f"/v1/projects/{PROJECT}/regions/eu01/instances/{NOBODY}", 404, "no instance"),
        ("PATCH", f"/v1/projects/{PROJECT}/regions/eu01/instances/{NOBODY}", 404, "no instance"),
        ("GET", f"/v1/projects/{PROJECT}/regions/eu01/instances/{NOBODY}/tokens", 404, "no instance"),
        (
            "PUT",
            f"/v1/projects/{PROJECT}/regions/eu01/instances",
            405,
            "PUT is not allowed here; there are GET, POST",
        ),
        ("TRACE", f"/v1/projects/{PROJECT}/regions/eu01/instances", 405, "TRACE"),
        ("POST", "/health", 405, "there are GET"),
    ],
)
def test_what_is_not_there_is_refused(
    plane: ControlPlane, method: str, path: str, status: int, text: str
) -> None:
    answer = plane.client().request(method, plane.url + path)

    assert_error(answer, status, text)
    assert status != 405 or answer.headers["allow"] in ("GET, POST", "GET")


def test_a_project_may_be_written_in_capitals(plane: ControlPlane) -> None:
    assert plane.client(project=PROJECT.upper()).get("/instances").json()["instances"] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": ""},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_pages_of_other_origins_reach_nothing(plane: ControlPlane, headers: dict[str, str]) -> None:
    assert_error(plane.client().get("/instances", headers=headers), 403)
    assert_error(plane.client().post("/instances", json={"name": "d"}, headers=headers), 403)


def test_probes_may_ask_under_any_name(plane: ControlPlane) -> None:
    for path in ("/health", "/ready"):
        assert httpx.get(plane.url + path, headers={"Host": "10.0.0.1.probe"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "kept"), [("a-1.b_c", True), ("x" * 65, False), ("a b", False), ("", False)]
)
def test_a_request_has_an_id_its_own_or_a_new_one(plane: ControlPlane, given: str, kept: bool) -> None:
    answer = plane.client().post("/instances", json={}, headers={"X-Request-Id": given})

    assert (answer.headers["x-request-id"] == given) is kept
    assert answer.headers["x-request-id"] in plane.log


@pytest.mark.parametrize("sent", [b"GET /v1 HTTP/1.1\r\nx: \0\r\n\r\n", b"\x16\x03\x01", b"nonsense\r\n\r\n"])
def test_what_is_not_http_is_told_so(plane: ControlPlane, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", plane.port), timeout=20) as wire:
        wire.sendall(sent)
        with wire.makefile("rb") as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n") and b"connection: close" in head
    message = "The request is not HTTP/1.1 as RFC 9112 has it."
    assert json.loads(body) == {"code": 400, "message": message, "status": "Bad Request"}
