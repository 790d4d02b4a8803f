"""Rows of `experiments` and their tags.

Names are unique among all that exist, deleted ones too, as MLflow has it; or, as Databricks has it and where
the setting `names_of_deleted_reusable` says so, among the active ones.
"""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql import literal_column

from trackstack.server.errors import BAD_REQUEST, ApiError, exists, invalid, missing
from trackstack.server.store.database import Database
from trackstack.server.store.entities import Experiment, Tag
from trackstack.server.store.permissions import EXPERIMENTS, own
from trackstack.server.store.purging import EXPERIMENT, RUN, being_purged, unclaimed
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, insert, listed, upsert
from trackstack.server.store.traces.judgements import forget_runs
from trackstack.server.store.transaction import Transaction

_experiments = tracking.experiments
_tags = tracking.experiment_tags
_runs = tracking.runs
_all = select(_experiments)

BY_ID = Statement(_all.where(_experiments.c.id == bindparam("id")))
BY_NAME = Statement(
    _all.where(_experiments.c.name == bindparam("name"))
    .order_by(
        _experiments.c.deleted_at.is_not(None), _experiments.c.deleted_at.desc(), _experiments.c.id.desc()
    )
    .limit(literal_column("1"))
)
"""The active one of that name, or else the one that was deleted last."""
ANY = Statement(select(_experiments.c.id).limit(literal_column("1")))
ADD_DEFAULT = insert(_experiments, "id", "name", "artifact_location", "created_at", "updated_at")
ADD = insert(_experiments, "name", "artifact_location", "created_at", "updated_at", "tenant", returning="id")
_this = _experiments.c.id == bindparam("this")
LOCATE = Statement(update(_experiments).where(_this).values(artifact_location=bindparam("location")))
RENAME = Statement(
    update(_experiments).where(_this).values(name=bindparam("new"), updated_at=bindparam("at"))
)
MARK = Statement(
    update(_experiments).where(_this).values(deleted_at=bindparam("deleted_at"), updated_at=bindparam("at"))
)
MARK_RUNS = Statement(
    update(_runs)
    .where(_runs.c.experiment_id == bindparam("this"), unclaimed(RUN, _runs.c.id))
    .values(deleted_at=bindparam("deleted_at"), revision=_runs.c.revision + literal_column("1"))
)
TAGS = Statement(
    lambda database: select(_tags).where(among(database, _tags.c.experiment_id, "ids")).order_by(_tags.c.key)
)
ADD_TAG = insert(_tags)
SET_TAG = upsert(_tags, "value")
DELETE_TAG = Statement(
    delete(_tags).where(_tags.c.experiment_id == bindparam("this"), _tags.c.key == bindparam("name"))
)


_Row = tuple[int, str, str, int, int, int | None, str]


class Experiments:
    """Creates, finds, renames, deletes and restores experiments."""

    def __init__(self, database: Database, reusable: bool = False) -> None:
        """`reusable`: the names of deleted experiments may be given again."""
        self._database = database
        self._reusable = reusable

    async def ensure_default(self, location: str, at: int) -> None:
        """Makes experiment 0, `Default`, in a store that holds none."""

        def work(tx: Transaction) -> None:
            if tx.one(ANY) is None:
                row = {"id": 0, "name": "Default", "artifact_location": location}
                tx.run(ADD_DEFAULT, **row, created_at=at, updated_at=at)

        await self._database.writer.do(work)

    async def create(self, name: str, locate: Callable[[int], str], tags: Mapping[str, str], at: int) -> int:
        """The new experiment's id, of which `locate` tells where its artifacts lie."""
        return await self._database.writer.do(
            lambda tx: add(tx, name, locate, tags, at, reusable=self._reusable)
        )

    async def get(self, id_: int) -> Experiment:
        """Deleted ones too."""

        def work(tx: Transaction) -> Experiment:
            row = tx.one(BY_ID, id=id_)
            if row is None:
                raise unknown(id_)
            return with_tags(tx, [row])[0]

        return await self._database.reader.do(work)

    async def named(self, name: str) -> Experiment:
        """Deleted ones too, where no active one has the name."""

        def work(tx: Transaction) -> Experiment:
            row = tx.one(BY_NAME, name=name)
            if row is None:
                raise missing(f"Could not find experiment with name '{name}'")
            return with_tags(tx, [row])[0]

        return await self._database.reader.do(work)

    async def rename(self, id_: int, name: str, at: int) -> None:
        """Refused for a deleted experiment and for a name that is taken."""
        await self._database.writer.do(lambda tx: rename(tx, id_, name, at, reusable=self._reusable))

    async def change(self, id_: int, name: str | None, tags: Mapping[str, str | None], at: int) -> Experiment:
        """Renames it where `name` is given, sets tags, removes those that are None; as it is afterwards.

        All or nothing. Refused for a deleted experiment and for a name that is taken.
        """
        return await self._database.writer.do(
            lambda tx: change(tx, id_, name, tags, at, reusable=self._reusable)
        )

    async def delete(self, id_: int, at: int) -> None:
        """With all its runs; missing where it is deleted already."""
        await self._database.writer.do(lambda tx: remove(tx, id_, at))

    async def restore(self, id_: int, at: int) -> None:
        """With all its runs, those too that were deleted before it; missing where it is not deleted.

        Refused where an active experiment has its name by now.
        """

        def work(tx: Transaction) -> None:
            row = _row(tx, id_)
            if row[5] is None or being_purged(tx, EXPERIMENT, id_):
                raise unknown(id_)
            if (namesake := _namesake(tx, row[1], id_, reusable=True)) is not None:
                raise exists(
                    f"Experiment {id_} cannot be restored: experiment {namesake} has the name '{row[1]}' "
                    "now. Rename or delete that one first."
                )
            tx.run(MARK, this=id_, deleted_at=None, at=at)
            tx.run(MARK_RUNS, this=id_, deleted_at=None)

        await self._database.writer.do(work)

    async def set_tag(self, id_: int, key: str, value: str) -> None:
        """Adds or replaces a tag of an active experiment."""

        def work(tx: Transaction) -> None:
            check_active(id_, _row(tx, id_)[5])
            tx.run(SET_TAG, experiment_id=id_, key=key, value=value)

        await self._database.writer.do(work)

    async def delete_tag(self, id_: int, key: str) -> None:
        """Missing where the experiment has no such tag."""

        def work(tx: Transaction) -> None:
            check_active(id_, _row(tx, id_)[5])
            if not tx.changed(DELETE_TAG, this=id_, name=key):
                raise missing(f"No tag with name: {key} in experiment with id {id_}")

        await self._database.writer.do(work)


