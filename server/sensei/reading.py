"""What is read of a kind of resource as of any other: its listing, and one of it."""

from trackstack.server.access.objects import FOUND, Declared
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, Route
from trackstack.server.sensei import listings
from trackstack.server.sensei.operations import operation
from trackstack.server.sensei.views import View


def routes(view: View, id_: str, on: Declared = FOUND) -> tuple[Route, Route]:
    """The listing, and the resource whose id the path's parameter `id_` is; `on` is what that names."""

    async def list_(call: Call) -> Answer:
        return await listings.answer(call, view)

    async def get(call: Call) -> Answer:
        return view.one(await call.store.sensei.resources.get(view.kind, call.params[id_]))

    return (
        operation("GET", view.path, list_, needs=READ, on=FOUND, query=listings.Query),
        operation("GET", f"{view.path}/{{{id_}}}", get, needs=READ, on=on),
    )
