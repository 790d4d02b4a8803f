"""Fields of issues as Databricks has them, between requests and the store's columns."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field

from trackstack.server.bodies import Message
from trackstack.server.errors import invalid
from trackstack.server.store.databricks.issues import SEVERITIES, STATUSES
from trackstack.server.store.evaluation.issues import Row, as_json

MANUAL = "MANUAL"
_OF_RUNS = ("ADHOC_RUN", "SCHEDULED_RUN")
SOURCE_TYPES = (MANUAL, *_OF_RUNS, "SINGLE_TRACE_ANALYSIS")

TITLE_BYTES = 250
DESCRIPTION_BYTES = 32 * 1024
SOURCE_BYTES = 256
MOST_CATEGORIES, CATEGORY_BYTES = 10, 64
MOST_TAGS, TAG_KEY_BYTES, TAG_VALUE_BYTES = 10, 128, 256
MOST_METADATA, METADATA_KEY_BYTES, METADATA_VALUE_BYTES = 20, 64, 4096

_TAG_KEY = re.compile(r"[A-Za-z0-9_.:/-]+")
_ID = re.compile(r"iss-[0-9a-f]{32}")
_METADATA = "metadata."


class IssueBody(Message):
    """An issue as clients send it. What only the server sets is ignored."""

    title: str = ""
    severity: str = ""
    status: str = ""
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    last_seen_time: str = ""
    source_type: str = ""
    source_id: str = ""


class Issue(Struct, omit_defaults=True, kw_only=True):
    """An issue as it is shown; times are RFC 3339."""

    name: str
    issue_id: str
    title: str
    severity: str | None = None
    status: str
    description: str = ""
    categories: list[str] = []
    tags: dict[str, str] = {}
    metadata: dict[str, str] = {}
    source_type: str
    source_id: str | None = None
    created_by: str | None = None
    last_updated_by: str | None = None
    create_time: str
    update_time: str
    last_seen_time: str


def shown(row: Row, described: bool = True) -> Issue:
    """An issue of the store, without its description if that was not asked for."""
    return Issue(
        name=f"experiments/{row.experiment_id}/issues/{row.uuid}",
        issue_id=row.uuid,
        title=row.name,
        severity=row.severity.upper() if row.severity in SEVERITIES else None,
        status=row.status.upper(),
        description=row.description if described else "",
        categories=json.loads(row.categories or "[]"),
        tags=json.loads(row.tags or "{}"),
        metadata=json.loads(row.metadata or "{}"),
        source_type=source_type_of(row),
        source_id=row.source_id or row.source_run_id,
        created_by=row.created_by,
        last_updated_by=row.updated_by or None,
        create_time=_time(row.created_at),
        update_time=_time(row.updated_at),
        last_seen_time=_time(row.created_at if row.last_seen_at is None else row.last_seen_at),
    )


def source_type_of(row: Row) -> str:
    """MLflow's issues have none: those that a run found are of such a run."""
    return row.source_type or (_OF_RUNS[0] if row.source_run_id else MANUAL)


def issue_id(given: str) -> str | None:
    """The id that a client chose, if it did."""
    if given and not _ID.fullmatch(given):
        raise invalid(f"issue_id is {given[:100]!r}; it must be iss- and 32 lowercase hexadecimal digits.")
    return given or None


def title(given: str) -> str:
    if not given.strip():
        raise invalid("title must not be empty.")
    return _limited(given, TITLE_BYTES, "title")


def severity(given: str) -> str:
    return one_of(given, SEVERITIES, "severity")


def status(given: str) -> str:
    return one_of(given, STATUSES, "status")


def one_of(given: str, names: tuple[str, ...], what: str) -> str:
    """The store's name of an enumeration's value."""
    if given not in [name.upper() for name in names]:
        known = ", ".join(name.upper() for name in names)
        raise invalid(f"{what} is {given[:100]!r}; use one of {known}.")
    return given.lower()


def description(given: str) -> str:
    return _limited(given, DESCRIPTION_BYTES, "description")


def source(type_: str, id_: str) -> tuple[str, str | None, str | None]:
    """What created an issue: its type, its id, and the same as a run's, where it is one."""
    type_ = type_ or MANUAL
    if type_ not in SOURCE_TYPES:
        raise invalid(f"source_type is {type_[:100]!r}; use one of {', '.join(SOURCE_TYPES)}.")
    if type_ == MANUAL and id_:
        raise invalid("source_id is for issues that a run or an analysis created, not for MANUAL ones.")
    if type_ in _OF_RUNS and not id_:
        raise invalid(f"source_id must be the id of the run, as source_type is {type_}.")
    _limited(id_, SOURCE_BYTES, "source_id")
    return type_, id_ or None, id_ if type_ in _OF_RUNS else None


