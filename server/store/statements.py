"""SQL statements: built once with SQLAlchemy, compiled once per database, run on the driver."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Double,
    Executable,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

SQLITE = "sqlite"
POSTGRESQL = "postgresql"


@lru_cache(maxsize=2)
def dialect(name: str) -> Dialect:
    """SQLAlchemy's dialect with positional parameters, without its driver."""
    if name == SQLITE:
        from sqlalchemy.dialects.sqlite import dialect as sqlite

        return sqlite(paramstyle="qmark")
    from sqlalchemy.dialects.postgresql import dialect as postgresql

    return postgresql(paramstyle="format")  # type: ignore[no-untyped-call]


class _Compiled(NamedTuple):
    text: str
    names: tuple[str, ...]
    constants: dict[str, Any]
    changes: bool


class Statement:
    """A statement with named parameters (`bindparam("id")`); make it at module level, once.

    `clause` is an SQLAlchemy statement, or a function of the database's name where the two differ.
    """

    __slots__ = ("_clause", "_compiled", "lists", "rows")

    def __init__(
        self,
        clause: Executable | Callable[[str], Executable],
        lists: "Statement | None" = None,
        rows: "Callable[[int], Statement] | None" = None,
    ) -> None:
        """Where there are faster ways for many rows at once: `lists` takes a list a column, on PostgreSQL;
        `rows` is a statement for so many rows, which takes their values one row after the other.
        """
        self._clause = clause
        self.lists = lists
        self.rows = rows
        self._compiled: dict[str, _Compiled] = {}

    def sql(self, database: str) -> str:
        """The text with positional parameters, for rows of values in the order of their first mention."""
        return self._on(database).text

    def changes(self, database: str) -> bool:
        """Whether it may change anything."""
        return self._on(database).changes

    def arguments(self, database: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The text and the values to run it with; KeyError names a parameter that is missing."""
        compiled = self._on(database)
        if compiled.constants:
            params = {**compiled.constants, **params}
        return compiled.text, [params[name] for name in compiled.names]

    def _on(self, database: str) -> _Compiled:
        found = self._compiled.get(database)
        if found is None:
            clause = self._clause if isinstance(self._clause, Executable) else self._clause(database)
            compiled: Any = clause.compile(dialect=dialect(database))  # type: ignore[attr-defined]
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            changes = not clause.is_select
            found = _Compiled(compiled.string, tuple(compiled.positiontup or ()), constants, changes)
            self._compiled[database] = found
        return found


def among(database: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """`column` is one of a list of any length, which is one parameter: see `listed`."""
    if database == SQLITE:
        values = func.json_each(bindparam(name)).table_valued("value")
        return column.in_(select(values.c.value))
    return column == any_(bindparam(name, type_=ARRAY(column.type)))


def listed(database: str, values: Iterable[Any]) -> Any:
    """The parameter of `among`."""
    return json.dumps(list(values)) if database == SQLITE else list(values)


def insert(table: Table, *columns: str, returning: str | None = None, or_ignore: bool = False) -> Statement:
    """An insert of one row's `columns` (all of the table's if none are named), in the table's order.

    `or_ignore` leaves a row that breaks a uniqueness constraint out; `returning` names a column.
    """
    names = [column.name for column in table.columns if not columns or column.name in columns]

    def build(statement: Any) -> Executable:
        if or_ignore:
            statement = statement.on_conflict_do_nothing()
        return statement.returning(table.c[returning]) if returning else statement  # type: ignore[no-any-return]

    return _insert_of(table, names, build)


def upsert(table: Table, *replaced: str, where: Callable[[Any, Any], Any] | None = None) -> Statement:
    """An insert of a whole row that updates the columns `replaced` where its primary key exists.

    `where(new, old)` gives the condition under which it does.
    """

    def build(statement: Any) -> Executable:
        new = statement.excluded
        return statement.on_conflict_do_update(  # type: ignore[no-any-return]
            index_elements=list(table.primary_key.columns),
            set_={name: new[name] for name in replaced},
            where=where(new, table.c) if where else None,
        )

    return _insert_of(table, [column.name for column in table.columns], build)


def upsert_selected(table: Table, rows: Select[Any], *replaced: str) -> Statement:
    """An insert of the rows that a query finds, which updates the columns `replaced` of those that exist."""

    def build(database: str) -> Executable:
        statement = _insert(database)(table).from_select([c.name for c in table.columns], rows)
        return statement.on_conflict_do_update(  # type: ignore[no-any-return]
            index_elements=list(table.primary_key.columns),
            set_={name: statement.excluded[name] for name in replaced},
        )

    return Statement(build)


def _insert_of(table: Table, names: Sequence[str], build: Callable[[Any], Executable]) -> Statement:
    """The insert that `build` makes of one without conflicts; of one row, of lists, and of any number."""

    def one(database: str) -> Executable:
        return build(_insert(database)(table).values({name: bindparam(name) for name in names}))

    def lists(database: str) -> Executable:
        columns = [cast(bindparam(name), ARRAY(_plain(table.c[name].type))) for name in names]
        rows = func.unnest(*columns).table_valued(*names).render_derived()
        return build(_insert(database)(table).from_select(names, select(*(rows.c[name] for name in names))))

    @cache
    def rows(count: int) -> Statement:
        values: list[dict[str, Any]] = [
            {name: bindparam(f"{name}_{at}") for name in names} for at in range(count)
        ]
        return Statement(lambda database: build(_insert(database)(table).values(values)))

    return Statement(one, Statement(lists), rows)


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """The widest type of the same kind, without a collation."""
    return {int: BigInteger(), float: Double()}.get(type_.python_type, Text())  # type: ignore[return-value]


def _insert(database: str) -> Any:
    if database == SQLITE:
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert
