"""The job that makes an instance's role and database, on a real PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.server.postgres import Postgres

from trackstack.components.aws.prepare import prepare

ADMIN = {"username": "trackstack", "password": "any"}


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    # Not below pytest's own folder: the database's user must reach it.
    with tempfile.TemporaryDirectory(prefix="trackstack-") as folder:
        postgres = Postgres(Path(folder))
        postgres.start()
        yield postgres
        postgres.stop()


def test_a_role_with_a_database_of_its_own_can_be_made_again_and_given_another_password(
    server: Postgres,
) -> None:
    url = f"postgresql://team_a:first@127.0.0.1:{server.port}/team_a"

    prepare(url, ADMIN)
    prepare(url.replace("first", "second"), ADMIN)

    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE mine (id int)")
    with psycopg.connect(server.url("postgres")) as connection:
        role = connection.execute(
            "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'team_a'"
        ).fetchone()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'team_a'"
        ).fetchone()
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'team_a'").fetchone()
    assert role == (True, False, False, False)
    assert owner == ("team_a",)
    assert stored is not None and stored[0].startswith("SCRAM-SHA-256$")


def test_one_instances_role_cannot_connect_to_anothers_database(server: Postgres) -> None:
    for name in ("team_b", "team_c"):
        prepare(f"postgresql://{name}:x@127.0.0.1:{server.port}/{name}", ADMIN)

    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(f"postgresql://team_b:x@127.0.0.1:{server.port}/team_c")
