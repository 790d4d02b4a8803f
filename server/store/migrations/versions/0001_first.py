"""The first schema, as SQL beside this file: what later versions change is not read into it."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    name = op.get_bind().dialect.name
    for statement in Path(__file__).with_name(f"0001.{name}.sql").read_text().split(";\n"):
        if statement.strip():
            op.execute(statement)
