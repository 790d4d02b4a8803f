"""The objects of a stack in a cluster: made, changed, read and deleted as the stack's own."""

import copy
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from trackstack.providers.kubernetes import annotations, ownership, paths, replacing, shapes
from trackstack.providers.kubernetes.cluster import Cluster
from trackstack.providers.kubernetes.errors import ApiError, NotServed, Unreachable
from trackstack.providers.kubernetes.settings import Settings
from trackstack.providers.kubernetes.state import State
from trackstack.providers.kubernetes.waiting import Waiting
from trackstack.providers.resource import ResourceError

Document = dict[str, Any]

_TRIED_LENGTH = 40  # with what is put behind it, any kind's name may be so long


@dataclass(frozen=True)
class Wanted:
    """What a resource is to be: its inputs, who owns them, and how long it may take to come up (seconds)."""

    inputs: Document
    manager: str
    seconds: float = 0
    patch: bool = False
    """Whether it is some fields of an object, and not the object."""
    ignored: tuple[paths.Path, ...] = ()

    @property
    def what(self) -> str:
        """The object, for a sentence."""
        metadata = self.inputs["metadata"]
        where = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
        return f"{self.inputs.get('kind')} {where}{metadata.get('name')}"


class Objects:
    """Raises ResourceError with one line; of what exists but is not up, NotReady."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cluster = Cluster(settings)
        self.cancelled = Event()
        self._waiting = Waiting(self.cluster, self.cancelled)

    def namespaced(self, inputs: Document) -> bool:
        """Whether the kind lives in namespaces; of one that is not served yet it is supposed."""
        try:
            return self.cluster.kind(inputs).namespaced
        except NotServed:
            return True

    def replaced_by(self, wanted: Wanted) -> tuple[paths.Path, ...]:
        """The fields whose change needs another object."""
        if wanted.patch:
            return replacing.IDENTITY
        return replacing.fields(
            wanted.inputs,
            mutable_config_maps=self.settings.mutable_config_maps,
            mutable_secrets=self.settings.mutable_secrets,
        )

    def tried(self, wanted: Wanted, state: State | None) -> Document | None:
        """How the object would be; None where that cannot be said before the time."""
        try:
            if state is None and not wanted.patch and self._made_before(wanted) is not None:
                return self._beside(wanted)
            return self._apply(wanted, state.live if state else None, preview=True)
        except ApiError as error:
            if error.passing or error.unauthorized or "does not support dry run" in str(error):
                return None
            raise

    def create(self, wanted: Wanted) -> Document:
        """Make the object, or finish what an interrupted `create` of the same resource began."""
        self.cluster.await_kind(wanted.inputs)
        if not wanted.patch:
            self._made_before(wanted)
        return self._until_ready(wanted, self._apply(wanted, None, preview=False))

    def update(self, wanted: Wanted, state: State) -> Document:
        """Change the object, or make it again where somebody deleted it."""
        if ownership.to_take_over(state.live) and not wanted.patch:
            self.cluster.take_over(state.live, wanted.manager)
            state = replace(state, live=self.cluster.find(state.live) or state.live)
        live = self._apply(wanted, state.live, preview=False)
        if state.manager and state.manager != wanted.manager:
            self.cluster.relinquish(live, state.manager)
        return self._until_ready(wanted, live)

    def read(self, found: Document) -> Document | None:
        """The object as it is; None when it, its kind or (if so set) its cluster is gone."""
        try:
            return self.cluster.find(found)
        except NotServed:
            return None
        except Unreachable:
            if self.settings.delete_unreachable:
                return None
            raise

    def delete(self, wanted: Wanted, live: Document) -> None:
        """Delete the object and wait until it is gone; of a patch, let its fields go."""
        try:
            if wanted.patch:
                self.cluster.relinquish(live, wanted.manager)
                return
            self.cluster.delete(live, annotations.propagation(wanted.inputs))
            if not annotations.says(wanted.inputs, annotations.SKIP_AWAIT):
                self._waiting.until_gone(live, annotations.timeout(wanted.inputs, wanted.seconds))
        except NotServed:
            return
        except Unreachable:
            if not self.settings.delete_unreachable:
                raise

    def _apply(self, wanted: Wanted, live: Document | None, *, preview: bool) -> Document:
        body = self._body(wanted)
        force = self.settings.force or annotations.says(wanted.inputs, annotations.PATCH_FORCE)
        if preview and live is not None:
            force = force or ownership.to_take_over(live)
        try:
            return self.cluster.apply(body, wanted.manager, force=force, preview=preview)
        except ApiError as error:
            if error.conflict:
                raise ownership.conflict(wanted.what, error) from error
            raise

    def _body(self, wanted: Wanted) -> Document:
        body = copy.deepcopy(shapes.normal(wanted.inputs))
        if not self.cluster.kind(body).namespaced:
            body["metadata"].pop("namespace", None)
        if wanted.ignored:
            self._leave(body, wanted.ignored)
        return body

    def _leave(self, body: Document, ignored: tuple[paths.Path, ...]) -> None:
        """Apply to ignored fields what they are now: who else changes them is not contradicted."""
        now = self.cluster.find(body) or {}
        for path in ignored:
            paths.drop(body, path)
            with suppress(KeyError):
                paths.put(body, path, paths.get(now, path))

    def _made_before(self, wanted: Wanted) -> Document | None:
        """The resource's own object that is there already: to be replaced, or left by an interrupted create.

        Raises ResourceError for an object that somebody else made; one on its way out is waited for.
        """
        found = self.cluster.find(wanted.inputs)
        if found is None or self.settings.upsert or ownership.applied_by(found, wanted.manager):
            return found
        if found["metadata"].get("deletionTimestamp"):
            self._waiting.until_gone(found, annotations.timeout(wanted.inputs, wanted.seconds))
            return None
        raise ResourceError(
            f"{wanted.what} exists already, written by {ownership.owners(found)}; import it, give another "
            "name, or set upsertExistingObjects on the provider to take it over"
        )

    def _beside(self, wanted: Wanted) -> Document | None:
        """How the object would be that replaces one of the same name: tried under another name."""
        inputs = copy.deepcopy(wanted.inputs)
        name = inputs["metadata"]["name"]
        inputs["metadata"]["name"] = f"{name[:_TRIED_LENGTH]}-preview"
        found = self._apply(replace(wanted, inputs=inputs), None, preview=True)
        found["metadata"]["name"] = name
        return found

    def _until_ready(self, wanted: Wanted, live: Document) -> Document:
        seconds = annotations.timeout(wanted.inputs, wanted.seconds)
        return self._waiting.until_ready(wanted.inputs, live, seconds)
