"""Reads a journal and plays it onto the checkpoint that it extends."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from trackstack.engine.errors import StateError
from trackstack.engine.journal import FORMAT
from trackstack.engine.resource import Resource
from trackstack.engine.snapshot import PendingOperation, Snapshot

Record = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A journal's sound lines."""

    id: str
    base: str
    secrets: dict[str, Any] | None
    records: list[Record]


def read(data: bytes, source: str) -> Recorded | None:
    """The journal in `data`; None when not even its first line was written whole.

    A last line that was cut off is dropped. Raises StateError for any other damage.
    """
    records: list[Record] = []
    *lines, _ = data.split(b"\n")  # behind the last newline: nothing, or what was cut off
    for number, line in enumerate(lines, start=1):
        record = _record(line)
        if record is None:
            raise StateError(f"{source}: damaged in line {number}; what it says cannot be trusted")
        records.append(record)
    if not records:
        return None
    header = records.pop(0)
    if header.get("journal") != FORMAT:
        raise StateError(f"{source}: a journal of an unknown format; a newer version wrote it")
    return Recorded(header["id"], header["base"], header["secrets"], records)


def replay(snapshot: Snapshot, recorded: Recorded, source: str) -> Snapshot:
    """The snapshot as the killed operation left it, secrets sealed; `snapshot` is not to be used any more."""
    resources: dict[int, Resource] = dict(enumerate(snapshot.resources))
    news: dict[int, Resource] = {}
    begun: dict[int, PendingOperation] = {}
    try:
        for record in recorded.records:
            _play(record, resources, news, begun)
    except (KeyError, TypeError, ValueError, StopIteration) as error:
        raise StateError(f"{source}: contradicts itself or its checkpoint ({error!r})") from error
    snapshot.resources = [*news.values(), *resources.values()]
    snapshot.pending = [*snapshot.pending, *begun.values()]
    snapshot.secrets_provider = snapshot.secrets_provider or recorded.secrets
    return snapshot


def _play(
    record: Record, olds: dict[int, Resource], news: dict[int, Resource], begun: dict[int, PendingOperation]
) -> None:
    if "begin" in record:
        begun[record["begin"]] = PendingOperation(record["kind"], Resource.from_json(record["resource"]))
    if "end" in record:
        del begun[record["end"]]
    if "same" in record:
        news[record["as"]] = _taken(record["same"], olds, news)
    for number, document in record.get("set", ()):
        place = next(part for part in (olds, news) if number in part)
        place[number] = Resource.from_json(document)
    if "done" in record:
        _taken(record["done"], olds, news)
    if "new" in record:
        news[record["as"]] = Resource.from_json(record["new"])


def _taken(number: int, olds: dict[int, Resource], news: dict[int, Resource]) -> Resource:
    return olds.pop(number) if number in olds else news.pop(number)


def _record(line: bytes) -> Record | None:
    checksum, _, body = line.partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        record = json.loads(body)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
