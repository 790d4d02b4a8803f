"""docs/apis.md tells of every operation."""

from pathlib import Path

import pytest
from tests.server.experiments_api.http import PREFIX

from trackstack.server.experiments_api.tables import ROUTES
from trackstack.server.routes import Route

PAGE = Path(__file__).parents[3] / "docs" / "apis.md"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_an_operation_is_described(route: Route) -> None:
    operation = f"{route.method} {route.path.removeprefix(PREFIX)}".rstrip()
    assert f"| `{operation}` |" in PAGE.read_text()
