"""All routes of the Sensei surface, and the home document that lists them."""

import hashlib
from typing import Any

import msgspec

from trackstack.server.access.objects import NOTHING
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, Route
from trackstack.server.sensei import (
    engines,
    experiments,
    insights,
    instances,
    models,
    runs,
    services,
    transcodings,
)
from trackstack.server.sensei.operations import ROOT, operation

_NOUNS: tuple[Route, ...] = (
    *engines.ROUTES,
    *instances.ROUTES,
    *experiments.ROUTES,
    *runs.ROUTES,
    *models.ROUTES,
    *transcodings.ROUTES,
    *insights.ROUTES,
    *services.ROUTES,
)


def _home() -> bytes:
    """A home document (draft-nottingham-json-home): each path, and the methods that it has."""
    resources: dict[str, Any] = {}
    for route in _NOUNS:
        name = route.path.removeprefix(f"{ROOT}/").replace("/", "-").replace("{", "").replace("}", "")
        at = "hrefTemplate" if "{" in route.path else "href"
        entry = resources.setdefault(
            f"tag:trackstack,2026:sensei/{name}", {at: route.path, "hints": {"allow": []}}
        )
        entry["hints"]["allow"].append(route.method)
        if "{" in route.path:
            parts = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
            entry["hrefVars"] = {part: f"{ROOT}/#{part}" for part in parts}
    return msgspec.json.encode({"api": {"title": "Sensei Machine Learning"}, "resources": resources})


_HOME = _home()
_ETAG = f'"{hashlib.sha256(_HOME).hexdigest()[:16]}"'.encode()


async def home(call: Call) -> Answer:
    return Answer(_HOME, media_type=b"application/json-home", headers=[(b"etag", _ETAG)])


ROUTES: tuple[Route, ...] = (
    operation("GET", "", home, needs=READ, on=NOTHING),
    *_NOUNS,
)
