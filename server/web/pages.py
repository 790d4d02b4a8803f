"""The UI's index and files, and signing in and out."""

from functools import lru_cache
from importlib.resources import files

from trackstack.server.access.objects import NOTHING
from trackstack.server.access.session import LIFETIME_S, farewell
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import ENDPOINT_NOT_FOUND, ApiError
from trackstack.server.responses import Answer
from trackstack.server.routes import OPEN, Route

_HTML = b"text/html; charset=utf-8"
_KEEP = b"max-age=2419200"  # the build's files carry a hash in their names
_ASK_EACH_TIME = b"no-cache"
# Our own pages run one script of ours and nothing else; MLflow's UI needs inline styles and evaluates code.
_STRICT = (
    b"content-security-policy",
    b"default-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
)


class SignIn(Message):
    token: Required


async def index(call: Call) -> Answer:
    """The UI for who is signed in, the sign-in page for everybody else."""
    if not await _signed_in(call):
        return Answer(
            _page("sign_in.html"), media_type=_HTML, headers=[_STRICT, (b"cache-control", b"no-store")]
        )
    if not call.services.ui.present:
        return Answer(_page("absent.html"), media_type=_HTML, headers=[_STRICT])
    return _file(call, "index.html", _ASK_EACH_TIME)


async def static(call: Call) -> Answer:
    """A file of the UI's build; public, as they are on MLflow's own server."""
    return _file(call, call.params["path"], _KEEP)


async def script(call: Call) -> Answer:
    return Answer(_page("sign_in.js"), media_type=b"text/javascript; charset=utf-8")


async def sign_in(call: Call, body: SignIn) -> Answer:
    """Turns a token into a session; UNAUTHENTICATED where the token is not valid here."""
    session = await call.services.authenticator.open_session(body.token, LIFETIME_S)
    secure = call.scope.get("scheme") == "https"
    header = session.cookie(call.header(b"host") or "", call.root_path, secure=secure)
    return Answer(b"{}", headers=[(b"set-cookie", header), (b"cache-control", b"no-store")])


async def sign_out(call: Call) -> Answer:
    """Forgets the session in this browser."""
    return Answer(b"{}", headers=[(b"set-cookie", farewell(call.header(b"host") or "", call.root_path))])


async def _signed_in(call: Call) -> bool:
    headers = (call.header(b"authorization"), call.header(b"cookie"), call.header(b"host") or "")
    try:
        await call.services.authenticator.identify(*headers, call.root_path)
    except ApiError:
        return False
    return True


def _file(call: Call, path: str, cache: bytes) -> Answer:
    body, kind, tag = call.services.ui.file(path)
    headers = [(b"etag", tag), (b"cache-control", cache)]
    if tag in (call.header(b"if-none-match") or "").encode():
        return Answer(b"", 304, kind, headers)
    return Answer(body, media_type=kind, headers=headers)


@lru_cache(maxsize=8)
def _page(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


async def favicon(call: Call) -> Answer:
    if not call.services.ui.present:
        raise ApiError(ENDPOINT_NOT_FOUND, "The web UI is not installed.")
    return _file(call, "favicon.ico", _KEEP)


ROUTES = (
    Route("GET", "/", index, needs=OPEN, on=NOTHING),
    Route("GET", "/static-files/{path:path}", static, needs=OPEN, on=NOTHING),
    Route("GET", "/favicon.ico", favicon, needs=OPEN, on=NOTHING),
    Route("GET", "/sign-in.js", script, needs=OPEN, on=NOTHING),
    Route("POST", "/sign-in", sign_in, needs=OPEN, on=NOTHING),
    Route("POST", "/sign-out", sign_out, needs=OPEN, on=NOTHING),
)
