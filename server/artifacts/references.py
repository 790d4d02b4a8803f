"""References between things: `runs:/<id>/<path>` and `models:/…`, as clients give a model's source.

Only their form is judged here; whether the run or model exists, and whether the caller may read it, is the
registry's to answer.
"""

import re
from dataclasses import dataclass

from trackstack.server.artifacts.errors import InvalidLocationError, InvalidPathError
from trackstack.server.artifacts.paths import ArtifactPath

_RUN = re.compile(r"runs:/(?P<run>[A-Za-z0-9][\w-]{0,255})(?:/(?P<path>.*))?", re.DOTALL)
_LOGGED_MODEL = re.compile(r"models:/(?P<model>m-[\w-]{1,255})(?:/(?P<path>.*))?", re.DOTALL)
_VERSION = re.compile(
    r"models:/(?P<name>[^/:@%]{1,256})(?:/(?P<version>[1-9]\d{0,17})|@(?P<alias>[\w-]{1,255}))"
)


@dataclass(frozen=True, slots=True)
class RunReference:
    """`path` below the artifacts of a run."""

    run_id: str
    path: ArtifactPath


@dataclass(frozen=True, slots=True)
class LoggedModelReference:
    """`path` below the artifacts of a logged model."""

    model_id: str
    path: ArtifactPath


@dataclass(frozen=True, slots=True)
class VersionReference:
    """A version of a registered model, by number or by alias."""

    name: str
    version: int | None
    alias: str | None


Reference = RunReference | LoggedModelReference | VersionReference


def parse_reference(text: str) -> Reference | None:
    """The reference that `text` is; None for another scheme. Raises InvalidLocationError for a broken one."""
    scheme = text.partition(":")[0].lower()
    if scheme not in ("runs", "models"):
        return None
    try:
        if match := _RUN.fullmatch(text):
            return RunReference(match["run"], ArtifactPath.parse_folder(match["path"] or ""))
        if match := _LOGGED_MODEL.fullmatch(text):
            return LoggedModelReference(match["model"], ArtifactPath.parse_folder(match["path"] or ""))
    except InvalidPathError:
        raise InvalidLocationError("Invalid path in a 'runs:' or 'models:' reference.") from None
    if match := _VERSION.fullmatch(text):
        version = int(match["version"]) if match["version"] else None
        return VersionReference(match["name"], version, match["alias"])
    raise InvalidLocationError(
        "Not a valid reference: expected runs:/<run id>/<path>, models:/<name>/<version>, "
        "models:/<name>@<alias> or models:/<model id>."
    )
