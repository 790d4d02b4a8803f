"""The two kinds of entities that are served: where, with which requests, and with which fields."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trackstack import catalog
from trackstack.server.openmetadata import models, services
from trackstack.server.store.openmetadata.catalog import New
from trackstack.server.store.openmetadata.rows import Entity, Json

_SYSTEM = frozenset(
    {
        "id",
        "name",
        "fullyQualifiedName",
        "serviceType",
        "version",
        "updatedAt",
        "updatedBy",
        "impersonatedBy",
        "href",
        "changeDescription",
        "incrementalChangeDescription",
        "deleted",
        "dataContract",
        "followers",
    }
)


@dataclass(frozen=True)
class Kind:
    """`create`: the request that makes one, `new` what it means. `patched`: what a patch leaves behind,
    `changed` what is kept of it. `system`: fields that a patch cannot change, `on_request`: fields that are
    only shown when they are asked for."""

    name: str
    path: str
    create: type[Any]
    new: Callable[[Any], New]
    patched: type[Any]
    changed: Callable[[Entity, Any], Json]
    system: frozenset[str]
    on_request: frozenset[str]

    @property
    def fields(self) -> frozenset[str]:
        """Every field of such an entity."""
        return self.system | frozenset(self.patched.__struct_fields__)


SERVICE = Kind(
    name=catalog.SERVICE,
    path="/api/v1/services/mlmodelServices",
    create=services.CreateService,
    new=services.new,
    patched=services.ServiceFields,
    changed=services.changed,
    system=_SYSTEM | {"pipelines", "testConnectionResult"},
    on_request=frozenset({"owners", "tags", "domains", "dataProducts", "followers", "pipelines"}),
)

MODEL = Kind(
    name=catalog.MODEL,
    path="/api/v1/mlmodels",
    create=models.CreateModel,
    new=models.new,
    patched=models.ModelFields,
    changed=models.changed,
    system=_SYSTEM | {"service", "votes", "usageSummary"},
    on_request=frozenset(
        {
            "owners",
            "tags",
            "domains",
            "dataProducts",
            "followers",
            "votes",
            "extension",
            "usageSummary",
            "lifeCycle",
            "dashboard",
            "sourceHash",
            "certification",
        }
    ),
)

BY_NAME = {kind.name: kind for kind in (SERVICE, MODEL)}
