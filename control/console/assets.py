"""The console's style, script and icon: public, kept by browsers under names that tell their content."""

import hashlib
from functools import lru_cache
from pathlib import Path

from trackstack.control.access.callers import NOBODY
from trackstack.control.answers import Page
from trackstack.control.calls import Call
from trackstack.control.errors import missing
from trackstack.control.routes import Route

_TYPES = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_FOLDER = Path(__file__).parent / "assets"


def url(name: str) -> str:
    """Where browsers find the file; another one when it changes."""
    return f"/console/assets/{name}?{hashlib.sha256(_read(name)).hexdigest()[:16]}"


async def get(call: Call) -> Page:
    """One of the files."""
    name = call.params["name"]
    if name not in _TYPES:
        raise missing(f"There is no file {name[:100]!r} of the console.")
    headers = (
        ("Cache-Control", "public, max-age=31536000, immutable"),
        ("Content-Security-Policy", "default-src 'none'"),
    )
    return Page(_read(name), _TYPES[name], headers=headers)


@lru_cache(maxsize=len(_TYPES))
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


ROUTES = (Route("GET", "/console/assets/{name}", get, needs=NOBODY),)
