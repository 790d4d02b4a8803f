"""A checkpoint file's text and back: Pulumi's versioned checkpoint, compact, unknown keys kept.

A checkpoint that we wrote ends with a digest of itself, under a key that the Pulumi CLI ignores and drops
when it writes: a file that carries one and does not match was edited or damaged since, and is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast, get_args

from trackstack.engine.errors import StateError, UnsupportedError
from trackstack.engine.resource import Resource
from trackstack.engine.secrets import SecretsManager
from trackstack.engine.snapshot import PendingKind, PendingOperation, Snapshot
from trackstack.engine.values import BYTES, Properties, any_value, from_state, is_sealed

VERSION = "v3.272.0"  # the Pulumi release whose state format this is; goes into the manifest with its magic
FEATURES = frozenset(
    {"byteString", "hooks", "replaceWith"}
)  # of version 4: those that the engine carries out

_UNSUPPORTED: dict[str, Callable[[Resource], object]] = {
    "extensionParameterization": lambda resource: resource.extension_ref,
    "refreshBeforeUpdate": lambda resource: resource.refresh_before_update,
    "snippets-prototype": lambda resource: resource.snippet_id,
    "taint": lambda resource: resource.taint,
    "views": lambda resource: resource.view_of,
}

_JOURNAL_KEY = "journal"
_SEAL_KEY = "sha256"
_SEAL = re.compile(rb',"sha256":"([0-9a-f]{64})"}\s*\Z')
_DOCUMENT = frozenset({"version", "features", "checkpoint", _JOURNAL_KEY, _SEAL_KEY})
_CHECKPOINT = frozenset({"stack", "latest"})
_DEPLOYMENT = frozenset({"manifest", "secrets_providers", "resources", "pending_operations", "metadata"})
_KINDS = frozenset(get_args(PendingKind))


def now() -> str:
    """The time as the state has it, RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


def parse(data: bytes, source: str) -> Snapshot:
    """The snapshot in a checkpoint, secrets sealed, integrity verified; `source` names the file in errors.

    Raises StateError for whatever is damaged, UnsupportedError for what this engine does not know.
    """
    try:
        document = _decode(data)
        _verify_seal(data, document)
        snapshot = _snapshot(document)
        snapshot.verify()
    except StateError as error:
        raise StateError(f"{source}: {error}") from error
    except RecursionError as error:
        raise StateError(f"{source}: nested too deeply") from error
    return snapshot


def render(snapshot: Snapshot, secrets: SecretsManager | None, *, journal: str = "") -> bytes:
    """The checkpoint's bytes, sealed; open secrets are encrypted afresh. `journal` is the one it takes in.

    Raises StateError when the snapshot breaks an integrity rule or has an open secret but no `secrets`.
    """
    snapshot.verify()
    deployment, features = deployment_json(snapshot, encrypter(secrets))
    document: dict[str, Any] = {"version": 4 if features else 3}
    if features:
        document["features"] = features
    document |= snapshot.document_extra
    document["checkpoint"] = {"stack": snapshot.stack, "latest": deployment} | snapshot.checkpoint_extra
    if journal:
        document[_JOURNAL_KEY] = journal
    body = encode(document)
    return body[:-1] + f',"{_SEAL_KEY}":"{hashlib.sha256(body).hexdigest()}"}}'.encode("ascii")


def deployment_json(snapshot: Snapshot, encrypt: Callable[[str], str]) -> tuple[dict[str, Any], list[str]]:
    """The deployment (`latest`, what `pulumi stack export` prints) and its version 4 features."""
    resources = [resource.to_json(encrypt) for resource in snapshot.resources]
    pending = [{"resource": op.resource.to_json(encrypt), "type": op.kind} for op in snapshot.pending]
    manifest = dict(snapshot.manifest)
    manifest |= {"time": now(), "magic": _magic(VERSION), "version": VERSION}
    deployment: dict[str, Any] = {"manifest": manifest}
    if snapshot.secrets_provider is not None:
        deployment["secrets_providers"] = snapshot.secrets_provider
    if resources:
        deployment["resources"] = resources
    if pending:
        deployment["pending_operations"] = pending
    return deployment | {"metadata": snapshot.metadata} | snapshot.extra, _features(snapshot)


def read_deployment(deployment: Any, *, stack: str, version: Any = 3, features: Any = None) -> Snapshot:
    """The snapshot in an exported deployment; the same errors as `parse`, and no integrity check."""
    return _snapshot(
        {
            "version": version,
            "features": features or [],
            "checkpoint": {"stack": stack, "latest": deployment},
        }
    )


def open_secrets(snapshot: Snapshot, secrets: SecretsManager) -> None:
    """Decrypts all sealed secrets in place; derives no key when there are none.

    Raises PassphraseError for a wrong passphrase, StateError naming the resource of a damaged secret.
    """
    for resource in snapshot.all_resources():
        try:
            resource.inputs = _opened(resource.inputs, secrets)
            resource.outputs = _opened(resource.outputs, secrets)
            resource.replacement_trigger = _opened(resource.replacement_trigger, secrets)
        except StateError as error:
            raise StateError(f"resource {resource.urn}: {error}") from error


