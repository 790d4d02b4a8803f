import asyncio
from collections.abc import Iterator

import pytest
from tests.server.artifacts.http import Served, serving
from tests.server.buckets import new_bucket

from trackstack.server.artifacts.opening import open_artifacts
from trackstack.server.artifacts.service import Artifacts


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
    with serving(tmp_path_factory.mktemp("data"), new_bucket(s3)) as served:
        yield served


@pytest.fixture(params=["folder", "bucket"])
def served(request: pytest.FixtureRequest) -> Served:
    """A server on each kind of store."""
    value: Served = request.getfixturevalue(f"{request.param}_server")
    return value
