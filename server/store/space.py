"""Room in SQLite's file that removed rows have left, given back to the file system.

SQLite fills such pages again by itself, but its file never shrinks unless it is told to. PostgreSQL's
autovacuum does without: there is nothing to do here.
"""

import time

from sqlalchemy import text

from trackstack.server.store.database import Database
from trackstack.server.store.statements import SQLITE, Statement
from trackstack.server.store.transaction import Transaction

PAGES_AT_ONCE = 250
"""Pages that one commit moves: others' writes wait no longer than for these, a few milliseconds."""

WORTHWHILE_PAGES = 2500
"""Less than these (10 MB) is kept for what comes next."""

LONGEST_S = 60
"""A removal that left more is followed by others, which go on."""

FREE = Statement(text("PRAGMA freelist_count"))
PAGE = Statement(text("PRAGMA page_size"))
GIVE_BACK = Statement(text(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})"))


class Space:
    """Gives room back, in small commits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def give_back(self) -> int:
        """The bytes by which the file may shrink; 0 where it is not worth while, or not for us to do."""
        until, pages = time.monotonic() + LONGEST_S, 0
        size, free = await self._database.reader.do(_measure)
        while (free if pages else free - WORTHWHILE_PAGES) > 0 and time.monotonic() < until:
            left = await self._database.writer.do(_shrink)
            if left >= free:  # a file of an older server, which keeps its pages
                break
            pages, free = pages + free - left, left
        return pages * size


def _measure(tx: Transaction) -> tuple[int, int]:
    """The bytes of a page, and how many pages hold nothing."""
    return (tx.one(PAGE)[0], tx.one(FREE)[0]) if tx.database == SQLITE else (0, 0)


def _shrink(tx: Transaction) -> int:
    tx.all(GIVE_BACK)
    left: int = tx.one(FREE)[0]
    return left
