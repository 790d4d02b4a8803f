"""Issues, in MLflow's words."""

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, ISSUE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.views import most
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import filters, pages
from trackstack.server.search.kinds_of_evaluation import ISSUES
from trackstack.server.store.evaluation.issues import SEVERITIES, Issue, NewIssue

MOST_ISSUES = 1000
NAME_LENGTH = 250
STATUSES = ("pending", "rejected", "resolved")


class CreateIssue(Message):
    experiment_id: Required
    name: Required
    description: Required
    status: str = ""
    severity: str = ""
    root_causes: tuple[str, ...] = ()
    source_run_id: str = ""
    created_by: str = ""
    categories: tuple[str, ...] = ()


class UpdateIssue(Message):
    issue_id: Required
    name: str = ""
    description: str = ""
    status: str = ""
    severity: str = ""


class IssueRef(Message):
    issue_id: Required


class SearchIssues(Message):
    experiment_id: str = ""
    filter_string: str = ""
    max_results: Int64 = 100
    page_token: str = ""
    include_trace_count: bool = False


class One(Struct):
    issue: Issue


class Found(Struct, omit_defaults=True, kw_only=True):
    issues: list[Issue] = []
    next_page_token: str  # empty on the last page


async def create(call: Call, body: CreateIssue) -> One:
    new = NewIssue(
        experiment_id=validation.experiment_id(body.experiment_id),
        name=validation.limited(body.name, NAME_LENGTH, "name"),
        description=body.description,
        status=_one_of(body.status or STATUSES[0], STATUSES, "status"),
        severity=_one_of(body.severity, SEVERITIES, "severity") if body.severity else None,
        root_causes=body.root_causes,
        categories=body.categories,
        source_run_id=validation.run_id(body.source_run_id) if body.source_run_id else None,
        created_by=body.created_by or None,
    )
    return One(await call.store.issues.create(new, call.now))


async def get(call: Call, body: IssueRef) -> One:
    return One(await call.store.issues.get(body.issue_id))


async def update(call: Call, body: UpdateIssue) -> One:
    """Fields that are empty stay as they are."""
    changes = {"description": body.description, "name": validation.limited(body.name, NAME_LENGTH, "name")}
    if body.status:
        changes["status"] = _one_of(body.status, STATUSES, "status")
    if body.severity:
        changes["severity"] = _one_of(body.severity, SEVERITIES, "severity")
    given = {name: value for name, value in changes.items() if value}
    return One(await call.store.issues.update(body.issue_id, given, call.now))


async def find(call: Call, body: SearchIssues) -> Found:
    """The gravest first."""
    page, offset = most(body.max_results, MOST_ISSUES), pages.offset(body.page_token)
    experiment = validation.experiment_id(body.experiment_id) if body.experiment_id else None
    wanted = filters.parse(body.filter_string, ISSUES)
    found, more = await call.store.issues.search(experiment, wanted, page, offset)
    for issue, traces in found if body.include_trace_count else ():
        issue.trace_count = traces
    token = pages.token_for(offset + page) if more else ""
    return Found(issues=[issue for issue, _ in found], next_page_token=token)


def _one_of(given: str, names: tuple[str, ...], field: str) -> str:
    if given.lower() not in names:
        raise invalid(f"Invalid {field} '{given[:100]}'. Must be one of {', '.join(names)}.")
    return given.lower()


_BASE = "/3.0/mlflow/issues"

ROUTES = (
    Route("POST", _BASE, create, needs=WRITE, on=EXPERIMENT),
    Route("POST", f"{_BASE}/search", find, needs=READ, on=EXPERIMENT),
    Route("GET", f"{_BASE}/{{issue_id}}", get, needs=READ, on=ISSUE),
    Route("PATCH", f"{_BASE}/{{issue_id}}", update, needs=WRITE, on=ISSUE),
)
