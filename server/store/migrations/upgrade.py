"""Runs Alembic over an older database; imported only then."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def alembic_config(url: str) -> Config:
    """Alembic's configuration for the database at `url`, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Runs every migration that is missing: all of them or none, and none that another process has run."""
    command.upgrade(alembic_config(url), "head")
