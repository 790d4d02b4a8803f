"""Large answers: compressed as the client accepts, and left out where it has them."""

import gzip
import json
import sys
from collections.abc import Callable

import httpx
import pytest

from trackstack.server.delivery import accepted

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

UNPACK: dict[str | None, Callable[[bytes], bytes]] = {
    None: bytes,
    "gzip": gzip.decompress,
    "zstd": zstd.decompress,
}
BASE = "/api/2.0/mlflow"


@pytest.fixture
def large(client: httpx.Client, name: str) -> str:
    """The path of an answer of some kilobytes."""
    body = {"name": name, "tags": [{"key": "k", "value": "v" * 5000}]}
    experiment_id = client.post(f"{BASE}/experiments/create", json=body).json()["experiment_id"]
    return f"{BASE}/experiments/get?experiment_id={experiment_id}"


@pytest.mark.parametrize(
    ("header", "coding"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "gzip"),
        ("GZIP;Q=0.5", "gzip"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0.5, gzip;q=0.5", "zstd"),
        ("zstd;q=0, gzip;q=0.001", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("identity", None),
        ("identity;q=0.5, gzip;q=1.0", "gzip"),
        ("identity, gzip;q=0.5", None),
        ("br", None),
        ("gzip;q=nonsense", None),
        ("gzip;level=3", "gzip"),
        (" , ;;q=1,", None),
        ("gzipped", None),
    ],
)
def test_the_coding_is_what_the_client_wants_most(header: str, coding: str | None) -> None:
    assert accepted(header.encode()) == (coding.encode() if coding else None)


@pytest.mark.parametrize(
    ("header", "coding"), [("identity", None), ("gzip", "gzip"), ("gzip, zstd", "zstd"), ("zstd;q=0", None)]
)
def test_a_large_answer_is_the_same_in_every_coding(
    client: httpx.Client, large: str, header: str, coding: str | None
) -> None:
    with client.stream("GET", large, headers={"accept-encoding": header}) as reply:
        body = b"".join(reply.iter_raw())

    plain = client.get(large, headers={"accept-encoding": "identity"})
    assert reply.headers.get("content-encoding") == coding
    assert reply.headers["vary"] == "accept-encoding"
    assert int(reply.headers["content-length"]) == len(body)
    assert reply.headers["etag"] == plain.headers["etag"]
    assert UNPACK[coding](body) == plain.content
    assert json.loads(plain.content)["experiment"]["tags"][0]["value"] == "v" * 5000


def test_a_small_answer_goes_as_it_is(client: httpx.Client) -> None:
    small = client.get("/api/3.0/mlflow/server-info", headers={"accept-encoding": "gzip, zstd"})

    assert not {"content-encoding", "vary", "etag"} & set(small.headers)


def test_what_the_client_has_is_not_sent_again_until_it_changes(client: httpx.Client, large: str) -> None:
    first = client.get(large)
    tag = first.headers["etag"]
    again = client.get(large, headers={"if-none-match": f'"other", {tag.removeprefix("W/")}'})
    experiment = first.json()["experiment"]["experiment_id"]
    client.post(
        f"{BASE}/experiments/set-experiment-tag",
        json={"experiment_id": experiment, "key": "k", "value": "w" * 5000},
    )
    changed = client.get(large, headers={"if-none-match": tag})

    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert again.headers["vary"] == "accept-encoding"
    assert "content-encoding" not in again.headers
    assert first.headers["cache-control"] == "private, no-cache"
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_head_is_answered_like_its_get(client: httpx.Client, large: str) -> None:
    tag = client.get(large).headers["etag"]

    assert client.head(large).headers["etag"] == tag
    assert client.head(large, headers={"if-none-match": tag}).status_code == 304
    assert client.get(large, headers={"if-none-match": "*"}).status_code == 304


def test_neither_a_post_nor_a_refusal_is_answered_from_a_copy(client: httpx.Client, large: str) -> None:
    search = {"max_results": 1, "filter": f"attribute.name = '{'n' * 2000}'"}
    wrong = client.post(
        f"{BASE}/runs/search",
        json={"experiment_ids": ["0"], "filter": "x" * 2000},
        headers={"if-none-match": "*"},
    )
    found = client.post(f"{BASE}/experiments/search", json=search, headers={"if-none-match": "*"})

    assert wrong.status_code == 400
    assert "etag" not in wrong.headers
    assert found.status_code == 200
