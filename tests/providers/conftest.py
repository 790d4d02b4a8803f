"""The provider as the Pulumi CLI sees it: over gRPC."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2_grpc
from tests.providers.remote import Remote

from trackstack.providers.plugin import serve


@pytest.fixture(scope="session")
def stub() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    """A connection to the provider."""
    server, port = serve()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield provider_pb2_grpc.ResourceProviderStub(channel)
    server.stop(None).wait()


@pytest.fixture
def remote(stub: provider_pb2_grpc.ResourceProviderStub) -> Remote:
    """The provider's resources."""
    return Remote(stub)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A server's data folder."""
    folder = tmp_path / "instance"
    folder.mkdir(mode=0o700)
    return folder
