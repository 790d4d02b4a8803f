"""What a caller may do with the objects that a request names.

Experiments and registered models have permissions; everything else is judged by the experiments that it
belongs to. To which one a run or logged model belongs never changes and is remembered. Levels are remembered
for a second: by then a permission that was taken away holds on no replica any more.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, or_, select

from trackstack.server.store.callers import Caller, Level
from trackstack.server.store.database import Database
from trackstack.server.store.permissions import EXPERIMENTS, REGISTERED_MODELS, Protected
from trackstack.server.store.schema.databricks import activities
from trackstack.server.store.schema.evaluation import (
    evaluation_dataset_experiments,
    evaluation_datasets,
    issues,
)
from trackstack.server.store.schema.logged_models import logged_models
from trackstack.server.store.schema.registry import registered_models
from trackstack.server.store.schema.review import label_schemas, review_queues
from trackstack.server.store.schema.traces import traces
from trackstack.server.store.schema.tracking import experiments, runs
from trackstack.server.store.statements import Statement, among, listed
from trackstack.server.store.transaction import Transaction

K = TypeVar("K")
V = TypeVar("V")

_RECHECK_S = 1.0
_MOST_REMEMBERED = 50_000


class Kind(Enum):
    """What requests name, in the words of the errors about it."""

    EXPERIMENT = "experiment"
    EXPERIMENT_NAME = "experiment named"
    COMMENT = "comment"
    RUN = "run"
    LOGGED_MODEL = "logged model"
    TRACE = "trace"
    DATASET = "dataset"
    ISSUE = "issue"
    LABEL_SCHEMA = "label schema"
    REVIEW_QUEUE = "review queue"
    REGISTERED_MODEL = "registered model"
    REGISTERED_MODEL_ID = "registered model with the id"
    PLACE = "artifact"
    NEW_PLACE = "artifact location"


def _owners(key: ColumnElement[Any], owner: ColumnElement[Any]) -> Statement:
    return Statement(lambda database: select(key, owner).where(among(database, key, "names")))


def _named_experiments(database: str) -> Select[Any]:
    """Each name's active experiment, or else the one deleted last: what a name stands for."""
    one, other = experiments, experiments.alias()
    ahead = or_(
        and_(other.c.deleted_at.is_(None), one.c.deleted_at.is_not(None)),
        other.c.deleted_at > one.c.deleted_at,
        and_(other.c.deleted_at == one.c.deleted_at, other.c.id > one.c.id),
    )
    return select(one.c.name, one.c.id).where(
        among(database, one.c.name, "names"), ~exists().where(other.c.name == one.c.name, ahead)
    )


_OWNERS: Mapping[Kind, tuple[Protected, Statement]] = {
    Kind.EXPERIMENT_NAME: (EXPERIMENTS, Statement(_named_experiments)),
    Kind.RUN: (EXPERIMENTS, _owners(runs.c.uuid, runs.c.experiment_id)),
    Kind.LOGGED_MODEL: (EXPERIMENTS, _owners(logged_models.c.uuid, logged_models.c.experiment_id)),
    Kind.TRACE: (EXPERIMENTS, _owners(traces.c.uuid, traces.c.experiment_id)),
    Kind.ISSUE: (EXPERIMENTS, _owners(issues.c.uuid, issues.c.experiment_id)),
    Kind.LABEL_SCHEMA: (EXPERIMENTS, _owners(label_schemas.c.uuid, label_schemas.c.experiment_id)),
    Kind.REGISTERED_MODEL: (REGISTERED_MODELS, _owners(registered_models.c.name, registered_models.c.id)),
    Kind.COMMENT: (REGISTERED_MODELS, _owners(activities.c.uuid, activities.c.model_id)),
}
"""Whose permissions count for a name: rows of name and number."""

_NUMBERED = {Kind.EXPERIMENT: EXPERIMENTS, Kind.REGISTERED_MODEL_ID: REGISTERED_MODELS}
_FIXED = (Kind.RUN, Kind.LOGGED_MODEL)

_d, _in = evaluation_datasets, evaluation_dataset_experiments
DATASETS = Statement(
    lambda database: (
        select(_d.c.uuid, _d.c.owner, _d.c.tenant, _in.c.experiment_id)
        .select_from(_d.outerjoin(_in, _in.c.dataset_id == _d.c.id))
        .where(among(database, _d.c.uuid, "names"))
    )
)
_q = review_queues
QUEUES = Statement(
    lambda database: select(_q.c.uuid, _q.c.owner, _q.c.experiment_id).where(
        among(database, _q.c.uuid, "names")
    )
)
AT = Statement(
    lambda database: select(experiments.c.id).where(among(database, experiments.c.artifact_location, "uris"))
)
BELOW = Statement(
    select(experiments.c.id).where(
        experiments.c.artifact_location > bindparam("after"),
        experiments.c.artifact_location < bindparam("before"),
    )
)


