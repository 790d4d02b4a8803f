"""This instance in the catalog: a service of its own, whose models are its registered models.

They are read from the registry as it is each time, so nobody can change them here.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from trackstack import catalog
from trackstack.catalog import Newest
from trackstack.server.calls import Call
from trackstack.server.errors import PERMISSION_DENIED, RESOURCE_DOES_NOT_EXIST, ApiError
from trackstack.server.openmetadata.kinds import MODEL, SERVICE
from trackstack.server.openmetadata.kinds import Kind as EntityKind
from trackstack.server.openmetadata.views import base_url, linked
from trackstack.server.search.registry import RegistrySearch
from trackstack.server.search.tree import Comparison, Entity, Order
from trackstack.server.store.callers import Level
from trackstack.server.store.decisions import Kind
from trackstack.server.store.openmetadata.rows import Json, Ref, Window
from trackstack.server.store.registry.entities import RegisteredModel

_READ_AT_ONCE = 20  # models whose newest versions are read before others' requests have their turn


class Instance:
    """The instance, as the caller of one request may see it."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._base = base_url(call)
        self.service = catalog.Service(call.services.settings.service_name, self._base)
        self.fqn = catalog.quoted(self.service.name)
        self.id = catalog.identifier(catalog.SERVICE, self.fqn)

    def entity(self) -> Json:
        """The service."""
        return linked(self._base, SERVICE, catalog.service_entity(self.service))

    def names(self, kind: EntityKind, ref: Ref) -> bool:
        """Whether `ref` is the service, or names something in it, whether or not that exists."""
        return ref == self.id if isinstance(ref, str) else ref[0] == self.fqn

    def refuse_name(self, service: str) -> None:
        """Raises ApiError for a write to what belongs to this service."""
        if service == self.fqn:
            raise self.read_only()

    def read_only(self) -> ApiError:
        """The error of a write to the service or to what is in it."""
        return ApiError(
            PERMISSION_DENIED,
            f"{self.service.name} is this tracking server itself and can only be read here; "
            "change its registered models through MLflow.",
        )

    async def by_name(self, kind: EntityKind, ref: Ref) -> Json | None:
        """The service, or the model that has this name."""
        if not self.names(kind, ref):
            return None
        if kind is SERVICE:
            return self.entity()
        return await self._named(catalog.model_names(ref[1]))

    async def by_id(self, kind: EntityKind, ref: Ref) -> Json | None:
        """The model with this id."""
        number = catalog.model_number(self.service, ref) if kind is MODEL and isinstance(ref, str) else None
        name = None if number is None else await self._call.store.registered_models.name(number)
        return None if name is None else await self._named((name,))

    async def page(self, window: Window) -> list[Json]:
        """Models in the order of their names, or against it; from the window's key on if it is in here."""
        if window.most == 0:
            return []
        after = None
        if window.key is not None and window.key[0] != self.fqn:
            if (window.key[0] > self.fqn) is not window.backwards:
                return []
        elif window.key is not None:
            after = window.key[1]
        return await self._entities(
            await self._search(window.most, _beyond(after, window.backwards), window.backwards)
        )

    async def count(self) -> int:
        return await self._call.store.registered_models.count(RegistrySearch((), ()))

    async def _named(self, names: tuple[str, ...]) -> Json | None:
        found = await self._search(1, (Comparison(Entity.ATTRIBUTE, "name", "IN", names),))
        return (await self._entities(found))[0] if found else None

    async def _search(
        self, most: int, conditions: tuple[Comparison, ...], backwards: bool = False
    ) -> list[RegisteredModel]:
        wanted = RegistrySearch(conditions, (Order(Entity.ATTRIBUTE, "name", not backwards),))
        found, _ = await self._call.store.registered_models.search(wanted, most, 0)
        return found

    async def _entities(self, models: Sequence[RegisteredModel]) -> list[Json]:
        numbers = await self._call.store.registered_models.numbers([model.name for model in models])
        models = [model for model in models if model.name in numbers]  # others went, or got another name
        plain: list[Json] = [msgspec.to_builtins(model) for model in models]
        versions = [catalog.newest_version(model) for model in plain]
        runs = await self._readable({version["run_id"] for version in versions if version})
        newest: list[Newest] = []
        for at in range(0, len(versions), _READ_AT_ONCE):
            some = versions[at : at + _READ_AT_ONCE]
            newest += await asyncio.gather(*(self._newest(version, runs) for version in some))
            await asyncio.sleep(0)  # other requests have their turn in a long listing
        return [
            linked(
                self._base,
                MODEL,
                catalog.model_entity(self.service, numbers[model["name"]], model, found),
            )
            for model, found in zip(plain, newest, strict=True)
        ]

    async def _readable(self, runs: set[str]) -> set[str]:
        """Those of the runs that the caller may read: a model may be granted without them."""
        if not self._call.identity.limited:
            return runs
        levels = await self._call.store.decisions.levels(self._call.caller, Kind.RUN, sorted(runs))
        return {run for run, level in levels.items() if level >= Level.READ}

    async def _newest(self, version: Mapping[str, Any] | None, runs: set[str]) -> Newest:
        if version is None:
            return catalog.NOTHING
        store = self._call.store
        location = await store.model_versions.location(version["name"], int(version["version"]))
        if version["run_id"] not in runs:
            return Newest(version, location, {})
        try:
            run = msgspec.json.decode(await store.runs.get(version["run_id"]))
        except ApiError as error:
            if error.code != RESOURCE_DOES_NOT_EXIST:  # it may have been removed for good
                raise
            run = {}
        return Newest(version, location, run)


def _beyond(name: str | None, backwards: bool = False) -> tuple[Comparison, ...]:
    """The condition on names that come after one, if there is one."""
    if name is None:
        return ()
    return (Comparison(Entity.ATTRIBUTE, "name", "<" if backwards else ">", name),)
