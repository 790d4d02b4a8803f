"""docs/server.md has every route and every setting."""

from dataclasses import fields

import pytest
from tests.server.server_page import PAGE, operation, page_with_tables, surface

from trackstack.server.config import Settings
from trackstack.server.routes import Route
from trackstack.server.tables import ROUTES


def test_the_tables_are_as_the_server_has_them() -> None:
    assert page_with_tables() == PAGE.read_text(), "run scripts/docs"


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_is_documented_with_the_scope_that_it_needs(route: Route) -> None:
    scope = route.needs.name.lower() if route.needs else "none"
    [row] = [
        line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{surface(route)}` | {scope} |")
    ]

    assert operation(route) in row.split(" | ")[2]


@pytest.mark.parametrize("name", [item.name for item in fields(Settings)])
def test_a_setting_is_documented(name: str) -> None:
    assert f"`TRACKSTACK_SERVER_{name.upper()}`" in PAGE.read_text()