def encode(document: Any) -> bytes:
    """Compact JSON as Go writes it: UTF-8, no spaces. Raises StateError for a number that JSON has not."""
    try:
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, which only an escape can say
        return json.dumps(document, separators=(",", ":")).encode("ascii")
    except ValueError as error:
        raise StateError(f"the state cannot be written: {error}") from error


def encrypter(secrets: SecretsManager | None) -> Callable[[str], str]:
    """`secrets.encrypt`, or a function that refuses to write a secret in clear."""
    if secrets is not None:
        return secrets.encrypt

    def refuse(_: str) -> str:
        raise StateError("a secret cannot be written: the stack has no secrets provider; give a passphrase")

    return refuse


def _opened(value: Any, secrets: SecretsManager) -> Any:
    return from_state(value, secrets.decrypt) if any_value(value, is_sealed) else value


def _decode(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise StateError(
            f"damaged, it is not JSON ({error}); its last version is in the .bak file"
        ) from error
    if not isinstance(document, dict):
        raise StateError("damaged, it is not a JSON object; its last version is in the .bak file")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _verify_seal(data: bytes, document: Mapping[str, Any]) -> None:
    if _SEAL_KEY not in document:
        return  # the Pulumi CLI wrote it
    seal = _SEAL.search(data)
    if not seal or hashlib.sha256(data[: seal.start()] + b"}").hexdigest() != seal[1].decode():
        raise StateError(
            "edited or damaged since it was written (its digest does not match); "
            "restore the .bak file, or import an edited copy with `pulumi stack import`"
        )


def _snapshot(document: Mapping[str, Any]) -> Snapshot:
    _check_version(document)
    checkpoint = _object(document.get("checkpoint"), "checkpoint")
    latest = _object(checkpoint.get("latest"), "checkpoint.latest")
    manifest = _object(latest.get("manifest"), "manifest")
    if manifest.get("magic", "") != _magic(manifest.get("version", "")):
        raise StateError("edited or damaged: the manifest's magic does not match its version")
    stack = checkpoint.get("stack", "")
    if not isinstance(stack, str):
        raise StateError("damaged: `stack` is not a text")
    snapshot = Snapshot(
        stack=stack,
        resources=[Resource.from_json(entry) for entry in _list(latest.get("resources"), "resources")],
        pending=[_pending(entry) for entry in _list(latest.get("pending_operations"), "pending_operations")],
        secrets_provider=_object(latest.get("secrets_providers"), "secrets_providers") or None,
        metadata=_object(latest.get("metadata"), "metadata"),
        manifest=manifest,
        extra={key: value for key, value in latest.items() if key not in _DEPLOYMENT},
        checkpoint_extra={key: value for key, value in checkpoint.items() if key not in _CHECKPOINT},
        document_extra={key: value for key, value in document.items() if key not in _DOCUMENT},
        journal=str(document.get(_JOURNAL_KEY, "")),
        sealed_bytes="byteString" in (document.get("features") or ()),
    )
    _refuse_unsupported(snapshot)
    return snapshot


def _refuse_unsupported(snapshot: Snapshot) -> None:
    used = {name for name in ("extensions", "snippets") if snapshot.extra.get(name)}
    used |= {name for name, uses in _UNSUPPORTED.items() if any(map(uses, snapshot.all_resources()))}
    if used:
        raise _unsupported(used)


def _check_version(document: Mapping[str, Any]) -> None:
    version, features = document.get("version", 0), document.get("features") or []
    if isinstance(version, bool) or not isinstance(version, int):
        raise StateError("damaged: the checkpoint's version is not a number")
    if version not in (3, 4):
        writer = "an older" if version < 3 else "a newer"
        raise UnsupportedError(f"state of version {version}", f"{writer} Pulumi wrote it")
    if not isinstance(features, list) or not all(isinstance(name, str) for name in features):
        raise StateError("damaged: the checkpoint's features are not a list of names")
    unknown = set(features) - FEATURES if version == 4 else set()
    if unknown:
        raise _unsupported(unknown)


def _unsupported(features: Iterable[str]) -> UnsupportedError:
    return UnsupportedError(f"state that uses {', '.join(sorted(features))}")


def _pending(entry: Any) -> PendingOperation:
    operation = _object(entry, "pending_operations")
    kind = operation.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise StateError(f"damaged: a pending operation is of the unknown type {kind!r}")
    return PendingOperation(cast(PendingKind, kind), Resource.from_json(operation.get("resource")))


def _features(snapshot: Snapshot) -> list[str]:
    resources = snapshot.all_resources()
    used = {
        "replaceWith": any(r.replace_with for r in resources),
        "hooks": any(r.resource_hooks for r in resources),
        "byteString": snapshot.sealed_bytes
        or any(_holds_bytes(values) for r in resources for values in (r.inputs, r.outputs)),
    }
    return sorted(name for name, is_used in used.items() if is_used)


def _holds_bytes(values: Properties) -> bool:
    return any_value(values, lambda value: value == BYTES)


def _magic(version: Any) -> str:
    return hashlib.sha256(str(version).encode()).hexdigest() if version else ""


def _object(value: Any, what: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise StateError(f"damaged: `{what}` is not an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise StateError(f"damaged: `{what}` is not a list")
    return value
