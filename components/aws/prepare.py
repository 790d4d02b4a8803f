"""Run in a pod: makes the instance's role and database in the server, or brings them up to date.

The administrator is in the secret ADMIN_SECRET of AWS_REGION as {"username", "password"}; DATABASE_URL is
what the instance will use. It may run again at any time.
"""

import json
import os

import psycopg
from botocore.session import get_session
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


def prepare(url: str, admin: dict[str, str]) -> None:
    """Make the role and database that `url` names. Raises psycopg.Error."""
    wanted = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    server = {**wanted, "user": admin["username"], "password": admin["password"], "dbname": "postgres"}
    role, database = sql.Identifier(wanted["user"]), sql.Identifier(wanted["dbname"])
    with psycopg.connect(**server, autocommit=True) as connection:  # type: ignore[arg-type]  # words
        # Only its hash goes to the server, whose log may have the statement.
        password = connection.pgconn.encrypt_password(
            wanted["password"].encode(), wanted["user"].encode(), b"scram-sha-256"
        ).decode()
        made = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [wanted["user"]]).fetchone()
        verb = sql.SQL("ALTER" if made is not None else "CREATE")
        connection.execute(sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, role, sql.Literal(password)))
        # The administrator is no superuser on RDS: it has to be of the role to give it a database.
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        named = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(named, [wanted["dbname"]]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))


def administrator(secret: str, region: str) -> dict[str, str]:
    """Who that is, by the pod's role. Raises botocore's errors."""
    client = get_session().create_client("secretsmanager", region_name=region)
    found: dict[str, str] = json.loads(client.get_secret_value(SecretId=secret)["SecretString"])
    return found


if __name__ == "__main__":
    prepare(os.environ["DATABASE_URL"], administrator(os.environ["ADMIN_SECRET"], os.environ["AWS_REGION"]))