class Decisions:
    """Finds levels. Names of nothing that exists have none: what to say of them is the handlers' to know."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._levels: dict[tuple[Caller, Protected, int], tuple[Level, float]] = {}
        self._owners: dict[tuple[Kind, str], int] = {}

    async def levels(self, caller: Caller, kind: Kind, names: Iterable[str]) -> dict[str, Level]:
        """By the name; where several objects have it, the lowest."""
        wanted = list(dict.fromkeys(names))
        if kind is Kind.DATASET:
            return await self._database.reader.do(lambda tx: self._of_datasets(tx, caller, wanted))
        if kind is Kind.REVIEW_QUEUE:
            return await self._database.reader.do(lambda tx: _of_queues(tx, caller, wanted))
        if kind in _NUMBERED:
            numbers = {name: [int(name)] for name in wanted if _is_number(name)}
            return await self._of_numbers(caller, _NUMBERED[kind], numbers)
        on, statement = _OWNERS[kind]
        numbers = {name: [self._owners[kind, name]] for name in wanted if (kind, name) in self._owners}
        if len(numbers) < len(wanted):
            unknown = [name for name in wanted if name not in numbers]
            found = await self._database.reader.do(
                lambda tx: tx.all(statement, names=listed(tx.database, unknown))
            )
            for name, number in found:
                numbers.setdefault(name, []).append(number)
                if kind in _FIXED:
                    _remember(self._owners, (kind, name), number)
        return await self._of_numbers(caller, on, numbers)

    async def of_place(self, caller: Caller, uris: Sequence[str], free: Level) -> Level:
        """Of a place in the artifact store, by each URI that it has: as every experiment allows whose
        artifacts lie around it or below it; `free` where no experiment's do.
        """

        def work(tx: Transaction) -> Level:
            found = {row[0] for row in tx.all(AT, uris=listed(tx.database, _around(uris)))}
            for uri in uris:
                folder = uri.rstrip("/")
                found |= {row[0] for row in tx.all(BELOW, after=f"{folder}/", before=f"{folder}0")}
            levels = _decide(tx, caller, EXPERIMENTS, found)
            return min(levels.values(), default=free)

        return await self._database.reader.do(work)

    def forget(self) -> None:
        """Levels are read anew: this replica has changed some."""
        self._levels.clear()

    async def _of_numbers(
        self, caller: Caller, on: Protected, numbers: Mapping[str, Sequence[int]]
    ) -> dict[str, Level]:
        wanted = {number for some in numbers.values() for number in some}
        now = time.monotonic()
        levels: dict[int, Level] = {}
        for number in wanted:
            known = self._levels.get((caller, on, number))
            if known is not None and now - known[1] < _RECHECK_S:
                levels[number] = known[0]
        if len(levels) < len(wanted):
            unknown = wanted - levels.keys()
            found = await self._database.reader.do(lambda tx: _decide(tx, caller, on, unknown))
            for number, level in found.items():
                _remember(self._levels, (caller, on, number), (level, now))
            levels |= found
        return {
            name: min(levels[number] for number in some if number in levels)
            for name, some in numbers.items()
            if any(number in levels for number in some)
        }

    def _of_datasets(self, tx: Transaction, caller: Caller, names: Sequence[str]) -> dict[str, Level]:
        """A dataset's own maker may change it, and who may do so with an experiment that it is in."""
        found: dict[str, Level] = {}
        places: dict[str, list[int]] = defaultdict(list)
        for name, owner, tenant, experiment in tx.all(DATASETS, names=listed(tx.database, names)):
            own = Level.MANAGE if caller.user and owner == caller.user else caller.default
            found[name] = Level.NONE if caller.tenant and tenant != caller.tenant else own
            if experiment is not None:
                places[name].append(experiment)
        levels = _decide(tx, caller, EXPERIMENTS, {id_ for some in places.values() for id_ in some})
        return {
            name: max([level, *(levels[id_] for id_ in places[name] if id_ in levels)])
            for name, level in found.items()
        }


def _decide(tx: Transaction, caller: Caller, on: Protected, numbers: Collection[int]) -> dict[int, Level]:
    """The levels of those that exist."""
    if not numbers:
        return {}
    return {
        number: Level.NONE
        if caller.tenant and tenant != caller.tenant
        else max(caller.default, Level(granted or 0))
        for number, tenant, granted in tx.all(on.levels, ids=listed(tx.database, numbers), user=caller.user)
    }


def _of_queues(tx: Transaction, caller: Caller, names: Sequence[str]) -> dict[str, Level]:
    """As the experiment that a queue is in; who may change that manages a queue of one's own."""
    rows = tx.all(QUEUES, names=listed(tx.database, names))
    levels = _decide(tx, caller, EXPERIMENTS, {experiment for _, _, experiment in rows})
    own = {name for name, owner, _ in rows if caller.user and (owner or "").lower() == caller.user.lower()}
    return {
        name: Level.MANAGE if name in own and levels[experiment] >= Level.EDIT else levels[experiment]
        for name, _, experiment in rows
    }


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 19


def _around(uris: Iterable[str]) -> list[str]:
    """Every folder of the URIs, written as a location or as a root."""
    folders: set[str] = set()
    for uri in uris:
        parts = uri.rstrip("/").split("/")
        for length in range(1, len(parts) + 1):
            folder = "/".join(parts[:length])
            folders |= {folder, f"{folder}/"}
    return sorted(folders)


def _remember(known: dict[K, V], key: K, value: V) -> None:
    if len(known) >= _MOST_REMEMBERED:
        known.clear()
    known[key] = value
