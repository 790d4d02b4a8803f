"""The pages: templates, their words for values, and the headers that keep pages to themselves."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from trackstack.control.access.callers import EDITOR, OWNER
from trackstack.control.answers import Page
from trackstack.control.calls import Call
from trackstack.control.console import assets

HTML = "text/html; charset=utf-8"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_NOTHING = "\N{EN DASH}"
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("Referrer-Policy", "same-origin"),  # no-referrer would have forms say that they come from nowhere
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)


def page(
    template: str, status: int = 200, headers: Mapping[str, str] | None = None, /, **values: Any
) -> Page:
    """The template with its values."""
    given = {"call": None, "may_edit": False, "may_delete": False} | values
    text = _environment().get_template(template).render(given)
    return Page(text.encode(), HTML, status, (*_HEADERS, *(headers or {}).items()))


def shown(call: Call, template: str, status: int = 200, /, **values: Any) -> Page:
    """As `page`, for somebody who signed in: with what the role in the path's project allows."""
    role = call.caller.role(call.project) if "projectId" in call.params else call.caller.highest
    return page(
        template, status, None, call=call, may_edit=role >= EDITOR, may_delete=role >= OWNER, **values
    )


def redirect(url: str, cookie: str = "") -> Page:
    """To another page, to be got."""
    headers = (("Location", url), *([("Set-Cookie", cookie)] if cookie else []))
    return Page(b"", HTML, 303, (*_HEADERS, *headers))


def size(count: int | None) -> str:
    """Bytes for people: `0 B`, `3.4 MB`."""
    if count is None:
        return _NOTHING
    value, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= 999.95 and (larger := next(units, None)):
        value, unit = value / 1000, larger
    return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"


def count(number: int | None) -> str:
    """A number for people: `12 345`, with spaces that do not break."""
    return _NOTHING if number is None else f"{number:,}".replace(",", "\N{NO-BREAK SPACE}")


def ago(moment: datetime | None) -> str:
    """How long since: `3 minutes ago`."""
    if moment is None:
        return "never"
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    for length, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if many := seconds // length:
            return f"{many} {word}{'' if many == 1 else 's'} ago"
    return "just now"


def minute(moment: datetime | None) -> str:
    """`2026-05-01 12:30 UTC`."""
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else _NOTHING


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(size=size, count=count, ago=ago, minute=minute)
    environment.globals["asset"] = assets.url
    return environment
