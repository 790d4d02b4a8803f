"""When the spans of traces leave the database: at the server's age, or at that of a tag of their experiment.

An experiment's own age may be shorter, and longer where the server says so of it, as MLflow has it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from trackstack import durations
from trackstack.server.store.traces import keys


@dataclass(frozen=True)
class ArchivalPolicy:
    """`retention` is the server's age as it was written; `long` are the experiments that may exceed it.

    Raises ValueError for what is no duration.
    """

    retention: str
    long: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        durations.parse(self.retention)

    def of(self, experiment_id: int, tags: Mapping[str, str]) -> str:
        """How long an experiment with these tags keeps its spans, as it was written."""
        own = _told(tags.get(keys.RETENTION), "value")
        if own is None:
            return self.retention
        longer = durations.parse(own) > durations.parse(self.retention)
        return self.retention if longer and experiment_id not in self.long else own

    def until(self, experiment_id: int, tags: Mapping[str, str], now: int) -> int:
        """The latest start of traces to archive at `now`, both in milliseconds."""
        age = durations.parse(self.of(experiment_id, tags))
        if keys.ARCHIVE_NOW in tags and (asked := _told(tags[keys.ARCHIVE_NOW], "older_than")) is not None:
            age = min(age, durations.parse(asked) if asked else timedelta())
        return now - int(age.total_seconds() * 1000)


def _told(tag: str | None, name: str) -> str | None:
    """The age in an experiment's tag; MLflow, too, ignores tags that say nothing.

    A retention is `{"type": "duration", "value": "7d"}`, to archive now `{"older_than": "7d"}` or `{}`,
    which is empty: at once.
    """
    if tag is None:
        return None
    try:
        found = json.loads(tag)
        if name == "older_than" and found.get(name) is None:
            return ""
        if name == "value" and found["type"] != "duration":
            return None
        durations.parse(found[name])
        return str(found[name])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
