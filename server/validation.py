"""What names and values may look like, in MLflow's words (its limits are surface.md's table)."""

import json
import math
import posixpath
import re
from functools import lru_cache

from trackstack.server.errors import ApiError, invalid

KEY_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 8000
EXPERIMENT_TAG_LENGTH = 20_000
EXPERIMENT_NAME_LENGTH = 500

_KEY = re.compile(r"[/\w.\- :]*\Z")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}\Z")
_INTEGER = re.compile(r"-?[0-9]{1,18}\Z")
_LARGEST = 1.7976931348623157e308


def experiment_id(text: str) -> int:
    """The number in an experiment's id."""
    if not _INTEGER.match(text):
        shown = text[:100]
        raise invalid(f"Invalid experiment ID '{shown}'. Experiment ID must be a valid integer.")
    return int(text)


def run_id(text: str) -> str:
    """A run's id, which MLflow checks only where it says so."""
    if not _RUN_ID.match(text):
        raise wrong("run_id", text)
    return text


@lru_cache(maxsize=65_536)
def is_key(name: str) -> bool:
    """Whether `name` may name a metric, param or tag; remembered, as the same come again and again."""
    return bool(len(name) <= KEY_LENGTH and _KEY.match(name)) and _resolved(name) == name


def key(name: str, path: str, what: str) -> str:
    """The name of a metric, param or tag; `path` and `what` name it in the error."""
    if is_key(name):
        return name
    if not _KEY.match(name):
        raise wrong(
            path,
            name,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), "
            "colon(:) and slashes (/).",
        )
    if _resolved(name) != name:
        raise wrong(
            path,
            name,
            "Names may be treated as files in certain cases, and must not resolve to other names when "
            f"treated as such. This name would resolve to {posixpath.normpath(name)!r}",
        )
    return limited(name, KEY_LENGTH, what)


def _resolved(name: str) -> str:
    """The relative path that `name` is as a file's; empty where it leads up or to the root."""
    path = posixpath.normpath(name)
    return "" if path == "." or path.startswith(("..", "/")) else path


def limited(value: str, length: int, what: str) -> str:
    """`value`, if it is not longer than `length` characters."""
    if len(value) > length:
        raise invalid(f"'{what}' exceeds the maximum length of {length} characters")
    return value


def metric_value(value: float) -> tuple[float, int]:
    """The value as it is stored, and 1 where it is NaN."""
    if math.isfinite(value):
        return value, 0
    if math.isnan(value):
        return 0.0, 1
    return math.copysign(_LARGEST, value), 0


def bad_timestamp(value: int, path: str, name: str, metric: float) -> ApiError:
    """The error for a metric's timestamp before 1970."""
    why = f"metric '{name}' (value={metric}). Timestamp must be a nonnegative long (64-bit integer) "
    return wrong(path, value, why)


def wrong(path: str, value: object, why: str = "") -> ApiError:
    """MLflow's error for a value that a parameter cannot have."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return invalid(f"Invalid value {shown} for parameter '{path}' supplied" + (f": {why}" if why else "."))
