"""Alembic's entry: one connection, one transaction a migration."""

from alembic import context
from sqlalchemy import create_engine

engine = create_engine(context.config.attributes["url"].replace("postgresql://", "postgresql+psycopg://"))
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
