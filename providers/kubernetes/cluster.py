"""One cluster's objects: read, applied, deleted."""

import time
from threading import Lock
from typing import Any

from trackstack.providers.kubernetes import ownership
from trackstack.providers.kubernetes.client import APPLY, JSON_PATCH, Client
from trackstack.providers.kubernetes.discovery import Discovery, Kind
from trackstack.providers.kubernetes.errors import ApiError, NotServed
from trackstack.providers.kubernetes.settings import Settings

Document = dict[str, Any]

_PAUSES = (0.25, 0.5, 1.0, 2.0)
"""Seconds between tries of what needs something that is only not there yet."""


class Cluster:
    """The cluster of a provider's settings; connected when first spoken to.

    Raises Unreachable, NotServed and ApiError.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._connection: tuple[Client, Discovery] | None = None

    @property
    def client(self) -> Client:
        """The connection."""
        return self._connected()[0]

    @property
    def discovery(self) -> Discovery:
        """What it serves."""
        return self._connected()[1]

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self._connection[0].requests if self._connection else 0

    def kind(self, found: Document) -> Kind:
        """The kind of an object."""
        return self.discovery.kind(str(found.get("apiVersion")), str(found.get("kind")))

    def await_kind(self, found: Document) -> None:
        """Return once the kind is served, which follows its definition by a moment. Raises NotServed."""
        for pause in _PAUSES:
            try:
                self.kind(found)
                return
            except NotServed:
                time.sleep(pause)
        self.kind(found)

    def path(self, found: Document) -> str:
        """Where an object is."""
        return self.kind(found).path_of(found)

    def find(self, wanted: Document) -> Document | None:
        """The object of that kind, name and namespace as it is now; None when there is none."""
        return self.client.find(self.path(wanted))

    def apply(self, body: Document, manager: str, *, force: bool, preview: bool) -> Document:
        """Server-side apply: the object as it is, or in a preview would be, then."""
        query = {
            "fieldManager": manager,
            "force": "true" if force else "false",
            "fieldValidation": "Strict",
            **({"dryRun": "All"} if preview else {}),
        }
        path = self.path(body)
        for pause in () if preview else _PAUSES:
            try:
                return self.client.patch(path, body, APPLY, **query)
            except ApiError as error:
                if not error.passing:
                    raise
            time.sleep(pause)
        return self.client.patch(path, body, APPLY, **query)

    def take_over(self, live: Document, manager: str) -> None:
        """Give `manager` the fields that one-time writes by the same user hold."""
        now = self.find(live)
        if now is not None and ownership.to_take_over(now):
            self.client.patch(self.path(now), ownership.taken_over(now, manager), JSON_PATCH)

    def relinquish(self, live: Document, manager: str) -> None:
        """Let go of all fields that `manager` owns; those that nobody else owns go."""
        metadata = {key: live["metadata"][key] for key in ("name", "namespace") if key in live["metadata"]}
        body = {"apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": metadata}
        if self.find(live) is not None:
            self.client.patch(self.path(live), body, APPLY, fieldManager=manager, force="false")

    def delete(self, live: Document, propagation: str) -> None:
        """Ask for the deletion; nothing to do when there is nothing."""
        try:
            self.client.delete(self.path(live), {"propagationPolicy": propagation})
        except ApiError as error:
            if not error.not_found:
                raise

    def _connected(self) -> tuple[Client, Discovery]:
        with self._lock:
            if self._connection is None:
                client = self._settings.connect()
                self._connection = client, Discovery(client)
            return self._connection
