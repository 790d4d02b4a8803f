"""A tracking server as OpenMetadata's catalog shows it: one ML model service and its registered models.

Everything here works on MLflow's JSON shapes and knows no database. A service's id follows from its name, a
registered model's from that and its number in the registry: each process that shows an entity gives it the
same, and finds it by it. Shapes are those of OpenMetadata 2.0, whose clients refuse any other key.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote as url_quoted
from uuid import UUID, uuid5

Json = dict[str, Any]

SERVICE = "mlmodelService"
MODEL = "mlmodel"

_NAMESPACE = UUID("5a1f3c1e-7c0b-5d0a-9a55-6f1f0c6f6f2d")
_NUMBERS = (1 << 62) - 1
_VERSION, _VERSION_8 = 0xF << 76, 8 << 76
_PART = re.compile(r'"([^"]+)"|([^".]+)')
_RUN_SOURCE = re.compile(r"runs:/[^/]+/(.+)", re.DOTALL)
_QUOTE, _LOOKALIKE = '"', "\uff02"
_CLASSIFICATION = "Mlflow"


class Service(NamedTuple):
    """An instance as a service: its name and the URL at which clients reach it."""

    name: str
    url: str


class Newest(NamedTuple):
    """A registered model's newest version, where it lies, and the run it came from; as far as they exist."""

    version: Mapping[str, Any]
    location: str
    run: Mapping[str, Any]


NOTHING = Newest({}, "", {})


def quoted(name: str) -> str:
    """A name as a part of a fully qualified name: in quotes where it has a dot."""
    return f'"{name}"' if "." in name else name


def qualified(*names: str) -> str:
    """The fully qualified name that `names` make."""
    return ".".join(map(quoted, names))


def split(fqn: str) -> tuple[str, ...]:
    """The names that make a fully qualified name; empty for a text that is none."""
    names: list[str] = []
    at = 0
    while match := _PART.match(fqn, at):
        names.append(match[1] or match[2])
        at = match.end()
        if at == len(fqn):
            return tuple(names)
        if fqn[at] != ".":
            break
        at += 1
    return ()


def identifier(kind: str, fqn: str) -> str:
    """The id of what is known by its fully qualified name alone."""
    return str(uuid5(_NAMESPACE, f"{kind}:{fqn}"))


def reference(kind: str, fqn: str) -> Json:
    """An entity reference to what is known by its fully qualified name alone."""
    names = split(fqn)
    return {
        "id": identifier(kind, fqn),
        "type": kind,
        "name": names[-1] if names else fqn,
        "fullyQualifiedName": fqn,
    }


def entity_name(model: str) -> str:
    """A registered model's name as an entity's, which has no quotation marks."""
    return model.replace(_QUOTE, _LOOKALIKE)


def model_names(name: str) -> tuple[str, ...]:
    """The registered models that an entity's name may stand for, the likeliest first."""
    return (name,) if _LOOKALIKE not in name else (name, name.replace(_LOOKALIKE, _QUOTE))


def service_entity(service: Service) -> Json:
    """The instance itself."""
    fqn = quoted(service.name)
    return {
        "id": identifier(SERVICE, fqn),
        "name": service.name,
        "fullyQualifiedName": fqn,
        "serviceType": "Mlflow",
        "description": "This tracking server. Its registered models are listed as they are; "
        "change them through MLflow.",
        "version": 0.1,
        "connection": {
            "config": {
                "type": "Mlflow",
                "trackingUri": service.url,
                "registryUri": service.url,
                "supportsMetadataExtraction": True,
            }
        },
        "tags": [],
        "deleted": False,
    }


def model_id(service: Service, number: int) -> str:
    """The id of the registered model of this number, which a new name does not change: a UUID of version 8
    (RFC 9562) that ends in the number."""
    own = UUID(identifier(MODEL, quoted(service.name))).int
    return str(UUID(int=(own & ~_NUMBERS & ~_VERSION) | _VERSION_8 | number))


def model_number(service: Service, id_: str) -> int | None:
    """The number in a registered model's id; None for any other id."""
    number = UUID(id_).int & _NUMBERS
    return number if model_id(service, number) == id_ else None


def model_entity(service: Service, number: int, model: Mapping[str, Any], newest: Newest = NOTHING) -> Json:
    """A registered model; its parameters, algorithm and store are those of its newest version."""
    name = entity_name(model["name"])
    tags = {tag["key"]: tag["value"] for tag in (*model.get("tags", ()), *newest.version.get("tags", ()))}
    data = newest.run.get("data", {})
    entity: Json = {
        "id": model_id(service, number),
        "name": name,
        "fullyQualifiedName": qualified(service.name, name),
        "displayName": model["name"],
        "description": model.get("description") or newest.version.get("description"),
        "algorithm": _algorithm(tags, data),
        "mlHyperParameters": [
            {"name": param["key"], "value": param["value"]} for param in data.get("params", ())
        ],
        "service": reference(SERVICE, quoted(service.name)),
        "serviceType": "Mlflow",
        "sourceUrl": f"{service.url}/#/models/{url_quoted(model['name'], safe='')}",
        "tags": list(_labels(tags)),
        "version": 0.1,
        "updatedAt": model.get("last_updated_timestamp"),
        "updatedBy": newest.run.get("info", {}).get("user_id") or None,
        "deleted": False,
        "lifeCycle": {"created": {"timestamp": model["creation_timestamp"]}},
        "extension": _registry(model, newest.version),
    }
    if storage := _storage(newest):
        entity["mlStore"] = {"storage": storage}
    return {key: value for key, value in entity.items() if value is not None}


def newest_version(model: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The version with the highest number, which may lie in any stage."""
    return max(model.get("latest_versions", ()), key=lambda version: int(version["version"]), default=None)


def _algorithm(tags: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """What the user wrote, or else what autologging found out."""
    of_run = {tag["key"]: tag["value"] for tag in data.get("tags", ())}
    return tags.get("algorithm") or of_run.get("estimator_name") or "mlmodel"


def _labels(tags: Mapping[str, str]) -> Iterable[Json]:
    """Tags as labels of the classification Mlflow; not those that MLflow keeps for itself."""
    for key, value in sorted(tags.items()):
        if not key.startswith("mlflow."):
            name = (f"{key}={value}" if value else key).replace(_QUOTE, _LOOKALIKE)
            yield {
                "tagFQN": qualified(_CLASSIFICATION, name),
                "name": name,
                "source": "Classification",
                "labelType": "Automated",
                "state": "Confirmed",
            }


def _registry(model: Mapping[str, Any], version: Mapping[str, Any]) -> Json | None:
    """What OpenMetadata has no fields for."""
    if not version:
        return None
    aliases = {alias["alias"]: alias["version"] for alias in model.get("aliases", ())}
    return {"latestVersion": version["version"], "stage": version["current_stage"], "aliases": aliases}


def _storage(newest: Newest) -> str:
    """The URI of the newest version's files; a path in a run becomes the place where the run keeps it."""
    location = newest.location or str(newest.version.get("source", ""))
    match = _RUN_SOURCE.fullmatch(location)
    root = newest.run.get("info", {}).get("artifact_uri")
    return f"{root}/{match[1]}" if match and root else location
