"""Searching runs, in MLflow's words."""

from typing import Annotated

from msgspec import Meta

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS
from trackstack.server.bodies import Message
from trackstack.server.calls import Call
from trackstack.server.mlflow.views import ViewName, most, view
from trackstack.server.responses import EMPTY, Answer
from trackstack.server.routes import READ, Route
from trackstack.server.search import pages
from trackstack.server.search import runs as search

MOST_RUNS = 50_000


class SearchRuns(Message):
    experiment_ids: tuple[str, ...] = ()
    filter: str = ""
    run_view_type: ViewName = 0
    max_results: Annotated[int, Meta(le=MOST_RUNS)] = 1000
    order_by: tuple[str, ...] = ()
    page_token: str = ""


async def find(call: Call, body: SearchRuns) -> Answer:
    """The runs' stored documents, put together as they are."""
    page = most(body.max_results, MOST_RUNS)
    experiments = [validation.experiment_id(text) for text in body.experiment_ids]
    asked = search.parse(experiments, view(body.run_view_type), body.filter, body.order_by)
    offset = pages.offset(body.page_token)
    found, more = await call.store.searches.runs(asked, page, offset)
    if not found:
        return Answer(EMPTY)
    parts = [b","] * (2 * len(found))
    parts[1::2] = found
    parts[0] = b'{"runs":['
    parts.append(b'],"next_page_token":"%b"}' % pages.token_for(offset + page).encode() if more else b"]}")
    return Answer(b"".join(parts))  # the one time that the documents are copied


ROUTES = (Route("POST", "/2.0/mlflow/runs/search", find, needs=READ, on=AMONG_EXPERIMENTS),)
