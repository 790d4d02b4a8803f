"""The schema's versions: new databases, old ones, newer ones."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trackstack.server.config import ConfigError
from trackstack.server.store.migrations import HEAD, migrate
from trackstack.server.store.migrations.upgrade import alembic_config, upgrade
from trackstack.server.store.sqlite import connect

Schema = dict[str, Any]


def sqlite_schema(file: Path) -> Schema:
    """Every table with its columns, keys and indexes, as SQLite understands them."""
    database = sqlite3.connect(file)
    found = {}
    for kind, name, sql in database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ):
        found[f"{kind} {name}"] = " ".join(sql.replace("(", " ( ").replace(")", " ) ").split())
    database.close()
    return found


def postgres_schema(url: str) -> Schema:
    """Every column and index, as PostgreSQL understands them."""
    import psycopg

    columns = (
        "SELECT table_name, column_name, data_type, character_maximum_length, collation_name, is_nullable, "
        "column_default FROM information_schema.columns WHERE table_schema = 'public'"
    )
    with psycopg.connect(url) as connection:
        return {
            "columns": sorted(map(str, connection.execute(columns).fetchall())),
            "indexes": sorted(
                map(str, connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"))
            ),
            "constraints": sorted(
                map(
                    str,
                    connection.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"),
                )
            ),
        }


def test_migrations_make_the_schema_that_a_new_sqlite_file_gets(tmp_path: Path) -> None:
    new, migrated = tmp_path / "new.db", tmp_path / "migrated.db"
    connection = connect(new, 1000)
    migrate(connection, f"sqlite:///{new}")
    connection.close()
    upgrade(f"sqlite:///{migrated}")

    made, expected = sqlite_schema(migrated), sqlite_schema(new)
    made.pop("table alembic_version")
    expected.pop("table alembic_version")
    assert made == expected


def test_migrations_make_the_schema_that_a_new_postgresql_database_gets(
    request: pytest.FixtureRequest, new_database: Callable[[], tuple[str, ...]]
) -> None:
    if request.config.getoption("--store") == "sqlite":
        pytest.skip("about PostgreSQL")
    import psycopg

    (_, new), (_, migrated) = new_database(), new_database()
    with psycopg.connect(new, autocommit=True) as connection:
        migrate(connection, new)
    upgrade(migrated)

    made, expected = postgres_schema(migrated), postgres_schema(new)
    for schema in (made, expected):
        for kind, items in schema.items():
            schema[kind] = [item for item in items if "alembic_version" not in item]
    assert made == expected


def test_the_newest_migration_is_the_head() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(alembic_config("sqlite://"))

    assert script.get_current_head() == HEAD


def test_a_database_at_the_head_is_left_alone(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db", 1000)
    migrate(connection, "sqlite:///a.db")
    before = connection.execute("PRAGMA schema_version").fetchone()

    migrate(connection, "sqlite:///a.db")

    assert connection.execute("PRAGMA schema_version").fetchone() == before
    connection.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    connection = connect(tmp_path / "a.db", 1000)
    migrate(connection, "sqlite:///a.db")
    connection.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ConfigError, match="schema 9999"):
        migrate(connection, "sqlite:///a.db")
    connection.close()


CHAIN = """
import time
from alembic import op

revision, down_revision = {revision!r}, {before!r}


def upgrade():
    if {number} == 1:
        op.execute("CREATE TABLE done (number INTEGER)")
    op.execute("INSERT INTO done VALUES ({number})")
    time.sleep(0.2)  # for the others to come upon it half done
    if {number} == {fails}:
        raise SystemExit("cut off")
"""
UPGRADE = """
import sys
from alembic import command
from trackstack.server.store.migrations.upgrade import alembic_config

config = alembic_config(sys.argv[1])
config.set_main_option("version_locations", sys.argv[2])
command.upgrade(config, "head")
"""


def chain(folder: Path, *, fails: int = 0) -> Path:
    """Three migrations, one after the other; one of them may fail."""
    folder.mkdir()
    for number in (1, 2, 3):
        before = f"{number - 1:04}" if number > 1 else None
        text = CHAIN.format(revision=f"{number:04}", before=before, number=number, fails=fails)
        (folder / f"{number:04}_step.py").write_text(text)
    return folder


def upgrading(url: str, versions: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", UPGRADE, url, str(versions)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def database(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[], tuple[str, ...]]
) -> tuple[str, Callable[[str], list[tuple[Any, ...]]]]:
    """An empty database of the kind that the suite is run with: its URL, and what a query finds in it."""
    if request.config.getoption("--store") == "sqlite":
        file = tmp_path / "chain.db"

        def ask_sqlite(query: str) -> list[tuple[Any, ...]]:
            connection = sqlite3.connect(file)
            try:
                return connection.execute(query).fetchall()
            finally:
                connection.close()

        return f"sqlite:///{file}", ask_sqlite
    _, url = new_database()

    def ask_postgres(query: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(url) as connection:
            return list(connection.execute(query.encode()).fetchall())

    return url, ask_postgres


Database = tuple[str, Callable[[str], list[tuple[Any, ...]]]]


def test_of_servers_that_upgrade_at_once_one_runs_the_whole_chain(database: Database, tmp_path: Path) -> None:
    url, ask = database
    versions = chain(tmp_path / "versions")

    several = [upgrading(url, versions) for _ in range(3)]

    for each in several:
        _, error = each.communicate(timeout=120)
        assert each.returncode == 0, error
    assert ask("SELECT number FROM done ORDER BY number") == [(1,), (2,), (3,)]
    assert ask("SELECT version_num FROM alembic_version") == [("0003",)]


def test_a_chain_that_is_cut_off_was_not_begun(database: Database, tmp_path: Path) -> None:
    url, ask = database
    broken = upgrading(url, chain(tmp_path / "broken", fails=3))
    assert "cut off" in broken.communicate(timeout=120)[1]

    whole = upgrading(url, chain(tmp_path / "versions"))

    _, error = whole.communicate(timeout=120)
    assert whole.returncode == 0, error
    assert ask("SELECT number FROM done ORDER BY number") == [(1,), (2,), (3,)]
