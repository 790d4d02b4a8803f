"""The API's description: the OpenAPI document, and a page made of it."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined

from trackstack.control.access.callers import NOBODY
from trackstack.control.answers import Page
from trackstack.control.calls import Call
from trackstack.control.openapi import document
from trackstack.control.routes import Route


async def openapi(call: Call) -> dict:  # type: ignore[type-arg]  # an object of any keys
    """Get the OpenAPI document of this API."""
    return _document(call.services.settings.region)


async def docs(call: Call) -> Page:
    """The same as a page."""
    return Page(_page(call.services.settings.region), "text/html; charset=utf-8")


@lru_cache(maxsize=1)
def _document(region: str) -> dict[str, Any]:
    from trackstack.control.tables import ROUTES  # which this module's are among

    return document(ROUTES, region)


@lru_cache(maxsize=1)
def _page(region: str) -> bytes:
    text = (files(__package__) / "reference.html.j2").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(text).render(api=_document(region)).encode()


ROUTES = (
    Route("GET", "/openapi.json", openapi, needs=NOBODY),
    Route("GET", "/docs", docs, needs=NOBODY),
)
