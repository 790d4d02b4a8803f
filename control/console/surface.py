"""The console's surface: a session in a cookie, forms, and errors as pages."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.requests import Request

from trackstack.control.access.callers import Caller
from trackstack.control.answers import Page
from trackstack.control.calls import Services
from trackstack.control.console import browsers
from trackstack.control.console.pages import page, redirect
from trackstack.control.errors import ApiError, forbidden, invalid, unauthorized
from trackstack.control.routes import Route

_SAFE = ("GET", "HEAD")
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


class Form(dict[str, str]):
    """The fields of a form; of those with the same name, the last."""


class Console:
    """Pages for people."""

    def foreign(self, request: Request, route: Route | None) -> bool:
        """All of it: a page that takes a token must not be shown under another name."""
        return True

    def site(self, request: Request) -> str | None:
        """Links from elsewhere may lead here: to look at a page changes nothing."""
        return None if browsers.navigates(request) else request.headers.get("sec-fetch-site")

    async def identify(self, services: Services, request: Request) -> Caller:
        """Who signed in. Raises ApiError 401, 403 for a form of another page's."""
        require_own(request)
        key = browsers.cookie(services.settings, request).read(request.cookies)
        session = services.sessions.find(key) if key else None
        if session is None:
            raise unauthorized("Sign in first, or again: a sign-in ends after a while.")
        return services.authenticator.again(session.caller)

    def decode(self, type: type[Any], body: bytes, content_type: str) -> Form:
        """The form's fields. Raises ApiError 400, 415."""
        media_type = content_type.partition(";")[0].strip().lower()
        if media_type != _FORM:
            raise ApiError(415, f"Content-Type must be {_FORM}, not {media_type[:100] or 'none'!r}.")
        try:
            fields = parse_qsl(
                body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
            )
        except ValueError:
            raise invalid("The form cannot be read; load its page again.") from None
        return Form((name, value.replace("\r\n", "\n")) for name, value in fields)

    def refused(self, request: Request, error: ApiError) -> Page:
        """Who is not signed in is asked to; everything else is a page of its own."""
        if error.status == 401 and browsers.arrives(request):
            return page("again.html", url=_here(request))  # asked from here, the browser sends its cookie
        if error.status == 401 and browsers.navigates(request):
            return redirect(f"{browsers.HOME}/sign-in?next={quote(_here(request), safe='')}")
        kept: Mapping[str, str] = {
            name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers
        }
        return page("error.html", error.status, kept, error=error.body)


def require_own(request: Request) -> None:
    """Raises ApiError 403 unless what changes something was sent by a page of the console's own.

    A cookie is sent whoever wrote the form, also by pages of other ports of this host. All browsers say from
    where a form comes: in Sec-Fetch-Site, or at least in Origin, which the guard of all requests compares.
    """
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site not in (None, "same-origin") or (site is None and origin is None):
        raise forbidden("Cross-origin request blocked: this form was not sent by the console.")


def _here(request: Request) -> str:
    query = request.url.query
    return browsers.inside(f"{request.url.path}?{query}" if query else request.url.path)
