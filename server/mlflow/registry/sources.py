"""Where a version's files lie: what a client may name, and what the server makes of it.

A source in this server's store must lie below the run or logged model that the request names. Objects in
other buckets are only remembered, for clients to fetch: this server never opens them. Everything else
(local paths, web addresses, other servers) is refused, in one sentence that tells nothing about what exists
(the family of CVE-2023-1177, CVE-2023-6974, CVE-2026-2614). No tag changes any of it.
"""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from trackstack.server.access.objects import LOGGED_MODEL, REGISTERED_MODEL, RUN, Names
from trackstack.server.artifacts.errors import InvalidLocationError, InvalidPathError
from trackstack.server.artifacts.location import MAX_LOCATION_CHARS
from trackstack.server.artifacts.paths import ArtifactPath
from trackstack.server.artifacts.references import (
    LoggedModelReference,
    Reference,
    RunReference,
    VersionReference,
    parse_reference,
)
from trackstack.server.calls import Call
from trackstack.server.errors import RESOURCE_DOES_NOT_EXIST, ApiError, invalid
from trackstack.server.store.logged_models import Place

PROMPT_SOURCES = ("dummy-source", "prompt-template")
"""What MLflow's clients and web UI send for a prompt, which has no files."""

_OTHER_BUCKET = re.compile(
    r"(?:s3|s3a|gs|wasbs)://(?P<bucket>[A-Za-z0-9][\w.@-]{0,254})/(?P<key>.+)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the request says; `run_id` and `model_id` are None where it does not say."""

    source: str
    run_id: str | None
    model_id: str | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored; `storage_location` is where the files lie now."""

    source: str
    storage_location: str
    run_id: str | None
    model_id: str | None


def _referred(kind: type[Reference]) -> Names:
    """What a request's source names, where it is a reference of that kind."""
    name = "name" if kind is VersionReference else "run_id" if kind is RunReference else "model_id"

    def names(call: Call, body: Any) -> list[str]:
        try:
            reference = parse_reference(body.source)
        except InvalidLocationError:
            return []  # refused later
        return [getattr(reference, name)] if isinstance(reference, kind) else []

    return names


NAMED = (
    RUN.to_read,
    LOGGED_MODEL.to_read,
    RUN.by(_referred(RunReference)).to_read,
    LOGGED_MODEL.by(_referred(LoggedModelReference)).to_read,
    REGISTERED_MODEL.by(_referred(VersionReference)).to_read,
)
"""What a new version is made of: to be read by who makes it."""


def of_prompt(wanted: Wanted) -> Found:
    """A prompt's source is a word that stands for none."""
    if wanted.source not in PROMPT_SOURCES:
        raise invalid(
            f"Invalid prompt source: {_shown(wanted.source)}. Prompt sources must use an MLflow placeholder."
        )
    return Found(wanted.source, wanted.source, wanted.run_id, None)


async def resolve(call: Call, wanted: Wanted) -> Found:
    """Raises ApiError for a source that is not allowed or does not exist."""
    if len(wanted.source) > MAX_LOCATION_CHARS:
        raise invalid(
            f"The model version source exceeds the maximum length of {MAX_LOCATION_CHARS} characters"
        )
    try:
        reference = parse_reference(wanted.source)
    except InvalidLocationError:
        raise _refused(wanted) from None
    match reference:
        case RunReference(run_id):
            if wanted.model_id:
                raise _unidentified(wanted, "model_id")
            if run_id != wanted.run_id:
                raise _unidentified(wanted, "run_id")
            return Found(wanted.source, wanted.source, run_id, None)
        case LoggedModelReference(model_id, below):
            return await _of_logged_model(call, wanted, model_id, below)
        case VersionReference():
            return await _of_version(call, wanted, reference)
    return await _of_place(call, wanted)


async def path(call: Call, location: str) -> ArtifactPath:
    """Where a version's `storage_location` lies in our store. Raises ApiError where it lies elsewhere."""
    if location in PROMPT_SOURCES:
        raise invalid("A prompt has no artifacts.")
    reference = parse_reference(location)
    if isinstance(reference, RunReference):
        root = await call.store.artifact_roots.of_run(reference.run_id)
        return call.artifacts.below(root, reference.path)
    return call.artifacts.place(location).path


async def _of_logged_model(call: Call, wanted: Wanted, model_id: str, below: ArtifactPath) -> Found:
    if model_id != wanted.model_id:
        raise _unidentified(wanted, "model_id")
    model = await _logged_model(call, wanted, model_id)
    location = f"{model.artifact_uri}/{below}" if below.parts else model.artifact_uri
    return Found(wanted.source, location, wanted.run_id or model.source_run_id or None, model_id)


async def _of_version(call: Call, wanted: Wanted, reference: VersionReference) -> Found:
    """A copy: the files stay where the other version's are, and so does what it came from."""
    model = await call.store.registered_models.get(reference.name)
    if any(tag.key == "mlflow.prompt.is_prompt" and tag.value.lower() == "true" for tag in model.tags):
        raise invalid(
            f"Invalid model version source: {_shown(wanted.source)}. "
            "Prompt versions cannot be used as model version sources."
        )
    versions = call.store.model_versions
    if reference.version is None:
        version = await versions.aliased(reference.name, reference.alias or "")
    else:
        version = await versions.get(reference.name, reference.version)
    if wanted.model_id or (wanted.run_id is not None and wanted.run_id != (version.run_id or "")):
        raise invalid(
            f"Invalid model version source: {_shown(wanted.source)}. "
            "The run_id and model_id request parameters must match the referenced model version."
        )
    location = await versions.location(version.name, int(version.version))
    return Found(f"models:/{version.name}/{version.version}", location, version.run_id, None)


async def _of_place(call: Call, wanted: Wanted) -> Found:
    run_id = wanted.run_id or None
    try:
        place = call.artifacts.place(wanted.source)
    except InvalidLocationError:
        if not _is_other_bucket(wanted.source):
            raise _refused(wanted) from None
        if wanted.model_id:
            run_id = run_id or (await _logged_model(call, wanted, wanted.model_id)).source_run_id or None
        return Found(wanted.source, wanted.source, run_id, wanted.model_id or None)
    if wanted.model_id:
        model = await _logged_model(call, wanted, wanted.model_id)
        root, run_id = model.artifact_uri, run_id or model.source_run_id or None
    elif run_id:
        root = await _run_root(call, wanted, run_id)
    else:
        raise _unidentified(wanted, "run_id")
    if not place.path.within(call.artifacts.place(root).path):
        raise _unidentified(wanted, "model_id" if wanted.model_id else "run_id")
    return Found(place.uri, place.uri, run_id, wanted.model_id or None)


async def _logged_model(call: Call, wanted: Wanted, model_id: str) -> Place:
    try:
        return await call.store.logged_models.place(model_id)
    except ApiError as error:
        raise _unidentified(wanted, "model_id") if error.code == RESOURCE_DOES_NOT_EXIST else error from None


async def _run_root(call: Call, wanted: Wanted, run_id: str) -> str:
    try:
        return await call.store.artifact_roots.of_run(run_id)
    except ApiError as error:
        raise _unidentified(wanted, "run_id") if error.code == RESOURCE_DOES_NOT_EXIST else error from None


def _is_other_bucket(source: str) -> bool:
    match = _OTHER_BUCKET.fullmatch(source)
    try:
        return match is not None and bool(ArtifactPath.parse_folder(match["key"]).parts)
    except InvalidPathError:
        return False


def _refused(wanted: Wanted) -> ApiError:
    return invalid(
        f"Invalid model version source: {_shown(wanted.source)}. Use runs:/<run id>/<path>, "
        "models:/<model id>, models:/<name>/<version>, a place in this server's artifact store, or an object "
        "store's URI such as s3://<bucket>/<key>, without relative path references."
    )


def _unidentified(wanted: Wanted, field: str) -> ApiError:
    return invalid(
        f"Invalid model version source: {_shown(wanted.source)}. The {field} request parameter must identify "
        "the resource that contains the source."
    )


def _shown(text: str) -> str:
    """The text as it may stand in a message: quoted, cut, nothing that acts on a terminal or a page."""
    return f"'{quote(text[:100], safe=':/ ._-@', errors='replace')}'"