def categories(given: tuple[str, ...]) -> tuple[str, ...]:
    trimmed = tuple(_limited(each.strip(), CATEGORY_BYTES, "categories") for each in given)
    if len(trimmed) > MOST_CATEGORIES:
        raise invalid(f"categories has {len(trimmed)} values; {MOST_CATEGORIES} are allowed.")
    if not all(trimmed):
        raise invalid("categories must not hold an empty value.")
    if len({each.casefold() for each in trimmed}) < len(trimmed):
        raise invalid("categories holds a value twice; upper and lower case do not count.")
    return trimmed


def tags(given: Mapping[str, str]) -> Mapping[str, str]:
    if len(given) > MOST_TAGS:
        raise invalid(f"tags has {len(given)} entries; {MOST_TAGS} are allowed.")
    for key, value in given.items():
        if not _TAG_KEY.fullmatch(_limited(key, TAG_KEY_BYTES, "tags")):
            raise invalid(f"tags: the key {key[:100]!r} may only have letters, digits and _ . : / -")
        _limited(value, TAG_VALUE_BYTES, f"tags.{key}")
    return given


def metadata(given: Mapping[str, str]) -> Mapping[str, str]:
    if len(given) > MOST_METADATA:
        raise invalid(f"metadata has {len(given)} entries; {MOST_METADATA} are allowed.")
    for key, value in given.items():
        if not key:
            raise invalid("metadata must not have an empty key.")
        _limited(value, METADATA_VALUE_BYTES, f"metadata.{_limited(key, METADATA_KEY_BYTES, 'metadata')}")
    return given


def last_seen(given: str, type_: str) -> int | None:
    """In milliseconds; None for a MANUAL issue's that is not given."""
    if given:
        return _millis(given)
    if type_ != MANUAL:
        raise invalid(f"last_seen_time is required, as source_type is {type_}.")
    return None


def changes(row: Row, body: IssueBody, mask: str) -> dict[str, Any]:
    """The columns that an update gives new values, by the paths of its mask."""
    paths = list(dict.fromkeys(path for path in mask.split(",") if path))
    if not paths:
        raise invalid("update_mask must name the fields to update.")
    found: dict[str, Any] = {}
    kept: dict[str, str] = json.loads(row.metadata or "{}")
    for path in paths:
        if path in _UPDATES:
            column, value = _UPDATES[path]
            found[column] = value(body)
        elif path in ("last_seen_time", "lastSeenTime"):
            found["last_seen_at"] = last_seen(body.last_seen_time, source_type_of(row))
        elif path.startswith(_METADATA) and len(path) > len(_METADATA):
            key = path.removeprefix(_METADATA)
            if key in body.metadata:
                kept[key] = body.metadata[key]
            else:
                kept.pop(key, None)
            found["metadata"] = as_json(metadata(kept))
        else:
            known = ", ".join((*_UPDATES, "last_seen_time", "metadata.<key>"))
            raise invalid(f"update_mask: {path[:100]!r} cannot be updated; these can: {known}.")
    return found


_UPDATES: Mapping[str, tuple[str, Callable[[IssueBody], Any]]] = {
    "title": ("name", lambda body: title(body.title)),
    "description": ("description", lambda body: description(body.description)),
    "status": ("status", lambda body: status(body.status)),
    "severity": ("severity", lambda body: severity(body.severity)),
    "categories": ("categories", lambda body: as_json(categories(body.categories))),
    "tags": ("tags", lambda body: as_json(tags(body.tags))),
}
"""Column and new value of the paths that an update may name, but for those that need the old issue."""


def _limited(value: str, most: int, what: str) -> str:
    if len(value.encode()) > most:
        raise invalid(f"{what[:100]} exceeds the maximum length of {most} bytes.")
    return value


def _millis(text: str) -> int:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None or time.year < 1970:
            raise ValueError
        return int(time.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise invalid(
            f"last_seen_time is {text[:100]!r}; it must be a time since 1970 such as 2026-01-31T12:00:00Z."
        ) from None


def _time(millis: int) -> str:
    time = datetime.fromtimestamp(millis / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
