"""What a data folder holds, told without its server: for the last question before it is deleted."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Census:
    """Counts include what is soft-deleted; None where the database cannot be read. `bytes` are all files'."""

    experiments: int | None
    runs: int | None
    bytes: int


def census(data_dir: Path) -> Census:
    """Count what lies in `data_dir`, whether a server works on it or not; changes nothing."""
    size = sum(path.lstat().st_size for path in data_dir.rglob("*") if path.is_symlink() or path.is_file())
    database = data_dir / "tracking.db"
    if not database.is_file() or not database.stat().st_size:
        return Census(0, 0, size)
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
            [experiments] = connection.execute("SELECT count(*) FROM experiments").fetchone()
            [runs] = connection.execute("SELECT count(*) FROM runs").fetchone()
    except sqlite3.Error:
        return Census(None, None, size)
    return Census(experiments, runs, size)
