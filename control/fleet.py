"""The instances as callers see them: every stack with its project and id, and what is done to it."""

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from trackstack.control.errors import ApiError, conflict, invalid, missing, too_many, unavailable
from trackstack.control.faults import public
from trackstack.control.journal import Entry, Journal, Kind
from trackstack.control.settings import Settings
from trackstack.control.workers import Workers
from trackstack.stacks import instances, operations
from trackstack.stacks.catalog import Catalog
from trackstack.stacks.defaults import Defaults
from trackstack.stacks.errors import InstanceExists, InvalidSpec, StackError
from trackstack.stacks.events import Event
from trackstack.stacks.instances import Instance
from trackstack.stacks.project import Project
from trackstack.stacks.spec import InstanceSpec, stack_name

State = Literal["pending", "creating", "updating", "active", "deleting", "impaired", "reconciling"]

_IDS = UUID("0c9a3d9e-6d41-5f0c-8c86-2f1b5a1f7a51")
_DOING: dict[Kind, State] = {"create": "creating", "update": "updating", "delete": "deleting"}


@dataclass(frozen=True)
class Member:
    """An instance of the fleet at a moment."""

    id: str
    project: str
    region: str
    instance: Instance
    state: State
    error: str = ""

    @property
    def stack(self) -> str:
        """The name of its stack."""
        return self.instance.stack

    @property
    def url(self) -> str:
        """Where its users reach it, or will."""
        return self.instance.address or "http://127.0.0.1"


