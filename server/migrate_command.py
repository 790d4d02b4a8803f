"""`trackstack-server migrate`: the schema brought up to date, before a server of this version serves."""

import asyncio
import sqlite3
import sys

from trackstack.server.config import ConfigError, Settings
from trackstack.server.store.migrations import HEAD
from trackstack.server.store.store import Store


def run(settings: Settings) -> int:
    """Makes the database if there is none; several at once do no harm. Raises ConfigError."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    asyncio.run(_open(settings))
    sys.stdout.write(f"the database has schema {HEAD}\n")
    return 0


async def _open(settings: Settings) -> None:
    store = Store(settings)
    try:
        await store.open()
    except sqlite3.Error as error:
        raise ConfigError(f"the database cannot be used: {error}") from error
    await store.close()
