"""Rows of `runs`: a run's beginning, its state, its end."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from trackstack.server.errors import ApiError, invalid, missing
from trackstack.server.store import documents, run_ids
from trackstack.server.store.database import Database
from trackstack.server.store.entities import RunInfo
from trackstack.server.store.experiments import BY_ID, check_active, unknown
from trackstack.server.store.gathering import Gathering
from trackstack.server.store.purging import RUN, being_purged
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, insert, upsert
from trackstack.server.store.traces.judgements import forget_run
from trackstack.server.store.transaction import Transaction

NAME_TAG = "mlflow.runName"
"""The tag that always equals the run's name."""

_runs = tracking.runs
_tags = tracking.tags
_this = _runs.c.id == bindparam("this")
_INFO = (
    "uuid",
    "experiment_id",
    "name",
    "user_id",
    "status",
    "start_time",
    "artifact_uri",
    "end_time",
    "deleted_at",
)

ADD = insert(
    _runs,
    "id",
    "uuid",
    "experiment_id",
    "name",
    "user_id",
    "status",
    "start_time",
    "artifact_uri",
)
ADD_TAG = insert(_tags)
FIND = Statement(
    select(_runs.c.id, _runs.c.experiment_id, _runs.c.deleted_at).where(_runs.c.uuid == bindparam("uuid"))
)
INFO = Statement(select(*(_runs.c[name] for name in _INFO)).where(_this))
UPDATE = Statement(
    update(_runs)
    .where(_this)
    .values(
        status=func.coalesce(bindparam("status"), _runs.c.status),
        end_time=func.coalesce(bindparam("end_time"), _runs.c.end_time),
        name=func.coalesce(bindparam("name"), _runs.c.name),
    )
)
MARK = Statement(update(_runs).where(_this).values(deleted_at=bindparam("deleted_at")))
SET_TAG = upsert(_tags, "value")
DELETE_TAG = Statement(
    delete(_tags).where(_tags.c.run_id == bindparam("this"), _tags.c.key_id == bindparam("key_id"))
)


class Found(NamedTuple):
    """What writes need to know of a run."""

    id: int
    experiment_id: int
    deleted_at: int | None


class NewRun(NamedTuple):
    """What the caller tells of a run that begins."""

    experiment_id: int
    name: str
    user_id: str
    start_time: int
    tags: Mapping[str, str]
    status: str = "RUNNING"


class Runs:
    """Creates, reads, updates, deletes and restores runs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = Gathering(self._named)

    async def create(self, new: NewRun) -> bytes:
        """The new run's document."""
        name = run_ids.new()
        info = await self._database.writer.do(lambda tx: begin(tx, name, new))
        return documents.beginning(info, new.tags)

    async def get(self, name: str) -> bytes:
        """The run's document, deleted or not."""
        document = await self._documents.get(name)
        if document is None:
            raise unknown_run(name)
        return document

    async def update(
        self, name: str, status: str | None, end_time: int | None, run_name: str | None
    ) -> RunInfo:
        """Changes what is given; the run's info afterwards."""

        def work(tx: Transaction) -> RunInfo:
            run = active(tx, name)
            tx.run(UPDATE, this=run.id, status=status, end_time=end_time, name=run_name or None)
            if run_name:
                row = {"run_id": run.id, "key_id": tx.key(NAME_TAG), "experiment_id": run.experiment_id}
                tx.run(SET_TAG, **row, value=run_name)
            tx.touched.add(run.id)
            return documents.info(*tx.one(INFO, this=run.id))

        return await self._database.writer.do(work)

    async def delete(self, name: str, at: int) -> None:
        """Soft-deletes it; deleting again resets the time. Its assessments of traces go for good."""
        await self._mark(name, at)

    async def restore(self, name: str) -> None:
        """Makes it active again; nothing happens to a run that is."""
        await self._mark(name, None)

    async def delete_tag(self, name: str, key: str) -> None:
        """Missing where the run has no such tag."""

        def work(tx: Transaction) -> None:
            run = active(tx, name)
            key_id = tx.known_key(key)
            if key_id is None or not tx.changed(DELETE_TAG, this=run.id, key_id=key_id):
                raise missing(f"No tag with name: {key} in run with id {name}")
            tx.touched.add(run.id)

        await self._database.writer.do(work)

    async def _named(self, names: list[str]) -> Mapping[str, bytes]:
        found, made = await self._database.reader.do(lambda tx: documents.named(tx, names))
        if made:
            self._database.writer.soon(lambda tx: documents.keep(tx, made))
        return found

    async def _mark(self, name: str, deleted_at: int | None) -> None:
        def work(tx: Transaction) -> None:
            run = find(tx, name)
            if deleted_at is None and being_purged(tx, RUN, run.id):
                raise unknown_run(name)
            tx.run(MARK, this=run.id, deleted_at=deleted_at)
            if deleted_at is not None:
                forget_run(tx, name)
            tx.touched.add(run.id)

        await self._database.writer.do(work)


def begin(tx: Transaction, name: str, new: NewRun) -> RunInfo:
    """Makes the run that clients will call `name`, in an active experiment."""
    root = _artifacts(tx, new.experiment_id)
    id_ = tx.new_run()
    row = (
        name,
        new.experiment_id,
        new.name,
        new.user_id or tx.caller.user,
        new.status,
        new.start_time,
        f"{root.rstrip('/')}/{name}/artifacts",
    )
    keys = tx.key_ids([*new.tags])
    tx.later(ADD, ((id_, *row),))
    tx.later(
        ADD_TAG,
        [(id_, key, new.experiment_id, value) for key, value in zip(keys, new.tags.values(), strict=True)],
    )
    tx.seen(name, id_, new.experiment_id)  # what it logs first need not look for it
    return documents.info(*row, end_time=None, deleted_at=None)


def _artifacts(tx: Transaction, experiment_id: int) -> str:
    """Where the artifacts of an experiment are; raises ApiError unless it is active."""
    location = tx.presumed_experiment(experiment_id)
    if location is None:
        row = tx.one(BY_ID, id=experiment_id)
        if row is None:
            raise unknown(experiment_id)
        check_active(experiment_id, row[5])
        location = str(row[2])
        tx.seen_experiment(experiment_id, location)
    return location


def unknown_run(name: str) -> ApiError:
    """Says that there is no such run."""
    return missing(f"Run with id={name} not found")


def find(tx: Transaction, name: str) -> Found:
    """The run that clients call `name`; raises ApiError where there is none."""
    row = tx.one(FIND, uuid=name)
    if row is None:
        raise unknown_run(name)
    return Found(*row)


def active(tx: Transaction, name: str) -> Found:
    """The same, of a run that may be written to; raises ApiError for a deleted one."""
    presumed = tx.presumed(name)
    if presumed is not None:
        return Found(*presumed, None)
    run = find(tx, name)
    if run.deleted_at is not None:
        raise invalid(f"The run {name} must be in the 'active' state. Current state is deleted.")
    tx.seen(name, run.id, run.experiment_id)
    return run
