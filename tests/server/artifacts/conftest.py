import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3  # type: ignore[import-untyped]  # it has no types of its own
import pytest
from moto.server import ThreadedMotoServer
from tests.server.artifacts.http import Served, serving

from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.artifacts.service import Artifacts


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The endpoint of an S3 on loopback; the environment holds a key for it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str) -> str:
    """The artifact root of a new, empty bucket."""
    return _new_bucket(s3)


@pytest.fixture(params=["folder", "bucket"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The artifact root of each kind of store."""
    if request.param == "folder":
        return str(tmp_path / "artifacts")
    value: str = request.getfixturevalue("bucket")
    return value


@pytest.fixture
def artifacts(root: str) -> Iterator[Artifacts]:
    opened = open_artifacts(root)
    yield opened
    asyncio.run(opened.store.close())


@pytest.fixture(scope="session")
def folder_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that keeps its artifacts in its data folder."""
    with serving(tmp_path_factory.mktemp("data"), "") as served:
        yield served


@pytest.fixture(scope="session")
def bucket_server(s3: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that keeps its artifacts in a bucket."""
    with serving(tmp_path_factory.mktemp("data"), _new_bucket(s3)) as served:
        yield served


@pytest.fixture(params=["folder", "bucket"])
def served(request: pytest.FixtureRequest) -> Served:
    """A server on each kind of store."""
    value: Served = request.getfixturevalue(f"{request.param}_server")
    return value


def _new_bucket(endpoint: str) -> str:
    name = f"b-{uuid.uuid4().hex}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket=name)
    return f"s3://{name}/pre/fix?endpoint={endpoint}"
