"""How resources are answered: their fields, times and links; one alone, or a line of a listing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec

from trackstack.server.responses import Answer
from trackstack.server.sensei import tasks
from trackstack.server.sensei.operations import ROOT, Values
from trackstack.server.store.sensei import kinds
from trackstack.server.store.sensei.kinds import Kind
from trackstack.server.store.sensei.listing import Resource
from trackstack.server.store.sensei.models import PUBLISHED

_MEDIA_TYPE = "application/vnd.adobe.platform.sensei+json;profile={}.v1.json"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = 253_402_300_799_999  # the end of the year 9999

Link = tuple[str, str]
"""Method, and path below the surface's root with a resource's fields in braces."""


@dataclass(frozen=True, kw_only=True)
class View:
    """`detail`: the fields that listings leave out. `links` are those of one resource beside `self`."""

    kind: Kind
    profile: str
    path: str
    create: str
    detail: tuple[str, ...] = ()
    links: Mapping[str, Link] = field(default_factory=dict)
    derived: Callable[[Values], Values] = lambda fields: {}
    """Fields that follow from others."""

    def href(self, resource: Resource) -> str:
        """The address of a resource."""
        return f"{ROOT}{self.path}/{resource.id}".format_map(resource.fields)

    def fields(self, resource: Resource, *, summary: bool = False) -> Values:
        """A resource as clients see it, without its secrets."""
        known = {name: value for name, value in resource.fields.items() if not name.startswith("_")}
        known |= self.derived(resource.fields)
        by = known.pop("createdBy", "")
        links = {"self": {"href": self.href(resource)}}
        if not summary:
            around = {"id": resource.id, **known}
            links |= {name: link(*of, around) for name, of in self.links.items()}
        shown: Values = {
            "id": resource.id,
            **{name: value for name, value in known.items() if not (summary and name in self.detail)},
            "created": time(resource.created_at),
            "updated": time(resource.updated_at),
            **({"createdBy": {"userId": by, "displayName": by}} if by else {}),
            "deleted": resource.deleted_at is not None,
            "_links": links,
        }
        hidden: Values = tasks.without_secrets(shown)
        return hidden

    def one(self, resource: Resource, *, created: bool = False) -> Answer:
        """The answer that is this resource; 201 with its Location where it was just made."""
        reply = document(self.fields(resource), self.profile, 201 if created else 200)
        modified = _EPOCH + timedelta(milliseconds=min(max(resource.updated_at, 0), _LATEST_MS))
        reply.headers += [
            (b"etag", resource.etag.encode()),
            (b"last-modified", format_datetime(modified, usegmt=True).encode()),
        ]
        if created:
            reply.headers.append((b"location", self.href(resource).encode()))
        return reply


def document(value: Any, profile: str, status: int = 200) -> Answer:
    """An answer of the media type that has this profile."""
    return Answer(msgspec.json.encode(value), status, _MEDIA_TYPE.format(profile).encode())


def done(detail: str) -> Answer:
    """What a deletion answers."""
    return document({"title": "Success", "status": 200, "detail": detail}, "api-response")


def time(milliseconds: int) -> str:
    """Such as 2019-01-01T00:00:00.000Z; what no calendar has is its nearest end."""
    at = _EPOCH + timedelta(milliseconds=min(max(milliseconds, 0), _LATEST_MS))
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def link(method: str, path: str, around: Values) -> Values:
    """A link object of a resource with these fields; those that it lacks are left out of the path."""
    href = ROOT + path.format_map(_Known(around))
    return {"href": href} if method == "GET" else {"href": href, "method": method}


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


ENGINE = View(
    kind=kinds.ENGINE,
    profile="engine",
    path="/engines",
    create="createEngine",
    detail=("artifacts", "tags"),
    links={
        "getEngine": ("GET", "/engines/{id}"),
        "createMLInstance": ("POST", "/mlInstances"),
        "listMLInstances": ("GET", "/mlInstances?property=engineId=={id}"),
    },
)
ML_INSTANCE = View(
    kind=kinds.ML_INSTANCE,
    profile="mlInstance",
    path="/mlInstances",
    create="createMLInstance",
    detail=("tasks", "tags"),
    links={
        "getMLInstance": ("GET", "/mlInstances/{id}"),
        "deleteMLInstance": ("DELETE", "/mlInstances/{id}"),
        "getEngine": ("GET", "/engines/{engineId}"),
        "listExperiments": ("GET", "/experiments?property=mlInstanceId=={id}"),
        "createExperiment": ("POST", "/experiments"),
    },
)
EXPERIMENT = View(
    kind=kinds.EXPERIMENT,
    profile="experiment",
    path="/experiments",
    create="createExperiment",
    detail=("template", "tags"),
    links={
        "getExperiment": ("GET", "/experiments/{id}"),
        "createExperimentRun": ("POST", "/experiments/{id}/runs"),
        "listExperimentRuns": ("GET", "/experiments/{id}/runs"),
    },
)
RUN = View(
    kind=kinds.RUN,
    profile="experimentRun",
    path="/experiments/{experimentId}/runs",
    create="createExperimentRun",
    detail=("tasks", "runChain"),
    links={"getExperiment": ("GET", "/experiments/{experimentId}")},
)


def _state(model: Values) -> Values:
    states = {
        "trained": True,
        "published": model["_stage"] == PUBLISHED,
        "transcoded": "_transcoded" in model,
    }
    return {"state": [name for name, held in states.items() if held]}


MODEL = View(
    kind=kinds.MODEL,
    derived=_state,
    profile="model",
    path="/models",
    create="createModel",
    detail=("tags",),
    links={
        "getModelArtifact": ("GET", "/models/{id}/artifact"),
        "listModelTranscodings": ("GET", "/models/{id}/transcodings"),
    },
)
TRANSCODING = View(
    kind=kinds.TRANSCODING,
    profile="modelTranscoding",
    path="/models/{modelId}/transcodings",
    create="createService",
    links={"getModelTranscoding": ("GET", "/models/{modelId}/transcodings/{id}")},
)
INSIGHT = View(kind=kinds.INSIGHT, profile="insight", path="/insights", create="createService")
ML_SERVICE = View(
    kind=kinds.ML_SERVICE,
    profile="mlService",
    path="/mlServices",
    create="createMLInstance",
    detail=("tags",),
    links={
        "getMLService": ("GET", "/mlServices/{id}"),
        "deleteMLService": ("DELETE", "/mlServices/{id}"),
        "getMLInstance": ("GET", "/mlInstances/{mlInstanceId}"),
    },
)
