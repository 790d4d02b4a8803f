"""A bucket that fails: one clear answer, nothing half stored, no address in the answer."""

from collections.abc import Iterator
from http.client import IncompleteRead
from pathlib import Path

import boto3
import pytest
from tests.server.artifacts.faulty import Faulty, faulty
from tests.server.artifacts.http import PROXY, Served, serving
from tests.server.buckets import new_bucket

BIG = b"x" * 20_000_000
FILE = f"{PROXY}/artifacts/d/f.bin"


@pytest.fixture(scope="module")
def store(s3: str) -> Iterator[Faulty]:
    with faulty(s3) as one:
        yield one


@pytest.fixture
def served(store: Faulty, s3: str, tmp_path: Path) -> Iterator[Served]:
    store.rule = lambda method, target: None
    root = new_bucket(s3).partition("?")[0] + f"?endpoint={store.endpoint}"
    with serving(tmp_path, root) as one:
        yield one
        store.rule = lambda method, target: None


def under_way(served: Served, s3: str) -> list[object]:
    bucket = served.root.split("/")[2]
    return list(boto3.client("s3", endpoint_url=s3).list_multipart_uploads(Bucket=bucket).get("Uploads", []))


@pytest.mark.parametrize("fault", ["500", "403", "drop"])
def test_a_failing_store_is_answered_for_in_every_operation(
    served: Served, store: Faulty, fault: str
) -> None:
    assert served.ask("PUT", FILE, b"old").status == 200
    store.rule = lambda method, target: fault
    for method, target, body in (
        ("GET", FILE, None),
        ("PUT", FILE, b"new"),
        ("DELETE", FILE, None),
        ("GET", f"{PROXY}/artifacts?path=d", None),
        ("GET", f"{PROXY}/presigned/d/f.bin", None),
        ("POST", f"{PROXY}/mpu/create/d", b'{"path": "f.bin"}'),
    ):
        reply = served.ask(method, target, body, {"content-type": "application/json"})
        assert reply.status == 503, (method, target, reply.body)
        assert reply.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert reply.json()["message"] == "The artifact store is not available. Try again later."
    store.rule = lambda method, target: None
    assert served.ask("GET", FILE).body == b"old"


def test_an_upload_whose_part_fails_is_given_up(served: Served, store: Faulty, s3: str) -> None:
    assert served.ask("PUT", FILE, b"old").status == 200
    store.rule = lambda method, target: "500" if "partNumber=2" in target else None
    assert served.ask("PUT", FILE, BIG).status == 503
    assert under_way(served, s3) == []
    assert served.ask("GET", FILE).body == b"old"


def test_a_part_that_fails_once_is_sent_again(served: Served, store: Faulty) -> None:
    failed = set()

    def once(method: str, target: str) -> str | None:
        first = "partNumber=" in target and target not in failed
        failed.add(target)
        return "500" if first else None

    store.rule = once
    assert served.ask("PUT", FILE, BIG).status == 200
    assert served.ask("GET", FILE).body == BIG


def test_a_file_is_never_sent_short_as_if_it_were_whole(served: Served, store: Faulty) -> None:
    assert served.ask("PUT", FILE, BIG).status == 200
    store.rule = lambda method, target: "cut" if method == "GET" else None
    with pytest.raises((IncompleteRead, ConnectionError)):
        served.ask("GET", FILE)
