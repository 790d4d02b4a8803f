"""The tables in docs/server.md: routes and settings. Run it (`scripts/docs`) to write them anew."""

import re
import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path

from trackstack.server.config import ENVIRONMENT_PREFIX, Settings
from trackstack.server.routes import OPEN, Route, Scope
from trackstack.server.surfaces import surface_of
from trackstack.server.tables import ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "server.md"


def surface(route: Route) -> str:
    """A path's beginning up to the noun that it is about: `/2.0/mlflow/runs`; a surface's prefix."""
    if prefix := surface_of(route.path).prefix:
        return prefix
    noun = r"(/ajax-api)?(/\d\.\d/[a-z-]+/[a-z-]+|/[^/]*(/get-artifact)?)"
    found = re.match(noun, route.path)
    assert found is not None
    return found[0]


def operation(route: Route) -> str:
    """The method, and the rest of the path."""
    rest = route.path.removeprefix(surface(route)).replace(":path}", "}")
    return f"`{route.method} {rest}".rstrip() + "`"


def routes() -> list[str]:
    """A row for each surface and scope that it needs."""
    rows: dict[str, dict[Scope, list[str]]] = {}
    for route in ROUTES:
        rows.setdefault(surface(route), {}).setdefault(route.needs, []).append(operation(route))
    cells = (
        (f"`{path}`", "none" if scope is OPEN else scope.name.lower(), ", ".join(operations))
        for path, scopes in rows.items()
        for scope, operations in sorted(scopes.items())
    )
    return table(("path", "scope", "operations"), cells)


def settings() -> list[str]:
    """A row for each setting."""
    cells = []
    for item in fields(Settings):
        default = str(item.default).replace(sys.prefix, "<environment>")
        default = default.lower() if isinstance(item.default, bool) else default
        sentence = item.metadata["sentence"]
        cells.append(
            (f"`{ENVIRONMENT_PREFIX}{item.name.upper()}`", f"`{default}`" if default else "", sentence)
        )
    return table(("variable", "default", "meaning"), cells)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Markdown's."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows)]


def page_with_tables() -> str:
    """The page, the table below each `<!-- routes -->` and `<!-- settings -->` filled in."""
    text = PAGE.read_text()
    for name, lines in (("routes", routes()), ("settings", settings())):
        head, mark, rest = text.partition(f"<!-- {name} -->\n")
        text = head + mark + "".join(f"{line}\n" for line in lines) + re.sub(r"\A(\|.*\n)*", "", rest)
    return text


if __name__ == "__main__":
    PAGE.write_text(page_with_tables())
