"""A server below a path, such as `/team-a` of a proxy's host: requests there are served as if at the root."""

from typing import TYPE_CHECKING

from trackstack.server.responses import EVERY

if TYPE_CHECKING:
    from trackstack.server.app import App, Send
    from trackstack.server.calls import Receive, Scope


class Mounted:
    """The application at `root_path`, and at / for those who ask it past the proxy: probes, other pods."""

    def __init__(self, app: "App", root_path: str) -> None:
        """`root_path` is not empty, and ends without a slash."""
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] == "http":
            path: str = scope["path"]
            if path == self._root_path:
                await self._add_slash(scope, send)
                return
            if path.startswith(self._root_path + "/"):
                # As ASGI has it, but that `path` is what is left: all that reads it means the route.
                scope = {**scope, "root_path": self._root_path, "path": path[len(self._root_path) :]}
        await self._app(scope, receive, send)

    async def _add_slash(self, scope: "Scope", send: "Send") -> None:
        """The pages' links are relative; below a path without its slash they would miss it."""
        query = b"?" + scope["query_string"] if scope["query_string"] else b""
        location = self._root_path.encode() + b"/" + query
        headers = [*EVERY, (b"location", location), (b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 308, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