def add(
    tx: Transaction,
    name: str,
    locate: Callable[[int], str],
    tags: Mapping[str, str],
    at: int,
    *,
    reusable: bool = False,
) -> int:
    """A new experiment's id; the caller's, and of its tenant. Raises ApiError where the name is taken."""
    if _namesake(tx, name, None, reusable) is not None:
        raise exists(f"Experiment(name={name}) already exists.")
    row = {"name": name, "artifact_location": "", "created_at": at, "updated_at": at}
    id_ = int(tx.one(ADD, **row, tenant=tx.caller.tenant)[0])
    own(tx, EXPERIMENTS, id_)
    tx.run(LOCATE, this=id_, location=locate(id_))
    for key, value in tags.items():
        tx.run(ADD_TAG, experiment_id=id_, key=key, value=value)
    return id_


def rename(tx: Transaction, id_: int, name: str, at: int, *, reusable: bool = False) -> None:
    """Raises ApiError for a deleted experiment and for a name that is taken."""
    if _row(tx, id_)[5] is not None:
        raise invalid("Cannot rename a non-active experiment.")
    if _namesake(tx, name, id_, reusable) is not None:
        raise ApiError(BAD_REQUEST, f"Experiment(name={name}) already exists.")
    tx.run(RENAME, this=id_, new=name, at=at)


def change(
    tx: Transaction,
    id_: int,
    name: str | None,
    tags: Mapping[str, str | None],
    at: int,
    *,
    reusable: bool = False,
) -> Experiment:
    """The experiment with a new name and tags. Raises ApiError where it is deleted or the name is taken."""
    row = _row(tx, id_)
    check_active(id_, row[5])
    if name is not None and _namesake(tx, name, id_, reusable) is not None:
        raise exists(f"Experiment(name={name}) already exists.")
    tx.run(RENAME, this=id_, new=row[1] if name is None else name, at=at)
    for key, value in tags.items():
        if value is None:
            tx.run(DELETE_TAG, this=id_, name=key)
        else:
            tx.run(SET_TAG, experiment_id=id_, key=key, value=value)
    return with_tags(tx, [_row(tx, id_)])[0]


def remove(tx: Transaction, id_: int, at: int) -> None:
    """Soft-deletes an experiment with all its runs; missing where it is deleted already."""
    if _row(tx, id_)[5] is not None:
        raise unknown(id_)
    tx.run(MARK, this=id_, deleted_at=at, at=at)
    tx.run(MARK_RUNS, this=id_, deleted_at=at)
    forget_runs(tx, id_, at)


def unknown(id_: int) -> ApiError:
    """Says that there is no such experiment, or none in the state that the request is about."""
    return missing(f"No Experiment with id={id_} exists")


def check_active(id_: int, deleted_at: int | None) -> None:
    """Raises ApiError for a deleted experiment."""
    if deleted_at is not None:
        raise invalid(f"The experiment {id_} must be in the 'active' state. Current state is deleted.")


def check_exists(tx: Transaction, id_: int) -> None:
    """Raises ApiError where there is no active experiment of that number."""
    if _row(tx, id_)[5] is not None:
        raise unknown(id_)


def with_tags(tx: Transaction, rows: Iterable[_Row]) -> list[Experiment]:
    """Experiments of rows of the table, each with its tags."""
    found = [
        Experiment(
            experiment_id=str(id_),
            name=name,
            artifact_location=location,
            lifecycle_stage="active" if deleted_at is None else "deleted",
            last_update_time=updated_at,
            creation_time=created_at,
            workspace="default",
            tenant=tenant,
        )
        for id_, name, location, created_at, updated_at, deleted_at, tenant in rows
    ]
    tags = tx.all(TAGS, ids=listed(tx.database, (int(one.experiment_id) for one in found)))
    by_id = {one.experiment_id: one for one in found}
    for id_, key, value in tags:
        by_id[str(id_)].tags.append(Tag(key, value))
    return found


def _namesake(tx: Transaction, name: str, id_: int | None, reusable: bool) -> int | None:
    """The other experiment than `id_` that has the name for itself."""
    row: _Row | None = tx.one(BY_NAME, name=name)
    if row is None or row[0] == id_ or (reusable and row[5] is not None):
        return None
    return row[0]


def _row(tx: Transaction, id_: int) -> _Row:
    row: _Row | None = tx.one(BY_ID, id=id_)
    if row is None:
        raise unknown(id_)
    return row
