"""One request's view of the database: statements run here see and share one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from sqlalchemy import bindparam, select

from trackstack.server.store.active import Active
from trackstack.server.store.callers import ANYBODY
from trackstack.server.store.keys import Keys
from trackstack.server.store.pending import Pending
from trackstack.server.store.schema import tracking
from trackstack.server.store.statements import Statement, among, insert, listed

_PIECE = 1000  # rows that are read together

_keys = tracking.keys
KEY_ID = Statement(select(_keys.c.id).where(_keys.c.name == bindparam("name")))
KEY_NAME = Statement(select(_keys.c.name).where(_keys.c.id == bindparam("id")))
KEY_IDS = Statement(
    lambda database: select(_keys.c.name, _keys.c.id).where(among(database, _keys.c.name, "names"))
)
ADD_KEY = insert(_keys, "name", or_ignore=True)


class Cursor(Protocol):
    """What sqlite3 and psycopg cursors have in common, as far as it is used."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def fetchmany(self, size: int, /) -> list[Any]: ...
    def close(self) -> None: ...


class Connection(Protocol):
    """What sqlite3 and psycopg connections have in common, as far as it is used."""

    def execute(self, sql: Any, parameters: Any = ..., /) -> Cursor: ...
    def close(self) -> None: ...


class Transaction:
    """Runs statements; made by readers and writers, valid inside `work` only.

    `request` is what the work leaves for the end of the commit, `group` what the commit's earlier work left;
    `caller` is who it runs for.
    """

    __slots__ = ("_active", "_connection", "caller", "database", "group", "keys", "request")

    def __init__(
        self, connection: Connection, database: str, keys: Keys, active: Active | None = None
    ) -> None:
        """`active` are runs and experiments to presume active; takes those that are found to be."""
        self._connection = connection
        self._active = active
        self.database = database
        self.keys = keys
        self.caller = ANYBODY
        self.request = Pending()
        self.group = Pending()

    @property
    def touched(self) -> set[int]:
        """The runs whose stored documents become stale with this commit: add those that you change."""
        return self.request.touched

    def succeed(self) -> None:
        """Ends a request's work: what it left is done with the commit."""
        self.group.take(self.request)

    def fail(self) -> None:
        """Ends a request's work: what it left is forgotten."""
        self.request.clear()

    def later(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """As `many`, but only before the next statement, at the latest with the end of the commit.

        So one statement serves the rows of many requests.
        """
        self.request.rows.setdefault(statement, []).extend(rows)

    def settle(self) -> None:
        """Stores the rows that were left for later."""
        if self.group.rows:
            self._store(self.group)
        if self.request.rows:
            self._store(self.request)

    def run(self, statement: Statement, **params: Any) -> None:
        """Runs a statement that returns nothing."""
        raise NotImplementedError

    def changed(self, statement: Statement, **params: Any) -> int:
        """Runs a statement that returns nothing; the number of rows that it changed."""
        raise NotImplementedError

    def one(self, statement: Statement, **params: Any) -> Any:
        """The first row of the result as a tuple, or None."""
        self._before(statement)
        cursor = self._connection.execute(*statement.arguments(self.database, params))
        row = cursor.fetchone()
        cursor.close()  # an open cursor would keep the snapshot, and the log from being checkpointed
        return row

    def all(self, statement: Statement, **params: Any) -> list[Any]:
        """Every row of the result."""
        self._before(statement)
        return self._connection.execute(*statement.arguments(self.database, params)).fetchall()

    def pieces(self, statement: Statement, **params: Any) -> Iterator[list[Any]]:
        """Every row of the result, some at a time: for results of any length."""
        self._before(statement)
        cursor = self._connection.execute(*statement.arguments(self.database, params))
        try:
            while rows := cursor.fetchmany(_PIECE):
                yield rows
        finally:
            cursor.close()

    def many(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> None:
        """Runs a statement once a row; values are in the order in which the statement names them."""
        raise NotImplementedError

    def text(self, sql: str, params: Iterable[Any] = ()) -> list[Any]:
        """Every row of an SQL text with positional parameters, for searches that are compiled elsewhere."""
        self.settle()
        return self._connection.execute(sql, tuple(params)).fetchall()

    def new_run(self) -> int:
        """The id for a run that is about to be inserted."""
        raise NotImplementedError

    def presumed(self, uuid: str) -> tuple[int, int] | None:
        """Id and experiment of a run that was active when last seen; the commit fails if it no longer is."""
        found = self._active.runs.get(uuid) if self._active else None
        if found is not None:
            self.request.presumed.add(found[0])
        return found

    def seen(self, uuid: str, run_id: int, experiment_id: int) -> None:
        """Tells that a run is active."""
        if self._active is not None:
            self._active.add_run(uuid, run_id, experiment_id)

    def presumed_experiment(self, id_: int) -> str | None:
        """Artifact location of an experiment that was active when last seen; likewise."""
        location = self._active.experiments.get(id_) if self._active else None
        if location is not None:
            self.request.presumed_experiments.add(id_)
        return location

    def seen_experiment(self, id_: int, location: str) -> None:
        """Tells that an experiment is active."""
        if self._active is not None:
            self._active.add_experiment(id_, location)

    def key(self, name: str) -> int:
        """The id of a metric's, param's or tag's name; makes one for a new name."""
        known = self.keys.ids.get(name)
        if known is not None:
            return known
        known = self.known_key(name)
        if known is None:
            self.run(ADD_KEY, name=name)
            known = int(self.one(KEY_ID, name=name)[0])
        self.request.interned[name] = known
        return known

    def key_ids(self, names: Sequence[str]) -> list[int]:
        """The ids of many names, in their order; makes those that are missing, all of them at once."""
        known = self.keys.ids
        try:
            return [known[name] for name in names]
        except KeyError:
            new = sorted({name for name in names if name not in known})
        if len(new) > 1:
            self.many(ADD_KEY, [(name,) for name in new])
            found = self.all(KEY_IDS, names=listed(self.database, new))
            self.request.interned.update((name, int(id_)) for name, id_ in found)
        return [self.key(name) for name in names]

    def known_key(self, name: str) -> int | None:
        """The id of a name, if anything was ever logged by it."""
        known = self.keys.ids.get(name) or self.group.interned.get(name) or self.request.interned.get(name)
        if known is None and (row := self.one(KEY_ID, name=name)) is not None:
            known = int(row[0])
        return known

    def key_name(self, id_: int) -> str:
        """The name that an id stands for."""
        name = self.keys.names.get(id_)
        if name is None:
            name = str(self.one(KEY_NAME, id=id_)[0])
            self.keys.names[id_] = name
        return name

    def _before(self, statement: Statement) -> None:
        """What is done before a statement runs."""
        raise NotImplementedError

    def _store(self, pending: Pending) -> None:
        """Stores the rows that were left for later in `pending`."""
        raise NotImplementedError