class Fleet:
    """The instances of a project folder, and the operations on them."""

    def __init__(
        self, project: Project, settings: Settings, defaults: Defaults, journal: Journal, workers: Workers
    ) -> None:
        self.project = project
        self.defaults = defaults
        self._settings = settings
        self._journal = journal
        self._workers = workers
        self._catalog = Catalog(project)
        self._looking = asyncio.Lock()
        self._looked = 0.0
        self._seen: list[Instance] = []
        self._changing = asyncio.Lock()

    async def members(self, project: str) -> list[Member]:
        """The project's instances in this region, by stack name."""
        return [each for each in await self.everything() if each.project == project]

    async def find(self, project: str, id_: str) -> Member:
        """The project's instance of that id. Raises ApiError 404."""
        for member in await self.everything():
            if member.id == id_ and member.project == project:
                return member
        raise missing(f"There is no instance {id_} in project {project}.")

    async def create(self, project: str, values: Mapping[str, Any]) -> Member:
        """An instance of these settings; it is there at once, and comes up in time. Raises ApiError."""
        self._require_room()
        id_ = str(uuid4())
        async with self._changing:
            stacks = {each.stack for each in await self._instances()}
            stack = _free_name(values["name"], id_, stacks)
            place = {"id": id_, "project": project, "region": self._settings.region}
            try:
                spec = self.defaults.spec(stack, {**values, **place})
            except InvalidSpec as error:
                raise _invalid(error) from None
            if not spec.in_cluster:
                ports = {each.spec.port or each.port or 0 for each in self._seen}
                port = await asyncio.to_thread(operations.free_port, ports)
                spec = spec.changed({"port": port})
            await self._declare(spec, stack)
        self._workers.start(stack, Entry(kind="create"))
        return await self.find(project, id_)

    async def change(self, member: Member, changes: Mapping[str, Any]) -> Member:
        """The instance as it is to be; it follows in time. Raises ApiError, 409 while it is worked on."""
        if member.instance.error:
            raise conflict(public(member.instance.error, self.project))
        async with self._changing:
            before = await self._claim(member, "update")
            try:
                await asyncio.to_thread(operations.configure, self.project, member.stack, changes)
            except StackError as error:
                self._journal.restore(member.stack, before)
                if isinstance(error, InvalidSpec):
                    raise _invalid(error) from None
                raise conflict(public(error, self.project)) from None
        self._workers.start(member.stack, Entry(kind="update"))
        return await self.find(member.project, member.id)

    async def delete(self, member: Member) -> Member:
        """The instance, which goes in time. Raises ApiError, 409 while it is worked on."""
        async with self._changing:
            await self._claim(member, "delete")
        self._workers.start(member.stack, Entry(kind="delete"))
        return Member(member.id, member.project, member.region, member.instance, "deleting")

    def events(self, member: Member) -> list[Event]:
        """What the operation under way on the instance told so far."""
        job = self._workers.jobs.get(member.stack)
        return list(job.events) if job else []

    async def look(self) -> None:
        """Read what changed. Raises ApiError 503 where the files cannot be read."""
        await self._instances()

    async def _claim(self, member: Member, kind: Kind) -> Entry | None:
        """The entry that was there before. Raises ApiError while somebody works on the instance."""
        self._require_room()
        now = await self.find(member.project, member.id)
        if now.stack in self._workers.jobs or now.instance.state == "reconciling":
            raise conflict(f"{now.instance.spec.name} is {now.state}; wait until that is done.")
        before = self._journal.get(now.stack)
        await asyncio.to_thread(self._journal.put, now.stack, Entry(kind=kind))
        return before

    async def _declare(self, spec: InstanceSpec, stack: str) -> None:
        """The promise first: killed in between, it is of nothing and forgotten."""
        await asyncio.to_thread(self._journal.put, stack, Entry(kind="create"))
        try:
            others = self.defaults.others
            await asyncio.to_thread(operations.declare, self.project, spec, stack, others)
        except StackError as error:
            self._journal.drop(stack)
            if isinstance(error, InstanceExists):  # the command line made it just now
                raise conflict("Somebody else just took the name; try again.") from None
            raise unavailable(public(error, self.project)) from None

    def _require_room(self) -> None:
        if len(self._workers.jobs) >= self._settings.queue_length:
            raise too_many("Too many operations are under way; wait as Retry-After says.", 5)

    async def everything(self) -> list[Member]:
        """The instances of all projects in this region, by stack name."""
        members, ids = [], set()
        for instance in await self._instances():
            spec = instance.spec
            region = spec.region or self._settings.region
            if region != self._settings.region:
                continue
            id_ = spec.id
            if not id_ or id_ in ids:  # a copied file has the id of the other
                id_ = _derived_id(instance.stack)
            ids.add(id_)
            project = spec.project or self._settings.default_project
            members.append(Member(id_, project, region, instance, *self._state(instance)))
        return members

    async def _instances(self) -> list[Instance]:
        """Those who ask while a look is taken share the next one."""
        asked = time.monotonic()
        async with self._looking:
            if self._looked <= asked:
                began = time.monotonic()
                try:
                    self._seen = await asyncio.to_thread(self._catalog.instances)
                except StackError as error:
                    raise unavailable(public(error, self.project)) from None
                self._looked = began
            return self._seen

    def _state(self, instance: Instance) -> tuple[State, str]:
        """What a caller is told of the state, and why it is impaired."""
        if job := self._workers.jobs.get(instance.stack):
            return "reconciling" if job.resumed and job.kind != "delete" else _DOING[job.kind], ""
        if failure := self._failure(instance):
            return "impaired", failure
        if instance.state == "stopped":
            return "impaired", "It was stopped; `trackstack start` has it answer again."
        if instance.state == "impaired":
            if instance.error:
                return "impaired", public(instance.error, self.project)
            return "impaired", "Its server does not run as it should; a PATCH mends it."
        return instance.state, ""

    def _failure(self, instance: Instance) -> str:
        """Why the last operation failed, unless somebody succeeded since."""
        entry = self._journal.get(instance.stack)
        if entry is None or not entry.error or instance.state == "reconciling":
            return ""
        last = instances.last_update(self.project, instance.stack)
        if last and last[:2] != entry.after and last[2]:
            with suppress(OSError):
                self._journal.drop(instance.stack)
            return ""
        return entry.error


def _invalid(error: InvalidSpec) -> ApiError:
    """In the words of the API, which calls a setting otherwise."""
    return invalid(re.sub("^retention: ", "deletedExperimentRetention: ", str(error)))


def _free_name(name: str, id_: str, taken: set[str]) -> str:
    """The instance's own name where that is free and can be typed, else one that no other has."""
    own = stack_name(name)
    plain = own.strip("-_")
    if plain == own and own not in taken and re.search("[0-9A-Za-z]", own):
        return own
    return f"{plain or 'instance'}-{id_[:8]}"


@lru_cache(maxsize=100_000)
def _derived_id(stack: str) -> str:
    return str(uuid5(_IDS, stack))
