"""Issues that were found in an experiment's traces; assessments of the kind `issue` point at them."""

import json
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from msgspec import Struct
from sqlalchemy import bindparam, select, update

from trackstack.server.errors import missing
from trackstack.server.search import visibility
from trackstack.server.search.sql import EVERYTHING, Sql, compare, joined, run
from trackstack.server.search.sql import select as query
from trackstack.server.search.tree import Comparison
from trackstack.server.store.database import Database
from trackstack.server.store.experiments import BY_ID, check_active, unknown
from trackstack.server.store.schema.evaluation import issues
from trackstack.server.store.statements import Statement, insert
from trackstack.server.store.transaction import Transaction

SEVERITIES = ("not_an_issue", "low", "medium", "high")

_i = issues
_COLUMNS = [column.name for column in _i.c if column.name != "id"]
_FIELDS = (
    "name",
    "description",
    "status",
    "severity",
    "categories",
    "last_seen_at",
    "tags",
    "metadata",
    "updated_at",
    "updated_by",
)
_ENCODED = ("root_causes", "categories", "tags", "metadata")
ADD = insert(_i, *_COLUMNS)
FIND = Statement(select(_i).where(_i.c.uuid == bindparam("uuid")))
CHANGE = Statement(
    update(_i)
    .where(_i.c.id == bindparam("this"))
    .values({name: bindparam(f"new_{name}") for name in _FIELDS})
)
_ALL = ", ".join(f"i.{column.name}" for column in _i.c)
_TRACES = "(SELECT count(DISTINCT a.trace_id) FROM assessments a WHERE a.kind = 'issue' AND a.name = i.uuid)"
_RANK = "CASE i.severity {} ELSE -1 END".format(
    " ".join(f"WHEN '{name}' THEN {rank}" for rank, name in enumerate(SEVERITIES))
)


class Row(NamedTuple):
    """Every column of `issues`."""

    id: int
    uuid: str
    experiment_id: int
    name: str
    description: str
    status: str
    severity: str | None
    root_causes: str | None
    categories: str | None
    source_run_id: str | None
    created_at: int
    updated_at: int
    created_by: str | None
    updated_by: str | None
    source_type: str | None
    source_id: str | None
    last_seen_at: int | None
    tags: str | None
    metadata: str | None


class NewIssue(NamedTuple):
    """An issue to store; Databricks' clients may choose its id, `uuid`."""

    experiment_id: int
    name: str
    description: str
    status: str
    severity: str | None
    root_causes: tuple[str, ...]
    categories: tuple[str, ...]
    source_run_id: str | None
    created_by: str | None
    uuid: str | None = None
    source_type: str | None = None
    source_id: str | None = None
    last_seen_at: int | None = None
    tags: Mapping[str, str] = MappingProxyType({})
    metadata: Mapping[str, str] = MappingProxyType({})


class Issue(Struct, omit_defaults=True, kw_only=True):
    issue_id: str
    experiment_id: str
    name: str
    description: str
    status: str
    severity: str | None = None
    root_causes: list[str] = []
    source_run_id: str | None = None
    created_timestamp: int
    last_updated_timestamp: int
    created_by: str | None = None
    categories: list[str] = []
    trace_count: int | None = None


class Issues:
    """Makes, finds and changes issues."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewIssue, at: int) -> Issue:
        return await self._database.writer.do(lambda tx: _issue(add(tx, new, at)))

    async def get(self, issue_id: str) -> Issue:
        return await self._database.reader.do(lambda tx: _issue(find(tx, issue_id)))

    async def update(self, issue_id: str, changes: dict[str, str], at: int) -> Issue:
        """`changes` are by the names of columns."""

        return await self._database.writer.do(
            lambda tx: _issue(change(tx, find(tx, issue_id), {**changes, "updated_by": tx.caller.user}, at))
        )

    async def search(
        self, experiment_id: int | None, wanted: tuple[Comparison, ...], most: int, offset: int
    ) -> tuple[list[tuple[Issue, int]], bool]:
        """The gravest first, each with its number of traces; and whether there are more."""

        def work(tx: Transaction) -> tuple[list[tuple[Issue, int]], bool]:
            conditions = [compare(tx.database, f"i.{one.key}", one.op, one.value) for one in wanted]
            if experiment_id is not None:
                conditions.append(Sql("i.experiment_id = ?", (experiment_id,)))
            conditions += visibility.in_experiments(tx, "i.experiment_id")
            found = query(f"{_ALL}, {_TRACES} AS traces", "issues i", EVERYTHING, *conditions)
            by = f"ORDER BY {_RANK} DESC, traces DESC, i.created_at DESC, i.uuid DESC LIMIT ? OFFSET ?"
            rows = run(tx, joined(" ", (found, Sql(by, (most + 1, offset)))))
            return [(_issue(Row(*row[:-1])), row[-1]) for row in rows[:most]], len(rows) > most

        return await self._database.reader.scan(work)


def add(tx: Transaction, new: NewIssue, at: int) -> Row:
    """A new issue of an active experiment."""
    experiment = tx.one(BY_ID, id=new.experiment_id)
    if experiment is None:
        raise unknown(new.experiment_id)
    check_active(new.experiment_id, experiment[5])
    encoded = {name: as_json(getattr(new, name)) for name in _ENCODED}
    values = {**new._asdict(), **encoded, "uuid": new.uuid or f"iss-{uuid.uuid4().hex}"}
    tx.run(ADD, **values, created_at=at, updated_at=at, updated_by=new.created_by)
    return find(tx, values["uuid"])


def change(tx: Transaction, row: Row, changes: Mapping[str, Any], at: int) -> Row:
    """The issue with other values in some columns."""
    values = {**row._asdict(), **changes, "updated_at": at}
    tx.run(CHANGE, this=row.id, **{f"new_{name}": values[name] for name in _FIELDS})
    return find(tx, row.uuid)


def find(tx: Transaction, issue_id: str) -> Row:
    """Missing where there is no such issue."""
    row = tx.one(FIND, uuid=issue_id)
    if row is None:
        raise missing(f"Issue with ID '{issue_id}' not found")
    return Row(*row)


def _issue(row: Row) -> Issue:
    return Issue(
        issue_id=row.uuid,
        experiment_id=str(row.experiment_id),
        name=row.name,
        description=row.description,
        status=row.status,
        severity=row.severity,
        root_causes=json.loads(row.root_causes or "[]"),
        source_run_id=row.source_run_id,
        created_timestamp=row.created_at,
        last_updated_timestamp=row.updated_at,
        created_by=row.created_by,
        categories=json.loads(row.categories or "[]"),
    )


def as_json(values: Any) -> str | None:
    """A list or map as it is stored; none for an empty one."""
    return json.dumps(values, default=dict) if values else None
