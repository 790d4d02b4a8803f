"""Signing in with a token of the control plane's own or through an OpenID provider, and signing out."""

from trackstack.control.access.callers import NOBODY, VIEWER, Caller
from trackstack.control.answers import Page
from trackstack.control.calls import Call
from trackstack.control.console import browsers
from trackstack.control.console.oidc import CodeFlow
from trackstack.control.console.pages import page, redirect
from trackstack.control.console.surface import Form, require_own
from trackstack.control.errors import ApiError, forbidden, missing
from trackstack.control.routes import Route

SIGN_IN = "/console/sign-in"
_OIDC_COOKIE = "trackstack-oidc"


async def ask(call: Call) -> Page:
    """The page that asks for a token."""
    return _form(call, browsers.inside(call.request.query_params.get("next", "")))


async def sign_in(call: Call, form: Form) -> Page:
    """A session for who shows a token; the page again where it is not valid."""
    require_own(call.request)
    services = call.services
    target = browsers.inside(form.get("next", ""))
    try:
        caller = await services.authenticator.identify([f"Bearer {form.get('token', '').strip()}"])
    except ApiError as error:
        if error.status != 401:
            raise
        client = call.request.client
        services.limiter.check(f"address:{client.host if client else ''}")
        return _form(call, target, "This token is not valid here: unknown, expired or revoked.", 401)
    return redirect(target, await _opened(call, caller))


async def sign_out(call: Call, form: Form) -> Page:
    """End the session, here and everywhere."""
    cookie = browsers.cookie(call.services.settings, call.request)
    await call.blocking(call.services.sessions.close, cookie.read(call.request.cookies))
    return redirect(SIGN_IN, cookie.write("", 0))


async def start(call: Call) -> Page:
    """To the OpenID provider."""
    flow = _flow(call)
    target = browsers.inside(call.request.query_params.get("next", ""))
    started = await call.blocking(flow.start, _callback(call), target)
    cookie = browsers.cookie(call.services.settings, call.request, _OIDC_COOKIE)
    # Lax, for the provider sends people back; it is good for this one sign-in.
    return redirect(started.url, cookie.write(started.browser, flow.lifetime_s, site="Lax"))


async def finish(call: Call) -> Page:
    """Back from the OpenID provider, with a code."""
    flow = _flow(call)
    cookie = browsers.cookie(call.services.settings, call.request, _OIDC_COOKIE)
    browser = cookie.read(call.request.cookies)
    caller, target = await call.blocking(flow.finish, call.request.query_params, browser, _callback(call))
    if caller.highest is NOBODY:
        raise forbidden(
            "You are known, but have no role in any project here; ask who runs this control plane."
        )
    # Asked for from here, the page is sent with the new cookie; redirected from elsewhere, it would not be.
    return page("again.html", 200, {"Set-Cookie": await _opened(call, caller)}, url=target)


async def _opened(call: Call, caller: Caller) -> str:
    sessions = call.services.sessions
    cookie = browsers.cookie(call.services.settings, call.request)
    return cookie.write(await call.blocking(sessions.open, caller), int(sessions.lifetime_s))


def _form(call: Call, target: str, error: str = "", status: int = 200) -> Page:
    with_oidc = call.services.code_flow is not None
    return page("sign_in.html", status, next=target, error=error, with_oidc=with_oidc)


def _flow(call: Call) -> CodeFlow:
    if call.services.code_flow is None:
        raise missing("People sign in with a token here: --oidc-client-id is not set.")
    return call.services.code_flow


def _callback(call: Call) -> str:
    return f"{browsers.base(call.services.settings, call.request)}/console/oidc/callback"


ROUTES = (
    Route("GET", SIGN_IN, ask, needs=NOBODY),
    Route("POST", SIGN_IN, sign_in, needs=NOBODY),
    Route("POST", "/console/sign-out", sign_out, needs=VIEWER),
    Route("GET", "/console/oidc/start", start, needs=NOBODY),
    Route("GET", "/console/oidc/callback", finish, needs=NOBODY),
)
