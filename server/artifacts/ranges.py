"""Conditional and partial requests (RFC 9110 §13 and §14), as far as files need them."""

import re
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

from trackstack.server.artifacts.store import Facts

# Of bounded length and without repetition inside a repetition: time is linear in the header
# (CVE-2025-62727 was a quadratic parser of this header).
_RANGE = re.compile(r"bytes=([0-9]{1,18})?-([0-9]{1,18})?")


class UnsatisfiableError(Exception):
    """No part of the file can answer the Range header (416)."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to `stop`."""

    start: int
    stop: int


def modified_date(facts: Facts) -> str:
    """The Last-Modified header."""
    return formatdate(facts.modified, usegmt=True)


def unchanged(facts: Facts, if_none_match: str | None, if_modified_since: str | None) -> bool:
    """Whether the client's copy is still good (304)."""
    if if_none_match is not None:
        tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
        return "*" in tags or facts.etag.removeprefix("W/") in tags
    return if_modified_since is not None and _not_since(facts, if_modified_since)


def span(facts: Facts, range_: str | None, if_range: str | None) -> Span | None:
    """The one part that is asked for, None for the whole file.

    Several parts are refused like those outside the file, by UnsatisfiableError: no client of ours asks for
    them, and each costs the asker less than us. Other units than bytes are ignored, as the RFC says.
    """
    if range_ is None or not range_.startswith("bytes="):
        return None
    if if_range is not None and if_range != facts.etag and if_range != modified_date(facts):
        return None
    match = _RANGE.fullmatch(range_)
    if match is None or match[1] is match[2] is None:
        raise UnsatisfiableError
    if match[1] is None:
        start, stop = max(facts.size - int(match[2]), 0), facts.size
    else:
        start, stop = int(match[1]), min(int(match[2] or facts.size) + 1, facts.size)
    if start >= stop:
        raise UnsatisfiableError
    return Span(start, stop)


def _not_since(facts: Facts, date: str) -> bool:
    try:
        return int(facts.modified) <= parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return False
