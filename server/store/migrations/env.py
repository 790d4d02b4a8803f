"""Alembic's entry: one connection, and all that is missing in one transaction that others wait for.

The version is read behind the lock, so of several servers that start at once the first migrates, and the
others find it done; what is cut off anywhere was not begun.
"""

from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, event

_WAIT_S = 3600
"""As long as the largest database may take another server."""

url = context.config.attributes["url"].replace("postgresql://", "postgresql+psycopg://")
sqlite = url.startswith("sqlite")
engine = create_engine(url, connect_args={"timeout": _WAIT_S} if sqlite else {})

if sqlite:  # whose driver would begin a transaction late, and end it before a CREATE TABLE

    @event.listens_for(engine, "connect")
    def leave_transactions_alone(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


with engine.begin() as connection:
    if not sqlite:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7465)")
    context.configure(connection=connection, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
