"""Issues of an experiment: the same as MLflow's `/api/3.0/mlflow/issues`, with more fields."""

import hashlib

import msgspec
from msgspec import Struct, field

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, ISSUE
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.databricks import issue_fields
from trackstack.server.databricks.issue_fields import Issue, IssueBody, shown
from trackstack.server.errors import invalid
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.search import pages
from trackstack.server.store.databricks.issues import SEVERITIES, SEVERITY, SORT_KEYS, STATUSES, Search
from trackstack.server.store.evaluation.issues import NewIssue

DEFAULT_PAGE, MOST_PAGE = 20, 100
MOST_TAG_FILTERS, MOST_TAG_VALUES = 10, 20
_ORDERS = ("ASCENDING", "DESCENDING")
_VIEWS = ("BASIC", "FULL")


class NewIssueBody(IssueBody, kw_only=True):
    experiment_id: Required


class IssueQuery(Struct):
    """The id that the client chooses for a new issue."""

    issue_id: str = ""


class IssueRef(Message):
    experiment_id: Required
    issue_id: Required


class UpdateIssue(IssueBody, kw_only=True):
    experiment_id: Required
    issue_id: Required


class MaskQuery(Struct):
    """The fields to update, separated by commas."""

    update_mask: str


class TagFilter(Message):
    key: Required
    values: tuple[str, ...] = ()


class SearchIssues(Message):
    experiment_id: Required
    query: str = ""
    categories: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    tag_filters: tuple[TagFilter, ...] = ()
    sort_key: str = SEVERITY
    sort_order: str = "DESCENDING"
    view: str = "BASIC"
    page_size: Int64 = 0
    page_token: str = ""


class Found(Struct, omit_defaults=True):
    issues: list[Issue] = field(default_factory=list)
    next_page_token: str | None = None
    total_size: int = 0


async def create(call: Call, body: NewIssueBody) -> Issue:
    type_, source_id, run = issue_fields.source(body.source_type, body.source_id)
    new = NewIssue(
        experiment_id=validation.experiment_id(body.experiment_id),
        name=issue_fields.title(body.title),
        description=issue_fields.description(body.description),
        status=issue_fields.status(body.status) if body.status else STATUSES[0],
        severity=issue_fields.severity(body.severity),
        root_causes=(),
        categories=issue_fields.categories(body.categories),
        source_run_id=run,
        created_by=call.identity.name,
        uuid=issue_fields.issue_id(_queried(call, "issue_id")),
        source_type=type_,
        source_id=source_id,
        last_seen_at=issue_fields.last_seen(body.last_seen_time, type_),
        tags=issue_fields.tags(body.tags),
        metadata=issue_fields.metadata(body.metadata),
    )
    return shown(await call.store.experiment_issues.create(new, call.now))


async def get(call: Call, body: IssueRef) -> Issue:
    experiment = validation.experiment_id(body.experiment_id)
    return shown(await call.store.experiment_issues.get(experiment, body.issue_id))


async def update(call: Call, body: UpdateIssue) -> Issue:
    """Changes what `update_mask` names and nothing else; what is empty is cleared, where that can be."""
    mask = _queried(call, "update_mask")
    experiment = validation.experiment_id(body.experiment_id)
    return shown(
        await call.store.experiment_issues.update(
            experiment,
            body.issue_id,
            lambda row: {**issue_fields.changes(row, body, mask), "updated_by": call.identity.name},
            call.now,
        )
    )


async def find(call: Call, body: SearchIssues) -> Found:
    """By status first, then as asked for."""
    if body.page_size < 0:
        raise invalid(f"page_size is {body.page_size}; it must be between 1 and {MOST_PAGE}.")
    most = min(body.page_size or DEFAULT_PAGE, MOST_PAGE)
    wanted, asked = _search(body), _digest(body)
    token, _, of = body.page_token.partition(".")
    if body.page_token and of != asked:
        raise invalid("page_token is of another search; give the arguments that it came with, or none.")
    offset = pages.offset(token)
    page = await call.store.experiment_issues.search(
        validation.experiment_id(body.experiment_id), wanted, most, offset
    )
    more = offset + most < page.total
    return Found(
        [shown(row, described=body.view == "FULL") for row in page.issues],
        f"{pages.token_for(offset + most)}.{asked}" if more else None,
        page.total,
    )


def _search(body: SearchIssues) -> Search:
    if len(body.tag_filters) > MOST_TAG_FILTERS:
        raise invalid(f"tag_filters has {len(body.tag_filters)} filters; {MOST_TAG_FILTERS} are allowed.")
    if any(len(one.values) > MOST_TAG_VALUES for one in body.tag_filters):
        raise invalid(f"tag_filters: a filter may have at most {MOST_TAG_VALUES} values.")
    given = (
        ("sort_key", body.sort_key, SORT_KEYS),
        ("sort_order", body.sort_order, _ORDERS),
        ("view", body.view, _VIEWS),
    )
    for what, value, known in given:
        if value not in known:
            raise invalid(f"{what} is {value[:100]!r}; use one of {', '.join(known)}.")
    return Search(
        title=body.query,
        severities=frozenset(issue_fields.one_of(one, SEVERITIES, "severities") for one in body.severities),
        statuses=frozenset(issue_fields.one_of(one, STATUSES, "statuses") for one in body.statuses),
        categories=frozenset(one.strip().casefold() for one in body.categories),
        tags=tuple((one.key, frozenset(one.values)) for one in body.tag_filters),
        sort_key=body.sort_key,
        ascending=body.sort_order == _ORDERS[0],
    )


def _digest(body: SearchIssues) -> str:
    """Tells searches apart whose pages are not the same."""
    same = msgspec.structs.replace(body, view="", page_token="", page_size=0)
    return hashlib.sha256(msgspec.json.encode(same)).hexdigest()[:16]


def _queried(call: Call, name: str) -> str:
    return call.query.get(name, [""])[-1]


_ISSUES = "/2.0/mlflow/experiments/{experiment_id}/issues"
_ONE = f"{_ISSUES}/{{issue_id}}"

ROUTES = (
    Route("POST", _ISSUES, create, needs=WRITE, on=EXPERIMENT, query=IssueQuery),
    Route("POST", f"{_ISSUES}:search", find, needs=READ, on=EXPERIMENT),
    Route("GET", _ONE, get, needs=READ, on=(EXPERIMENT, ISSUE)),
    Route("PATCH", _ONE, update, needs=WRITE, on=(EXPERIMENT, ISSUE), query=MaskQuery),
)
