"""What the whole suite can be told on its command line."""

import pytest
from tests.cluster.fixtures import cluster as cluster
from tests.openmetadata import openmetadata_client as openmetadata_client


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="the database behind the tracking servers under test",
    )
