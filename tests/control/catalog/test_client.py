"""OpenMetadata's genuine client on the catalog over all instances."""

from pathlib import Path

import pytest
from tests import openmetadata
from tests.control.catalog.conftest import Fleet

CLIENT = Path(__file__).with_name("catalog_client.py")


@pytest.mark.slow
def test_the_client_reads_the_catalog_of_its_project(openmetadata_client: Path, fleet: Fleet) -> None:
    tokens = [client.headers["authorization"].partition(" ")[2] for client in (fleet.ours, fleet.theirs)]

    openmetadata.work(openmetadata_client, CLIENT, fleet.plane.url, *tokens)
