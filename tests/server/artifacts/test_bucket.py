"""What only buckets do: links and uploads that pass the server by, and their failures."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import httpx
import pytest
from tests.server.artifacts.files import pieces, read, write

from trackstack.server.artifacts.errors import InvalidPathError, StoreConfigError, StoreUnavailableError
from trackstack.server.artifacts.multipart import Part
from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.store import Usage
from trackstack.server.calls import Disconnected
from trackstack.server.errors import ApiError

MINUTE = timedelta(minutes=1)
PATH = ArtifactPath.parse("1/run/artifacts/ü %.txt")


def test_links_read_and_write_one_file(bucket: str) -> None:
    artifacts = open_artifacts(bucket)
    assert artifacts.links is not None
    link = asyncio.run(artifacts.links.upload_url(PATH, MINUTE))
    assert httpx.put(link, content=b"straight").status_code == 200
    assert read(artifacts.store, str(PATH)) == b"straight"
    write(artifacts.store, str(PATH), b"through the server")
    answer = httpx.get(asyncio.run(artifacts.links.download_url(PATH, MINUTE)))
    assert answer.content == b"through the server"
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_a_client_uploads_the_parts_by_itself(bucket: str) -> None:
    artifacts = open_artifacts(bucket)
    assert artifacts.uploads is not None
    upload, links = asyncio.run(artifacts.uploads.create(PATH, 2))
    contents = [b"a" * 5 * 1024 * 1024, b"the end"]
    answers = [httpx.put(link, content=content) for link, content in zip(links, contents, strict=True)]
    parts = [Part(number, answer.headers["etag"]) for number, answer in enumerate(answers, 1)]
    asyncio.run(artifacts.uploads.complete(PATH, upload, parts[::-1]))
    assert read(artifacts.store, str(PATH)) == b"".join(contents)
    assert artifacts.links is not None
    answer = httpx.get(asyncio.run(artifacts.links.download_url(PATH, MINUTE)))
    assert answer.headers["content-type"] == "text/plain"
    assert answer.headers["content-disposition"].startswith("attachment;")


def test_links_are_signed_with_what_a_role_is_given(
    bucket: str, s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a pod whose service account has a role: no key in the environment, but a token in a file."""
    (tmp_path / "token").write_text("a.b.c")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    role = {
        "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/server",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": s3,
    }
    for name, value in role.items():
        monkeypatch.setenv(name, value)
    artifacts = open_artifacts(bucket)
    assert artifacts.uploads is not None

    upload, links = asyncio.run(artifacts.uploads.create(PATH, 1))

    assert "X-Amz-Security-Token=" in links[0]
    etag = httpx.put(links[0], content=b"straight").headers["etag"]
    asyncio.run(artifacts.uploads.complete(PATH, upload, [Part(1, etag)]))
    assert read(artifacts.store, str(PATH)) == b"straight"


def test_without_credentials_the_store_is_not_there(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    artifacts = open_artifacts(bucket)
    assert artifacts.uploads is not None

    with pytest.raises(StoreUnavailableError):
        asyncio.run(artifacts.uploads.create(PATH, 1))
    with pytest.raises(StoreUnavailableError):
        read(artifacts.store, str(PATH))


def test_an_upload_given_up_leaves_nothing(bucket: str) -> None:
    artifacts = open_artifacts(bucket)
    assert artifacts.uploads is not None
    upload, links = asyncio.run(artifacts.uploads.create(PATH, 1))
    httpx.put(links[0], content=b"part")
    asyncio.run(artifacts.uploads.abort(PATH, upload))
    with pytest.raises(ApiError):
        asyncio.run(artifacts.uploads.complete(PATH, upload, [Part(1, '"x"')]))
    assert _uploads_under_way(bucket) == []


def test_a_broken_stream_leaves_no_upload_under_way(bucket: str) -> None:
    artifacts = open_artifacts(bucket)

    async def broken() -> None:
        async def body() -> AsyncIterator[bytes]:
            async for piece in pieces(b"x" * 20_000_000):
                yield piece
            raise Disconnected

        await artifacts.store.write(PATH, body())

    with pytest.raises(Disconnected):
        asyncio.run(broken())
    assert _uploads_under_way(bucket) == []


def test_more_entries_than_a_page_of_s3_are_listed_and_deleted(bucket: str) -> None:
    store = open_artifacts(bucket).store
    folder = ArtifactPath(("many",))

    async def fill(first: int) -> None:
        names = [ArtifactPath(("many", str(number))) for number in range(first, first + 50)]
        await asyncio.gather(*(store.write(name, pieces(b"1")) for name in names))

    for first in range(0, 1100, 50):
        asyncio.run(fill(first))
    assert len(asyncio.run(store.list(folder))) == 1100
    assert asyncio.run(store.usage(folder)) == Usage(1100, 1100)
    asyncio.run(store.delete(folder))
    assert asyncio.run(store.list(ArtifactPath())) == []


@pytest.mark.parametrize("parts", [0, -1, 10_001])
def test_a_number_of_parts_that_s3_cannot_hold_is_refused(bucket: str, parts: int) -> None:
    artifacts = open_artifacts(bucket)
    assert artifacts.uploads is not None
    with pytest.raises(ApiError, match="num_parts must be between 1 and 10000"):
        asyncio.run(artifacts.uploads.create(PATH, parts))


def test_an_unreachable_store_is_reported_without_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    artifacts = open_artifacts("s3://nowhere/x?endpoint=http://127.0.0.1:9")
    with pytest.raises(StoreUnavailableError) as failure:
        read(artifacts.store, "a")
    assert "127.0.0.1" not in str(failure.value)
    assert artifacts.uploads is not None
    with pytest.raises(StoreUnavailableError):
        asyncio.run(artifacts.uploads.create(PATH, 1))
    with pytest.raises(StoreUnavailableError):
        read(artifacts.store, str(PATH))


def test_a_missing_bucket_is_no_missing_file(s3: str) -> None:
    artifacts = open_artifacts(f"s3://no-such-bucket-here?endpoint={s3}")
    with pytest.raises(ApiError):
        write(artifacts.store, "a", b"x")


def test_a_key_too_long_for_s3_is_an_invalid_path(bucket: str) -> None:
    with pytest.raises(InvalidPathError):
        write(open_artifacts(bucket).store, "/".join(["d" * 200] * 6), b"x")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(StoreConfigError, match=r"needs the extra 's3': pip install 'trackstack\[s3\]'"):
        open_artifacts("s3://bucket/prefix?access_key_id=secret")


@pytest.mark.parametrize(
    "root", ["ftp://h/a", "http://h/", "file://other-host/a", "file://../a", "file:a", "s3://", "file:///a?b"]
)
def test_a_root_of_another_kind_is_refused(root: str) -> None:
    with pytest.raises(StoreConfigError):
        open_artifacts(root)


def _uploads_under_way(root: str) -> list[object]:
    url = urlsplit(root)
    client = boto3.client("s3", endpoint_url=url.query.removeprefix("endpoint="))
    return list(client.list_multipart_uploads(Bucket=url.netloc).get("Uploads", []))
