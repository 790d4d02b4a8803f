"""The two kinds of entities that are served: with which requests, and what is kept of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trackstack import catalog_requests
from trackstack.catalog_requests import Shape
from trackstack.server.openmetadata import models, services
from trackstack.server.store.openmetadata.catalog import New
from trackstack.server.store.openmetadata.rows import Entity, Json


@dataclass(frozen=True)
class Kind:
    """`create`: the request that makes one, `new` what it means. `patched`: what a patch leaves behind,
    `changed` what is kept of it."""

    shape: Shape
    create: type[Any]
    new: Callable[[Any], New]
    patched: type[Any]
    changed: Callable[[Entity, Any], Json]

    @property
    def name(self) -> str:
        return self.shape.name

    @property
    def path(self) -> str:
        return self.shape.path

    @property
    def system(self) -> frozenset[str]:
        """The fields that a patch cannot change."""
        return self.shape.fields - frozenset(self.patched.__struct_fields__)


SERVICE = Kind(
    shape=catalog_requests.SERVICES,
    create=services.CreateService,
    new=services.new,
    patched=services.ServiceFields,
    changed=services.changed,
)

MODEL = Kind(
    shape=catalog_requests.MODELS,
    create=models.CreateModel,
    new=models.new,
    patched=models.ModelFields,
    changed=models.changed,
)

BY_NAME = {kind.name: kind for kind in (SERVICE, MODEL)}
