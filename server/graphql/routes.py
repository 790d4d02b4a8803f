"""POST /graphql."""

from typing import Any

from trackstack.server.access.objects import NOTHING
from trackstack.server.bodies import Message
from trackstack.server.calls import Call
from trackstack.server.routes import READ, Route


class Query(Message):
    """A GraphQL request over HTTP."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None  # the name that GraphQL over HTTP prescribes


async def ask(call: Call, body: Query) -> dict[str, Any]:
    """`{"data", "errors"}` with 200 whatever happens, as MLflow answers it."""
    # graphql-core is loaded by the first page of the UI, not by every instance that never shows one.
    from trackstack.server.graphql import execution

    return await execution.run(call, body.query, body.variables or {}, body.operationName)


ROUTES = (Route("POST", "/graphql", ask, needs=READ, on=NOTHING),)
