"""The schema's versions. A new database is made at the newest one; an old one is brought there by Alembic.

Alembic is imported only when there is something to migrate: a start would wait for it otherwise. The
version is kept where Alembic keeps it.
"""

from typing import Any

from sqlalchemy.schema import CreateIndex, CreateTable

from trackstack.server.config import ConfigError
from trackstack.server.store.schema import metadata
from trackstack.server.store.statements import dialect

HEAD = "0001"
"""The newest version; each migration's file sets it to its own."""


def migrate(connection: Any, url: str) -> None:
    """Brings the database to HEAD. Raises ConfigError where a newer server has written it."""
    name = url.partition(":")[0].partition("+")[0]
    found = version(connection, name)
    if found == HEAD:
        return
    if found is None:
        _create(connection, name)
    elif found > HEAD:
        raise ConfigError(
            f"the database has schema {found}, this server knows {HEAD} at most: "
            "start the server version that wrote it, or a newer one"
        )
    else:
        from trackstack.server.store.migrations.upgrade import upgrade

        upgrade(url)


def version(connection: Any, name: str) -> str | None:
    """The schema's version; None where there is no schema. `name`: sqlite or postgresql."""
    # to_regclass() would not do: it answers from the session's cache, blind to what another has just made.
    tables = {
        "sqlite": "SELECT name FROM sqlite_master WHERE name = 'alembic_version'",
        "postgresql": "SELECT tablename FROM pg_tables"
        " WHERE tablename = 'alembic_version' AND schemaname = ANY(current_schemas(false))",
    }
    if connection.execute(tables[name]).fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def statements(name: str) -> list[str]:
    """The whole schema as SQL, for the database called `name`."""
    made = []
    for table in metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect(name))))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            index.dialect_options[name]["where"] = index.info.get("where")
            made.append(str(CreateIndex(index).compile(dialect=dialect(name))))
    return made


def _create(connection: Any, name: str) -> None:
    """Makes every table at once, as all migrations together would (a test holds the two equal)."""
    connection.execute("BEGIN IMMEDIATE" if name == "sqlite" else "BEGIN")
    try:
        if name != "sqlite":
            connection.execute("SELECT pg_advisory_xact_lock(7465)")
        if version(connection, name) is None:  # another process may have been first
            for statement in statements(name):
                connection.execute(statement)
            connection.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            connection.execute(f"INSERT INTO alembic_version VALUES ('{HEAD}')")  # noqa: S608 - our own constant
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
