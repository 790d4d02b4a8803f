"""What the whole suite can be told on its command line."""

import pytest
from tests.cluster.fixtures import cluster as cluster


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--store",
        choices=("sqlite", "postgres"),
        default="sqlite",
        help="the database behind the tracking servers under test",
    )
