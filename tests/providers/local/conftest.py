"""Server processes for the tests, none of which outlives its test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.providers.remote import Made, Remote

from trackstack.providers.local import ports

SERVER = "trackstack:local:ServerProcess"


@pytest.fixture
def server_inputs(remote: Remote, data_dir: Path) -> dict[str, Any]:
    """Inputs of a server on a free port, whose token is there."""
    remote.create("trackstack:local:AdminToken", {"dataDir": str(data_dir)})
    port = ports.choose("127.0.0.1")
    return {
        "dataDir": str(data_dir),
        "host": "127.0.0.1",
        "port": port,
        "artifactRoot": f"{data_dir}/artifacts",
    }


@pytest.fixture
def server(remote: Remote, server_inputs: dict[str, Any]) -> Iterator[Made]:
    """A server that runs."""
    made = remote.create(SERVER, server_inputs)
    yield made
    remote.delete(made)
