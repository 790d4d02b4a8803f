"""Issues as Databricks finds and changes them: each within its experiment."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from trackstack.server.errors import ApiError, invalid, missing
from trackstack.server.store import runs
from trackstack.server.store.database import Database
from trackstack.server.store.evaluation import issues
from trackstack.server.store.evaluation.issues import NewIssue, Row
from trackstack.server.store.experiments import BY_ID, unknown
from trackstack.server.store.schema.evaluation import issues as table
from trackstack.server.store.statements import Statement, among, listed
from trackstack.server.store.transaction import Transaction

SEVERITIES = ("low", "medium", "high")
STATUSES = ("pending", "resolved", "rejected")
"""In the order in which searches group by them."""

CREATE_TIME, LAST_SEEN_TIME, SEVERITY, UPDATE_TIME = SORT_KEYS = (
    "CREATE_TIME",
    "LAST_SEEN_TIME",
    "SEVERITY",
    "UPDATE_TIME",
)

_CANDIDATE = ("uuid", "name", "status", "severity", "categories", "tags", "created_at", "updated_at")
CANDIDATES = Statement(
    select(*(table.c[name] for name in _CANDIDATE), table.c.last_seen_at).where(
        table.c.experiment_id == bindparam("experiment")
    )
)
PAGE = Statement(lambda database: select(table).where(among(database, table.c.uuid, "uuids")))


class Candidate(NamedTuple):
    """What a search looks at; descriptions may be long and are not."""

    uuid: str
    name: str
    status: str
    severity: str | None
    categories: str | None
    tags: str | None
    created_at: int
    updated_at: int
    last_seen_at: int | None

    @property
    def seen_at(self) -> int:
        return self.created_at if self.last_seen_at is None else self.last_seen_at


@dataclass(frozen=True, kw_only=True)
class Search:
    """Conditions that all hold; an empty one holds for every issue. `tags`: any of the values of each key."""

    title: str
    severities: frozenset[str]
    statuses: frozenset[str]
    categories: frozenset[str]
    tags: tuple[tuple[str, frozenset[str]], ...]
    sort_key: str
    ascending: bool

    def finds(self, one: Candidate) -> bool:
        if self.title.casefold() not in one.name.casefold():
            return False
        if self.severities and one.severity not in self.severities:
            return False
        if self.statuses and one.status not in self.statuses:
            return False
        has = {category.casefold() for category in json.loads(one.categories or "[]")}
        if self.categories and not has & self.categories:
            return False
        tags = json.loads(one.tags or "{}")
        return all(key in tags and (not values or tags[key] in values) for key, values in self.tags)

    def rank(self, one: Candidate) -> tuple[int, int, int, str]:
        """By status, then the key in its direction, then the id."""
        first, second = {
            CREATE_TIME: (one.created_at, 0),
            LAST_SEEN_TIME: (one.seen_at, 0),
            SEVERITY: (SEVERITIES.index(one.severity) if one.severity in SEVERITIES else -1, one.seen_at),
            UPDATE_TIME: (one.updated_at, 0),
        }[self.sort_key]
        sign = 1 if self.ascending else -1
        return STATUSES.index(one.status), sign * first, sign * second, one.uuid


class Page(NamedTuple):
    """`total`: how many issues there are on all pages."""

    issues: list[Row]
    total: int


class ExperimentIssues:
    """Makes, finds and changes issues; missing are those of another experiment, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewIssue, at: int) -> Row:
        """Refused where its id is taken, or its source run is none of the experiment's."""

        def work(tx: Transaction) -> Row:
            if new.uuid and tx.one(issues.FIND, uuid=new.uuid) is not None:
                raise ApiError("ALREADY_EXISTS", f"There is an issue {new.uuid} already.")
            if new.source_run_id:
                row = tx.one(runs.FIND, uuid=new.source_run_id)
                if row is None or runs.Found(*row).experiment_id != new.experiment_id:
                    raise invalid(
                        f"source_id: the experiment {new.experiment_id} has no run {new.source_run_id!r}."
                    )
            return issues.add(tx, new, at)

        return await self._database.writer.do(work)

    async def get(self, experiment_id: int, issue_id: str) -> Row:
        return await self._database.reader.do(lambda tx: _find(tx, experiment_id, issue_id))

    async def update(
        self, experiment_id: int, issue_id: str, changes: Callable[[Row], Mapping[str, Any]], at: int
    ) -> Row:
        """`changes` tells new values by the names of columns."""

        def work(tx: Transaction) -> Row:
            row = _find(tx, experiment_id, issue_id)
            return issues.change(tx, row, changes(row), at)

        return await self._database.writer.do(work)

    async def search(self, experiment_id: int, wanted: Search, most: int, offset: int) -> Page:
        """At most `most` issues from the one at `offset` on."""

        def work(tx: Transaction) -> Page:
            if tx.one(BY_ID, id=experiment_id) is None:
                raise unknown(experiment_id)
            candidates = [Candidate(*row) for row in tx.all(CANDIDATES, experiment=experiment_id)]
            found = sorted(filter(wanted.finds, candidates), key=wanted.rank)
            wanted_now = [one.uuid for one in found[offset : offset + most]]
            rows = [Row(*row) for row in tx.all(PAGE, uuids=listed(tx.database, wanted_now))]
            by_id = {row.uuid: row for row in rows}
            return Page([by_id[one] for one in wanted_now], len(found))

        return await self._database.reader.scan(work)


def _find(tx: Transaction, experiment_id: int, issue_id: str) -> Row:
    row = issues.find(tx, issue_id)
    if row.experiment_id != experiment_id:
        raise missing(f"Experiment {experiment_id} has no issue '{issue_id}'")
    return row
