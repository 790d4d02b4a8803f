"""How people reach the console: by which URL, with which cookies, coming from where."""

from urllib.parse import urlsplit

from starlette.requests import Request

from trackstack.control.console.sessions import Cookie
from trackstack.control.settings import Settings

HOME = "/console"


def base(settings: Settings, request: Request) -> str:
    """Scheme and host at which browsers reach the control plane."""
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return settings.public_url.rstrip("/") or own


def cookie(settings: Settings, request: Request, name: str = "trackstack-console") -> Cookie:
    """The console's cookie of that name."""
    parts = urlsplit(base(settings, request))
    return Cookie.of(name, parts.netloc, secure=parts.scheme == "https")


def navigates(request: Request) -> bool:
    """Whether somebody looks at a page, so that an answer of another page helps."""
    return request.method == "GET" and request.headers.get("sec-fetch-mode", "navigate") == "navigate"


def arrives(request: Request) -> bool:
    """Whether somebody follows another site's link: then the browser keeps back cookies that are Strict."""
    return navigates(request) and request.headers.get("sec-fetch-site") == "cross-site"


def inside(text: str) -> str:
    """The page of the console that `text` names, else the first one: never another site's."""
    safe = text.isascii() and text.isprintable() and "\\" not in text
    ours = text == HOME or text.startswith((f"{HOME}/", f"{HOME}?"))  # not `//console`, which is a host
    return text if safe and ours else HOME
